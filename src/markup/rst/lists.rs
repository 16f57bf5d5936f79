//! Lists: bullets, enumerations, fields, options, definitions and line blocks.

use super::body::{Begin, begin};
use super::enumerator::{Mark, Sequence};
use super::lines::{Cut, Line, behind, cut, joined};
use super::{Kind, Node, Place, Reader};

/// The first line from `at` on that is not blank.
fn next_text(lines: &[Line<'_>], at: usize) -> usize {
    at + lines[at..].iter().take_while(|line| line.is_blank()).count()
}

/// Where an item ends, and whether with a blank line.
type End = (usize, bool);

impl Reader {
    fn list_item(&mut self, lines: &[Line<'_>], at: usize, marker: usize) -> (Node, End) {
        let line = lines[at];
        // An item is an element, be it empty.
        self.class_pending = None;
        let how = if behind(line.text, marker).is_empty() {
            Cut { first: Some(marker), ..Cut::default() }
        } else {
            Cut { known: Some(marker), ..Cut::default() }
        };
        let block = cut(lines, at, how).trimmed();
        let children = self.nested(&block.lines, Place::Inner);
        let node = Node { children, ..Node::new(Kind::Item, line.number) };
        (node, (block.end, block.is_finished))
    }

    pub(super) fn bullet_list(&mut self, lines: &[Line<'_>], at: usize, nodes: &mut Vec<Node>) -> usize {
        let mut list = Node::new(Kind::BulletList, lines[at].number);
        let mut bullet = None;
        let mut end = (at, true);
        let mut at = at;
        while let Some(line) = lines.get(at)
            && let Begin::Bullet { mark, end: marker } = begin(line.text)
            && mark == *bullet.get_or_insert(mark)
        {
            let item;
            (item, end) = self.list_item(lines, at, marker);
            list.children.push(item);
            at = next_text(lines, end.0);
        }
        self.unindented(end.1, lines, end.0, "a bullet list");
        nodes.push(list);
        end.0
    }

    /// An enumerated list; nothing if its first line is text all the same.
    pub(super) fn enumerated_list(
        &mut self,
        lines: &[Line<'_>],
        at: usize,
        first: Mark,
        nodes: &mut Vec<Node>,
    ) -> Option<usize> {
        let (kind, ordinal) = first.read(None);
        let mut last = ordinal.filter(|ordinal| first.is_item(kind, *ordinal, lines.get(at + 1)))?;
        let mut is_auto = kind == Sequence::Auto;
        let expected = if is_auto { Sequence::Arabic } else { kind };
        let (_, mut end) = self.list_item(lines, at, first.end);
        loop {
            let at = next_text(lines, end.0);
            let Some(Begin::Enumerator(mark)) = lines.get(at).map(|line| begin(line.text)) else { break };
            let (sequence, ordinal) = mark.read(Some(expected));
            let Some(ordinal) = ordinal.filter(|_| mark.around == first.around) else { break };
            let follows = sequence == Sequence::Auto
                || (sequence == expected && !is_auto && ordinal == last.saturating_add(1));
            if !follows || !mark.is_item(sequence, ordinal, lines.get(at + 1)) {
                break;
            }
            is_auto |= sequence == Sequence::Auto;
            last = ordinal;
            (_, end) = self.list_item(lines, at, mark.end);
        }
        self.unindented(end.1, lines, end.0, "an enumerated list");
        nodes.push(Node::new(Kind::EnumeratedList, lines[at].number));
        Some(end.0)
    }

    pub(super) fn field_list(&mut self, lines: &[Line<'_>], at: usize, nodes: &mut Vec<Node>) -> usize {
        let mut list = Node::new(Kind::FieldList, lines[at].number);
        let mut end = (at, true);
        let mut at = at;
        while let Some(line) = lines.get(at)
            && let Begin::Field { name_end, end: marker } = begin(line.text)
        {
            self.class_pending = None;
            let name = &line.text[1..name_end];
            let block = cut(lines, at, Cut { first: Some(marker), ..Cut::default() }).trimmed();
            end = (block.end, block.is_finished);
            self.inline(name, line.number);
            let children = self.nested(&block.lines, Place::Inner);
            let text = joined(&block.lines);
            let is_one_line = !text.trim().contains('\n');
            let kind = Kind::Field { name: name.to_owned(), is_one_line };
            list.children.push(Node { children, ..Node::new(kind, line.number) });
            at = next_text(lines, end.0);
        }
        self.unindented(end.1, lines, end.0, "a field list");
        nodes.push(list);
        end.0
    }

    /// An option list; nothing if its first line is text all the same.
    pub(super) fn option_list(
        &mut self,
        lines: &[Line<'_>],
        at: usize,
        nodes: &mut Vec<Node>,
    ) -> Option<usize> {
        let mut end = None;
        let mut next = at;
        while let Some(line) = lines.get(next)
            && let Begin::Option { end: marker } = begin(line.text)
        {
            let block = cut(lines, next, Cut { first: Some(marker), ..Cut::default() }).trimmed();
            if block.lines.is_empty() {
                break;
            }
            self.class_pending = None;
            end = Some((block.end, block.is_finished));
            self.nested(&block.lines, Place::Inner);
            next = next_text(lines, block.end);
        }
        let (end, is_finished) = end?;
        self.unindented(is_finished, lines, end, "an option list");
        nodes.push(Node::new(Kind::Other, lines[at].number));
        Some(end)
    }

    pub(super) fn definition_list(&mut self, lines: &[Line<'_>], at: usize, nodes: &mut Vec<Node>) -> usize {
        nodes.push(Node::new(Kind::Other, lines[at].number));
        let mut end;
        let mut at = at;
        loop {
            self.class_pending = None;
            self.inline(lines[at].text, lines[at].number);
            let block = cut(lines, at + 1, Cut::default()).trimmed();
            end = (block.end, block.is_finished);
            self.nested(&block.lines, Place::Inner);
            at = next_text(lines, end.0);
            let is_term =
                lines.get(at).is_some_and(|line| !line.is_indented() && begin(line.text) == Begin::Text)
                    && lines.get(at + 1).is_some_and(|line| !line.is_blank() && line.is_indented());
            if !is_term || self.troubles.is_full() {
                break;
            }
        }
        self.unindented(end.1, lines, end.0, "a definition list");
        end.0
    }

    pub(super) fn line_block(&mut self, lines: &[Line<'_>], at: usize, nodes: &mut Vec<Node>) -> usize {
        nodes.push(Node::new(Kind::Other, lines[at].number));
        let mut end = (at, true);
        let mut at = at;
        while let Some(line) = lines.get(at)
            && let Begin::LineBlock { end: marker } = begin(line.text)
        {
            let block = cut(lines, at, Cut { first: Some(marker), until_blank: true, ..Cut::default() });
            end = (block.end, block.is_finished);
            let block = block.trimmed();
            self.inline(&joined(&block.lines), line.number);
            at = end.0;
        }
        self.unindented(end.1, lines, end.0, "a line block");
        end.0
    }
}
