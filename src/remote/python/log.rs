//! All that children were told and said, for people to read afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use crate::remote::process::Said;

/// So much of what all children said stands in the text; the last ones come first where it is too much.
const LIMIT_BYTES: usize = 1 << 20;

/// A record of calls. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    title: String,
    command: String,
    said: Said,
    end: Option<String>,
}

impl Log {
    /// A call begins, for the trial called `title`.
    pub(super) fn begin(&self, title: &str, command: &str) -> Said {
        let said = Said::default();
        let entry =
            Entry { title: title.to_owned(), command: command.to_owned(), said: said.clone(), end: None };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        said
    }

    /// The call that began last is over.
    pub(super) fn end(&self, how: &str) {
        if let Some(last) = self.0.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            last.end.get_or_insert_with(|| how.to_owned());
        }
    }

    /// The command and the words of the call that began last.
    pub(super) fn last(&self) -> Option<(String, String)> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.last().map(|entry| (entry.command.clone(), entry.said.text()))
    }

    /// The whole record.
    pub(crate) fn text(&self) -> String {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = LIMIT_BYTES;
        let mut sections: Vec<String> = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate().rev() {
            let is_first = index == 0 || entries[index - 1].title != entry.title;
            let title = if is_first { format!("=== {}\n\n", entry.title) } else { String::new() };
            let said = printable(entry.said.text().trim_end());
            let said = match left.checked_sub(said.len()) {
                Some(rest) => {
                    left = rest;
                    said
                }
                None => "[left out: the log would be too long]".to_owned(),
            };
            let end = entry.end.as_deref().unwrap_or("did not end");
            let line_end = if said.is_empty() { "" } else { "\n" };
            sections.push(format!("{title}$ {}\n{said}{line_end}[{end}]\n\n", printable(&entry.command)));
        }
        sections.reverse();
        sections.concat()
    }
}

/// The text without what would move a terminal's cursor.
fn printable(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_stand_below_their_trial_in_order() {
        let log = Log::default();
        for (title, command, end) in
            [("a", "one", Some("ended with exit code 0")), ("a", "two", None), ("b", "th\u{1b}ree", None)]
        {
            log.begin(title, command);
            end.into_iter().for_each(|end| log.end(end));
        }
        let expected = "=== a\n\n$ one\n[ended with exit code 0]\n\n$ two\n[did not end]\n\n=== b\n\n$ th\u{fffd}ree\n[did not end]\n\n";
        assert_eq!(log.text(), expected);
    }
}
