//! What the lines of a Markdown text are.

/// What a line is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing shows in it.
    Blank,
    /// A heading in one line (`## …`), with its level.
    Heading(usize),
    /// The text of a heading whose next line underlines it, with its level.
    Underlined(usize),
    /// The line that underlines a heading.
    Underline,
    /// A line that draws one across the page.
    Rule,
    /// Part of fenced code, or of what HTML shows as it is.
    Code,
    /// Part of a comment.
    Comment,
    /// Anything else.
    Text,
}

/// A text, line by line.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    /// The lines, without their ends.
    pub(crate) lines: Vec<&'a str>,
    /// What each of them is.
    pub(crate) kinds: Vec<Kind>,
    /// Whether code or a comment goes on behind it.
    pub(crate) goes_on: Vec<bool>,
}

impl<'a> Lines<'a> {
    /// Reads a text.
    pub(crate) fn of(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut kinds: Vec<Kind> = Vec::with_capacity(lines.len());
        let mut goes_on = Vec::with_capacity(lines.len());
        let (mut open, mut in_list): (Option<Open>, bool) = (None, false);
        for line in &lines {
            if open.as_ref().is_some_and(|inside| inside.ends_before(line)) {
                open = None;
            }
            let kind = if let Some(inside) = &open {
                let kind = inside.kind();
                if inside.is_closed_by(line) {
                    open = None;
                }
                kind
            } else {
                in_list = still_in_list(line, kinds.last(), in_list);
                open = Open::by(line, in_list);
                let kind = open.as_ref().map(Open::kind);
                if open.as_ref().is_some_and(|opened| opened.is_closed_at_once(line)) {
                    open = None;
                }
                kind.unwrap_or_else(|| plain(line, &lines, &mut kinds))
            };
            kinds.push(kind);
            goes_on.push(open.is_some());
        }
        Self { lines, kinds, goes_on }
    }
}

/// A list goes on until a paragraph that is not indented begins.
fn still_in_list(line: &str, above: Option<&Kind>, in_list: bool) -> bool {
    if in_item(line).is_some() {
        return true;
    }
    let begins = !line.is_empty() && !line.starts_with([' ', '\t']) && above == Some(&Kind::Blank);
    in_list && !begins
}

/// What stands behind the mark of a list's item, in a line that begins one.
fn in_item(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

/// Something that lasts until a line closes it.
#[derive(Debug)]
enum Open {
    /// A fence of this many of this character.
    Fence { mark: char, length: usize, in_list: bool },
    /// A comment.
    Comment,
    /// An element whose contents are shown as they are.
    Verbatim,
}

impl Open {
    fn by(line: &str, in_list: bool) -> Option<Self> {
        // Indented further, it would be indented code; in a list it belongs to an item.
        let at_margin = indented_at_most(line, 3);
        let mut text = if in_list { line.trim_start() } else { at_margin? };
        let mut nested = in_list && line.starts_with([' ', '\t']);
        while let Some(rest) = in_item(text) {
            (text, nested) = (rest, true);
        }
        for mark in ['`', '~'] {
            let length = text.chars().take_while(|c| *c == mark).count();
            if length >= 3 && !(mark == '`' && text[length..].contains('`')) {
                return Some(Self::Fence { mark, length, in_list: nested });
            }
        }
        let lower: String = at_margin?.chars().take(5).collect::<String>().to_ascii_lowercase();
        match lower.as_str() {
            lower if lower.starts_with("<!--") => Some(Self::Comment),
            "<pre>" | "<pre " => Some(Self::Verbatim),
            _ => None,
        }
    }

    /// An item ends, with the code in it, where a line is not indented.
    fn ends_before(&self, line: &str) -> bool {
        matches!(self, Self::Fence { in_list: true, .. })
            && !line.trim().is_empty()
            && !line.starts_with([' ', '\t'])
    }

    fn is_closed_by(&self, line: &str) -> bool {
        match self {
            Self::Fence { mark, length, in_list } => {
                let text = if *in_list { Some(line.trim_start()) } else { indented_at_most(line, 3) };
                text.is_some_and(|text| {
                    let text = text.trim_end();
                    text.chars().all(|c| c == *mark) && text.len() >= *length
                })
            }
            Self::Comment => line.contains("-->"),
            Self::Verbatim => line.to_ascii_lowercase().contains("</pre>"),
        }
    }

    /// A fence is never closed by the line that opens it.
    fn is_closed_at_once(&self, line: &str) -> bool {
        !matches!(self, Self::Fence { .. }) && self.is_closed_by(line)
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Fence { .. } | Self::Verbatim => Kind::Code,
            Self::Comment => Kind::Comment,
        }
    }
}

