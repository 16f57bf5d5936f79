//! Who made the tag, and whether that can be believed.

use std::str::FromStr;

use super::rules::{OTHER_NAME, TAGGER, UNSIGNED};
use crate::model::tag::Tag;
use crate::remote::history::{Peeled, Person, Verification};
use crate::report::Report;

/// What is demanded of the tag's maker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// Whether the tag must have a good signature.
    pub(crate) signed: bool,
    /// Who may have made it; anybody if nobody is named. An address is worth something only with a signature, so naming
    /// some asks for one.
    pub(crate) taggers: Vec<Tagger>,
}

/// Somebody's e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tagger(String);

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no e-mail address, such as `releases@example.org`")]
pub(crate) struct TaggerError {
    text: String,
}

impl FromStr for Tagger {
    type Err = TaggerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_address = text
            .split_once('@')
            .is_some_and(|(person, host)| !person.is_empty() && !host.is_empty() && !host.contains('@'));
        let is_foreign = |c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c);
        if is_address && !text.contains(is_foreign) {
            return Ok(Self(text.to_owned()));
        }
        Err(TaggerError { text: text.chars().take(60).flat_map(char::escape_debug).collect() })
    }
}

impl Trust {
    fn is_asked(&self) -> bool {
        self.signed || !self.taggers.is_empty()
    }

    /// What speaks against the maker of the tag. Of tags that point to tags the outermost counts: it vouches for the rest.
    pub(super) fn judge(&self, tag: &Tag, Peeled { objects, .. }: &Peeled, report: &mut Report) {
        if !self.is_asked() {
            return;
        }
        let Some(object) = objects.first() else {
            report.push(UNSIGNED.finding(format!("`{tag}` is a plain tag, which holds no signature")));
            return;
        };
        let Verification { verified, reason } = &object.verification;
        if !verified {
            let message = format!(
                "the signature of `{tag}` counts for nothing: {} (`{}`)",
                in_words(reason),
                shown(reason)
            );
            report.push(UNSIGNED.finding(message));
            return;
        }
        if object.name != tag.as_str() {
            let message = format!("what `{tag}` leads to was signed as the tag `{}`", shown(&object.name));
            report.push(OTHER_NAME.finding(message));
        }
        let allows =
            |person: &Person| self.taggers.iter().any(|tagger| tagger.0.eq_ignore_ascii_case(&person.email));
        if !self.taggers.is_empty() && !object.tagger.as_ref().is_some_and(allows) {
            let who = match &object.tagger {
                Some(Person { name, email }) => format!("{} <{}>", shown(name), shown(email)),
                None => "nobody in particular".to_owned(),
            };
            let allowed: Vec<_> = self.taggers.iter().map(|tagger| format!("`{}`", tagger.0)).collect();
            let message =
                format!("`{tag}` was made by {who}, and `allowed-taggers` has {}", allowed.join(", "));
            report.push(TAGGER.finding(message));
        }
    }
}

/// GitHub's word for what became of a signature, in words.
fn in_words(reason: &str) -> &'static str {
    match reason {
        "unsigned" => "there is none",
        "unknown_key" | "no_user" => "nobody is known by its key",
        "expired_key" => "its key has expired",
        "not_signing_key" => "its key may not sign",
        "unverified_email" | "bad_email" => "the tagger's address is not one of the owner of the key",
        "invalid" | "malformed_signature" | "malformed_sig" => "it does not fit the tag",
        "unknown_signature_type" => "it is of a kind that is not known",
        "gpgverify_error" | "gpgverify_unavailable" => "it could not be checked now: run again",
        _ => "it was not found good",
    }
}

fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::revision::CommitSha;
    use crate::remote::history::{ObjectKind, TagObject};

    fn peeled(objects: &[(&str, &str, &str)]) -> Peeled {
        let commit: CommitSha = "a".repeat(40).parse().expect("a hash");
        let object = |(name, email, reason): &(&str, &str, &str)| TagObject {
            name: (*name).to_owned(),
            target: commit.clone(),
            target_kind: ObjectKind::Commit,
            tagger: Some(Person { name: "Ada".into(), email: (*email).to_owned() }),
            verification: Verification { verified: *reason == "valid", reason: (*reason).to_owned() },
        };
        Peeled { objects: objects.iter().map(object).collect(), commit: commit.clone() }
    }

    fn check(signed: bool, taggers: &[&str], objects: &[(&str, &str, &str)], expected: &[&str]) {
        let taggers = taggers.iter().map(|text| text.parse().expect("an address")).collect();
        let mut report = Report::default();
        let tag: Tag = "v1.2.0".parse().expect("good");
        Trust { signed, taggers }.judge(&tag, &peeled(objects), &mut report);
        let found: Vec<_> = report.findings().iter().map(|finding| finding.check).collect();
        assert_eq!(found, expected, "{report:?}");
    }

    #[test]
    fn nothing_is_asked_unless_the_user_does() {
        check(false, &[], &[], &[]);
        check(false, &[], &[("v1.1.0", "eve@example.org", "unsigned")], &[]);
    }

    #[test]
    fn a_signature_has_to_be_there_and_good_and_of_this_tag() {
        let good = ("v1.2.0", "ada@example.org", "valid");
        check(true, &[], &[good], &[]);
        check(true, &[], &[], &["tag/not-signed"]);
        check(true, &[], &[("v1.2.0", "ada@example.org", "unknown_key")], &["tag/not-signed"]);
        check(true, &[], &[("v1.1.0", "ada@example.org", "valid")], &["tag/signed-as-another"]);
        // The outermost of nested tags vouches for the rest, and not the other way round.
        let inner = ("v1.2.0", "ada@example.org", "valid");
        check(true, &[], &[("v1.2.0", "eve@example.org", "unsigned"), inner], &["tag/not-signed"]);
        check(true, &[], &[good, ("x", "eve@example.org", "unsigned")], &[]);
    }

    #[test]
    fn an_address_counts_with_a_signature_only() {
        check(false, &["Ada@Example.org"], &[("v1.2.0", "ada@example.org", "valid")], &[]);
        check(false, &["ada@example.org"], &[("v1.2.0", "ada@example.org", "unsigned")], &["tag/not-signed"]);
        check(false, &["ada@example.org"], &[("v1.2.0", "eve@example.org", "valid")], &["tag/other-tagger"]);
        check(false, &["ada@example.org"], &[], &["tag/not-signed"]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["ada", "@x", "x@", "a b@x", "Ada <a@x>", "a@b@c", ""] {
            assert!(text.parse::<Tagger>().is_err(), "{text}");
        }
    }
}
