//! Outputs of the step, in the form of the runner's output file.

use std::fmt::Write as _;

use super::random;
use crate::plan::OutputField;

/// Why a value cannot be an output.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the output `{name}` cannot be written: its value holds the delimiter that was just made up for it")]
pub(crate) struct OutputError {
    name: String,
}

/// A delimiter that no value can know beforehand: who could write one, could end a value and set other outputs.
pub(crate) fn delimiter() -> String {
    format!("ghadelimiter_{:016x}{:016x}", random::number(), random::number())
}

/// The text to append to `$GITHUB_OUTPUT`: every value between `delimiter`s, the last line with its end.
///
/// # Errors
/// When a value holds the delimiter, which cannot happen by accident.
pub(crate) fn heredoc(fields: &[OutputField], delimiter: &str) -> Result<String, OutputError> {
    let mut text = String::new();
    for (name, value) in fields {
        if value.contains(delimiter) {
            return Err(OutputError { name: name.to_string() });
        }
        writeln!(text, "{name}<<{delimiter}\n{value}\n{delimiter}").expect("writing to a string cannot fail");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the runner makes of the file, by its own rules: LF splits, the first of `=` and `<<` decides, a value
    /// ends before the line that is the delimiter.
    fn runner_reads(text: &str) -> Vec<(String, String)> {
        let mut lines = text.strip_suffix('\n').expect("the last line has its end").split('\n');
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").expect("heredoc form");
            assert!(!name.contains('='));
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            found.push((name.to_owned(), value.join("\n")));
        }
        found
    }

    #[test]
    fn the_runner_reads_back_every_value() {
        let fields = [
            ("outcome".into(), "done".to_owned()),
            ("projects".into(), "a\nb".to_owned()),
            ("version".into(), String::new()),
            ("tag".into(), "x<<EOF\nEOF\nadmin=true\r\n".to_owned()),
        ];
        let text = heredoc(&fields, &delimiter()).expect("good");
        let read = runner_reads(&text);
        assert_eq!(read, fields.map(|(name, value)| (name.into_owned(), value)));
    }

    #[test]
    fn a_value_with_the_delimiter_is_refused() {
        let fields = [("tag".into(), "a\nD\nadmin<<D\ntrue".to_owned())];
        assert_eq!(heredoc(&fields, "D"), Err(OutputError { name: "tag".to_owned() }));
        assert_ne!(delimiter(), delimiter());
    }
}
