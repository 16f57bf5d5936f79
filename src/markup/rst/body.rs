//! The body of a document or of a part of it: which construct each line begins, and where it ends.

use super::chars::{is_space, width};
use super::lines::{Cut, Line, behind, cut, joined};
use super::names::normalized;
use super::{Kind, Node, Place, Reader, enumerator, options_list};

/// What the first line of a construct looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Begin {
    Bullet { mark: char, end: usize },
    Enumerator(enumerator::Mark),
    Field { name_end: usize, end: usize },
    Option { end: usize },
    Doctest,
    LineBlock { end: usize },
    GridTable,
    SimpleTable,
    Explicit { end: usize },
    Anonymous { end: usize },
    Rule,
    Text,
}

/// A mark at the beginning of `text` that blanks or nothing follow; the characters it takes with them.
fn marked(text: &str, mark: &str) -> Option<usize> {
    let rest = text.strip_prefix(mark)?;
    let blanks = rest.len() - rest.trim_start_matches(' ').len();
    (rest.is_empty() || blanks > 0).then(|| mark.chars().count() + blanks)
}

/// What construct `text` begins, as far as one line tells.
pub(super) fn begin(text: &str) -> Begin {
    let first = text.chars().next().unwrap_or(' ');
    if matches!(first, '-' | '+' | '*' | '•' | '‣' | '⁃')
        && let Some(end) = marked(text, &text[..first.len_utf8()])
    {
        return Begin::Bullet { mark: first, end };
    }
    if let Some(mark) = enumerator::mark(text) {
        return Begin::Enumerator(mark);
    }
    if let Some((name_end, end)) = field_marker(text) {
        return Begin::Field { name_end, end };
    }
    if let Some(end) = options_list::marker_end(text) {
        return Begin::Option { end };
    }
    if marked(text, ">>>").is_some() {
        return Begin::Doctest;
    }
    if let Some(end) = marked(text, "|") {
        return Begin::LineBlock { end };
    }
    if super::grid::is_border(text) {
        return Begin::GridTable;
    }
    if super::simple::is_top(text) {
        return Begin::SimpleTable;
    }
    if let Some(end) = marked(text, "..") {
        return Begin::Explicit { end };
    }
    if let Some(end) = marked(text, "__") {
        return Begin::Anonymous { end };
    }
    if is_rule(text) { Begin::Rule } else { Begin::Text }
}

/// One punctuation character, repeated over the whole line.
pub(super) fn is_rule(text: &str) -> bool {
    let text = text.trim_end_matches(' ');
    let first = text.bytes().next();
    first.is_some_and(|first| first.is_ascii_punctuation() && text.bytes().all(|byte| byte == first))
}

/// Where the name of a field ends, and the characters that its marker takes.
pub(super) fn field_marker(text: &str) -> Option<(usize, usize)> {
    let inner = text.strip_prefix(':')?;
    if inner.is_empty() || inner.starts_with([':', ' ']) {
        return None;
    }
    let mut chars = inner.char_indices().peekable();
    let mut before = ':';
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => drop(chars.next()?),
            ':' if chars.peek().is_none_or(|(_, next)| matches!(next, ' ' | '`')) => {
                let end = marked(&inner[at..], ":").filter(|_| before != ' ')?;
                return Some((at + 1, inner[..at].chars().count() + 1 + end));
            }
            _ => {}
        }
        before = char;
    }
    None
}

