//! The field `Description-Content-Type`: `text/markdown; charset=UTF-8; variant=GFM`.
//!
//! `packaging` gives the field to Python's reader of mail headers and refuses it when that reader notes any defect,
//! so even parameters that mean nothing have to be well formed. Continued and encoded parameters (RFC 2231, `name*=`)
//! are refused: nobody writes them here.

use std::collections::HashMap;
use std::str::FromStr;

use super::GrammarError;

/// What the description is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `text/plain`.
    Plain,
    /// `text/x-rst`.
    Rst,
    /// `text/markdown`.
    Markdown,
}

/// The field, taken apart. Its charset is UTF-8: no other is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    /// The type.
    pub media: Media,
    /// The flavour of Markdown that is named, as written.
    pub variant: Option<String>,
}

impl FromStr for ContentType {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        let (name, rest) = text.split_once(';').unwrap_or((text, ""));
        let media = match name.trim_matches([' ', '\t']).to_lowercase().as_str() {
            "text/plain" => Media::Plain,
            "text/x-rst" => Media::Rst,
            "text/markdown" => Media::Markdown,
            _ => {
                let what = "expected `text/plain`, `text/x-rst` or `text/markdown`";
                return Err(GrammarError::in_bytes(text, 0, what));
            }
        };
        let mut reader = Reader { text, at: text.len() - rest.len() };
        let parameters = reader.parameters()?;
        if let Some(charset) = parameters.get("charset").filter(|charset| charset.to_lowercase() != "utf-8") {
            let charset: String = charset.chars().take(80).collect();
            return Err(reader.error(format!("the charset is UTF-8 and no other, not `{charset}`")));
        }
        let variant = parameters.get("variant").cloned();
        match &variant {
            Some(variant)
                if media == Media::Markdown && !["GFM", "CommonMark"].contains(&variant.as_str()) =>
            {
                let variant: String = variant.chars().take(80).collect();
                Err(reader.error(format!("the variant is `GFM` or `CommonMark`, not `{variant}`")))
            }
            _ => Ok(Self { media, variant }),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&self, what: impl Into<String>) -> GrammarError {
        GrammarError::in_bytes(self.text, self.at, what)
    }

    /// The parameters by their names in lower case.
    fn parameters(&mut self) -> Result<HashMap<String, String>, GrammarError> {
        let mut written = HashMap::new();
        let mut parameters = HashMap::new();
        loop {
            self.blanks()?;
            if self.rest().is_empty() {
                return Ok(parameters);
            }
            let name = self.word("*'%")?;
            self.blanks()?;
            if !self.rest().starts_with('=') {
                return Err(self.error("expected `=` behind the name of a parameter"));
            }
            self.at += 1;
            self.blanks()?;
            let value =
                if self.rest().starts_with('"') { self.quoted()? } else { self.word("*'")?.to_owned() };
            self.blanks()?;
            if written.insert(name, ()).is_some() {
                return Err(self.error("a parameter is given twice"));
            }
            parameters.insert(name.to_lowercase(), value);
            match self.rest().chars().next() {
                None => {}
                Some(';') => self.at += 1,
                Some(_) => return Err(self.error("expected a semicolon or the end behind a parameter")),
            }
        }
    }

    /// What is no blank, no special character of mail headers and none of `ends`.
    fn word(&mut self, ends: &str) -> Result<&'t str, GrammarError> {
        let rest = self.rest();
        let is_end = |c: char| " \t()<>@,:;\\\"[]/?=".contains(c) || ends.contains(c);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        if word.is_empty() || word.contains(|c: char| c.is_ascii_control()) {
            return Err(self.error("expected the name or the value of a parameter"));
        }
        self.at += word.len();
        Ok(word)
    }

    fn quoted(&mut self) -> Result<String, GrammarError> {
        let mut value = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            let character = match character {
                '"' => {
                    self.at += at + 1;
                    return Ok(value);
                }
                '\\' => characters.next().map(|(_, character)| character),
                other => Some(other),
            };
            let Some(character) = character else { break };
            if character.is_ascii_control() && character != '\t' || self.rest()[at..].starts_with("=?") {
                return Err(self.error("a quoted value holds what has no place in it"));
            }
            value.push(character);
        }
        Err(self.error("the quote is not closed"))
    }

    /// Skips blanks, and comments in parentheses.
    fn blanks(&mut self) -> Result<(), GrammarError> {
        let mut depth = 0_usize;
        let mut is_escaped = false;
        for (at, character) in self.rest().char_indices() {
            match character {
                _ if is_escaped => is_escaped = false,
                ' ' | '\t' => {}
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                '\\' if depth > 0 => is_escaped = true,
                other if depth > 0 && !other.is_ascii_control() => {}
                _ if depth > 0 => return Err(self.error("a comment holds a control character")),
                _ => {
                    self.at += at;
                    return Ok(());
                }
            }
        }
        if depth > 0 {
            return Err(self.error("a comment is not closed"));
        }
        self.at = self.text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_fields_are_read() {
        for (text, media, variant) in [
            ("text/plain", Media::Plain, None),
            (" Text/X-RST ; ", Media::Rst, None),
            ("text/markdown; charset=utf-8; variant=GFM", Media::Markdown, Some("GFM")),
            ("text/markdown;Variant = \"Common\\Mark\" (why not)", Media::Markdown, Some("CommonMark")),
            ("text/x-rst; variant=odd; x=\"a b\"", Media::Rst, Some("odd")),
        ] {
            let variant = variant.map(str::to_owned);
            assert_eq!(text.parse(), Ok(ContentType { media, variant }), "{text}");
        }
    }

    #[test]
    fn bad_fields_are_refused() {
        for (text, what) in [
            ("", "expected `text/plain`"),
            ("markdown", "expected `text/plain`"),
            ("text/html", "expected `text/plain`"),
            ("text/plain charset=UTF-8", "expected `text/plain`"),
            ("text/plain; charset", "expected `=`"),
            ("text/plain; charset=", "the value"),
            ("text/plain;; charset=UTF-8", "the name"),
            ("text/plain; charset=latin-1", "UTF-8 and no other"),
            ("text/plain; charset=UTF-8 x", "semicolon"),
            ("text/plain; charset=\"UTF-8", "not closed"),
            ("text/plain; charset=UTF-8 (", "comment"),
            ("text/plain; charset=UTF-8\n", "the value"),
            ("text/plain; charset=UTF-8; charset=UTF-8", "twice"),
            ("text/markdown; variant=gfm", "`GFM` or `CommonMark`"),
        ] {
            let error = text.parse::<ContentType>().expect_err(text);
            assert!(error.what.contains(what), "{text}: {error}");
        }
    }
}
