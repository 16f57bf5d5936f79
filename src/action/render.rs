//! Lines for people: the plan before it is applied, what happens, the report, and how it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::account::{Account, Trouble};
use super::line::{Line, Tone};
use super::outcome::{Exit, Outcome};
use super::schema::ModeName;
use crate::remote::surroundings::Event;
use crate::report::{Counts, Finding, Report, Severity};

/// The plan: every step, `+` before one that can be taken back and `!` before one that cannot.
pub(crate) fn plan(waves: &[Vec<String>]) -> Vec<Line> {
    let steps = || waves.iter().flatten();
    let count = steps().count();
    let irreversible = steps().filter(|step| step.starts_with('!')).count();
    let heading = Line::toned(Tone::Strong, "plan");
    let heading = match (count, irreversible) {
        (0, _) => heading.then(Tone::Plain, ": nothing is left to do"),
        (_, 0) => heading.then(Tone::Plain, format!(": {}", counted(count, "step"))),
        _ => heading.then(
            Tone::Plain,
            format!(": {}, {irreversible} of them cannot be taken back (!)", counted(count, "step")),
        ),
    };
    let step = |step: &String| {
        let (sign, rest) = step.split_at(step.chars().next().map_or(0, char::len_utf8));
        let tone = if sign == "!" { Tone::Doubtful } else { Tone::Good };
        Line::plain("  ").then(tone, sign).then(Tone::Plain, rest)
    };
    std::iter::once(heading).chain(steps().map(step)).collect()
}

/// What happens, one line an event; those that only a progress bar can show have none.
pub(crate) fn event(event: Event<'_>) -> Option<Line> {
    match event {
        Event::Plan(_) | Event::Started(_) | Event::Bytes { .. } => None,
        Event::Finished(step) => {
            Some(Line::plain("  ").then(Tone::Good, "done").then(Tone::Plain, format!("    {}", brief(step))))
        }
        Event::Failed(step, why) => {
            let line =
                Line::plain("  ").then(Tone::Bad, "failed").then(Tone::Plain, format!("  {step}: {why}"));
            Some(line.then(Tone::Dim, " (looking whether it came about all the same)"))
        }
        Event::Waiting { what, delay } => {
            Some(Line::toned(Tone::Dim, format!("  waiting {} for {what}", duration(delay))))
        }
        Event::Note(text) => Some(Line::plain(format!("  {text}"))),
    }
}

/// A step without its sizes and digests, which the plan has shown.
fn brief(step: &str) -> &str {
    step.split(" (").next().unwrap_or(step)
}

/// The findings, grouped by file and rule, and their count.
pub(crate) fn report(report: &Report) -> Vec<Line> {
    findings(report, 0)
}

/// The same, where `left_out` notes are only counted.
fn findings(report: &Report, left_out: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = blocks(report).into_iter().flatten().collect();
    if !lines.is_empty() || left_out > 0 || report.counts().ignored > 0 {
        lines.push(Line::plain(counts(report, left_out)));
    }
    lines
        .extend(asides(report, left_out).into_iter().map(|text| Line::toned(Tone::Dim, format!("  {text}"))));
    lines
}

/// A block for each file: its name, then what was found in it. Files with the very same findings share one, under all
/// their names, since wheels of one build are often wrong in one way.
fn blocks(report: &Report) -> Vec<Vec<Line>> {
    let mut blocks: Vec<(Vec<Line>, Vec<Line>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for file in report.groups().chunk_by(|a, b| file_of(a) == file_of(b)) {
        let name = file.first().and_then(|group| file_of(group)).unwrap_or("the whole set");
        let found: Vec<_> = file.iter().flat_map(|group| group_lines(group)).collect();
        let key = found.iter().map(Line::text).collect::<Vec<_>>().join("\n");
        let place = *places.entry(key).or_insert(blocks.len());
        if place == blocks.len() {
            blocks.push((Vec::new(), found));
        }
        blocks[place].0.push(Line::toned(Tone::Strong, name));
    }
    blocks.into_iter().map(|(names, found)| [names, found].concat()).collect()
}

fn file_of<'r>(group: &[&'r Finding]) -> Option<&'r str> {
    group.first().and_then(|first| first.place.file.as_deref())
}

