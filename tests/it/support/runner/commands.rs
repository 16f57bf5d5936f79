//! What the runner understands of a step's log and of its command files, as actions/runner 2.336 does it.

use std::fmt::Write as _;

/// The commands that the runner knows; anything else after `::` is plain text.
const KNOWN: &[&str] = &[
    "set-output",
    "save-state",
    "set-env",
    "add-path",
    "add-mask",
    "add-matcher",
    "remove-matcher",
    "debug",
    "warning",
    "error",
    "notice",
    "group",
    "endgroup",
    "echo",
    "stop-commands",
    "internal-set-repo-path",
];

/// Most annotations of one kind that a step keeps.
const MOST_ANNOTATIONS: usize = 10;

/// Longest message of an annotation, in characters.
const LONGEST_MESSAGE: usize = 4096;

/// A command found in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogCommand {
    pub(crate) name: String,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) data: String,
}

/// A note that the runner shows at a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    /// `error`, `warning` or `notice`.
    pub(crate) level: String,
    pub(crate) file: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) message: String,
}

/// What a step's log came to.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// What a reader sees: plain lines and annotations, with every mask applied.
    pub(crate) shown: String,
    pub(crate) masks: Vec<String>,
    pub(crate) annotations: Vec<Annotation>,
    /// Commands that do something to the job, such as an old-style `set-output`; ours never sends any.
    pub(crate) others: Vec<LogCommand>,
    /// While set, commands are plain text until this token comes as one.
    stopped: Option<String>,
}

impl Log {
    /// Takes one line of stdout or stderr.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some(token) = &self.stopped {
            if command_of_text(line, &[token]).is_some() {
                self.stopped = None;
            } else {
                self.show(line);
            }
            return;
        }
        let Some(command) = command_of_text(line, KNOWN) else {
            self.show(line);
            return;
        };
        match command.name.as_str() {
            "add-mask" => {
                self.masks.extend(command.data.lines().filter(|part| !part.is_empty()).map(str::to_owned))
            }
            "error" | "warning" | "notice" => self.annotate(command),
            "group" => self.show(&command.data),
            "stop-commands" => self.stopped = Some(command.data),
            "endgroup" | "debug" | "echo" => {}
            _ => self.others.push(command),
        }
    }

    fn annotate(&mut self, command: LogCommand) {
        self.show(&command.data);
        let LogCommand { name, properties, data } = command;
        if self.annotations.iter().filter(|annotation| annotation.level == name).count() == MOST_ANNOTATIONS {
            return;
        }
        let property = |key: &str| {
            properties.iter().find(|(have, _)| have.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
        };
        self.annotations.push(Annotation {
            file: property("file"),
            title: property("title"),
            message: data.chars().take(LONGEST_MESSAGE).collect(),
            level: name,
        });
    }

    fn show(&mut self, line: &str) {
        let masked = self.masks.iter().fold(line.to_owned(), |line, mask| line.replace(mask, "***"));
        writeln!(self.shown, "{masked}").expect("a String takes all");
    }
}

/// The command in a line, in either form, when it is one of `known`.
pub(crate) fn command_of_text(line: &str, known: &[impl AsRef<str>]) -> Option<LogCommand> {
    let is_known =
        |command: &LogCommand| known.iter().any(|name| name.as_ref().eq_ignore_ascii_case(&command.name));
    new_form(line).filter(is_known).or_else(|| old_form(line).filter(is_known))
}

