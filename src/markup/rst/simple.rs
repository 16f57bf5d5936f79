//! Simple tables: borders of `=`, columns separated by blanks.

use super::chars::{is_combining, is_space, is_wide};
use super::lines::Line;
use super::{Kind, Node, Place, Reader};

/// A table that was read: its node if it is good, where it ends, and whether with a blank line.
pub(super) type Table = (Option<Node>, usize, bool);

/// The top border: two runs of `=` at least.
pub(super) fn is_top(text: &str) -> bool {
    is_border(text) && text.trim_end_matches(' ').contains(' ')
}

fn is_border(text: &str) -> bool {
    text.starts_with('=') && text.bytes().all(|byte| matches!(byte, b'=' | b' '))
}

fn is_span(text: &[char]) -> bool {
    text.first() == Some(&'-') && text.iter().all(|char| matches!(char, '-' | ' '))
}

/// The characters of a line by columns: a wide one has a NUL behind it.
pub(super) fn columns(text: &str) -> Vec<char> {
    let mut columns = Vec::with_capacity(text.len());
    for char in text.chars() {
        columns.push(char);
        if is_wide(char) {
            columns.push('\0');
        }
    }
    columns
}

/// Whether columns of the text cannot be told for sure.
pub(super) fn is_uncertain(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| !line.text.is_ascii() && line.text.chars().any(is_combining))
}

/// A block of columns: text to be read as a body.
pub(super) fn cell(lines: &[(&[char], usize)], left: usize, right: usize) -> Vec<(String, usize)> {
    let mut cell: Vec<(String, usize)> = lines
        .iter()
        .map(|(line, number)| {
            let text: String = line.get(left..right.min(line.len())).unwrap_or_default().iter().collect();
            (text.trim_end_matches(is_space).to_owned(), *number)
        })
        .collect();
    let indents = cell.iter().filter(|(text, _)| !text.is_empty());
    let indent =
        indents.map(|(text, _)| text.chars().take_while(|char| is_space(*char)).count()).min().unwrap_or(0);
    for (text, _) in &mut cell {
        *text = super::lines::behind(text, indent).replace('\0', "");
    }
    cell
}

type Columns = Vec<(usize, usize)>;

fn spans(line: &[char]) -> Columns {
    let mut spans = Columns::new();
    let mut at = 0;
    while let Some(begin) = (at..line.len()).find(|at| line[*at] == '-') {
        at = (begin..line.len()).find(|at| line[*at] == ' ').unwrap_or(line.len());
        spans.push((begin, at));
    }
    spans
}

