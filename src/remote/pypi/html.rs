//! The simple index in HTML (PEP 503), for the indexes that have no JSON.
//!
//! Not a parser of HTML: it finds the few tags that the specification speaks of, in one pass, and is never
//! slower than the page is long. A page that is no index, such as a log-in page, is told from one.

use percent_encoding::percent_decode_str;
use url::Url;

use super::IndexFile;
use crate::model::artifact::{Distribution, RemoteFile};
use crate::model::name::PackageName;

/// What file names of distributions end in, those of former times included.
const ENDINGS: [&str; 9] = [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".egg", ".exe", ".tar"];
/// How the titles of index pages begin; a project without files has nothing else to tell it by.
const TITLES: [&str; 4] = ["links for", "index of", "directory listing for", "simple index"];

/// Ten times as many links as the largest project has files: a page of nothing else would fill the memory.
const MOST_ANCHORS: usize = 500_000;

/// What a page consists of, as far as we care.
#[derive(Default)]
struct Page {
    title: String,
    base: Option<String>,
    /// It states the version of the simple interface.
    is_repository: bool,
    anchors: Vec<Anchor>,
}

struct Anchor {
    href: String,
    yanked: bool,
    requires_python: Option<String>,
    provenance: Option<String>,
}

/// Reads a page that came from `url`; the error says what it is instead.
pub(super) fn files(body: &str, url: &Url, project: &PackageName) -> Result<Vec<IndexFile>, String> {
    let page = read(body);
    if page.anchors.len() > MOST_ANCHORS {
        return Err(format!("a page with more than {MOST_ANCHORS} links"));
    }
    let base = page.base.as_ref().and_then(|base| url.join(base).ok()).unwrap_or_else(|| url.clone());
    let files: Vec<_> = page.anchors.iter().filter_map(|anchor| file(anchor, &base)).collect();
    let title = page.title.trim().to_ascii_lowercase();
    let is_index = page.is_repository
        || TITLES.iter().any(|known| title.starts_with(known))
        || files.iter().any(|file| is_of(&file.file.file_name, project));
    if is_index { Ok(files) } else { Err("a page of HTML that is no index".into()) }
}

fn file(anchor: &Anchor, base: &Url) -> Option<IndexFile> {
    let mut url = base.join(anchor.href.trim()).ok()?;
    let sha256 = url
        .fragment()
        .into_iter()
        .flat_map(|fragment| fragment.split('&'))
        .find_map(|pair| pair.strip_prefix("sha256=")?.parse().ok());
    url.set_fragment(None);
    let last = url.path_segments()?.next_back()?;
    let file_name = percent_decode_str(last).decode_utf8().ok()?.into_owned();
    if !ENDINGS.iter().any(|ending| file_name.len() > ending.len() && file_name.ends_with(ending)) {
        return None;
    }
    let file = RemoteFile { file_name, size_bytes: None, sha256 };
    let requires_python = anchor.requires_python.as_deref().and_then(super::requires_python);
    let provenance = anchor.provenance.as_ref().and_then(|at| base.join(at.trim()).ok());
    Some(IndexFile { file, url, yanked: anchor.yanked, requires_python, provenance })
}

fn is_of(file_name: &str, project: &PackageName) -> bool {
    let parsed = file_name.parse().ok().and_then(|name| Distribution::of_file_name(&name));
    parsed.is_some_and(|found| found.name() == project)
}

