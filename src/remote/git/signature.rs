//! Signatures of tags and commits, by the keys that the user of this machine trusts: gpg's key ring, and the file of
//! allowed signers that the user's own settings name. What the checkout says of keys counts for nothing.
//!
//! The reasons are GitHub's words, so that both are judged alike.

use super::GitRead;
use super::ask::Answer;
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::history::Verification;

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Gpg,
    Ssh,
    Other,
}

/// What a signature turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// Good, by the key of this fingerprint.
    Key(String),
    /// Good, by the key of these people, as the user's file has them: patterns, of which one may begin with `!`.
    People(Vec<String>),
    /// Not good, and why.
    Refused(&'static str),
}

pub(super) fn unsigned() -> Verification {
    refused("unsigned")
}

fn refused(reason: &str) -> Verification {
    Verification { verified: false, reason: reason.to_owned() }
}

impl GitRead {
    /// What becomes of the signature of an object whose text is `text`; `command` is git's for objects of its kind. A good
    /// one has to be by a key of the person whose address the object names.
    ///
    /// # Errors
    /// When git could not be asked at all.
    pub(super) async fn verified(
        &self,
        command: &str,
        object: &CommitSha,
        text: &str,
        email: Option<&str>,
    ) -> Result<Verification, RemoteError> {
        let Some(maker) = maker(text) else { return Ok(unsigned()) };
        let what = format!("checking the signature of {}", object.short());
        let mut settings = Vec::new();
        if maker == Maker::Ssh {
            for name in ["gpg.ssh.allowedSignersFile", "gpg.ssh.revocationFile"] {
                settings.push(format!("{name}={}", self.own_setting(&what, name).await?));
            }
        }
        let answer = self.ask_with(&what, &settings, &[command, "--raw", object.as_str()]).await?;
        let email = email.unwrap_or_default();
        let is_theirs = match outcome(maker, &answer) {
            Outcome::Refused(reason) => return Ok(refused(reason)),
            Outcome::People(people) => is_among(&people, email),
            Outcome::Key(fingerprint) => {
                let owners = self.owners(&what, &fingerprint).await?;
                owners.iter().any(|owner| owner.eq_ignore_ascii_case(email))
            }
        };
        Ok(match is_theirs && !email.is_empty() {
            true => Verification { verified: true, reason: "valid".to_owned() },
            false => refused("bad_email"),
        })
    }

    /// What the user's own settings, not the checkout's, say; empty where they say nothing.
    async fn own_setting(&self, what: &str, name: &str) -> Result<String, RemoteError> {
        let words = ["config", "--global", "--includes", "--type=path", "--get", name].map(str::to_owned);
        let variables = self.needed().with("GIT_CONFIG_NOSYSTEM", "1").with("GIT_TERMINAL_PROMPT", "0");
        let answer = self.run("git", &words, &variables, what).await?;
        Ok(if answer.code == Some(0) {
            answer.text().trim_end_matches(['\r', '\n']).to_owned()
        } else {
            String::new()
        })
    }

    /// The addresses of a key in the user's key ring.
    async fn owners(&self, what: &str, fingerprint: &str) -> Result<Vec<String>, RemoteError> {
        let words =
            ["--batch", "--no-tty", "--with-colons", "--list-keys", "--", fingerprint].map(str::to_owned);
        let answer = self.run("gpg", &words, &self.needed().with("LC_ALL", "C"), what).await?;
        Ok(if answer.code == Some(0) { addresses(&answer.text()) } else { Vec::new() })
    }
}

/// Who made the signature that an object carries: tags have it at their end, commits in a field of their own.
fn maker(text: &str) -> Option<Maker> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("gpgsig ").unwrap_or(line).strip_prefix("-----BEGIN "))?;
    match line.trim_end().strip_suffix("-----")? {
        "PGP SIGNATURE" | "PGP MESSAGE" => Some(Maker::Gpg),
        "SSH SIGNATURE" => Some(Maker::Ssh),
        _ => Some(Maker::Other),
    }
}

fn outcome(maker: Maker, answer: &Answer) -> Outcome {
    match maker {
        // Whose a certificate is, and who vouches for it, is another question than whose a key is.
        Maker::Other => Outcome::Refused("unknown_signature_type"),
        _ if answer.remarks.contains("cannot run") => Outcome::Refused("gpgverify_unavailable"),
        Maker::Gpg => by_gpg(answer),
        Maker::Ssh => by_ssh(answer),
    }
}

