//! The directives that make tables.

use super::csv::{Dialect, rows};
use super::lines::Line;
use super::options::{character, integer, widths};
use super::run::Call;
use super::{Kind, Node, Place, Reader};

impl Reader {
    pub(super) fn table(&mut self, call: &Call<'_, '_>) -> Kind {
        self.title(call);
        let nodes = self.nested(&call.content, Place::Free);
        let [Node { kind: Kind::Table { columns }, .. }] = nodes[..] else {
            self.troubles
                .push(call.line, "the directive `table` holds something else than one table".to_owned());
            return Kind::Message;
        };
        self.widths(call, columns);
        Kind::Table { columns }
    }

    fn title(&mut self, call: &Call<'_, '_>) {
        if let Some(title) = &call.argument {
            self.inline(title, call.line);
        }
    }

    fn widths(&mut self, call: &Call<'_, '_>, columns: usize) {
        let stated = call.option("widths").filter(|text| !matches!(*text, "auto" | "grid")).and_then(widths);
        if let Some(stated) = stated.filter(|stated| stated.len() != columns) {
            let (name, count) = (call.name, stated.len());
            let what = format!("the directive `{name}` states {count} widths for {columns} columns");
            self.troubles.push(call.line, what);
        }
    }

    pub(super) fn list_table(&mut self, call: &Call<'_, '_>) -> Kind {
        self.title(call);
        let nodes = self.nested(&call.content, Place::Free);
        let wrong = match &nodes[..] {
            [list] if list.kind == Kind::BulletList => {
                let rows: Vec<Option<usize>> = list.children.iter().map(cells).collect();
                let columns = rows.first().copied().flatten();
                match columns {
                    Some(columns) if rows.iter().all(|row| *row == Some(columns)) => {
                        self.widths(call, columns);
                        let sizes = vec![columns; rows.len()];
                        self.dimensions(call, &sizes);
                        return Kind::Table { columns };
                    }
                    _ => "holds rows that are no lists of equally many cells",
                }
            }
            _ => "holds something else than one bullet list",
        };
        self.troubles.push(call.line, format!("the directive `list-table` {wrong}"));
        Kind::Message
    }

    /// Tells of header rows or stub columns that leave no table.
    fn dimensions(&mut self, call: &Call<'_, '_>, rows: &[usize]) {
        let count = |option| {
            call.option(option).and_then(integer).map_or(0, |count| usize::try_from(count).unwrap_or(0))
        };
        let (headers, stubs) = (count("header-rows"), count("stub-columns"));
        let is_left =
            (headers == 0 || rows.len() > headers) && (stubs == 0 || rows.iter().all(|row| *row > stubs));
        if !is_left {
            let name = call.name;
            self.troubles.push(call.line, format!("the directive `{name}` has headers and no cells"));
        }
    }

    pub(super) fn csv_table(&mut self, call: &Call<'_, '_>) -> Kind {
        let line = call.line;
        if call.options.contains_key("file") || call.options.contains_key("url") {
            self.troubles.push(line, "an index reads no files for the directive `csv-table`".to_owned());
            return Kind::Message;
        }
        self.title(call);
        if call.content.is_empty() {
            self.troubles.push(line, "the directive `csv-table` has no contents".to_owned());
            return Kind::Message;
        }
        let blank = |text: &str| match text {
            "tab" => Some('\t'),
            "space" => Some(' '),
            text => character(text),
        };
        let dialect = Dialect {
            delimiter: call.option("delim").and_then(blank).unwrap_or(','),
            quote: call.option("quote").and_then(character).unwrap_or('"'),
            escape: call.option("escape").and_then(character),
            keeps_space: call.options.contains_key("keepspace"),
        };
        let header: Vec<&str> =
            call.option("header").map(|text| text.split('\n').collect()).unwrap_or_default();
        let content: Vec<&str> = call.content.iter().map(|line| line.text).collect();
        let (Some(head), Some(body)) = (rows(&header, dialect), rows(&content, dialect)) else {
            self.troubles.push(line, "the directive `csv-table` holds quotes that do not fit".to_owned());
            return Kind::Message;
        };
        let sizes: Vec<usize> = body.iter().map(|row| row.cells.len()).collect();
        let columns = head.iter().map(|row| row.cells.len()).chain(sizes.iter().copied()).max().unwrap_or(0);
        self.dimensions(call, &sizes);
        self.widths(call, columns);
        for (row, is_body) in head.iter().map(|row| (row, false)).chain(body.iter().map(|row| (row, true))) {
            let number = call.content.get(row.line).filter(|_| is_body).map_or(line, |line| line.number);
            for cell in &row.cells {
                let lines: Vec<Line<'_>> =
                    cell.lines().map(|text| Line { text: text.trim_end(), number }).collect();
                self.nested(&lines, Place::Inner);
            }
        }
        Kind::Table { columns }
    }
}

/// How many cells the item of a list table has.
fn cells(item: &Node) -> Option<usize> {
    match &item.children[..] {
        [list] if list.kind == Kind::BulletList => Some(list.children.len()),
        _ => None,
    }
}