/// One pass over the text: from tag to tag.
fn read(text: &str) -> Page {
    let mut page = Page::default();
    let mut rest = text;
    while let Some(start) = rest.find('<').filter(|_| page.anchors.len() <= MOST_ANCHORS) {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let name_ends = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..name_ends].to_ascii_lowercase();
        rest = &rest[name_ends..];
        if !matches!(name.as_str(), "a" | "base" | "meta" | "title" | "script" | "style" | "textarea") {
            continue;
        }
        let attributes = attributes(&mut rest);
        let get = |wanted: &str| {
            attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| unescape(value))
        };
        match name.as_str() {
            "a" => page.anchors.extend(get("href").map(|href| Anchor {
                href,
                yanked: get("data-yanked").is_some(),
                requires_python: get("data-requires-python"),
                provenance: get("data-provenance").filter(|at| !at.trim().is_empty()),
            })),
            "base" if page.base.is_none() => page.base = get("href"),
            "meta" => page.is_repository |= get("name").as_deref() == Some("pypi:repository-version"),
            "title" => page.title = unescape(until_closed(&mut rest, "title")),
            other => {
                until_closed(&mut rest, other);
            }
        }
    }
    page
}

/// The attributes that we care for; of others a tag may have millions.
const ATTRIBUTES: [&str; 5] = ["href", "data-yanked", "data-requires-python", "data-provenance", "name"];

/// Takes the attributes of a tag, and its end, off `rest`, and gives the first of each name that we care for.
fn attributes(rest: &mut &str) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    loop {
        *rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let Some(first) = rest.chars().next() else { return found };
        if first == '>' {
            *rest = &rest[1..];
            return found;
        }
        if first == '<' {
            return found;
        }
        let ends = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))
            .unwrap_or(rest.len());
        let name = &rest[..ends];
        let known = ATTRIBUTES.into_iter().find(|known| name.eq_ignore_ascii_case(known));
        let wanted = known.filter(|known| found.iter().all(|(have, _)| have != known));
        *rest = rest[ends..].trim_start_matches(|c: char| c.is_ascii_whitespace());
        let Some(after) = rest.strip_prefix('=') else {
            found.extend(wanted.map(|name| (name, String::new())));
            continue;
        };
        let after = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            _ => after
                .split_at(after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len())),
        };
        found.extend(wanted.map(|name| (name, value.to_owned())));
        *rest = left;
    }
}

/// Takes the text before `</name` off `rest`, and that tag's head with it.
fn until_closed<'a>(rest: &mut &'a str, name: &str) -> &'a str {
    let whole = *rest;
    let mut from = 0;
    while let Some(at) = whole[from..].find("</") {
        let (inside, after) = (from + at, from + at + 2);
        if whole.as_bytes()[after..]
            .get(..name.len())
            .is_some_and(|have| have.eq_ignore_ascii_case(name.as_bytes()))
        {
            *rest = &whole[after + name.len()..];
            return &whole[..inside];
        }
        from = after;
    }
    *rest = "";
    whole
}

