//! The step summary: Markdown on the run's page. It says more than the log's end and less than the report.

use std::fmt::Write as _;

use super::account::{Account, FileRow, Trouble};
use super::annotate::neutral;
use super::outcome::Exit;
use super::platforms::{Platforms, platforms};
use super::render::{asides, counted, counts, size};
use super::schema::ModeName;
use crate::report::Finding;

/// The runner refuses a summary of more than 1,048,576 bytes and then shows none. Other writes of the same step
/// count too, so some room is left.
const LONGEST_BYTES: usize = 1_000_000;

const CUT: &str =
    "\n… the rest is left out: the page has no room for more. The log and the report have all of it.\n";

const STRING: &str = "writing to a string cannot fail";

/// The summary's text.
pub(crate) fn summary(account: &Account) -> String {
    let conclusion = account.conclusion;
    let sign = if conclusion.exit == Exit::Settled { "✅" } else { "❌" };
    let mut text = String::new();
    writeln!(text, "## {sign} {}: {}\n", account.mode, conclusion.outcome).expect(STRING);
    let applied = counted(conclusion.applied, "step");
    let (told, left_out) = account.told();
    writeln!(text, "{} · {applied} applied", counts(&told, left_out)).expect(STRING);
    for aside in asides(&told, left_out) {
        writeln!(text, "\n{}.", cell(&aside)).expect(STRING);
    }
    text.extend(account.trouble.as_ref().map(trouble));
    let mut page = Page { text, full: false };
    let groups = told.groups();
    let findings = groups.iter().flat_map(|group| {
        group.iter().enumerate().map(|(position, finding)| finding_row(finding, position == 0))
    });
    page.table("Findings", &["severity", "check", "where", "what"], findings);
    page.table("Left to do", &["step"], account.left.iter().map(|step| vec![cell(step)]));
    let steps = account.plan.iter().enumerate();
    let steps = steps.flat_map(|(wave, steps)| steps.iter().map(move |step| plan_row(wave + 1, step)));
    page.table("Plan", &["wave", "", "step"], steps);
    // The later modes move the same files on, and the page holds all steps: they need no table of their own.
    let has_table = [ModeName::CollectArtifacts, ModeName::ValidateWheels].map(ModeName::as_str);
    let judged = if has_table.contains(&account.mode) { &*account.files } else { &[] };
    if let Some(Platforms { headings, rows }) = platforms(judged) {
        let headings: Vec<_> = headings.iter().map(|heading| cell(heading)).collect();
        let headings: Vec<_> = headings.iter().map(String::as_str).collect();
        page.table("Platforms", &headings, rows.iter().map(|row| platform_row(row)));
    }
    let others = judged.iter().filter(|file| matches!(file.kind, "sdist" | "crate"));
    for FileRow { name, size_bytes, kind, .. } in others {
        page.push(&format!("\n{kind}: {} ({})\n", code(name), size(*size_bytes)));
    }
    page.table("Files", &["file", "size", "SHA-256"], account.files.iter().map(file_row));
    let outputs = account.outputs();
    page.table(
        "Outputs",
        &["output", "value"],
        outputs.iter().map(|(name, value)| vec![code(name), cell(value)]),
    );
    page.text
}

/// A text that is cut at a row once it is long enough.
struct Page {
    text: String,
    full: bool,
}

impl Page {
    fn table(&mut self, title: &str, headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        let mut rows = rows.peekable();
        if self.full || rows.peek().is_none() {
            return;
        }
        let rule = headings.iter().map(|_| "---").collect::<Vec<_>>().join("|");
        self.push(&format!("\n### {title}\n\n| {} |\n|{rule}|\n", headings.join(" | ")));
        for row in rows {
            self.push(&format!("| {} |\n", row.join(" | ")));
        }
    }

    fn push(&mut self, text: &str) {
        if self.full {
        } else if self.text.len() + text.len() + CUT.len() > LONGEST_BYTES {
            self.text.push_str(CUT);
            self.full = true;
        } else {
            self.text.push_str(text);
        }
    }
}

fn trouble(trouble: &Trouble) -> String {
    let Trouble { chain, hint } = trouble;
    let chain = chain.iter().map(|message| cell(message)).collect::<Vec<_>>().join("  \n> because: ");
    let hint = hint.as_ref().map(|hint| format!(">\n> **hint:** {}\n", cell(hint))).unwrap_or_default();
    format!("\n> **error:** {chain}\n{hint}")
}

