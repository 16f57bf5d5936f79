//! The runner's workflow commands, and text that cannot be one by accident.
//!
//! The runner scans both output streams. A line that begins with `::` is a command, and the older form
//! `##[command]` is one anywhere in a line; whoever gets such a text printed (release notes, answers of servers,
//! file names) would set outputs of the step. So every text passes [`neutral`] on its way out.

use crate::report::{Finding, Report, Severity};

/// The runner keeps that many annotations of each type for a step.
const ANNOTATIONS_PER_TYPE: usize = 10;

/// The runner cuts messages at 4,096 characters.
const LONGEST_MESSAGE: usize = 4_000;

/// One line of text that neither a terminal nor the runner can take for anything but text: control characters
/// and those that change the direction of writing are spelled out, and commands are broken up.
pub(crate) fn neutral(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) { plain.push(c) } else { plain.extend(c.escape_default()) }
    }
    let mut plain = plain.replace("##[", "##\\[");
    if let Some(at) = plain.find("::")
        && !plain[..at].contains(|c: char| c.is_ascii_graphic() || c.is_alphanumeric())
    {
        plain.insert(at, '\\');
    }
    plain
}

/// Whether a character shows as itself and nothing else. The list of invisible ones is Unicode's `Cc`, the line
/// and paragraph separators, the bidirectional controls, and what has no width.
fn is_harmless(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'))
}

/// A workflow command, escaped so that its parts stay its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    name: &'static str,
    properties: Vec<(&'static str, String)>,
    data: String,
}

impl Command {
    /// Hides a text from here on. One line: see [`masks`].
    fn mask(line: &str) -> Self {
        Self { name: "add-mask", properties: Vec::new(), data: line.to_owned() }
    }

    /// A line that shows in debug logs only.
    pub(crate) fn debug(text: &str) -> Self {
        Self { name: "debug", properties: Vec::new(), data: neutral(text) }
    }

    /// Shows a message on the run's page and, with a file, beside that file.
    pub(crate) fn annotation(severity: Severity, file: Option<&str>, title: &str, message: &str) -> Self {
        let name = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let file = file.map(|file| ("file", neutral(file)));
        let properties = file.into_iter().chain([("title", neutral(title))]).collect();
        let lines: Vec<_> = message.lines().map(neutral).collect();
        let mut data = lines.join("\n");
        if let Some((cut, _)) = data.char_indices().nth(LONGEST_MESSAGE) {
            data.truncate(cut);
            data.push('…');
        }
        Self { name, properties, data }
    }

    /// The command with `change` applied to all that is not its form.
    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        let Self { name, properties, data } = self;
        let properties = properties.iter().map(|(key, value)| (*key, change(value))).collect();
        Self { name, properties, data: change(data) }
    }

    /// The line for the runner, without its end.
    pub(crate) fn line(&self) -> String {
        let Self { name, properties, data } = self;
        let properties: Vec<_> =
            properties.iter().map(|(key, value)| format!("{key}={}", escaped_property(value))).collect();
        let space = if properties.is_empty() { "" } else { " " };
        format!("::{name}{space}{}::{}", properties.join(","), escaped_data(data))
    }
}

/// The escapes of the runner's own library, `%` first.
fn escaped_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The commands that hide a secret: one a line, because the runner looks for what it hides within lines.
pub(crate) fn masks(secret: &str) -> Vec<Command> {
    let lines = secret.split(['\n', '\r']).map(str::trim);
    lines.filter(|line| !line.is_empty()).map(Command::mask).collect()
}