/// Resolves the entities that addresses are written with.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let ends = rest.bytes().take(12).position(|byte| byte == b';');
        match ends.and_then(|ends| Some((ends, entity(rest.get(1..ends)?)?))) {
            Some((ends, character)) => {
                plain.push(character);
                rest = &rest[ends + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    fn page(body: &str) -> Result<Vec<IndexFile>, String> {
        files(
            body,
            &"http://127.0.0.1:1/simple/foo-bar/".parse().expect("good"),
            &"Foo.Bar".parse().expect("good"),
        )
    }

    #[test]
    fn files_digests_and_addresses_are_found_as_servers_write_them() {
        let sha256 = Sha256::of(b"x");
        let body = format!(
            "<!DOCTYPE html><html><head><title>Links for foo-bar</title></head><body><h1>Links for foo-bar</h1>\n\
             <!-- <a href=\"commented-1.0.tar.gz\">no</a> --><script>'<a href=\"scripted.zip\">'</script>\
             <a href=\"/packages/foo_bar-1.0-py3-none-any.whl#sha256={sha256}\">foo_bar-1.0-py3-none-any.whl</a><br>\n\
             <A HREF = '../../f/foo_bar-1.0.tar.gz?a=1&amp;b=2#md5=0&sha256={sha256}' data-yanked >x</A>\
             <a data-requires-python=\"&gt;=3.8\" data-provenance='/p/x' href=foo_bar-1.0%2Blocal-py3-none-any.whl>y</a><a href=\"..\">up</a>"
        );
        let found = page(&body).expect("an index");
        let urls: Vec<_> = found.iter().map(|file| file.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "http://127.0.0.1:1/packages/foo_bar-1.0-py3-none-any.whl",
                "http://127.0.0.1:1/f/foo_bar-1.0.tar.gz?a=1&b=2",
                "http://127.0.0.1:1/simple/foo-bar/foo_bar-1.0%2Blocal-py3-none-any.whl",
            ]
        );
        assert_eq!(found[2].file.file_name, "foo_bar-1.0+local-py3-none-any.whl");
        let digests: Vec<_> = found.iter().map(|file| file.file.sha256).collect();
        assert_eq!(digests, [Some(sha256), Some(sha256), None]);
        assert_eq!(found.iter().map(|file| file.yanked).collect::<Vec<_>>(), [false, true, false]);
        let pythons: Vec<_> = found.iter().map(|file| file.requires_python.as_deref()).collect();
        assert_eq!(pythons, [None, None, Some(">=3.8")]);
        let provenance: Vec<_> = found.iter().map(|file| file.provenance.as_ref().map(Url::path)).collect();
        assert_eq!(provenance, [None, None, Some("/p/x")]);
    }

    #[test]
    fn a_page_that_is_no_index_is_told_from_one_without_files() {
        for index in [
            "<html><title>Links for foo-bar</title></html>",
            "<html><meta name=\"pypi:repository-version\" content=\"1.0\"><title>foo</title>",
            "<a href='foo_bar-1.0.tar.gz'>foo_bar-1.0.tar.gz</a>",
        ] {
            assert!(page(index).is_ok(), "{index}");
        }
        for other in [
            "",
            "<html><title>Log in</title><a href=\"/login\">login</a><a href=\"client-1.0.zip\">client</a></html>",
            "<html><body>503</body></html>",
            "<!-- <title>Links for foo-bar</title> -->",
        ] {
            assert!(page(other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_base_of_a_page_is_heeded() {
        let found = page("<base href='https://files.invalid/x/'><a href='foo_bar-1.0.tar.gz#x'>f</a>")
            .expect("an index");
        assert_eq!(found[0].url.as_str(), "https://files.invalid/x/foo_bar-1.0.tar.gz");
    }

    #[test]
    fn entities_are_resolved_once_and_others_left() {
        for (text, plain) in [
            ("a&amp;lt;b", "a&lt;b"),
            ("&#39;&#x2F;&quot;&apos;&lt;&gt;", "'/\"'<>"),
            ("&copy; & &#xD800; &#99999999999; &ö;", "&copy; & &#xD800; &#99999999999; &ö;"),
        ] {
            assert_eq!(unescape(text), plain);
        }
    }

    #[test]
    fn no_page_makes_the_reader_panic_or_hang() {
        let good = "<!DOCTYPE html><title>Links for é</title><a href=\"ü-1.0.tar.gz#sha256=0\" data-yanked='&amp;'>ü</a><!-- x --><script>y</script>";
        for end in (0..good.len()).filter(|end| good.is_char_boundary(*end)) {
            let _ = page(&good[..end]);
        }
        let mut state = 11_u64;
        for _ in 0..2000 {
            let mut bytes = good.as_bytes().to_vec();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = usize::try_from(state >> 33).expect("31 bits") % bytes.len();
                bytes[at] = b"<>\"'=&#;!-/ a"[usize::try_from(state >> 20 & 0xff).expect("8 bits") % 13];
            }
            let _ = page(&String::from_utf8_lossy(&bytes));
        }
        for piece in ["<", "<a ", "<!--", "<a href=\"", "<script>", "</", "<title></", "&#", "<a b=", "<a b"]
        {
            let _ = page(&piece.repeat(200_000));
        }
    }
}