/// The first row of a group has what holds for all of it.
fn finding_row(finding: &Finding, is_first: bool) -> Vec<String> {
    let Finding { check, severity, raised_from: _, place, message, hint, rejected_by } = finding;
    let places = [&place.file, &place.member].into_iter().flatten().map(|place| code(place));
    let mut what = cell(message);
    if is_first && !rejected_by.is_empty() {
        write!(what, "<br>rejected by: {}", cell(&rejected_by.join(", "))).expect(STRING);
    }
    if let Some(hint) = hint.as_ref().filter(|_| is_first) {
        write!(what, "<br>hint: {}", cell(hint)).expect(STRING);
    }
    vec![severity.to_string(), code(check), places.collect::<Vec<_>>().join("<br>"), what]
}

fn plan_row(wave: usize, step: &str) -> Vec<String> {
    let (sign, step) = step.split_once(' ').unwrap_or(("", step));
    vec![wave.to_string(), code(sign), cell(step)]
}

fn file_row(file: &FileRow) -> Vec<String> {
    let FileRow { name, size_bytes, sha256, kind: _, runs_on: _, actual_platform: _ } = file;
    vec![code(name), size(*size_bytes), code(&sha256.to_string())]
}

fn platform_row(row: &[String]) -> Vec<String> {
    let cells = row.iter().enumerate();
    cells.map(|(column, text)| if column == 0 { code(text) } else { cell(text) }).collect()
}

/// The longest cell; texts from strangers are cut where they enter, this is the second line of defence.
const LONGEST_CELL: usize = 2_000;

/// A message of ours: what stands in backticks is code, and all else plain text. A stranger's backtick moves the
/// border between the two, and either side is safe.
fn cell(text: &str) -> String {
    let text: String = neutral(text).chars().take(LONGEST_CELL).collect();
    let mut pieces = text.split('`').peekable();
    let mut cell = String::new();
    let mut is_code = false;
    while let Some(piece) = pieces.next() {
        let is_closed = pieces.peek().is_some();
        match (is_code, is_closed) {
            (true, true) => cell.push_str(&code(piece)),
            (true, false) => write!(cell, "&#96;{}", plain(piece)).expect(STRING),
            (false, _) => cell.push_str(&plain(piece)),
        }
        is_code = !is_code;
    }
    cell
}

/// Text that is neither Markdown nor HTML, a link, a mention nor the end of its cell: characters that begin one
/// are written as numeric references, which every parser takes for the character and nothing else.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.as_str();
        let is_markup = match c {
            '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&' | '\\' | '~' | '#' | '@' | '$' => true,
            // Inside a word it is no markup, and names are full of it.
            '_' => !before.is_alphanumeric() || !after.starts_with(char::is_alphanumeric),
            ':' => after.starts_with("//"),
            '.' => before.eq_ignore_ascii_case(&'w'),
            _ => false,
        };
        if is_markup {
            write!(escaped, "&#{};", u32::from(c)).expect(STRING);
        } else {
            escaped.push(c);
        }
        before = c;
    }
    escaped
}

