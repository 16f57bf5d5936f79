//! Brings the account of a run to everybody who waits for it: the log, the runner and its page, and the report.

use std::path::{Path, PathBuf};

use super::account::{Account, Trouble};
use super::annotate::{Command, annotations};
use super::console::Console;
use super::context::Runner;
use super::files::{self, FileError};
use super::outcome::Conclusion;
use super::outputs::{OutputError, delimiter, heredoc};
use super::render;
use super::report_v1::report_v1;
use super::rules;
use super::sarif::sarif;
use super::summary::summary;
use crate::plan::OutputField;
use crate::report::Severity;

/// Why somebody did not get the account.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) enum DeliveryError {
    /// A file could not be written.
    File(#[from] FileError),
    /// A value cannot be an output.
    Output(#[from] OutputError),
}

/// What the user asked for beside log, outputs and summary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Where the report goes: a file, or `-`.
    pub(crate) report: Option<String>,
    /// Where the findings go in SARIF.
    pub(crate) sarif: Option<PathBuf>,
}

/// Tells everybody, whoever of the others cannot be told. Secrets are taken out first. The errors are printed; with one
/// of them the run could not tell (exit code 2).
pub(crate) fn deliver(
    account: Account,
    console: &Console,
    runner: &Runner,
    wanted: &Wanted,
) -> Vec<DeliveryError> {
    let account = account.redacted(console.redaction());
    console.lines(&render::closing(&account));
    let trouble: Vec<_> = account.trouble.iter().map(|trouble| annotation(account.mode, trouble)).collect();
    console.commands(&trouble);
    console.commands(&annotations(&account.told().0, trouble.len()));
    let attempts = [
        write_outputs(&account, runner),
        write_summary(&account, runner),
        write_report(&account, wanted.report.as_deref()),
        write_sarif(&account, wanted.sarif.as_deref()),
    ];
    let errors: Vec<_> = attempts.into_iter().filter_map(Result::err).collect();
    for error in &errors {
        let trouble = Trouble::of(error, None);
        console.lines(&render::trouble(&trouble));
        console.commands(&[annotation(account.mode, &trouble)]);
    }
    errors
}

/// Tells of a run that could not begin because of what was typed, before there was an account of it: people and,
/// in `output`, the steps that ask how it ended.
pub(crate) fn deliver_refusal(trouble: &Trouble, console: &Console, output: Option<&Path>) {
    let tell = |trouble: &Trouble| {
        console.lines(&render::trouble(trouble));
        console.commands(&[annotation("", trouble)]);
    };
    tell(trouble);
    let fields = [("outcome".into(), Conclusion::typed_wrong().outcome.to_string())];
    if let Some(Err(error)) = output.map(|path| append_outputs(path, &fields)) {
        tell(&Trouble::of(&error, None));
    }
}

/// An error as an annotation.
pub(crate) fn annotation(mode: &str, trouble: &Trouble) -> Command {
    let Trouble { chain, hint } = trouble;
    let hint = hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    let message = format!("{}{hint}", chain.join("\nbecause: "));
    Command::annotation(Severity::Error, None, format!("release-action {mode}").trim_end(), &message)
}

fn write_outputs(account: &Account, runner: &Runner) -> Result<(), DeliveryError> {
    let Some(path) = &runner.output_path else { return Ok(()) };
    append_outputs(path, &account.outputs())
}

fn append_outputs(path: &Path, fields: &[OutputField]) -> Result<(), DeliveryError> {
    let text = heredoc(fields, &delimiter())?;
    Ok(files::append("the file of outputs", path, &text)?)
}

fn write_summary(account: &Account, runner: &Runner) -> Result<(), DeliveryError> {
    let Some(path) = &runner.summary_path else { return Ok(()) };
    Ok(files::append("the step summary", path, &summary(account))?)
}

fn write_report(account: &Account, report: Option<&str>) -> Result<(), DeliveryError> {
    match report {
        None => Ok(()),
        Some("-") => Ok(files::write_output(&report_v1(account))?),
        Some(path) => Ok(files::write_report("the report", Path::new(path), &report_v1(account))?),
    }
}

fn write_sarif(account: &Account, path: Option<&Path>) -> Result<(), DeliveryError> {
    let Some(path) = path else { return Ok(()) };
    Ok(files::write_report("the SARIF file", path, &sarif(account, rules::all()))?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::account::tests::{blocked, partial};
    use super::super::console::tests::{Paper, RUNNER};
    use super::super::env::Environment;
    use super::*;
    use crate::remote::surroundings::Masks as _;

    fn runner(folder: &Path) -> Runner {
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let variables = [("GITHUB_OUTPUT", path("output")), ("GITHUB_STEP_SUMMARY", path("summary"))];
        Runner::of(&Environment::from_iter(variables)).expect("good")
    }

    fn wanted(report: &Path) -> Wanted {
        Wanted { report: report.to_str().map(str::to_owned), sarif: Some(report.with_extension("sarif")) }
    }

    #[test]
    fn everybody_is_told_and_nobody_sees_a_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = folder.path().join("report.json");
        let paper = Paper::default();
        let console = Console::new(Box::new(paper.clone()), RUNNER);
        console.mask("__init__");
        let errors = deliver(blocked(), &console, &runner(folder.path()), &wanted(&report));
        assert!(errors.is_empty(), "{errors:?}");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("written");
        let log = paper.text();
        let log = log.strip_prefix("::add-mask::__init__\n").expect("the mask comes first");
        for (text, expected) in [
            (log, "::error file=demo-1.2.0-py3-none-any.whl,title=record/hash-mismatch::demo/***.py: "),
            (log, "validate-wheels: blocked"),
            (&read("output"), "blocked"),
            (&read("summary"), "`demo/***.py`"),
            (&read("report.json"), "\"demo/***.py\""),
            (&read("report.sarif"), "\"demo/***.py\""),
        ] {
            assert!(text.contains(expected) && !text.contains("__init__"), "{expected} in {text}");
        }
    }

    #[test]
    fn who_can_be_told_is_told_when_others_cannot() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut runner = runner(folder.path());
        runner.output_path = Some(folder.path().join("missing/output"));
        let paper = Paper::default();
        let console = Console::new(Box::new(paper.clone()), RUNNER);
        let errors = deliver(partial(), &console, &runner, &wanted(Path::new("/missing/report.json")));
        assert_eq!(errors.len(), 3);
        assert!(folder.path().join("summary").exists());
        let log = paper.text();
        assert!(log.contains("error: the report `/missing/report.json` cannot be written"), "{log}");
        assert!(
            log.contains(
                "::error title=release-action publish::upload `b.whl` did not come about%0Abecause: "
            )
        );
    }
}
