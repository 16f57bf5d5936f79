//! The address in a field such as `Ada <ada@example.org>`, as Python's `email.utils.parseaddr` finds it.
//!
//! That function is lenient, and where it doubts (two addresses, unbalanced parentheses) it finds none. Newer
//! versions of Python, which the public index runs on, doubt more than older ones; they are followed here.

/// Characters that end an atom.
const SPECIALS: &str = "()<>@,:;.\"[]";

/// Groups within groups: Python gives up some hundreds later.
const DEEPEST: usize = 50;

/// The field nests groups deeper than anybody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep;

/// The one address of the field; empty where there is none, or where it is doubtful.
pub(super) fn only_address(field: &str) -> Result<String, TooDeep> {
    if !has_balanced_parentheses(field) {
        return Ok(String::new());
    }
    let mut reader = Reader { field: field.chars().collect(), at: 0 };
    let mut addresses = Vec::new();
    while reader.peek().is_some() {
        let before = addresses.len();
        reader.address(&mut addresses, 0)?;
        if addresses.len() == before {
            addresses.push(String::new());
        }
    }
    match &mut addresses[..] {
        [address] if !address.contains('[') => Ok(std::mem::take(address)),
        _ => Ok(String::new()),
    }
}

/// Whether parentheses match outside of quotes; what a backslash escapes counts as neither.
fn has_balanced_parentheses(field: &str) -> bool {
    let mut kept = String::with_capacity(field.len());
    let mut quoted_from = None;
    let mut is_escaped = false;
    for (at, character) in field.char_indices() {
        match (character, quoted_from) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => is_escaped = true,
            ('"', None) => {
                quoted_from = Some(kept.len());
                kept.push_str(&field[at..=at]);
                continue;
            }
            ('"', Some(start)) => {
                kept.truncate(start);
                quoted_from = None;
                continue;
            }
            _ => {}
        }
        kept.push(character);
    }
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for character in kept.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '(' => depth += 1,
            ')' if depth == 0 => return false,
            ')' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