/// Text in the typeface of code: nothing in a code span is markup but its own end and that of the cell.
fn code(text: &str) -> String {
    let text: String = neutral(text).chars().take(LONGEST_CELL).collect();
    match text.trim() {
        "" => String::new(),
        text if text.contains(['`', '|', '\\']) => format!("<code>{}</code>", plain(text)),
        text => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::account::tests::{blocked, partial, repeated};
    use super::*;

    #[test]
    fn a_blocked_run_has_tables() {
        assert_snapshot!(summary(&blocked()), @"
        ## ❌ validate-wheels: blocked

        1 error, 1 warning · 0 steps applied

        ### Findings

        | severity | check | where | what |
        |---|---|---|---|
        | warning | `set/no-sdist` |  | there is no sdist<br>hint: build an sdist beside the wheels |
        | error | `record/hash-mismatch` | `demo-1.2.0-py3-none-any.whl`<br>`demo/__init__.py` | RECORD states another digest than the member has<br>rejected by: pip, uv<br>hint: build the wheel again, and change nothing in it afterwards |

        ### Plan

        | wave |  | step |
        |---|---|---|
        | 1 | `+` | write manifest.json |
        | 1 | `+` | write SHA256SUMS |

        ### Platforms

        | platform | py3 |
        |---|---|
        | `any` | 12.0 KiB |

        ### Files

        | file | size | SHA-256 |
        |---|---|---|
        | `demo-1.2.0-py3-none-any.whl` | 12.0 KiB | `2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea` |

        ### Outputs

        | output | value |
        |---|---|
        | `outcome` | blocked |
        | `wheels` | 1 |
        | `sdists` | 0 |
        ");
    }

    #[test]
    fn a_hint_is_told_once_for_the_findings_of_a_rule_in_a_file() {
        let text = summary(&Account { report: repeated(), ..blocked() });
        let (_, rows) = text.split_once("|---|---|---|---|\n").expect("a table");
        assert_snapshot!(rows.split("\n\n").next().expect("rows"), @"
        | error | `record/hash-mismatch` | `a.whl`<br>`a.py` | differs<br>rejected by: pip, uv<br>hint: build the wheel again, and change nothing in it afterwards |
        | error | `record/hash-mismatch` | `a.whl`<br>`b.py` | differs |
        | error | `record/hash-mismatch` | `a.whl`<br>`c.py` | differs |
        | error | `record/hash-mismatch` | `a.whl` | and 80 more of this kind |
        | error | `record/hash-mismatch` | `a.whl`<br>`b.so` | differs<br>rejected by: pip, uv<br>hint: sign it before the wheel is packed |
        | warning | `set/no-sdist` | `a.whl`<br>`b.py` | another rule<br>hint: build an sdist beside the wheels |
        | error | `record/hash-mismatch` | `b.whl`<br>`a.py` | differs<br>rejected by: pip, uv<br>hint: build the wheel again, and change nothing in it afterwards |
        | error | `record/hash-mismatch` | `b.whl`<br>`b.py` | differs |
        ");
    }

    #[test]
    fn a_run_that_broke_off_tells_its_error() {
        assert_snapshot!(summary(&partial()), @"
        ## ❌ publish: partial

        no findings · 1 step applied

        > **error:** upload `b.whl` did not come about  
        > because: the index answered 502 (upload)
        >
        > **hint:** is the index up?

        ### Left to do

        | step |
        |---|
        | upload `b.whl` |

        ### Plan

        | wave |  | step |
        |---|---|---|
        | 1 | `!` | upload `a.whl` |
        | 2 | `!` | upload `b.whl` |

        ### Outputs

        | output | value |
        |---|---|
        | `outcome` | partial |
        ");
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(cell(text), expected);
    }

    #[test]
    fn plain_text_and_names_stay_readable() {
        check("a-1.0-cp312-manylinux_2_28_x86_64.whl (12%)", "a-1.0-cp312-manylinux_2_28_x86_64.whl (12%)");
        check("upload `demo/__init__.py` to PyPI", "upload `demo/__init__.py` to PyPI");
    }

    #[test]
    fn hostile_text_is_no_markup() {
        check("<img src=x onerror=y>", "&#60;img src=x onerror=y&#62;");
        check("a | b\n\n# c", "a &#124; b&#92;n&#92;n&#35; c");
        check(
            "[a](b) ![c](d) **e** _f_ ~g~ $h$",
            "&#91;a&#93;(b) !&#91;c&#93;(d) &#42;&#42;e&#42;&#42; &#95;f&#95; &#126;g&#126; &#36;h&#36;",
        );
        check("@user #1 &lt; https://x www.y", "&#64;user &#35;1 &#38;lt; https&#58;//x www&#46;y");
        check("\u{1b}[0m", "&#92;u{1b}&#91;0m");
    }

    #[test]
    fn a_stray_backtick_opens_nothing() {
        check("a ` <b>", "a &#96; &#60;b&#62;");
        check("`a` ` <b>", "`a` &#96; &#60;b&#62;");
        check("``<b>`", "&#60;b&#62;&#96;");
        check("`a|b`", "<code>a&#124;b</code>");
        check("`a\\`", "<code>a&#92;</code>");
        assert_eq!(code("a`<b>"), "<code>a&#96;&#60;b&#62;</code>");
    }

    #[test]
    fn a_summary_never_outgrows_the_page() {
        let mut account = blocked();
        let row = account.files[0].clone();
        account.files = vec![FileRow { name: "`".repeat(255), ..row }; 3_000];
        account.left = vec!["x".repeat(100_000)];
        let text = summary(&account);
        assert!(text.len() <= LONGEST_BYTES && text.ends_with(CUT), "{}", text.len());
    }
}
