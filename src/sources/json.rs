//! Where the values of a JSON text stand. `serde_json` decides what is JSON; this only finds the bytes again.

use std::ops::Range;

/// A JSON text that is known to be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<'a> {
    text: &'a str,
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name.
    pub(super) key: String,
    /// The bytes of its value; of a text, those between the quotes.
    pub(super) value: Range<usize>,
    /// What the value is.
    pub(super) kind: Kind,
}

/// What a value is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An object.
    Object,
    /// A text.
    Text,
    /// Anything else.
    Other,
}

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoJson {
    /// The line, from 1.
    pub(super) line: usize,
    /// Why.
    pub(super) why: String,
}

impl<'a> Json<'a> {
    /// A text that may begin with a byte order mark, which npm reads over.
    ///
    /// # Errors
    /// When it is no JSON.
    pub(super) fn read(text: &'a str) -> Result<Self, NoJson> {
        // Nothing is kept, so the depth of a hostile text costs nothing.
        match serde_json::from_str::<serde::de::IgnoredAny>(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            Ok(serde::de::IgnoredAny) => Ok(Self { text }),
            Err(error) => Err(NoJson { line: error.line().max(1), why: format!("it is no JSON: {error}") }),
        }
    }

    /// The members of the whole text; nothing where it is no object.
    pub(super) fn members(&self) -> Option<Vec<Member>> {
        let bytes = self.text.as_bytes();
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace() && byte.is_ascii())?;
        (bytes[start] == b'{').then(|| self.members_at(start))
    }

    /// The members of an object among the members of another one.
    pub(super) fn members_of(&self, member: &Member) -> Option<Vec<Member>> {
        (member.kind == Kind::Object).then(|| self.members_at(member.value.start))
    }

    /// What a text says, with its escapes read.
    pub(super) fn said(&self, member: &Member) -> Option<String> {
        (member.kind == Kind::Text).then(|| decoded(self.text.get(member.value.clone()).unwrap_or_default()))
    }

    /// The members of the object that begins at `start`.
    fn members_at(&self, start: usize) -> Vec<Member> {
        let mut members = Vec::new();
        let mut at = start + 1;
        while let Some((quote, b'"')) = self.next_of(at, b"\"}") {
            let key_end = self.end_of_text(quote);
            let key = decoded(self.text.get(quote + 1..key_end).unwrap_or_default());
            let Some((colon, _)) = self.next_of(key_end + 1, b":") else { break };
            let bytes = self.text.as_bytes();
            let blank = bytes[colon + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let value = colon + 1 + blank;
            let end = self.end_of(value);
            let (kind, span) = match bytes.get(value) {
                Some(b'"') => (Kind::Text, value + 1..end - 1),
                Some(b'{') => (Kind::Object, value..end),
                _ => (Kind::Other, value..end),
            };
            members.push(Member { key, value: span, kind });
            match self.next_of(end, b",}") {
                Some((comma, b',')) => at = comma + 1,
                _ => break,
            }
        }
        members
    }

    /// The first of some bytes from a place on that is in no text.
    fn next_of(&self, from: usize, wanted: &[u8]) -> Option<(usize, u8)> {
        let bytes = self.text.as_bytes().get(from..)?;
        let at = bytes.iter().position(|byte| wanted.contains(byte))?;
        Some((from + at, bytes[at]))
    }

    /// The place of the quote that closes the text which begins at `quote`.
    fn end_of_text(&self, quote: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = quote + 1;
        while at < bytes.len() && bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at.min(bytes.len())
    }

    /// The place behind the value that begins at `start`.
    fn end_of(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (start, 0_usize);
        while at < bytes.len() {
            match bytes[at] {
                b'"' => at = self.end_of_text(at),
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => depth -= 1,
                // The value is a number or a word, which nothing closes.
                b'}' | b']' | b',' if depth == 0 => return at,
                byte if depth == 0 && byte.is_ascii_whitespace() => return at,
                _ => {}
            }
            at += 1;
            if depth == 0 && matches!(bytes[at - 1], b'"' | b'}' | b']') {
                return at;
            }
        }
        bytes.len()
    }
}

fn decoded(inner: &str) -> String {
    serde_json::from_str(&format!("\"{inner}\"")).unwrap_or_else(|_| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, String)> {
        let json = Json::read(text).expect("good JSON");
        let members = json.members().expect("an object");
        members.into_iter().map(|member| (member.key, text[member.value].to_owned())).collect()
    }

    #[test]
    fn members_are_found_with_their_bytes() {
        let text = "\u{feff}\r\n{ \"a\\u0062\" : \"x\\\"}\" ,\"n\":-1.5e3,\"l\":[{\"v\":\"]\"},[]] ,\n\"o\":{\"p\":{}}\n,\"t\":true}";
        let expected = [
            ("ab", "x\\\"}"),
            ("n", "-1.5e3"),
            ("l", "[{\"v\":\"]\"},[]]"),
            ("o", "{\"p\":{}}"),
            ("t", "true"),
        ];
        assert_eq!(shown(text), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(shown("{}"), []);
        assert_eq!(shown("{\"a\":1}").len(), 1);
        assert_eq!(Json::read("[{}]").expect("good").members(), None);
        assert_eq!(Json::read(" 1 ").expect("good").members(), None);
    }

    #[test]
    fn what_is_inside_is_reached() {
        let text = "{\"a\": {\"\": {\"version\": \"1.2.0\"}}, \"b\": 1}";
        let json = Json::read(text).expect("good");
        let root = json.members().expect("an object");
        let a = json.members_of(&root[0]).expect("an object");
        let empty = json.members_of(&a[0]).expect("an object");
        assert_eq!((&text[empty[0].value.clone()], json.said(&empty[0])), ("1.2.0", Some("1.2.0".into())));
        assert_eq!((json.members_of(&root[1]), json.said(&root[1])), (None, None));
    }

    #[test]
    fn what_is_no_json_says_where() {
        let error = Json::read("{\n\"a\": 1,\n}").expect_err("a comma too many");
        assert_eq!(error.line, 3);
        assert!(Json::read("").is_err() && Json::read("{\"a\": 'x'}").is_err());
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Json::read(&format!("{{\"a\": {deep}}}")).is_ok_and(|json| json.members().is_some()));
    }
}