/// What a line outside of code and comments is; `before` are those before it, the last of which it may underline.
fn plain(line: &str, lines: &[&str], before: &mut [Kind]) -> Kind {
    if line.trim().is_empty() {
        return Kind::Blank;
    }
    let Some(text) = indented_at_most(line, 3) else { return Kind::Text };
    if let Some(level) = level_of_hashes(text) {
        return Kind::Heading(level);
    }
    if let Some(level) = level_of_underline(text)
        && let Some(above) = before.len().checked_sub(1)
        && before[above] == Kind::Text
        && !before.get(above.wrapping_sub(1)).is_some_and(|kind| *kind == Kind::Text)
        && can_be_underlined(lines[above])
    {
        before[above] = Kind::Underlined(level);
        return Kind::Underline;
    }
    if is_rule(text) { Kind::Rule } else { Kind::Text }
}

fn level_of_hashes(text: &str) -> Option<usize> {
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &text[level..];
    ((1..=6).contains(&level) && (rest.is_empty() || rest.starts_with([' ', '\t']))).then_some(level)
}

fn level_of_underline(text: &str) -> Option<usize> {
    let text = text.trim_end();
    [('=', 1), ('-', 2)]
        .into_iter()
        .find(|(mark, _)| text.chars().all(|c| c == *mark))
        .map(|(_, level)| level)
}

/// A rule under a list, a quotation or a table underlines nothing.
fn can_be_underlined(line: &str) -> bool {
    let text = line.trim_start();
    in_item(line).is_none() && !text.starts_with(['>', '|']) && indented_at_most(line, 3).is_some()
}

/// Three or more of one of these marks, with any space between.
fn is_rule(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = marks.next().filter(|c| "-*_".contains(*c)) else { return false };
    let rest: Vec<char> = marks.collect();
    rest.len() >= 2 && rest.iter().all(|c| *c == first)
}

/// The line without its indentation, unless that is wider than `most` spaces.
fn indented_at_most(line: &str, most: usize) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() <= most && !text.starts_with('\t')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::Kind::{Blank, Code, Comment, Heading, Rule, Text, Underline, Underlined};
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Kind]) {
        assert_eq!(Lines::of(text).kinds, expected, "{text}");
    }

    #[test]
    fn headings_have_hashes_or_are_underlined() {
        check(
            "# a\n## b ##\n   ###\n####### c\n#d\n    # e",
            &[Heading(1), Heading(2), Heading(3), Text, Text, Text],
        );
        check("a\n===\n\nb\n-", &[Underlined(1), Underline, Blank, Underlined(2), Underline]);
        check("- a\n---\n> q\n---\n\n---\n* * *", &[Text, Rule, Text, Rule, Blank, Rule, Rule]);
        check("a\nb\n---", &[Text, Text, Rule]);
        check("===", &[Text]);
    }

    #[test]
    fn what_is_code_or_comment_is_no_heading() {
        check("```sh\n# a\n~~~\n``\n````\n# b", &[Code, Code, Code, Code, Code, Heading(1)]);
        check("``` a`b\n# c", &[Text, Heading(1)]);
        check("~~~\n```\n~~~ x\n  ~~~\nd", &[Code, Code, Code, Code, Text]);
        check("<!-- a\n## b\nc --> d\n# e", &[Comment, Comment, Comment, Heading(1)]);
        check("<!-- a -->\n# e", &[Comment, Heading(1)]);
        check("<PRE>\n# a\n</pre>\n# b", &[Code, Code, Code, Heading(1)]);
        check("    ```\n# a", &[Text, Heading(1)]);
    }

    #[test]
    fn code_in_a_list_belongs_to_its_item() {
        check("- ```sh\n  # a\n  ```\n# b", &[Code, Code, Code, Heading(1)]);
        check(
            "1. a\n\n    ```\n    # a\n    ```\n\n# b",
            &[Text, Blank, Code, Code, Code, Blank, Heading(1)],
        );
        check("- a\n  ~~~\n  x\n# b\n", &[Text, Code, Code, Heading(1)]);
        check("- a\n```\n# b\n```\n# c", &[Text, Code, Code, Code, Heading(1)]);
        check("- a\n\nb\n\n    ```\n# c", &[Text, Blank, Text, Blank, Text, Heading(1)]);
        assert_eq!(Lines::of("```\n\n```\na").goes_on, [true, true, false, false]);
    }
}
