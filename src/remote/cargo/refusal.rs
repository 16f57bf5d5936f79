//! What registries say when they refuse, and what to do about it.
//!
//! The sentences are crates.io's where it has one, and cratery's and kellnr's. None decides what happens: the index does.

use super::{CargoCredential, CrateUpload};

/// What to do about a refused publication; `said` is the registry's message in lower case.
pub(super) fn hint(
    upload: &CrateUpload<'_>,
    credential: &CargoCredential,
    status: u16,
    said: &str,
) -> Option<String> {
    let krate = upload.file.name();
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    let text = match status {
        300..=399 => "a crate is never sent on to another address: does `api` in the index's `config.json` name the right one?".into(),
        _ if says_exists(status, said) => {
            "the registry has taken this version before and the index does not show it yet, or not any more: run again in \
             some minutes, and release a new version if that does not help".into()
        }
        _ if says(&["user-agent", "user agent"]) => {
            "does a proxy between this machine and the registry take the `User-Agent` out?".into()
        }
        _ if says(&["do not support creating new crates", "publish the crate manually"]) => format!(
            "a registry has no publisher for a crate that it does not know: publish the first version of `{krate}` with an \
             API token, then name this workflow as its trusted publisher"
        ),
        _ if says(&["only be published using trusted publishing", "require trusted publishing"]) => format!(
            "`{krate}` takes no API tokens: leave its token out, and give the job `id-token: write`"
        ),
        _ if says(&["reserved"]) => format!("`{krate}` is a name that nobody gets: choose another"),
        _ if says(&["an owner", "not own", "ownership"]) => match credential {
            CargoCredential::Token(_) => {
                format!("is the token that of an owner of `{krate}`? an owner can add another (`cargo owner --add`)")
            }
            CargoCredential::TrustedPublishing(_) => trusted(upload),
        },
        _ if says(&["verified email", "verify your email"]) => {
            "whoever made the token has to confirm an e-mail address at the registry first".into()
        }
        _ if status == 413 || says(&["max upload size", "too large", "payload size"]) => format!(
            "exclude from `{krate}` what its users do not need (`exclude` in `Cargo.toml`), or ask the registry for a \
             higher limit"
        ),
        _ if says(&["previously named"]) => {
            "a crate keeps the spelling of its first version, also where only `-` and `_` differ".into()
        }
        _ if says(&["missing or empty metadata"]) => {
            "registries of this kind want a `description` and a `license` in `Cargo.toml`".into()
        }
        401 | 403 => match credential {
            CargoCredential::Token(_) => format!(
                "is the token right, complete and not expired, and may it publish `{krate}`? some registries want a word \
                 such as `Bearer` in front of it"
            ),
            CargoCredential::TrustedPublishing(_) => trusted(upload),
        },
        404 | 405 => "is the index that of the registry itself, and does that take publications?".into(),
        _ => return None,
    };
    Some(text)
}

fn trusted(upload: &CrateUpload<'_>) -> String {
    format!(
        "is this workflow a trusted publisher of `{}` too? a token covers only the crates that name its workflow",
        upload.file.name()
    )
}

/// Whether a registry says that it has this version. It is only a reason to look again with patience.
pub(super) fn says_exists(status: u16, said: &str) -> bool {
    const WORDS: [&str; 4] =
        ["already uploaded", "already exist", "already been published", "already published"];
    status == 409
        || (matches!(status, 200 | 400 | 403 | 422) && WORDS.iter().any(|words| said.contains(words)))
}

/// Whether a registry says that a token has ended, so that a new one may do.
pub(super) fn says_ended(status: u16, said: &str) -> bool {
    const WORDS: [&str; 4] = ["expired", "invalid authentication", "invalid token", "authentication failed"];
    status == 401 || (status == 403 && WORDS.iter().any(|words| said.contains(words)))
}