impl Reader {
    pub(super) fn simple_table(&mut self, lines: &[Line<'_>], start: usize) -> Table {
        let top = lines[start].text.trim_matches(is_space).len();
        let is_blank =
            |at: usize| lines.get(at).is_none_or(|line| line.text.trim_matches(is_space).is_empty());
        let mut found = None;
        let mut borders = 0;
        for at in start + 1..lines.len() {
            let text = lines[at].text;
            if !is_border(text) {
                continue;
            }
            if text.trim_matches(is_space).len() != top {
                let what = "a table's border has not the length of its top border".to_owned();
                self.troubles.push(lines[at].number, what);
                return (None, at + 1, is_blank(at + 1));
            }
            borders += 1;
            found = Some(at);
            if borders == 2 || is_blank(at + 1) {
                let node = self.simple_rows(&lines[start..=at]);
                return (node, at + 1, is_blank(at + 1));
            }
        }
        let what = "a table has no bottom border with a blank line below it".to_owned();
        self.troubles.push(lines[start].number, what);
        (None, found.map_or(lines.len(), |at| at + 1), found.is_none())
    }

    fn simple_rows(&mut self, lines: &[Line<'_>]) -> Option<Node> {
        let is_uncertain = is_uncertain(lines);
        let mut block: Vec<Vec<char>> = lines.iter().map(|line| columns(line.text)).collect();
        let last = block.len() - 1;
        for at in [0, last] {
            for char in &mut block[at] {
                if *char == '=' {
                    *char = '-';
                }
            }
        }
        let mut separator = None;
        for (at, line) in block.iter_mut().enumerate() {
            if line.first() == Some(&'=') && line.iter().all(|char| matches!(char, '=' | ' ')) {
                if separator.replace(at).is_some() {
                    self.troubles.push(lines[at].number, "a table has two borders below its head".to_owned());
                    return None;
                }
                line.iter_mut().filter(|char| **char == '=').for_each(|char| *char = '-');
            }
        }
        let mut table = Simple { columns: spans(&block[0]), border: 0, block, lines };
        table.border = table.columns.last().map_or(0, |column| column.1);
        let (first, first_end) = *table.columns.first()?;
        let mut row = 1;
        let mut has_text = false;
        let mut cells = Vec::new();
        for at in 1..lines.len() {
            let line = &table.block[at];
            let read = if is_span(line) {
                let read = table.row(row, at, Some(at));
                (row, has_text) = (at + 1, false);
                read
            } else if line.iter().take(first_end).skip(first).any(|char| !is_space(*char)) {
                let read = if has_text && at != row { table.row(row, at, None) } else { Ok(Vec::new()) };
                (row, has_text) = (at, true);
                read
            } else {
                if !has_text {
                    row = at + 1;
                }
                Ok(Vec::new())
            };
            match read {
                Ok(read) => cells.extend(read),
                // Without the characters' true widths a margin may only seem to hold text.
                Err(_) if is_uncertain => {
                    return Some(Node::new(Kind::Table { columns: table.columns.len() }, lines[0].number));
                }
                Err((line, what)) => {
                    self.troubles.push(line, what.to_owned());
                    return None;
                }
            }
        }
        for cell in cells {
            self.table_cell(&cell);
        }
        Some(Node::new(Kind::Table { columns: table.columns.len() }, lines[0].number))
    }

    pub(super) fn table_cell(&mut self, cell: &[(String, usize)]) {
        let lines: Vec<Line<'_>> = cell.iter().map(|(text, number)| Line { text, number: *number }).collect();
        self.class_pending = None;
        if lines.iter().any(|line| !line.text.is_empty()) {
            self.nested(&lines, Place::Inner);
        }
    }
}

struct Simple<'a> {
    block: Vec<Vec<char>>,
    lines: &'a [Line<'a>],
    columns: Columns,
    border: usize,
}

type Cell = Vec<(String, usize)>;

impl Simple<'_> {
    /// The cells of the row from line `start` to line `end`, divided as the line `span` says.
    fn row(
        &mut self,
        start: usize,
        end: usize,
        span: Option<usize>,
    ) -> Result<Vec<Cell>, (usize, &'static str)> {
        if start >= end && span.is_none() {
            return Ok(Vec::new());
        }
        let mut columns = self.columns.clone();
        if let Some(span) = span {
            columns = spans(&self.block[span]);
            let number = self.lines[span].number;
            let last = columns.len() - 1;
            if columns[last].1 != self.border {
                return Err((number, "a line below a row does not reach over all columns of its table"));
            }
            columns[last].1 = self.columns.last().map_or(0, |column| column.1);
        }
        let last = columns.len() - 1;
        for (index, (left, right)) in columns.clone().into_iter().enumerate() {
            let next = columns.get(index + 1).map_or(usize::MAX, |column| column.0);
            for at in start..end {
                let line = &self.block[at];
                let text = |from: usize, to: usize| line.get(from..to.min(line.len())).unwrap_or_default();
                if text(right, next).iter().all(|char| is_space(*char)) {
                    continue;
                }
                if index < last {
                    return Err((self.lines[at].number, "a table has text between its columns"));
                }
                let own = self.columns.len() - 1;
                let width = line.iter().rposition(|char| !is_space(*char)).map_or(left, |last| last + 1);
                columns[last].1 = self.columns[own].1.max(width);
                self.columns[own].1 = self.columns[own].1.max(width);
            }
        }
        let mut own = 0;
        for (begin, finish) in &columns {
            let wrong = (
                self.lines[start.min(self.lines.len() - 1)].number,
                "the lines below a row do not fit a table's columns",
            );
            if self.columns.get(own).map(|column| column.0) != Some(*begin) {
                return Err(wrong);
            }
            while self.columns.get(own).is_some_and(|column| column.1 != *finish) {
                own += 1;
            }
            if own >= self.columns.len() {
                return Err(wrong);
            }
            own += 1;
        }
        let rows: Vec<(&[char], usize)> =
            (start..end).map(|at| (self.block[at].as_slice(), self.lines[at].number)).collect();
        Ok(columns.into_iter().map(|(left, right)| cell(&rows, left, right)).collect())
    }
}
