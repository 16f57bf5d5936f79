//! Addresses of web pages in metadata.
//!
//! The public index asks the Python package `rfc3986` after it has mended what it can: it escapes most characters
//! and forgets a host that is none. What is left to refuse is little, and no more than that is refused here.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether the public index takes `text` as an address: `http` or `https`, and well formed.
pub fn is_valid(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    if !["http", "https"].iter().any(|allowed| scheme.eq_ignore_ascii_case(allowed)) {
        return false;
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['\\', '/', '?']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    // Brackets are the only characters of a path or query that are neither allowed there nor escaped.
    !rest.contains(['[', ']']) && !has_bad_port(authority)
}

/// Whether a port is out of range. It counts only behind a host that is one, because others are forgotten.
fn has_bad_port(authority: &str) -> bool {
    let Some((before, port)) = authority.rsplit_once(':') else { return false };
    let is_port = port.len() == 5 && port.bytes().all(|b| b.is_ascii_digit());
    let (user, host) = before.split_once('@').map_or((None, before), |(user, host)| (Some(user), host));
    let is_user = user.is_none_or(|user| !user.is_empty() && is_escaped(user, ":"));
    is_port && port > "65535" && is_user && is_host(host)
}

fn is_host(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(inner) = inner {
        let (address, zone) =
            inner.split_once('%').map_or((inner, None), |(address, zone)| (address, Some(zone)));
        let is_zone = |zone: &str| !zone.is_empty() && is_escaped(zone, "") && !zone.contains(SUB_DELIMITERS);
        return address.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(is_zone);
    }
    let numbers: Vec<_> = host.split('.').take(5).collect();
    let is_number = |text: &&str| matches!(text.len(), 1..=3) && text.bytes().all(|b| b.is_ascii_digit());
    if numbers.len() == 4 && numbers.iter().all(is_number) {
        let numbers: Option<Vec<u8>> = numbers.iter().map(|number| number.parse::<u8>().ok()).collect();
        return numbers.and_then(|octets| <[u8; 4]>::try_from(octets).ok()).map(Ipv4Addr::from).is_some();
    }
    is_escaped(host, "")
}

const SUB_DELIMITERS: [char; 11] = ['!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '='];

/// Whether only unreserved characters, sub-delimiters, escapes and those of `more` stand here.
fn is_escaped(text: &str, more: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_good = match byte {
            b'%' => {
                let mut hexadecimal = || bytes.next().is_some_and(|b| b.is_ascii_hexdigit());
                hexadecimal() && hexadecimal()
            }
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => true,
            b => SUB_DELIMITERS.contains(&char::from(b)) || more.as_bytes().contains(&b),
        };
        if !is_good {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages_are_taken() {
        for text in [
            "https://example.org",
            "HTTP://example.org:80/a b/é?q=ü#[x]",
            "http:",
            "https://user:x@[::1]:65535/",
            "http://exa mple.org",
            "https://1.2.3.4:08080",
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "",
            "example.org",
            "ftp://example.org",
            " https://example.org",
            "https//example.org",
            "git+https://example.org",
            "https://example.org/[a]",
            "https://example.org/?a[]=1",
            "https://example.org:65536",
            "https://u@[::1]:99999/",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