impl Reader {
    /// Reads the constructs of a body that has no section titles.
    pub(super) fn nested(&mut self, lines: &[Line<'_>], place: Place) -> Vec<Node> {
        let Some(depth) = self.depth.checked_sub(1) else { return Vec::new() };
        self.depth = depth;
        let nodes = self.body(lines, place);
        self.depth += 1;
        nodes
    }

    /// Reads the constructs of a body.
    pub(super) fn body(&mut self, lines: &[Line<'_>], place: Place) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut at = 0;
        while let Some(line) = lines.get(at)
            && !self.troubles.is_full()
        {
            if line.is_blank() {
                at += 1;
                continue;
            }
            let before = (nodes.len(), self.class_pending);
            at = if line.is_indented() {
                let block = cut(lines, at, Cut::default()).trimmed();
                nodes.extend(self.block_quote(&block.lines));
                self.unindented(block.is_finished, lines, block.end, "a block quote");
                block.end
            } else {
                self.construct(lines, at, place, &mut nodes)
            };
            self.settle_class(&nodes[before.0..], before.1);
        }
        nodes
    }

    /// A class that waited before `nodes` were read belongs to the first of them that is visible.
    pub(super) fn settle_class(&mut self, nodes: &[Node], waited: Option<usize>) {
        if self.class_pending == waited && nodes.iter().any(|node| node.kind.is_visible()) {
            self.class_pending = None;
        }
    }

    /// Tells of a construct that ends without a blank line.
    pub(super) fn unindented(&mut self, is_finished: bool, lines: &[Line<'_>], end: usize, what: &str) {
        if !is_finished && let Some(line) = lines.get(end).or(lines.last()) {
            self.troubles
                .push(line.number, format!("{what} ends without a blank line before the text behind it"));
        }
    }

    /// Reads the construct at `at`; the answer is where the next one is.
    fn construct(&mut self, lines: &[Line<'_>], at: usize, place: Place, nodes: &mut Vec<Node>) -> usize {
        let line = lines[at];
        let begin = begin(line.text);
        match begin {
            Begin::Bullet { .. } => self.bullet_list(lines, at, nodes),
            Begin::Enumerator(mark) => self
                .enumerated_list(lines, at, mark, nodes)
                .unwrap_or_else(|| self.text(lines, at, place, nodes)),
            Begin::Field { .. } => self.field_list(lines, at, nodes),
            Begin::Option { .. } => {
                self.option_list(lines, at, nodes).unwrap_or_else(|| self.text(lines, at, place, nodes))
            }
            Begin::Doctest => {
                nodes.push(Node::new(Kind::Other, line.number));
                at + lines[at..].iter().take_while(|line| !line.is_blank()).count()
            }
            Begin::LineBlock { .. } => self.line_block(lines, at, nodes),
            Begin::GridTable | Begin::SimpleTable => {
                let (node, end, is_finished) = if begin == Begin::GridTable {
                    self.grid_table(lines, at)
                } else {
                    self.simple_table(lines, at)
                };
                nodes.extend(node);
                if !is_finished {
                    self.unindented(false, lines, end, "a table");
                }
                end.max(at + 1)
            }
            Begin::Explicit { .. } | Begin::Anonymous { .. } => self.explicit_list(lines, at, place, nodes),
            Begin::Rule => self.rule(lines, at, place, nodes),
            Begin::Text => self.text(lines, at, place, nodes),
        }
    }

    pub(super) fn block_quote(&mut self, lines: &[Line<'_>]) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut rest = lines;
        while let Some(first) = rest.first() {
            let (quote, attribution, after) = split_attribution(rest);
            self.nested(quote, Place::Inner);
            nodes.push(Node::new(Kind::Other, first.number));
            if let Some((text, line)) = attribution {
                self.inline(&text, line);
            }
            let blank = after.iter().take_while(|line| line.text.is_empty()).count();
            rest = &after[blank..];
        }
        nodes
    }

    /// A line of punctuation: an overline, a transition, or text if it is short.
    fn rule(&mut self, lines: &[Line<'_>], at: usize, place: Place, nodes: &mut Vec<Node>) -> usize {
        let line = lines[at];
        let is_short = line.text.trim_end().chars().count() < 4;
        if place != Place::Document {
            if is_short {
                if line.text.trim_end() != "::" {
                    nodes.push(Node::new(Kind::Message, line.number));
                }
                return self.text(lines, at, place, nodes);
            }
            self.troubles.push(line.number, "a section title or transition cannot stand here".to_owned());
            return at + 1;
        }
        let what = match lines.get(at + 1) {
            None => None,
            Some(next) if next.is_blank() => None,
            Some(next) if is_rule(next.text) => {
                Some((at + 2, "a line of punctuation follows another one, and no title is between them"))
            }
            Some(title) => match lines.get(at + 2) {
                None => Some((at + 2, "a title has a line above it and none below")),
                Some(under) if !is_rule(under.text) => {
                    Some((at + 3, "a title has a line above it and none below"))
                }
                Some(under) if under.text.trim_end() != line.text.trim_end() => {
                    Some((at + 3, "the lines above and below a title differ"))
                }
                Some(_) => {
                    let is_long = width(title.text) > line.text.trim_end().chars().count();
                    if is_long && is_short {
                        return self.text(lines, at, place, nodes);
                    }
                    if is_long {
                        let what = "the lines above and below a title are shorter than it".to_owned();
                        self.troubles.push(line.number, what);
                    }
                    let mark = line.text.chars().next().unwrap_or(' ');
                    self.section(title.text.trim_matches(is_space), title.number, (mark, true), nodes);
                    return at + 3;
                }
            },
        };
        match what {
            _ if is_short => self.text(lines, at, place, nodes),
            Some((end, what)) => {
                self.troubles.push(line.number, what.to_owned());
                end.min(lines.len())
            }
            None => {
                nodes.push(Node::new(Kind::Transition, line.number));
                at + 1
            }
        }
    }

    fn section(&mut self, title: &str, line: usize, style: (char, bool), nodes: &mut Vec<Node>) {
        let known = self.styles.iter().position(|known| *known == style);
        let level = known.unwrap_or(self.styles.len()) + 1;
        if level > self.level + 1 {
            let skipped = self.level;
            self.troubles.push(line, format!("a title of level {level} follows one of level {skipped}"));
            return;
        }
        self.level = level;
        if known.is_none() {
            self.styles.push(style);
        }
        nodes.push(Node::new(Kind::Section, line));
        let name = normalized(&self.inline(title, line).text);
        if self.names.implicit(&name, None) {
            nodes.push(Node::new(Kind::Message, line));
        }
    }

    /// Text: a title, a definition or a paragraph, as its second line tells.
    fn text(&mut self, lines: &[Line<'_>], at: usize, place: Place, nodes: &mut Vec<Node>) -> usize {
        let line = lines[at];
        let Some(next) = lines.get(at + 1).filter(|next| !next.is_blank()) else {
            return self.paragraph(&lines[at..=at], lines, at + 1, nodes);
        };
        if next.is_indented() {
            return self.definition_list(lines, at, nodes);
        }
        if is_rule(next.text)
            && let Some(end) = self.underlined(line, *next, at + 2, place, nodes)
        {
            return end;
        }
        let mut end = at + 1;
        while let Some(line) = lines.get(end).filter(|line| !line.is_blank()) {
            if line.is_indented() {
                let end = self.paragraph(&lines[at..end], lines, end, nodes);
                self.troubles.push(line.number, "a line is indented where none should be".to_owned());
                return end;
            }
            end += 1;
        }
        self.paragraph(&lines[at..end], lines, end, nodes)
    }

    /// A title with a line below it; nothing if it is text all the same.
    fn underlined(
        &mut self,
        title: Line<'_>,
        under: Line<'_>,
        end: usize,
        place: Place,
        nodes: &mut Vec<Node>,
    ) -> Option<usize> {
        let length = under.text.trim_end().chars().count();
        if width(title.text) > length {
            if length < 4 {
                if place == Place::Document {
                    nodes.push(Node::new(Kind::Message, title.number));
                }
                return None;
            }
            self.troubles.push(under.number, "the line below a title is shorter than it".to_owned());
        }
        if place == Place::Document {
            let mark = under.text.chars().next().unwrap_or(' ');
            self.section(title.text, title.number, (mark, false), nodes);
        } else {
            self.troubles.push(title.number, "a section title cannot stand here".to_owned());
        }
        Some(end)
    }

    /// A paragraph, and the literal block behind it if it asks for one; the answer is where the next construct is.
    fn paragraph(
        &mut self,
        paragraph: &[Line<'_>],
        lines: &[Line<'_>],
        end: usize,
        nodes: &mut Vec<Node>,
    ) -> usize {
        let line = paragraph[0].number;
        let data = joined(paragraph);
        let text = data.trim_end_matches(is_space);
        let is_escaped = |rest: &str| rest.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        let Some(shorter) = text.strip_suffix("::").filter(|rest| !is_escaped(rest)) else {
            self.paragraph = self.inline(text, line);
            nodes.push(Node::new(Kind::Paragraph, line));
            return end;
        };
        if !shorter.is_empty() {
            let keeps_colon = !shorter.ends_with([' ', '\n']);
            let shown =
                if keeps_colon { &text[..text.len() - 1] } else { shorter.trim_end_matches(is_space) };
            self.inline(shown, line);
            nodes.push(Node::new(Kind::Paragraph, line));
        }
        let line = lines.get(end).or(lines.last()).map_or(line, |line| line.number);
        nodes.push(Node::new(Kind::Other, line));
        self.literal_block(lines, end)
    }

    fn literal_block(&mut self, lines: &[Line<'_>], start: usize) -> usize {
        let block = cut(lines, start, Cut::default());
        if block.lines.iter().any(|line| !line.is_blank()) {
            self.unindented(block.is_finished, lines, block.end, "a literal block");
            return block.end;
        }
        let quote = lines.get(block.end).and_then(|line| line.text.chars().next());
        let Some(quote) = quote.filter(char::is_ascii_punctuation) else {
            let line = lines.get(block.end).or(lines.last()).map_or(1, |line| line.number);
            self.troubles.push(line, "`::` promises a literal block, and none follows".to_owned());
            return block.end;
        };
        let mut end = block.end;
        while lines.get(end).is_some_and(|line| line.text.starts_with(quote)) {
            end += 1;
        }
        if let Some(line) = lines.get(end).filter(|line| !line.is_blank()) {
            self.troubles.push(line.number, "a quoted literal block ends without a blank line".to_owned());
        }
        end
    }
}

/// A quote's attribution as one text, and its line.
type Attribution = Option<(String, usize)>;

/// Splits off the attribution that a block quote has below it: the quote, the attribution, what is left.
fn split_attribution<'a, 'b>(lines: &'b [Line<'a>]) -> (&'b [Line<'a>], Attribution, &'b [Line<'a>]) {
    let mut seen = false;
    let mut is_behind_blank = false;
    for (index, line) in lines.iter().enumerate() {
        if line.is_blank() {
            is_behind_blank = true;
            continue;
        }
        if seen
            && is_behind_blank
            && let Some(mark) = attribution_mark(line.text)
            && let Some((end, indent)) = attribution_end(lines, index)
        {
            let mut text = behind(line.text, mark).to_owned();
            for line in &lines[index + 1..end] {
                text.push('\n');
                text.push_str(behind(line.text, indent));
            }
            return (&lines[..index], Some((text.trim_end().to_owned(), line.number)), &lines[end..]);
        }
        seen = true;
        is_behind_blank = false;
    }
    (lines, None, &[])
}

fn attribution_mark(text: &str) -> Option<usize> {
    let dashes = match text.strip_prefix('—') {
        Some(_) => 1,
        None => text.bytes().take_while(|byte| *byte == b'-').count(),
    };
    let is_mark = text.starts_with('—') || (2..=3).contains(&dashes);
    let rest = behind(text, dashes);
    let after = rest.trim_start_matches(' ');
    (is_mark && !after.is_empty()).then(|| dashes + rest.len() - after.len())
}

/// Where an attribution ends, and how far its further lines are indented.
fn attribution_end(lines: &[Line<'_>], start: usize) -> Option<(usize, usize)> {
    let mut indent = None;
    for (index, line) in lines.iter().enumerate().skip(start + 1) {
        if line.is_blank() {
            return Some((index, indent.unwrap_or(0)));
        }
        if *indent.get_or_insert(line.indent()) != line.indent() {
            return None;
        }
    }
    Some((lines.len(), indent.unwrap_or(0)))
}
