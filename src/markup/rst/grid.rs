//! Grid tables: cells drawn with `+`, `-`, `|` and `=`.

use std::collections::{BTreeSet, HashMap};

use super::chars::is_space;
use super::lines::Line;
use super::simple::{Table, cell, columns, is_uncertain};
use super::{Kind, Node, Reader};

/// A border of a whole table.
pub(super) fn is_border(text: &str) -> bool {
    let text = text.trim_end_matches(' ');
    text.len() >= 5
        && text.starts_with("+-")
        && text.ends_with("-+")
        && text.bytes().all(|byte| matches!(byte, b'-' | b'+'))
}

fn is_separator(line: &[char]) -> bool {
    let end = line.iter().rposition(|char| *char != ' ').map_or(0, |last| last + 1);
    let line = &line[..end];
    line.len() >= 5
        && line.starts_with(&['+', '='])
        && line.ends_with(&['=', '+'])
        && line.iter().all(|char| matches!(char, '=' | '+'))
}

impl Reader {
    pub(super) fn grid_table(&mut self, lines: &[Line<'_>], start: usize) -> Table {
        let mut end = start;
        let mut is_finished = true;
        while let Some(line) = lines.get(end).filter(|line| !line.is_blank()) {
            if line.is_indented() {
                self.troubles.push(line.number, "a line is indented where a table goes on".to_owned());
                is_finished = false;
                break;
            }
            end += 1;
        }
        if let Some(other) = (start..end).find(|at| !lines[*at].text.starts_with(['+', '|'])) {
            end = other;
            is_finished = false;
        }
        let is_bottom = |at: &usize| is_border(lines[*at].text.trim_matches(is_space));
        let last = end.checked_sub(1).filter(is_bottom);
        let Some(bottom) = last.or_else(|| (start + 2..end).rev().find(is_bottom)) else {
            self.troubles.push(lines[start].number, "a table has no bottom border".to_owned());
            return (None, end, is_finished);
        };
        if bottom + 1 < end {
            is_finished = false;
            end = bottom + 1;
        }
        let table = &lines[start..end];
        let is_uncertain = is_uncertain(table);
        let block: Vec<Vec<char>> =
            table.iter().map(|line| columns(line.text.trim_matches(is_space))).collect();
        let width = block[0].len();
        let uneven =
            block.iter().position(|line| line.len() != width || !matches!(line.last(), Some('+' | '|')));
        if is_uncertain {
            return (Some(Node::new(Kind::Table { columns: 0 }, lines[start].number)), end, is_finished);
        }
        if let Some(at) = uneven {
            let what = "the right border of a table is missing or not straight".to_owned();
            self.troubles.push(table[at].number, what);
            return (None, end, is_finished);
        }
        let node = self.grid_cells(block, table);
        (node, end, is_finished)
    }

    fn grid_cells(&mut self, mut block: Vec<Vec<char>>, lines: &[Line<'_>]) -> Option<Node> {
        let mut separator = None;
        for (at, line) in block.iter_mut().enumerate() {
            if is_separator(line) {
                if separator.replace(at).is_some() {
                    self.troubles.push(lines[at].number, "a table has two borders below its head".to_owned());
                    return None;
                }
                line.iter_mut().filter(|char| **char == '=').for_each(|char| *char = '-');
            }
        }
        let mut grid = Grid::new(block, self.table_steps);
        let cells = grid.cells();
        self.table_steps = grid.steps;
        let line = lines[0].number;
        if self.table_steps == 0 {
            return Some(Node::new(Kind::Table { columns: 0 }, line));
        }
        let Some(cells) = cells else {
            self.troubles.push(line, "the cells of a table do not fill it".to_owned());
            return None;
        };
        let rows: Vec<(&[char], usize)> =
            grid.block.iter().zip(lines).map(|(text, line)| (text.as_slice(), line.number)).collect();
        for (top, left, bottom, right) in cells {
            self.table_cell(&cell(&rows[top + 1..bottom], left + 1, right));
        }
        Some(Node::new(Kind::Table { columns: grid.column_lines.len().saturating_sub(1) }, line))
    }
}

/// A cell's top, left, bottom and right border.
type Cell = (usize, usize, usize, usize);

struct Grid {
    block: Vec<Vec<char>>,
    bottom: usize,
    right: usize,
    column_lines: BTreeSet<usize>,
    row_lines: BTreeSet<usize>,
    /// Work that is left: a table can be drawn so that each of its crosses is tried with each other.
    steps: usize,
}

impl Grid {
    fn new(block: Vec<Vec<char>>, steps: usize) -> Self {
        let (bottom, right) = (block.len() - 1, block[0].len() - 1);
        let zero = BTreeSet::from([0]);
        Self { block, bottom, right, column_lines: zero.clone(), row_lines: zero, steps }
    }

    /// All cells, if they fill the table.
    fn cells(&mut self) -> Option<Vec<Cell>> {
        // How far down each column was seen, from the top on.
        let mut done: Vec<isize> = vec![-1; self.right];
        let signed = |number: usize| isize::try_from(number).unwrap_or(isize::MAX);
        let mut corners = BTreeSet::from([(0, 0)]);
        let mut cells = Vec::new();
        while let Some((top, left)) = corners.pop_first() {
            if top == self.bottom || left == self.right || signed(top) <= done[left] {
                continue;
            }
            let Some((bottom, right)) = self.cell(top, left) else { continue };
            for column in &mut done[left..right] {
                if *column != signed(top) - 1 {
                    return None;
                }
                *column = signed(bottom) - 1;
            }
            self.steps = self.steps.saturating_sub(right - left);
            cells.push((top, left, bottom, right));
            corners.extend([(top, right), (bottom, left)]);
        }
        let last = signed(self.bottom) - 1;
        let is_filled = done.iter().all(|column| *column == last) && self.is_regular(&cells);
        is_filled.then_some(cells)
    }

    /// Whether the cells fill the grid of all lines that were found.
    fn is_regular(&self, cells: &[Cell]) -> bool {
        let index = |lines: &BTreeSet<usize>| -> HashMap<usize, usize> {
            lines.iter().enumerate().map(|(index, line)| (*line, index)).collect()
        };
        let (rows, columns) = (index(&self.row_lines), index(&self.column_lines));
        let span =
            |index: &HashMap<usize, usize>, from: usize, to: usize| Some(index.get(&to)? - index.get(&from)?);
        let areas = cells.iter().map(|(top, left, bottom, right)| {
            Some(span(&rows, *top, *bottom)? * span(&columns, *left, *right)?)
        });
        let all = rows.len().saturating_sub(1) * columns.len().saturating_sub(1);
        areas.sum::<Option<usize>>() == Some(all)
    }

    /// The bottom and right border of the smallest cell whose corner is here.
    fn cell(&mut self, top: usize, left: usize) -> Option<(usize, usize)> {
        let mut crossed = Vec::new();
        for right in left + 1..=self.right {
            match self.block[top][right] {
                '+' => {
                    crossed.push(right);
                    if let Some(bottom) = self.down(top, left, right) {
                        self.column_lines.extend(crossed);
                        return Some((bottom, right));
                    }
                }
                '-' => {}
                _ => return None,
            }
            self.steps = self.steps.checked_sub(1)?;
        }
        None
    }

    fn down(&mut self, top: usize, left: usize, right: usize) -> Option<usize> {
        let mut crossed = Vec::new();
        for bottom in top + 1..=self.bottom {
            match self.block[bottom][right] {
                '+' => {
                    crossed.push(bottom);
                    if self.closes(top, left, bottom, right) {
                        self.row_lines.extend(crossed);
                        return Some(bottom);
                    }
                }
                '|' => {}
                _ => return None,
            }
            self.steps = self.steps.checked_sub(1)?;
        }
        None
    }

    /// Whether the way from the lower right corner leads back along the bottom and the left side.
    fn closes(&mut self, top: usize, left: usize, bottom: usize, right: usize) -> bool {
        self.steps = self.steps.saturating_sub(right - left + bottom - top);
        if self.steps == 0 || self.block[bottom][left] != '+' {
            return false;
        }
        let floor = &self.block[bottom][left + 1..right];
        let is_floor = floor.iter().all(|char| matches!(char, '+' | '-'));
        let side = top + 1..bottom;
        if !is_floor || !side.clone().all(|at| matches!(self.block[at][left], '+' | '|')) {
            return false;
        }
        let columns = (left + 1..right).filter(|at| self.block[bottom][*at] == '+');
        self.column_lines.extend(columns);
        let rows = side.filter(|at| self.block[*at][left] == '+');
        self.row_lines.extend(rows);
        true
    }
}