/// The findings of one rule in one file, and what holds for all of them.
fn group_lines(group: &[&Finding]) -> Vec<Line> {
    let findings = group.iter().map(|finding| finding_line(finding));
    findings.chain(group.iter().take(1).flat_map(|first| advice(first))).collect()
}

/// What a policy or the wish for quiet did to the findings: a sentence for each.
pub(crate) fn asides(report: &Report, left_out: usize) -> Vec<String> {
    let mut asides = Vec::new();
    let raised = report.raised();
    if raised > 0 {
        let (errors, weigh) = (counted(raised, "error"), if raised == 1 { "weighs" } else { "weigh" });
        asides
            .push(format!("{errors} {weigh} less by themselves, and stop the run by `strict` or `fail-on`"));
    }
    let ignored = report.ignored();
    if !ignored.is_empty() {
        let ids: BTreeSet<_> = ignored.iter().map(|finding| format!("`{}`", finding.check)).collect();
        let ids = ids.into_iter().collect::<Vec<_>>().join(", ");
        asides.push(format!("{} ignored by policy: {ids}", counted(ignored.len(), "finding")));
    }
    if left_out > 0 {
        let notes = counted(left_out, "note");
        asides.push(format!("{notes} left out here: `verbose` tells them, and so does the report"));
    }
    asides
}

fn finding_line(finding: &Finding) -> Line {
    let Finding { check, severity, raised_from: _, place, message, hint: _, rejected_by: _ } = finding;
    let tone = match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Doubtful,
        Severity::Info => Tone::Dim,
    };
    let line = Line::plain("  ").then(tone, severity.to_string()).then(Tone::Dim, format!(" {check}"));
    let member = place.member.as_ref().map(|member| format!(" {member}:")).unwrap_or_default();
    line.then(Tone::Plain, format!(":{member} {message}"))
}

/// What holds for all findings of a group.
fn advice(first: &Finding) -> impl Iterator<Item = Line> {
    let Finding { hint, rejected_by, .. } = first;
    let rejected_by = (!rejected_by.is_empty())
        .then(|| Line::toned(Tone::Dim, format!("    rejected by: {}", rejected_by.join(", "))));
    let hint = hint.as_ref().map(|hint| Line::plain(format!("    hint: {hint}")));
    rejected_by.into_iter().chain(hint)
}

/// `2 errors, 1 warning, 3 ignored`, without the types that do not occur. `left_out` notes are not in the report.
pub(crate) fn counts(report: &Report, left_out: usize) -> String {
    let Counts { errors, warnings, notes, ignored } = report.counts();
    let counts = [(errors, "error"), (warnings, "warning"), (notes + left_out, "note")];
    let counts = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| counted(n, word));
    let ignored = (ignored > 0).then(|| format!("{ignored} ignored"));
    let counts: Vec<_> = counts.chain(ignored).collect();
    if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") }
}

/// An error: what happened, why, and what to do.
pub(crate) fn trouble(trouble: &Trouble) -> Vec<Line> {
    let Trouble { chain, hint } = trouble;
    let line = |(position, message): (usize, &String)| match position {
        0 => Line::toned(Tone::Bad, "error").then(Tone::Plain, format!(": {message}")),
        _ => Line::toned(Tone::Dim, "  because").then(Tone::Plain, format!(": {message}")),
    };
    let hint =
        hint.as_ref().map(|hint| Line::toned(Tone::Strong, "hint").then(Tone::Plain, format!(": {hint}")));
    chain.iter().enumerate().map(line).chain(hint).collect()
}

/// The end of a run: findings, error, what is left, and one line that says how it ended.
pub(crate) fn closing(account: &Account) -> Vec<Line> {
    let (told, left_out) = account.told();
    let mut lines = findings(&told, left_out);
    lines.extend(account.trouble.iter().flat_map(trouble));
    if !account.left.is_empty() {
        lines.push(Line::toned(Tone::Strong, "left to do"));
        lines.extend(account.left.iter().map(|step| Line::plain(format!("  {step}"))));
    }
    lines.push(ending(account));
    lines
}

