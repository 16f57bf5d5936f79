//! Explicit markup: footnotes, citations, targets, substitutions, directives and comments.

use super::body::{Begin, begin};
use super::chars::is_space;
use super::inline::{address, escaped, is_simple_name, unescaped};
use super::lines::{Cut, Line, behind, cut};
use super::names::{AutoNote, To, normalized, spaced};
use super::{Kind, Node, Place, Reader};

/// Where a construct ends, and whether as it should.
pub(super) type End = (usize, bool);

/// What stands behind `.. `.
enum Construct<'a> {
    Note(&'a str),
    Target,
    Substitution,
    Directive(&'a str),
    Comment,
}

/// The construct, and the characters that its mark takes.
fn construct(text: &str) -> (Construct<'_>, usize) {
    let inner = text[2..].trim_start_matches(' ');
    let before = text.len() - inner.len();
    let taken = |inner_length: usize| {
        let rest = &inner[inner_length..];
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        (blanks > 0 || rest.is_empty()).then(|| before + inner[..inner_length].chars().count() + blanks)
    };
    let starts = |mark: char| {
        before > 2 && inner.strip_prefix(mark).is_some_and(|rest| !rest.is_empty() && !rest.starts_with(' '))
    };
    if before == 2 {
        return (Construct::Comment, before);
    }
    if let Some(rest) = inner.strip_prefix('[')
        && let Some((label, _)) = rest.split_once(']')
        && is_label(label)
        && let Some(end) = taken(label.len() + 2)
    {
        return (Construct::Note(label), end);
    }
    if starts('_') {
        return (Construct::Target, before + 1);
    }
    if starts('|') {
        return (Construct::Substitution, before + 1);
    }
    if let Some((name, end)) = directive_name(inner)
        && let Some(end) = taken(end)
    {
        return (Construct::Directive(name), end);
    }
    (Construct::Comment, before)
}

fn is_label(label: &str) -> bool {
    let name = label.strip_prefix('#').unwrap_or(label);
    matches!(label, "*" | "#") || is_simple_name(name)
}

/// The name before the first `::` that could end one, and where that ends, in bytes.
fn directive_name(text: &str) -> Option<(&str, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("::").map(|at| at + from) {
        let name = text[..at].strip_suffix(' ').unwrap_or(&text[..at]);
        let is_end = text[at + 2..].is_empty() || text[at + 2..].starts_with(' ');
        if is_end {
            return is_simple_name(name).then_some((name, at + 2));
        }
        from = at + 1;
        if from > 200 {
            break;
        }
    }
    None
}

impl Reader {
    /// Reads explicit constructs as long as they follow each other.
    pub(super) fn explicit_list(
        &mut self,
        lines: &[Line<'_>],
        at: usize,
        place: Place,
        nodes: &mut Vec<Node>,
    ) -> usize {
        let mut end = (at, true);
        while let Some(line) = lines.get(end.0)
            && !self.troubles.is_full()
        {
            let (at, before) = (end.0, (nodes.len(), self.class_pending));
            end = match begin(line.text) {
                Begin::Explicit { end: mark } => self.explicit(lines, at, mark, place, nodes),
                Begin::Anonymous { end: mark } => {
                    let block =
                        cut(lines, at, Cut { first: Some(mark), until_blank: true, ..Cut::default() });
                    let (end, is_finished) = (block.end, block.is_finished);
                    let texts: Vec<Vec<char>> =
                        block.trimmed().lines.iter().map(|line| escaped(line.text)).collect();
                    nodes.push(self.target(None, &texts, line.number));
                    (end, is_finished)
                }
                _ => break,
            };
            self.settle_class(&nodes[before.0..], before.1);
        }
        self.unindented(end.1, lines, end.0, "explicit markup (`..`)");
        end.0
    }

    fn explicit(
        &mut self,
        lines: &[Line<'_>],
        at: usize,
        mark: usize,
        place: Place,
        nodes: &mut Vec<Node>,
    ) -> End {
        let line = lines[at];
        let (construct, end) = construct(line.text);
        let wrong = match construct {
            Construct::Note(label) => return self.note(label, lines, at, end, nodes),
            Construct::Directive(name) => return self.directive(name, lines, at, end, place, nodes),
            Construct::Target => match self.named_target(lines, at, end, nodes) {
                Some(end) => return end,
                None => "the target (`.. _name: address`) has no name that ends",
            },
            Construct::Substitution => match self.substitution(lines, at, end, nodes) {
                Some(end) => return end,
                None => "the substitution (`.. |name| directive::`) has no name that ends",
            },
            Construct::Comment => return comment(lines, at, mark, nodes),
        };
        self.troubles.push(line.number, wrong.to_owned());
        comment(lines, at, mark, nodes)
    }

    fn note(
        &mut self,
        label: &str,
        lines: &[Line<'_>],
        at: usize,
        mark: usize,
        nodes: &mut Vec<Node>,
    ) -> End {
        let line = lines[at].number;
        let block = cut(lines, at, Cut { first: Some(mark), ..Cut::default() }).trimmed();
        if label == "*" {
            self.names.symbol_notes += 1;
        } else {
            let auto = label.strip_prefix('#');
            let name = Some(normalized(auto.unwrap_or(label))).filter(|name| !name.is_empty());
            if let Some(name) = &name {
                self.names.explicit(name, None, line, &mut self.troubles);
            }
            if auto.is_some() {
                self.names.auto_notes.push(AutoNote { name, line });
            }
        }
        if block.lines.is_empty() {
            self.troubles.push(line, format!("the footnote or citation `[{label}]` is empty"));
        }
        self.nested(&block.lines, Place::Inner);
        nodes.push(Node::new(Kind::Other, line));
        (block.end, block.is_finished)
    }

    fn named_target(
        &mut self,
        lines: &[Line<'_>],
        at: usize,
        mark: usize,
        nodes: &mut Vec<Node>,
    ) -> Option<End> {
        let how = Cut { first: Some(mark), until_blank: true, keep_indent: true, ..Cut::default() };
        let block = cut(lines, at, how);
        let texts: Vec<Vec<char>> = block.lines.iter().map(|line| escaped(line.text)).collect();
        let all: Vec<char> = texts.concat();
        let (name, end) = target_name(&all, &texts)?;
        let mut passed = 0;
        let mut rest: Vec<Vec<char>> = Vec::new();
        for text in texts {
            let start = end.saturating_sub(passed).min(text.len());
            if passed + text.len() >= end {
                rest.push(text[start..].to_vec());
            }
            passed += text.len();
        }
        let name = name.map(|(from, to)| unescaped(&all[from..to]));
        nodes.push(self.target(name, &rest, lines[at].number));
        Some((block.end, block.is_finished))
    }

    /// A target that leads where `texts` say.
    fn target(&mut self, name: Option<String>, texts: &[Vec<char>], line: usize) -> Node {
        let to = leads_to(texts);
        let shows = to.is_none();
        match &to {
            Some(To::Name(target)) => self.names.indirect.push((target.clone(), line)),
            Some(To::Address(address)) => self.link(address, line),
            None => {}
        }
        match name {
            Some(name) => self.names.explicit(&normalized(&name), to, line, &mut self.troubles),
            None => self.names.anonymous_targets += 1,
        }
        Node::new(Kind::Target { shows }, line)
    }

    fn substitution(
        &mut self,
        lines: &[Line<'_>],
        at: usize,
        mark: usize,
        nodes: &mut Vec<Node>,
    ) -> Option<End> {
        let number = lines[at].number;
        let block = cut(lines, at, Cut { first: Some(mark), keep_indent: true, ..Cut::default() });
        // The name may go on over lines; where it ends, the line's rest begins the contents.
        let mut name: Vec<char> = Vec::new();
        let mut found = None;
        for (index, line) in block.lines.iter().enumerate() {
            let start = name.len() + usize::from(index > 0);
            if index > 0 {
                name.push(' ');
            }
            name.extend(escaped(line.text.trim_matches(is_space)));
            let is_end = |end: &usize| {
                name[*end] == '|'
                    && *end > 0
                    && !is_space(name[end - 1])
                    && name[end - 1] != '\0'
                    && name.get(end + 1).is_none_or(|next| *next == ' ')
            };
            if let Some(end) = (start..name.len()).find(is_end) {
                found = Some((index, end, name.len() - end - 1));
                break;
            }
        }
        let (index, end, left) = found?;
        let name = spaced(&name[..end].iter().collect::<String>());
        let mut contents: Vec<Line<'_>> = block.lines[index..].to_vec();
        if let Some(first) = contents.first_mut() {
            let text = first.text.trim_matches(is_space);
            // Escapes count for one character in both spellings.
            let skip = text.chars().count() - left.min(text.chars().count());
            first.text = behind(text, skip).trim_matches(is_space);
        }
        if contents.first().is_some_and(|first| first.text.is_empty()) {
            contents.remove(0);
        }
        while contents.last().is_some_and(|line| line.is_blank()) {
            contents.pop();
        }
        if let Some(first) = contents.first_mut() {
            first.text = first.text.trim_matches(is_space);
        }
        self.define(name, &contents, number);
        nodes.push(Node::new(Kind::Definition, number));
        Some((block.end, block.is_finished))
    }

    fn define(&mut self, name: String, contents: &[Line<'_>], line: usize) {
        let Some(first) = contents.first() else {
            self.troubles.push(line, format!("the substitution `{name}` stands for nothing"));
            return;
        };
        let Some((directive, mark)) =
            directive_name(first.text).filter(|(found, end)| found.len() + 2 == *end)
        else {
            self.troubles.push(line, format!("the substitution `{name}` is made by no directive"));
            return;
        };
        let rest = &first.text[mark..];
        let mark = first.text[..mark].chars().count() + rest.len() - rest.trim_start_matches(' ').len();
        self.paragraph = super::inline::Inline::default();
        let troubles = self.troubles.found.len();
        let mut nodes = Vec::new();
        self.directive(directive, contents, 0, mark, Place::Substitution, &mut nodes);
        let made = std::mem::take(&mut self.paragraph);
        if self.troubles.found.len() > troubles {
            return;
        }
        if !nodes.iter().any(|node| node.kind == Kind::Inline) {
            self.troubles
                .push(line, format!("the substitution `{name}` stands for nothing that fits into a line"));
        } else if made.is_unfit {
            let what = "holds a target, an anonymous reference or a footnote reference";
            self.troubles.push(line, format!("the substitution `{name}` {what}"));
        }
        self.names.substitution(name, made.substitutions, line, &mut self.troubles);
    }
}

/// A comment, which takes everything indented below it unless it is empty.
fn comment(lines: &[Line<'_>], at: usize, mark: usize, nodes: &mut Vec<Node>) -> End {
    let line = lines[at];
    let is_alone = lines.get(at + 1).is_none_or(|next| next.is_blank());
    if is_alone && behind(line.text, mark).is_empty() {
        nodes.push(Node::new(Kind::Comment { is_empty: true }, line.number));
        return (at + 1, true);
    }
    let block = cut(lines, at, Cut { first: Some(mark), ..Cut::default() }).trimmed();
    nodes.push(Node::new(Kind::Comment { is_empty: block.lines.is_empty() }, line.number));
    (block.end, block.is_finished)
}

/// Where the name of a target lies and where what it leads to begins; no name for an anonymous one.
fn target_name(all: &[char], texts: &[Vec<char>]) -> Option<(Option<(usize, usize)>, usize)> {
    let mut ends = std::collections::HashSet::new();
    let mut length = 0;
    for text in texts {
        length += text.len();
        ends.insert(length);
    }
    // Behind the name: a blank perhaps, a colon, and blanks or the end of a line.
    let colon = |at: usize| {
        let colon = at + usize::from(all.get(at) == Some(&' '));
        let is_colon = all.get(colon) == Some(&':');
        let after = colon + 1;
        let is_end = all.get(after) == Some(&' ') || ends.contains(&after);
        (is_colon && is_end).then(|| after + all[after..].iter().take_while(|char| **char == ' ').count())
    };
    if all.first() == Some(&'_') {
        return colon(1).map(|end| (None, end));
    }
    let quote = usize::from(all.first() == Some(&'`'));
    if matches!(all.get(quote), None | Some(' ' | '`')) {
        return None;
    }
    (quote + 1..=all.len()).find_map(|end| {
        let last = all[end - 1];
        let is_open = is_space(last) || last == '\0';
        let is_colon = quote == 0 && last == ':' && (end < 2 || all[end - 2] != '\0');
        let is_closed = quote == 0 || all.get(end) == Some(&'`');
        if is_open || is_colon || !is_closed {
            return None;
        }
        colon(end + quote).map(|after| (Some((quote, end)), after))
    })
}

/// Where a target leads whose lines are `texts`; nothing if it is the target itself.
pub(super) fn leads_to(texts: &[Vec<char>]) -> Option<To> {
    let is_blank = |char: &char| is_space(*char);
    let last = texts.last().and_then(|text| text.iter().rev().find(|char| !is_blank(char)));
    if last == Some(&'_') {
        let joined: Vec<String> = texts.iter().map(|text| text.iter().collect()).collect();
        let reference: Vec<char> = spaced(&joined.join(" ")).chars().collect();
        if let Some(name) = referred(&reference) {
            return Some(To::Name(normalized(&unescaped(name))));
        }
    }
    let mut all: Vec<char> = Vec::new();
    for text in texts {
        all.extend(text);
        all.push(' ');
    }
    Some(address(&all)).filter(|address| !address.is_empty()).map(To::Address)
}

/// The name in `name_` or `` `a name`_ ``.
fn referred(reference: &[char]) -> Option<&[char]> {
    let (last, name) = reference.split_last()?;
    if *last != '_' {
        return None;
    }
    if let [' ', ..] | [] = name {
        return None;
    }
    if let ['`', inner @ .., '`'] = name {
        let is_open = inner.last().is_none_or(|last| is_space(*last) || *last == '\0');
        return (!is_open && inner[0] != ' ').then_some(inner);
    }
    (super::inline::simple_name_end(name, 0) == name.len()).then_some(name)
}