/// `::name key=value,key=value::data`, at the start of the line.
fn new_form(line: &str) -> Option<LogCommand> {
    let (information, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = information.split_once(' ').unwrap_or((information, ""));
    let property = |text: &str| {
        let (key, value) = text.split_once('=')?;
        Some((key.trim().to_owned(), unescape(value, &[(":", "%3A"), (",", "%2C")])))
    };
    let properties = properties.split(',').filter_map(property).collect();
    Some(LogCommand { name: name.to_owned(), properties, data: unescape(data, &[]) })
}

/// `##[name key=value;key=value]data`, anywhere in the line.
fn old_form(line: &str) -> Option<LogCommand> {
    let (_, rest) = line.split_once("##[")?;
    let (information, data) = rest.split_once(']')?;
    let (name, properties) = information.split_once(' ').unwrap_or((information, ""));
    let property = |text: &str| {
        let (key, value) = text.split_once('=')?;
        Some((key.trim().to_owned(), unescape(value, &[(";", "%3B"), ("]", "%5D")])))
    };
    let properties = properties.split(';').filter_map(property).collect();
    Some(LogCommand { name: name.to_owned(), properties, data: unescape(data, &[]) })
}

/// Undoes the escapes of the log; `%25` comes last, so that nothing is undone twice.
fn unescape(text: &str, more: &[(&str, &str)]) -> String {
    let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
    for (plain, escaped) in more {
        text = text.replace(escaped, plain);
    }
    text.replace("%25", "%")
}

/// The pairs of a command file (`$GITHUB_OUTPUT`): `NAME=VALUE`, or `NAME<<END`, lines and `END`.
///
/// # Errors
///
/// The runner's own words, with which it fails the step.
pub(crate) fn parse_file_command(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let line = line.strip_suffix('\n').unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(at), other) if other.is_none_or(|other| at < other) => {
                pairs.push((line[..at].to_owned(), line[at + 1..].to_owned()));
            }
            (_, Some(at)) => {
                let (name, end) = (&line[..at], &line[at + 2..]);
                if name.is_empty() || end.is_empty() {
                    return Err(format!("Invalid format '{line}'. Name and delimiter must not be empty"));
                }
                pairs.push((name.to_owned(), heredoc_value(&mut lines, end)?));
            }
            _ => return Err(format!("Invalid format '{line}'")),
        }
    }
    Ok(pairs)
}

fn heredoc_value<'a>(lines: &mut impl Iterator<Item = &'a str>, end: &str) -> Result<String, String> {
    let mut value = String::new();
    for line in lines {
        let Some(content) = line.strip_suffix('\n') else {
            if line == end {
                return Ok(value.strip_suffix('\n').unwrap_or(&value).to_owned());
            }
            break;
        };
        if content == end {
            return Ok(value.strip_suffix('\n').unwrap_or(&value).to_owned());
        }
        value.push_str(line);
    }
    Err(format!("Invalid value. Matching delimiter not found '{end}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: &[&str]) -> Log {
        let mut log = Log::default();
        lines.iter().for_each(|line| log.line(line));
        log
    }

    #[test]
    fn an_annotation_has_its_file_and_its_escapes_undone() {
        let log = log(&["::error file=dist/a%2Cb.whl,title=t::50%25 of%0Ait is gone"]);
        let [annotation] = log.annotations.as_slice() else { panic!("{log:?}") };
        assert_eq!(annotation.file.as_deref(), Some("dist/a,b.whl"));
        assert_eq!(annotation.message, "50% of\nit is gone");
    }

    #[test]
    fn old_commands_count_anywhere_in_a_line() {
        let log = log(&["the notes say ##[set-output name=version;]9.9.9"]);
        let [command] = log.others.as_slice() else { panic!("{log:?}") };
        assert_eq!((command.name.as_str(), command.data.as_str()), ("set-output", "9.9.9"));
        assert_eq!(command.properties, [("name".to_owned(), "version".to_owned())]);
    }

    #[test]
    fn unknown_commands_are_text() {
        let log = log(&["::std::fs::read", "a ##[strange]b"]);
        assert_eq!(log.shown, "::std::fs::read\na ##[strange]b\n");
        assert!(log.others.is_empty());
    }

    #[test]
    fn masks_hide_what_comes_after_them() {
        assert_eq!(log(&["::add-mask::hunter2", "user:hunter2"]).shown, "user:***\n");
    }

    #[test]
    fn stopped_commands_are_text_until_the_token_comes() {
        let log = log(&["::stop-commands::abc", "::set-output name=a::b", "::abc::", "::error::c"]);
        assert!(log.others.is_empty());
        assert_eq!(log.annotations.len(), 1);
    }

    #[test]
    fn no_more_annotations_than_the_runner_keeps() {
        assert_eq!(log(&["::error::x"; 25]).annotations.len(), MOST_ANNOTATIONS);
    }

    #[test]
    fn command_files_hold_both_forms() {
        let text = "a=1\n\nb<<END\nx=y\n\nz\nEND\nc=<<d\n";
        let pairs = parse_file_command(text).expect("it is well-formed");
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "x=y\n\nz"), ("c", "<<d")]);
    }

    #[test]
    fn a_missing_delimiter_fails_the_step() {
        for text in ["a<<END\nx\n", "a<<END\nxEND", "a<<END\nx\nEND \n"] {
            let error = parse_file_command(text).expect_err("the end is missing");
            assert!(error.contains("Matching delimiter not found 'END'"), "{error}");
        }
        parse_file_command("neither\n").expect_err("it is no pair");
    }
}
