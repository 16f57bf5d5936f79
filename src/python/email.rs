//! Addresses in `Author-email` and `Maintainer-email`.
//!
//! The public index asks the Python package `email-validator` about the one address that Python finds in the field,
//! and looks at nothing else: a field with two addresses is not looked at.

use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory as _};

use super::GrammarError;
use super::mailbox::{TooDeep, only_address};

/// Names that nobody can send mail to: the registry of special-use domain names.
const SPECIAL_DOMAINS: &[&str] = &["arpa", "invalid", "local", "localhost", "onion", "test"];

/// The longest address, in bytes.
const LONGEST: usize = 254;

/// Checks the field as the public index does: the first address in it, as `email.utils.parseaddr` finds it.
///
/// # Errors
/// When it is no address that mail could be sent to.
pub fn check(field: &str) -> Result<(), GrammarError> {
    let refused = |what: String| GrammarError { what, at: 1 };
    let address = only_address(field).map_err(|TooDeep| refused("groups nest too deep".to_owned()))?;
    if address.is_empty() {
        return Ok(());
    }
    let shown: String = address.chars().take(80).collect();
    check_address(&address).map_err(|why| refused(format!("`{shown}` is no e-mail address: {why}")))
}

fn check_address(address: &str) -> Result<(), &'static str> {
    let (local, domain) = address.split_once('@').ok_or("it has no `@`")?;
    if local.contains(['"', '<']) {
        return Err("its part before the `@` is quoted or holds `<`");
    }
    check_local(local)?;
    let ascii = check_domain(domain)?;
    if address.len() > LONGEST || local.len() + 1 + ascii.len() > LONGEST {
        return Err("it is longer than 254 bytes");
    }
    Ok(())
}

fn check_local(local: &str) -> Result<(), &'static str> {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "_!#$%&'*+-/=?^`{|}~.".contains(c) || !c.is_ascii();
    // The Greek question mark becomes a semicolon under Unicode normalisation.
    if !local.chars().all(is_atom) || local.contains('\u{37e}') {
        return Err("its part before the `@` holds characters that have to be quoted");
    }
    if local.split('.').any(str::is_empty) {
        return Err("its part before the `@` is empty, or a dot in it has nothing before or behind it");
    }
    if !local.is_ascii() && !is_safe(local) {
        return Err("its part before the `@` holds characters that cannot be seen");
    }
    Ok(())
}

/// Checks a domain; gives it in the spelling of DNS.
fn check_domain(domain: &str) -> Result<String, &'static str> {
    if domain.starts_with('[') {
        return Err("it names a machine by number");
    }
    if domain.chars().count() > 253 {
        return Err("its domain is too long");
    }
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.') || !c.is_ascii();
    if !domain.chars().all(is_host) || !is_safe(domain) {
        return Err("its domain holds characters that no domain has");
    }
    let ascii = if domain.is_ascii() { domain.to_ascii_lowercase() } else { to_dns(domain)? };
    for label in ascii.split('.') {
        if label.is_empty() || label.starts_with('-') || label.ends_with('-') {
            return Err("its domain has a dot or a hyphen where none may be");
        }
        let is_reserved = label.get(2..4) == Some("--") && !label.starts_with("xn");
        if label.len() > 63 || is_reserved {
            return Err("a part of its domain is too long or reserved");
        }
    }
    let ends_well = ascii.ends_with(|c: char| c.is_ascii_alphabetic());
    let Some((_, top)) = ascii.rsplit_once('.').filter(|_| ends_well && ascii.len() <= 253) else {
        return Err("its domain is in no top-level domain");
    };
    if SPECIAL_DOMAINS.contains(&top) {
        return Err("its domain is reserved and gets no mail");
    }
    if ascii.contains("xn--") {
        to_dns(&ascii)?;
    }
    Ok(ascii)
}

/// A domain beyond ASCII, as DNS spells it.
fn to_dns(domain: &str) -> Result<String, &'static str> {
    let ascii = idna::domain_to_ascii_strict(domain);
    let ascii = ascii.map_err(|_source| "its domain is no internationalised domain name")?;
    let (unicode, valid) = idna::domain_to_unicode(&ascii);
    // Symbols pass Unicode's own rules for domains, but not those of the registries (IDNA 2008).
    let is_letter =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '·') || is_mark(c.general_category());
    if valid.is_err() || !unicode.chars().all(is_letter) {
        return Err("its domain is no internationalised domain name");
    }
    Ok(ascii)
}

const fn is_mark(category: Category) -> bool {
    matches!(category, Category::NonspacingMark | Category::SpacingMark | Category::EnclosingMark)
}

/// Whether every character can be seen, and the first stands on its own.
fn is_safe(text: &str) -> bool {
    text.chars().enumerate().all(|(index, character)| match character.general_category() {
        Category::Control
        | Category::Format
        | Category::PrivateUse
        | Category::Surrogate
        | Category::Unassigned
        | Category::LineSeparator
        | Category::ParagraphSeparator
        | Category::SpaceSeparator => false,
        category => index > 0 || !is_mark(category),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_pass() {
        for field in [
            "ada@example.org",
            "Ada Lovelace <ada+x@mail.example.co.uk>",
            "żółw@example.org",
            "x@Bücher.example",
            "x@xn--bcher-kva.example",
            "a@b.c, not an address",
            "",
        ] {
            assert_eq!(check(field), Ok(()), "{field}");
        }
    }

    #[test]
    fn bad_addresses_do_not() {
        for (field, what) in [
            ("Ada", "no `@`"),
            ("Ada <ada at example.org>", "no `@`"),
            ("\"a b\"@example.org", "quoted"),
            ("a..b@example.org", "a dot"),
            ("a b@example.org", "have to be quoted"),
            ("a\u{200b}b@example.org", "cannot be seen"),
            ("a@localhost", "top-level"),
            ("a@x.localhost", "reserved"),
            ("a@example.1", "top-level"),
            ("a@-example.org", "hyphen"),
            ("a@exa_mple.org", "no domain"),
            ("a@ab--c.org", "reserved"),
            ("a@xn--a.org", "internationalised"),
            ("a@\u{2665}.org", "internationalised"),
        ] {
            let error = check(field).expect_err(field);
            assert!(error.what.contains(what), "{field}: {error}");
        }
        assert!(check(&format!("{}@example.org", "a".repeat(250))).is_err());
        assert!(check(&format!("a@{}.org", "a".repeat(64))).is_err());
    }
}
