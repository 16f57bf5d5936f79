//! Comma separated values as Python's `csv` reads them when it is strict.

/// How values are separated and quoted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub delimiter: char,
    pub quote: char,
    pub escape: Option<char>,
    pub keeps_space: bool,
}

/// A row, and the line that it starts on, from 0.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub line: usize,
    pub cells: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    Closed,
}

/// The rows of `lines`; nothing if a quote is not closed or text follows one.
pub(super) fn rows(lines: &[&str], dialect: Dialect) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut cell = String::new();
    let mut state = State::Start;
    for (number, line) in lines.iter().enumerate() {
        let mut chars = line.chars().peekable();
        if state != State::Quoted {
            row.line = number;
            if line.is_empty() {
                rows.push(std::mem::take(&mut row));
                continue;
            }
        }
        while let Some(char) = chars.next() {
            let is_escape = Some(char) == dialect.escape;
            state = match state {
                State::Quoted if is_escape => {
                    cell.extend(chars.next());
                    State::Quoted
                }
                State::Quoted if char != dialect.quote => {
                    cell.push(char);
                    State::Quoted
                }
                State::Quoted if dialect.escape.is_none() && chars.peek() == Some(&dialect.quote) => {
                    cell.extend(chars.next());
                    State::Quoted
                }
                State::Quoted => State::Closed,
                _ if char == dialect.delimiter => {
                    row.cells.push(std::mem::take(&mut cell));
                    State::Start
                }
                State::Closed => return None,
                State::Start if char == dialect.quote => State::Quoted,
                State::Start if char == ' ' && !dialect.keeps_space => State::Start,
                State::Start | State::Plain => {
                    cell.extend(if is_escape { chars.next() } else { Some(char) });
                    State::Plain
                }
            };
        }
        if state == State::Quoted {
            cell.push('\n');
        } else {
            row.cells.push(std::mem::take(&mut cell));
            rows.push(std::mem::take(&mut row));
            state = State::Start;
        }
    }
    (state != State::Quoted).then_some(rows)
}