fn ending(account: &Account) -> Line {
    let conclusion = account.conclusion;
    let tone = if conclusion.exit == Exit::Settled { Tone::Good } else { Tone::Bad };
    let applied = counted(conclusion.applied, "step");
    let detail = match conclusion.outcome {
        Outcome::Done if conclusion.applied == 0 => "looked, and all is as it should be".to_owned(),
        Outcome::Done => format!("{applied} applied and seen"),
        Outcome::AlreadyDone => "nothing was left to do".to_owned(),
        Outcome::Resumed => format!("a part was there, {applied} applied and seen"),
        Outcome::Planned => "nothing was changed".to_owned(),
        Outcome::NotReady if conclusion.applied > 0 => {
            format!("{applied} applied; what others bring or do is not there yet")
        }
        Outcome::NotReady if account.mode == ModeName::Yank.as_str() => {
            "what is left has to be done by hand".to_owned()
        }
        Outcome::NotReady => "what it builds on is not there yet".to_owned(),
        Outcome::Blocked => format!("{}; nothing was changed", counts(&account.report, 0)),
        Outcome::Partial if conclusion.exit == Exit::Findings => {
            format!("{}; {applied} applied", counts(&account.report, 0))
        }
        Outcome::Partial => {
            format!("{applied} applied; run again, what is done is found and not repeated")
        }
        Outcome::Error if conclusion.exit == Exit::Usage => "typed wrong; nothing was looked at".to_owned(),
        Outcome::Error => "it could not be told".to_owned(),
    };
    Line::toned(Tone::Strong, account.mode)
        .then(Tone::Plain, ": ")
        .then(tone, conclusion.outcome.to_string())
        .then(Tone::Plain, format!(" ({detail})"))
}

/// A table with aligned columns. The last column is not filled up.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> Vec<Line> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>, tone| {
        let fill = |(column, cell): (usize, &str)| match widths.get(column) {
            Some(width) if column + 1 < widths.len() => format!("{cell:width$}  "),
            _ => cell.to_owned(),
        };
        Line::toned(tone, cells.into_iter().enumerate().map(fill).collect::<String>().trim_end())
    };
    let rows = rows.iter().map(|row| line(row.iter().map(String::as_str).collect(), Tone::Plain));
    std::iter::once(line(headings.to_vec(), Tone::Strong)).chain(rows).collect()
}

/// `1 step`, `2 steps`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// A size that people can read: `812 B`, `1.2 MiB`.
pub(crate) fn size(size_bytes: u64) -> String {
    let mut unit = "B";
    let mut whole = size_bytes;
    let mut tenths = 0;
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if whole < 1024 {
            break;
        }
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit = next;
    }
    if unit == "B" || whole >= 100 { format!("{whole} {unit}") } else { format!("{whole}.{tenths} {unit}") }
}

