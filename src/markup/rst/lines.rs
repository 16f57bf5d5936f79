//! Lines, and blocks of them cut out by their indentation.

use super::chars::is_space;

/// A line, or the part of it that a nested block has; blanks at its end are gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub text: &'a str,
    /// Its number in the document, from 1.
    pub number: usize,
}

impl Line<'_> {
    pub(super) const fn is_blank(self) -> bool {
        self.text.is_empty()
    }

    /// Blanks at its beginning.
    pub(super) fn indent(self) -> usize {
        let plain = blanks(self.text);
        plain + self.text[plain..].chars().take_while(|char| is_space(*char)).count()
    }

    pub(super) fn is_indented(self) -> bool {
        self.text.starts_with(' ')
    }

    /// The line without its first `count` characters.
    pub(super) fn without(self, count: usize) -> Self {
        Self { text: behind(self.text, count), ..self }
    }
}

/// Plain blanks at the beginning of `text`: deep nesting has many, and looks at them often.
fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// `text` without its first `count` characters.
pub(super) fn behind(text: &str, count: usize) -> &str {
    if text.as_bytes().get(..count).is_some_and(<[u8]>::is_ascii) {
        return &text[count..];
    }
    text.char_indices().nth(count).map_or("", |(at, _)| &text[at..])
}

/// The text with its tabs expanded to columns of eight, and the other blanks that count as such made plain.
pub(super) fn expanded(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len() + 16);
    let mut column = 0;
    for char in text.chars() {
        match char {
            '\t' => {
                let blanks = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                continue;
            }
            '\u{b}' | '\u{c}' => expanded.push(' '),
            _ => expanded.push(char),
        }
        column = if is_line_end(char) { 0 } else { column + 1 };
    }
    expanded
}

const fn is_line_end(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The lines of `text`, ended by whatever Python takes for the end of a line.
pub(super) fn split(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = match rest.find(is_line_end) {
            None => (rest, ""),
            Some(at) if rest[at..].starts_with("\r\n") => (&rest[..at], &rest[at + 2..]),
            Some(at) => {
                let end = at + rest[at..].chars().next().map_or(1, char::len_utf8);
                (&rest[..at], &rest[end..])
            }
        };
        lines.push(Line { text: line.trim_end_matches(is_space), number: lines.len() + 1 });
        rest = after;
    }
    lines
}

/// The lines' texts, one below the other.
pub(super) fn joined(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(line.text);
    }
    text
}

/// How a block is cut.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cut {
    /// The first blank line ends it.
    pub until_blank: bool,
    /// The indentation stays.
    pub keep_indent: bool,
    /// The indentation of all its lines, if it is known.
    pub known: Option<usize>,
    /// The first line's marker takes so many characters, and the line belongs to the block whatever it is.
    pub first: Option<usize>,
}

/// A block that was cut out.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub lines: Vec<Line<'a>>,
    /// Where it ends among the lines that it was cut from.
    pub end: usize,
    /// Whether it ends with a blank line or with the text.
    pub is_finished: bool,
}

impl<'a> Block<'a> {
    /// The block without blank lines at its beginning.
    pub(super) fn trimmed(mut self) -> Self {
        let blank = self.lines.iter().take_while(|line| line.is_blank()).count();
        self.lines.drain(..blank);
        self
    }
}

/// Cuts the indented block at `start`.
pub(super) fn cut<'a>(lines: &[Line<'a>], start: usize, how: Cut) -> Block<'a> {
    let first = how.first.or(how.known);
    let mut indent = how.known;
    let mut end = (start + usize::from(first.is_some())).min(lines.len());
    let mut is_finished = true;
    while let Some(line) = lines.get(end) {
        let outside = |known: usize| line.indent() < known;
        if !line.text.is_empty() && (!line.is_indented() || how.known.is_some_and(outside)) {
            is_finished = end > start && lines[end - 1].is_blank();
            break;
        }
        if line.is_blank() {
            if how.until_blank {
                break;
            }
        } else if how.known.is_none() {
            let found = line.indent();
            indent = Some(indent.map_or(found, |least: usize| least.min(found)));
        }
        end += 1;
    }
    let mut block = lines.get(start..end).unwrap_or_default().to_vec();
    if let (Some(first), Some(line)) = (first, block.first_mut()) {
        *line = line.without(first);
    }
    if let (Some(indent), false) = (indent, how.keep_indent) {
        for line in block.iter_mut().skip(usize::from(first.is_some())) {
            *line = line.without(indent);
        }
    }
    Block { lines: block, end, is_finished }
}