/// gpg's own account, a word and its arguments in each line.
fn by_gpg(answer: &Answer) -> Outcome {
    let said = |word: &str| {
        let mut lines = answer.remarks.lines().filter_map(|line| line.strip_prefix("[GNUPG:] "));
        lines.find_map(|line| line.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with(' ')))
    };
    for (word, reason) in [
        ("BADSIG", "invalid"),
        ("NO_PUBKEY", "unknown_key"),
        ("EXPKEYSIG", "expired_key"),
        ("REVKEYSIG", "expired_key"),
        ("EXPSIG", "expired_key"),
        ("ERRSIG", "invalid"),
    ] {
        if said(word).is_some() {
            return Outcome::Refused(reason);
        }
    }
    // The last word is the fingerprint of the key that the one that signed belongs to.
    let fingerprint = said("VALIDSIG").and_then(|rest| rest.split_ascii_whitespace().next_back());
    match (answer.code, said("GOODSIG"), fingerprint) {
        (Some(0), Some(_), Some(fingerprint)) => Outcome::Key(fingerprint.to_owned()),
        _ => Outcome::Refused("invalid"),
    }
}

/// `Good "git" signature for alice@example.org with ED25519 key SHA256:…`.
fn by_ssh(answer: &Answer) -> Outcome {
    let good = answer.remarks.lines().find_map(|line| line.strip_prefix("Good \"git\" signature "));
    match (answer.code, good) {
        (Some(0), Some(good)) => {
            let people = good
                .strip_prefix("for ")
                .and_then(|rest| rest.rsplit_once(" with "))
                .map(|(people, _)| people);
            let people = people.unwrap_or_default().split(',').map(|one| one.trim().to_owned());
            Outcome::People(people.filter(|one| !one.is_empty()).collect())
        }
        (_, Some(_)) => Outcome::Refused("unknown_key"),
        _ if answer.remarks.contains("allowedSignersFile")
            || answer.remarks.contains("No principal matched") =>
        {
            Outcome::Refused("unknown_key")
        }
        _ => Outcome::Refused("invalid"),
    }
}

/// Whether an address is among those that a line of allowed signers names: by one that fits, and none that is excepted.
fn is_among(people: &[String], email: &str) -> bool {
    let fits = |pattern: &str| {
        is_like(pattern.to_ascii_lowercase().as_bytes(), email.to_ascii_lowercase().as_bytes())
    };
    let is_excepted = people.iter().filter_map(|one| one.strip_prefix('!')).any(fits);
    !is_excepted && people.iter().any(|one| fits(one))
}

/// Whether a text is like a pattern: `*` stands for anything, `?` for one character. It goes back to the last `*` only,
/// so that no pattern takes long.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut last = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last = Some((at + 1, read));
                at += 1;
            }
            Some(&one) if one == b'?' || one == text[read] => (at, read) = (at + 1, read + 1),
            _ => {
                let Some((after, from)) = last else { return false };
                last = Some((after, from + 1));
                (at, read) = (after, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|one| *one == b'*')
}