/// A time that people can read: `40 ms`, `2.5 s`, `3 min 20 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (duration.as_millis(), seconds) {
        (millis @ 0..1000, _) => format!("{millis} ms"),
        (millis, 0..60) if millis % 1000 >= 100 => format!("{seconds}.{} s", millis % 1000 / 100),
        (_, 0..60) => format!("{seconds} s"),
        (_, _) if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        (_, _) => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::account::tests::{blocked, partial, repeated};
    use super::*;

    fn text(lines: &[Line]) -> String {
        lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn plan_shows_what_cannot_be_taken_back() {
        let waves = [
            vec!["+ make the draft `v1.2.0`".to_owned()],
            vec!["+ upload `a.whl`".to_owned()],
            vec!["! publish the release `v1.2.0`".to_owned()],
        ];
        assert_snapshot!(text(&plan(&waves)), @"
        plan: 3 steps, 1 of them cannot be taken back (!)
          + make the draft `v1.2.0`
          + upload `a.whl`
          ! publish the release `v1.2.0`
        ");
        assert_snapshot!(text(&plan(&waves[..2])), @"
        plan: 2 steps
          + make the draft `v1.2.0`
          + upload `a.whl`
        ");
        assert_snapshot!(text(&plan(&[])), @"plan: nothing is left to do");
        assert_snapshot!(plan(&waves)[3].painted().escape_debug(), @r#"  \u{1b}[33m!\u{1b}[0m publish the release `v1.2.0`"#);
    }

    #[test]
    fn findings_are_grouped_by_file() {
        assert_snapshot!(text(&closing(&blocked())), @"
        the whole set
          warning set/no-sdist: there is no sdist
            hint: build an sdist beside the wheels
        demo-1.2.0-py3-none-any.whl
          error record/hash-mismatch: demo/__init__.py: RECORD states another digest than the member has
            rejected by: pip, uv
            hint: build the wheel again, and change nothing in it afterwards
        1 error, 1 warning
        validate-wheels: blocked (1 error, 1 warning; nothing was changed)
        ");
    }

    #[test]
    fn a_hint_is_told_once_for_the_findings_of_a_rule_in_a_file() {
        assert_snapshot!(text(&report(&repeated())), @"
        a.whl
          error record/hash-mismatch: a.py: differs
          error record/hash-mismatch: b.py: differs
          error record/hash-mismatch: c.py: differs
          error record/hash-mismatch: and 80 more of this kind
            rejected by: pip, uv
            hint: build the wheel again, and change nothing in it afterwards
          error record/hash-mismatch: b.so: differs
            rejected by: pip, uv
            hint: sign it before the wheel is packed
          warning set/no-sdist: b.py: another rule
            hint: build an sdist beside the wheels
        b.whl
          error record/hash-mismatch: a.py: differs
          error record/hash-mismatch: b.py: differs
            rejected by: pip, uv
            hint: build the wheel again, and change nothing in it afterwards
        7 errors, 1 warning
        ");
    }

    #[test]
    fn a_run_that_broke_off_says_why_and_what_is_left() {
        assert_snapshot!(text(&closing(&partial())), @"
        error: upload `b.whl` did not come about
          because: the index answered 502 (upload)
        hint: is the index up?
        left to do
          upload `b.whl`
        publish: partial (1 step applied; run again, what is done is found and not repeated)
        ");
    }

    #[test]
    fn every_outcome_has_its_closing_line() {
        use super::super::outcome::Conclusion;
        use crate::plan::execute::Ending;
        let closing_line = |conclusion| text(&[ending(&Account { conclusion, ..blocked() })]);
        let lines = [
            Conclusion::of_ending(Ending::Converged { applied: 2 }, 2),
            Conclusion::of_ending(Ending::Converged { applied: 1 }, 2),
            Conclusion::of_ending(Ending::Converged { applied: 0 }, 2),
            Conclusion::of_ending(Ending::Converged { applied: 0 }, 0),
            Conclusion::of_ending(Ending::Planned, 0),
            Conclusion::not_ready(0),
            Conclusion::unsure(0),
            Conclusion::typed_wrong(),
        ];
        assert_snapshot!(lines.map(closing_line).join("\n"), @"
        validate-wheels: done (2 steps applied and seen)
        validate-wheels: resumed (a part was there, 1 step applied and seen)
        validate-wheels: already-done (nothing was left to do)
        validate-wheels: done (looked, and all is as it should be)
        validate-wheels: planned (nothing was changed)
        validate-wheels: not-ready (what it builds on is not there yet)
        validate-wheels: error (it could not be told)
        validate-wheels: error (typed wrong; nothing was looked at)
        ");
    }

    #[test]
    fn events_are_one_harmless_line_each() {
        let delay = Duration::from_millis(2500);
        let lines: Vec<_> = [
            Event::Plan(&[]),
            Event::Started("upload `a`"),
            Event::Finished("upload `a`"),
            Event::Failed("upload `b`", "the index answered\n::error::##[x]"),
            Event::Bytes { what: "a", done: 1, total: None },
            Event::Waiting { what: "the index", delay },
            Event::Note("::set-output name=x::y"),
        ]
        .into_iter()
        .filter_map(event)
        .collect();
        assert_snapshot!(text(&lines), @r#"
        done    upload `a`
        failed  upload `b`: the index answered\n::error::##\[x] (looking whether it came about all the same)
        waiting 2.5 s for the index
        \::set-output name=x::y
        "#);
    }

    #[test]
    fn tables_are_aligned() {
        let rows = [vec!["größe.whl".to_owned(), "1 B".to_owned()], vec!["b".to_owned(), String::new()]];
        assert_snapshot!(text(&table(&["file", "size"], &rows)), @"
        file       size
        größe.whl  1 B
        b
        ");
    }

    #[test]
    fn numbers_are_for_people() {
        let sizes = [0, 1023, 1024, 1_300_000, 150 << 20, u64::MAX].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.2 MiB", "150 MiB", "16777215 TiB"]);
        let times = [40, 1000, 2500, 60_000, 200_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(times, ["40 ms", "1 s", "2.5 s", "1 min", "3 min 20 s"]);
        assert_eq!((counted(1, "step"), counted(0, "step")), ("1 step".into(), "0 steps".into()));
    }
}