/// The findings as annotations, capped by type; the last of a type then says how many more there are. `errors`
/// annotations of that type were sent before.
pub(crate) fn annotations(report: &Report, errors: usize) -> Vec<Command> {
    let groups = report.groups();
    // The hint of a group is at the end of its first message.
    let findings: Vec<_> = groups
        .iter()
        .flat_map(|group| group.iter().enumerate().map(|(position, finding)| (*finding, position == 0)))
        .collect();
    [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .flat_map(|severity| {
            let of_type: Vec<_> =
                findings.iter().filter(|(finding, _)| finding.severity == severity).collect();
            let room =
                ANNOTATIONS_PER_TYPE.saturating_sub(if severity == Severity::Error { errors } else { 0 });
            let shown = if of_type.len() > room { room.saturating_sub(1) } else { of_type.len() };
            let rest = of_type.len() - shown;
            let more = (rest > 0).then(|| {
                let message = format!("… and {rest} more: see the log or the summary of this run");
                Command::annotation(severity, None, "more findings", &message)
            });
            let commands: Vec<_> =
                of_type[..shown].iter().map(|(finding, is_first)| annotation(finding, *is_first)).collect();
            commands.into_iter().chain(more)
        })
        .collect()
}

fn annotation(finding: &Finding, with_hint: bool) -> Command {
    let Finding { check, severity, raised_from: _, place, message, hint, rejected_by: _ } = finding;
    let member = place.member.as_ref().map(|member| format!("{member}: ")).unwrap_or_default();
    let hint = hint.as_ref().filter(|_| with_hint).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    Command::annotation(*severity, place.file.as_deref(), check, &format!("{member}{message}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::super::account::tests::repeated;
    use super::*;
    use crate::report::Rule;

    const RULE: Rule = Rule {
        id: "record/hash-mismatch",
        severity: Severity::Error,
        rejected_by: &["pip"],
        summary: "a digest differs",
        explain: "",
        fix: "build it again",
        sources: &["a specification"],
        since: "0.1.0",
    };

    /// Whether the runner would take the line for a command, by its own two rules.
    fn is_command(line: &str) -> bool {
        line.trim_start().starts_with("::") || line.contains("##[")
    }

    #[test]
    fn hostile_text_is_no_command_and_no_control_sequence() {
        for (text, expected) in [
            ("::error::x", "\\::error::x"),
            ("  ::set-output name=a::b", "  \\::set-output name=a::b"),
            ("\u{a0}\u{feff}::x", "\u{a0}\\u{feff}::x"),
            ("a::b ##[set-output name=x;]y", "a::b ##\\[set-output name=x;]y"),
            ("####[x", "####\\[x"),
            ("a\n::b", "a\\n::b"),
            ("a\r##[b", "a\\r##\\[b"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\u{202e}b\u{2028}c\u{85}d", "a\\u{202e}b\\u{2028}c\\u{85}d"),
            ("größe → ok", "größe → ok"),
        ] {
            let found = neutral(text);
            assert_eq!(found, expected);
            assert!(!is_command(&found) && found.lines().count() <= 1, "{found:?}");
            assert_eq!(neutral(&found), found, "twice is the same as once");
        }
    }

    #[test]
    fn any_mixture_of_the_dangerous_pieces_is_harmless() {
        let pieces =
            ["::", ":", "#", "##[", "[", " ", "\t", "\n", "\r", "\u{1b}", "\u{feff}", "x", "\\", "\u{2003}"];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..6 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let found = neutral(&text);
            assert!(!is_command(&found) && !found.contains(char::is_control), "{text:?} became {found:?}");
        }
    }

    #[test]
    fn parts_of_a_command_stay_its_parts() {
        let command = Command::annotation(
            Severity::Error,
            Some("a,b:c%\n::x.whl"),
            "record/hash-mismatch",
            "50% of\r\n::error::it ##[x] is\nwrong",
        );
        assert_eq!(
            command.line(),
            "::error file=a%2Cb%3Ac%25\\n%3A%3Ax.whl,title=record/hash-mismatch::50%25 of%0A\\::error::it ##\\[x] is%0Awrong"
        );
    }

    #[test]
    fn every_line_of_a_secret_is_masked() {
        let lines: Vec<_> = masks("one\r\n\n  two%\n").iter().map(Command::line).collect();
        assert_eq!(lines, ["::add-mask::one", "::add-mask::two%25"]);
        assert!(masks("\n").is_empty(), "the runner would hide everything");
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let line = Command::annotation(Severity::Info, None, "t", &"ö".repeat(5_000)).line();
        assert!(line.chars().count() < 4_050 && line.ends_with('…'));
    }

    #[test]
    fn a_hint_is_told_once_for_the_findings_of_a_rule_in_a_file() {
        let lines: Vec<_> = annotations(&repeated(), 0).iter().map(Command::line).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        ::error file=a.whl,title=record/hash-mismatch::a.py: differs%0Ahint: build the wheel again, and change nothing in it afterwards
        ::error file=a.whl,title=record/hash-mismatch::b.py: differs
        ::error file=a.whl,title=record/hash-mismatch::c.py: differs
        ::error file=a.whl,title=record/hash-mismatch::and 80 more of this kind
        ::error file=a.whl,title=record/hash-mismatch::b.so: differs%0Ahint: sign it before the wheel is packed
        ::error file=b.whl,title=record/hash-mismatch::a.py: differs%0Ahint: build the wheel again, and change nothing in it afterwards
        ::error file=b.whl,title=record/hash-mismatch::b.py: differs
        ::warning file=a.whl,title=set/no-sdist::b.py: another rule%0Ahint: build an sdist beside the wheels
        ");
    }

    #[test]
    fn annotations_are_capped_by_type() {
        let findings = |count: usize, severity| {
            (0..count)
                .map(move |n| Finding { severity, ..RULE.finding("bad").in_file(format!("{n:02}.whl")) })
        };
        let report: Report = findings(10, Severity::Error).chain(findings(12, Severity::Warning)).collect();
        let lines: Vec<_> = annotations(&report, 0).iter().map(Command::line).collect();
        assert_eq!(lines.iter().filter(|line| line.starts_with("::error")).count(), 10);
        let warnings: Vec<_> = lines.iter().filter(|line| line.starts_with("::warning")).collect();
        assert_eq!(warnings.len(), 10);
        assert!(warnings[9].ends_with("… and 3 more: see the log or the summary of this run"));
        assert_eq!(lines[0], "::error file=00.whl,title=record/hash-mismatch::bad%0Ahint: build it again");
        let after_one: Vec<_> = annotations(&report, 1).iter().map(Command::line).collect();
        assert!(
            after_one[8].starts_with("::error") && after_one[8].contains("… and 2 more"),
            "{}",
            after_one[8]
        );
    }
}