/// The addresses in gpg's list of keys: the tenth field of each good `uid`.
fn addresses(list: &str) -> Vec<String> {
    let uids = list.lines().map(|line| line.split(':').collect::<Vec<_>>()).filter(|fields| {
        // Revoked, expired, or not the owner's.
        fields[0] == "uid" && !fields.get(1).is_some_and(|validity| ["r", "e", "n", "i"].contains(validity))
    });
    let names = uids.filter_map(|fields| fields.get(9).map(|name| (*name).to_owned()));
    let address = |name: String| match name.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')) {
        Some((address, _)) => address.to_owned(),
        None => name,
    };
    names.map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: i32, remarks: &str) -> Answer {
        Answer { code: Some(code), out: Vec::new(), remarks: remarks.to_owned() }
    }

    #[test]
    fn gpgs_account_is_read_word_by_word() {
        let good = "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 01AB Some One <a@example.org>\n\
                    [GNUPG:] VALIDSIG FF01 2026-11-22 1 0 4 0 22 10 00 AA02\n";
        assert_eq!(outcome(Maker::Gpg, &answer(0, good)), Outcome::Key("AA02".to_owned()));
        for (code, remarks, reason) in [
            (1, good, "invalid"),
            (0, "[GNUPG:] GOODSIG 01AB Some One", "invalid"),
            (0, "gpg says [GNUPG:] GOODSIG 1 x\nVALIDSIG AA02", "invalid"),
            (1, "[GNUPG:] BADSIG 01AB Some One", "invalid"),
            (1, "[GNUPG:] ERRSIG 01AB 22 10 00 1 9\n[GNUPG:] NO_PUBKEY 01AB", "unknown_key"),
            (0, "[GNUPG:] EXPKEYSIG 01AB Some One\n[GNUPG:] VALIDSIG 1 2", "expired_key"),
            (128, "error: cannot run gpg: No such file or directory", "gpgverify_unavailable"),
            (0, "", "invalid"),
        ] {
            assert_eq!(outcome(Maker::Gpg, &answer(code, remarks)), Outcome::Refused(reason), "{remarks}");
        }
        // A signature that is good beside one that is not is not good.
        let both = format!("{good}[GNUPG:] BADSIG 02 Another");
        assert_eq!(outcome(Maker::Gpg, &answer(0, &both)), Outcome::Refused("invalid"));
    }

    #[test]
    fn sshs_account_names_the_people_of_the_key() {
        let good = "Good \"git\" signature for a@example.org with ED25519 key SHA256:xyz";
        let people = |names: &[&str]| Outcome::People(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(outcome(Maker::Ssh, &answer(0, good)), people(&["a@example.org"]));
        let several = good.replace("a@example.org", "a@example.org,b@example.org");
        assert_eq!(outcome(Maker::Ssh, &answer(0, &several)), people(&["a@example.org", "b@example.org"]));
        assert_eq!(outcome(Maker::Ssh, &answer(0, "Good \"git\" signature with ED25519 key")), people(&[]));
        for (code, remarks, reason) in [
            (1, good, "unknown_key"),
            (1, "Good \"git\" signature with ED25519 key SHA256:x\nNo principal matched.", "unknown_key"),
            (1, "error: gpg.ssh.allowedSignersFile needs to be configured and exist", "unknown_key"),
            (1, "Could not verify signature.", "invalid"),
            (0, "", "invalid"),
        ] {
            assert_eq!(outcome(Maker::Ssh, &answer(code, remarks)), Outcome::Refused(reason), "{remarks}");
        }
        assert_eq!(outcome(Maker::Other, &answer(0, good)), Outcome::Refused("unknown_signature_type"));
    }

    #[test]
    fn allowed_signers_may_be_patterns_with_exceptions() {
        for (people, email, expected) in [
            ("a@example.org", "A@example.org", true),
            ("b@example.org,a@example.org", "a@example.org", true),
            ("*@example.org", "a@example.org", true),
            ("*@example.org", "a@example.org.evil", false),
            ("*", "a@example.org", true),
            ("*,!a@example.org", "a@example.org", false),
            ("?@*.org", "a@example.org", true),
            ("?@*.org", "ab@example.org", false),
            ("a*b*c", "aXbXbXc", true),
            ("", "a@example.org", false),
            ("!b@example.org", "a@example.org", false),
        ] {
            let people: Vec<String> = people.split(',').map(str::to_owned).collect();
            assert_eq!(is_among(&people, email), expected, "{people:?} {email}");
        }
        let (pattern, text) = ("*a".repeat(40) + "b", "a".repeat(2_000));
        assert!(!is_among(&[pattern], &text), "and it ends soon");
    }

    #[test]
    fn the_maker_of_a_signature_is_seen_in_the_object() {
        for (text, found) in [
            ("tag v1\n\nwords\n-----BEGIN PGP SIGNATURE-----\n", Some(Maker::Gpg)),
            ("tag v1\n\nwords\n-----BEGIN SSH SIGNATURE-----\r\n", Some(Maker::Ssh)),
            ("tree 1\ngpgsig -----BEGIN SSH SIGNATURE-----\n x\n\nwords", Some(Maker::Ssh)),
            ("tag v1\n\nwords\n-----BEGIN SIGNED MESSAGE-----\n", Some(Maker::Other)),
            ("tag v1\n\n-----BEGINNING\n", None),
            ("", None),
        ] {
            assert_eq!(maker(text), found, "{text}");
        }
    }

    #[test]
    fn only_good_names_of_a_key_count() {
        let list = "pub:u:255:22:01AB:1:::u:::scSC:::::ed25519:::0:\n\
                    uid:u::::1::00::Some One <a@example.org>::::::::::0:\n\
                    uid:r::::1::00::Some One <old@example.org>::::::::::0:\n\
                    uid:-::::1::00::bare@example.org::::::::::0:\nuid:u\n";
        assert_eq!(addresses(list), ["a@example.org", "bare@example.org"]);
    }
}