struct Reader {
    field: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.field.get(self.at).copied()
    }

    /// Reads one address, or a group of them, and the comma behind.
    fn address(&mut self, found: &mut Vec<String>, depth: usize) -> Result<(), TooDeep> {
        if depth > DEEPEST {
            return Err(TooDeep);
        }
        self.blanks();
        let start = self.at;
        let phrase = self.phrase();
        self.blanks();
        match self.peek() {
            None => found.extend(phrase),
            Some('.' | '@') => {
                self.at = start;
                found.push(self.specification());
            }
            Some(':') => {
                self.at += 1;
                while self.peek().is_some() {
                    self.blanks();
                    if self.peek() == Some(';') {
                        self.at += 1;
                        break;
                    }
                    self.address(found, depth + 1)?;
                }
            }
            Some('<') => found.push(self.in_brackets()),
            Some(other) => match phrase {
                Some(phrase) => found.push(phrase),
                None if SPECIALS.contains(other) => self.at += 1,
                None => {}
            },
        }
        self.blanks();
        if self.peek() == Some(',') {
            self.at += 1;
        }
        Ok(())
    }

    /// Skips blanks and comments; gives the blanks but line breaks.
    fn blanks(&mut self) -> String {
        let mut blanks = String::new();
        while let Some(character) = self.peek() {
            match character {
                ' ' | '\t' => blanks.push(character),
                '\r' | '\n' => {}
                '(' => {
                    self.comment();
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        blanks
    }

    /// Skips words; gives the first.
    fn phrase(&mut self) -> Option<String> {
        let mut first = None;
        while let Some(character) = self.peek() {
            let word = match character {
                ' ' | '\t' | '\r' | '\n' => {
                    self.at += 1;
                    continue;
                }
                '(' => {
                    self.comment();
                    continue;
                }
                '"' => self.delimited('"'),
                '.' => self.atom(true),
                other if SPECIALS.contains(other) => break,
                _ => self.atom(true),
            };
            first.get_or_insert(word);
        }
        first
    }

    /// An address between `<` and `>`; a route before it is skipped.
    fn in_brackets(&mut self) -> String {
        self.at += 1;
        self.blanks();
        let mut is_route = false;
        while let Some(character) = self.peek() {
            match character {
                _ if is_route => {
                    self.domain();
                    is_route = false;
                }
                '>' => {
                    self.at += 1;
                    break;
                }
                '@' => {
                    self.at += 1;
                    is_route = true;
                }
                ':' => self.at += 1,
                _ => {
                    let address = self.specification();
                    self.at += 1;
                    return address;
                }
            }
            self.blanks();
        }
        String::new()
    }

    /// An address alone: the part before `@`, and the domain.
    fn specification(&mut self) -> String {
        let is_blank = |text: &String| text.trim_matches(crate::model::pep440::is_blank).is_empty();
        let mut parts: Vec<String> = Vec::new();
        self.blanks();
        while let Some(character) = self.peek() {
            match character {
                '.' => {
                    parts.pop_if(|last| is_blank(last));
                    parts.push(".".to_owned());
                    self.at += 1;
                    self.blanks();
                    continue;
                }
                '"' => {
                    let inner = self.delimited('"').replace('\\', "\\\\").replace('"', "\\\"");
                    parts.push(format!("\"{inner}\""));
                }
                other if is_atom_end(other) => {
                    parts.pop_if(|last| is_blank(last));
                    break;
                }
                _ => parts.push(self.atom(false)),
            }
            let blanks = self.blanks();
            if !blanks.is_empty() {
                parts.push(blanks);
            }
        }
        let local = parts.concat();
        if self.peek() != Some('@') {
            return local;
        }
        self.at += 1;
        self.blanks();
        match self.domain() {
            domain if domain.is_empty() => String::new(),
            domain => format!("{local}@{domain}"),
        }
    }

    fn domain(&mut self) -> String {
        let mut domain = String::new();
        while let Some(character) = self.peek() {
            match character {
                ' ' | '\t' => self.at += 1,
                '(' => self.comment(),
                '[' => {
                    let inner = self.delimited(']');
                    domain.push_str(&format!("[{inner}]"));
                }
                '.' => {
                    self.at += 1;
                    domain.push('.');
                }
                '@' => return String::new(),
                other if is_atom_end(other) => break,
                _ => domain.push_str(&self.atom(false)),
            }
        }
        domain
    }

    /// What stands between the character here and `end`, without the backslashes that escape.
    fn delimited(&mut self, end: char) -> String {
        let mut inner = String::new();
        let mut is_escaped = false;
        self.at += 1;
        while let Some(character) = self.peek() {
            self.at += 1;
            match character {
                _ if is_escaped => {
                    inner.push(character);
                    is_escaped = false;
                }
                '\r' => break,
                _ if character == end => break,
                '\\' => is_escaped = true,
                _ => inner.push(character),
            }
        }
        inner
    }

    /// Skips a comment with those inside it.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        let mut is_escaped = false;
        while let Some(character) = self.peek() {
            self.at += 1;
            match character {
                _ if is_escaped => is_escaped = false,
                '(' => depth += 1,
                ')' | '\r' => depth = depth.saturating_sub(1),
                '\\' => is_escaped = true,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    fn atom(&mut self, is_phrase: bool) -> String {
        let rest = &self.field[self.at..];
        let is_end = |c: &char| is_atom_end(*c) && !(is_phrase && *c == '.');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        self.at += length;
        rest[..length].iter().collect()
    }
}

fn is_atom_end(character: char) -> bool {
    SPECIALS.contains(character) || matches!(character, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_address_is_found() {
        for (field, address) in [
            ("ada@example.org", "ada@example.org"),
            ("Ada L. <ada@example.org>", "ada@example.org"),
            ("\"L, Ada\" (of (old)) < ada @ example.org >", "ada@example.org"),
            ("ada@example.org (Ada)", "ada@example.org"),
            ("<@route.org:ada@example.org>", "ada@example.org"),
            ("Group: ada@example.org;", "ada@example.org"),
            ("Ada", "Ada"),
            ("\"a b\"@example.org", "\"a b\"@example.org"),
            ("a@b@c", ""),
            ("a@b.c, d@e.f", ""),
            ("a@b.c (", ""),
            ("a@[1.2.3.4]", ""),
            ("", ""),
        ] {
            assert_eq!(only_address(field).as_deref(), Ok(address), "{field}");
        }
        assert_eq!(only_address(&"a:".repeat(1000)), Err(TooDeep));
        assert_eq!(only_address(&"(".repeat(1_000_000)).as_deref(), Ok(""));
    }
}
