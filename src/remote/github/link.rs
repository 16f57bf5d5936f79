//! `Link` headers: where the next page of a list is.

use url::Url;

use crate::model::endpoints::Endpoint;

/// The route of the next page, relative to the API, if the header names one.
///
/// # Errors
/// The address, without its query, when it lies outside of the API: the token would travel there, and a list that
/// ends early would be taken for whole.
pub(super) fn next_route(link: &str, api: &Endpoint) -> Result<Option<String>, String> {
    let Some(target) = target(link, "next") else { return Ok(None) };
    let base = api.url();
    let next = base.join(target).map_err(|_error| "an address that cannot be read".to_owned())?;
    let prefix = base.path().trim_end_matches('/');
    let path = next.path().strip_prefix(prefix).filter(|path| path.starts_with('/'));
    match path {
        Some(path) if next.origin() == base.origin() => {
            Ok(Some(next.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))))
        }
        _ => Err(shown(&next)),
    }
}

/// An address without what may be secret in it.
fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The address with this relation (RFC 8288, section 3). Addresses stand in angle brackets and may hold commas.
fn target<'a>(link: &'a str, relation: &str) -> Option<&'a str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let parameters = after.split_once('<').map_or(after, |(parameters, _)| parameters);
        let found = parameters.trim_end_matches([',', ' ']).split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case(relation))
        });
        if found {
            return Some(target);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(link: &str) -> Result<Option<String>, String> {
        next_route(link, &"http://127.0.0.1:9/api/v3".parse().expect("good"))
    }

    #[test]
    fn next_page_is_relative_to_the_api() {
        let link = "<http://127.0.0.1:9/api/v3/repositories/1/releases?page=3>; rel=\"last\", \
                    <http://127.0.0.1:9/api/v3/repositories/1/releases?per_page=100&page=2,5>; rel=\"next\"";
        assert_eq!(next(link), Ok(Some("/repositories/1/releases?per_page=100&page=2,5".into())));
        assert_eq!(
            next("<http://127.0.0.1:9/api/v3/x>; rel=prev, <http://127.0.0.1:9/api/v3/y>; rel=next"),
            Ok(Some("/y".into()))
        );
        assert_eq!(next("<x>; title=\"rel=next\"; rel=\"prev\""), Ok(None));
    }

    #[test]
    fn addresses_outside_of_the_api_are_refused_and_their_query_is_not_told() {
        for outside in [
            "http://127.0.0.1:10/api/v3/x?sig=secret",
            "https://127.0.0.1:9/api/v3/x?sig=secret",
            "http://127.0.0.1:9/api/v33/x?sig=secret",
            "http://127.0.0.1:9/x?sig=secret",
            "http://example.org/api/v3/x?sig=secret",
            "http://127.0.0.1:9/api/v3/../x?sig=secret",
        ] {
            let refused = next(&format!("<{outside}>; rel=\"next\"")).expect_err(outside);
            assert!(!refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn nothing_in_a_header_upsets_it() {
        let whole = "<http://127.0.0.1:9/api/v3/x?page=2>; rel=\"next\", <y>; rel=\"last\"";
        for end in 0..whole.len() {
            let _ = next(&whole[..end]);
        }
        for odd in
            ["<", ">", "<>", "<>;rel=next", ";;;=,", "<a>;rel", "<<<>>>", "<\u{e4}>; rel=next", "rel=next"]
        {
            let _ = next(odd);
        }
    }
}
