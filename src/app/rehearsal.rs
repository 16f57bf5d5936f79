//! The command `rehearse`: a release played before an audience.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::Edge;
use crate::action::account::{Account, Trouble};
use crate::action::console::Console;
use crate::action::context::Runner;
use crate::action::env::Environment;
use crate::action::error::InputError;
use crate::action::inputs::Inputs;
use crate::action::line::{Line, Tone};
use crate::action::outcome::{Conclusion, Exit, Outcome};
use crate::action::render;
use crate::action::schema::REHEARSE_NAME;
use crate::model::artifact::FileName;
use crate::plan::execute::Ending;
use crate::rehearse::{
    self, Act, Audience, Course, PhaseEnding, Played, Rehearsal, RehearseError, Rehearsed, Row, Scene,
    Subject,
};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::remote::surroundings::Stop;
use crate::report::Report;
use crate::sim::fault::{Fault, FaultError};

/// What helps against a value that cannot be used: `--fault` is the only flag with a form of its own.
const FAULT_HINT: &str = "`lost@40` breaks the 40th request of all, `drop@index:3` the third one to the index; \
                          `release-action rehearse --help` lists the kinds";

/// Runs the rehearsal and gives the program's exit code.
pub(super) fn run(inputs: &Inputs, environment: &Environment, console: Arc<Console>) -> ExitCode {
    let edge = Edge::new(inputs, environment, console);
    let refused = |error: &dyn std::error::Error, hint, conclusion| {
        Account::of_trouble(REHEARSE_NAME, conclusion, Trouble::of(error, hint))
    };
    let account = match rehearsal(inputs) {
        Err(Refusal::Input(error)) => {
            let about_fault = matches!(&error, InputError::Value { source, .. } if source.is::<FaultError>());
            let hint = if about_fault { Some(FAULT_HINT.to_owned()) } else { error.hint() };
            refused(&error, hint, Conclusion::typed_wrong())
        }
        Err(Refusal::Disk(error)) => refused(&error, None, Conclusion::unsure(0)),
        Ok(rehearsal) => match play(rehearsal, &edge) {
            Ok(rehearsed) => account(rehearsed),
            Err(error) => {
                let conclusion = match &error {
                    RehearseError::Sample(_) => Conclusion { exit: Exit::Findings, ..Conclusion::unsure(0) },
                    RehearseError::Course(_) => Conclusion::typed_wrong(),
                    _ => Conclusion::unsure(0),
                };
                refused(&error, None, conclusion)
            }
        },
    };
    // A rehearsal is for people: it leaves no outputs and no summary.
    edge.tell(account, &Runner::nowhere())
}

enum Refusal {
    Input(InputError),
    Disk(DiskError),
}

fn rehearsal(inputs: &Inputs) -> Result<Rehearsal, Refusal> {
    let faults = inputs.parsed_list::<Fault>("fault").map_err(Refusal::Input)?;
    let sample = inputs.parsed::<Subject>("sample").map_err(Refusal::Input)?;
    let subject = match inputs.text("packages-dir") {
        None => sample.unwrap_or_default(),
        Some(_) if sample.is_some() => {
            let why = "your own files are rehearsed instead of a sample";
            let hint = "leave out `--sample` or `--packages-dir`";
            return Err(Refusal::Input(inputs.refused("sample", why, Some(hint))));
        }
        Some(_) => Subject::Files(
            own_files(&inputs.existing_folder("packages-dir").map_err(Refusal::Input)?)
                .map_err(Refusal::Disk)?,
        ),
    };
    let course = Course::Named(inputs.list("event"));
    Ok(Rehearsal { subject, course, faults, observer: None })
}

/// The maintainer's own files, whole: the simulators hold what they serve in memory.
fn own_files(folder: &Path) -> Result<Vec<(FileName, Vec<u8>)>, DiskError> {
    let disk = DiskRead::default();
    let mut files = Vec::new();
    for path in disk.list(folder)? {
        let Ok(name) = path.file_name().unwrap_or_default().to_string_lossy().parse() else { continue };
        let mut bytes = Vec::new();
        let read = disk.open(&path)?.read_to_end(&mut bytes);
        read.map_err(|source| DiskError { path: path.display().to_string(), action: "read", source })?;
        files.push((name, bytes));
    }
    Ok(files)
}

fn play(rehearsal: Rehearsal, edge: &Edge) -> Result<Rehearsed, RehearseError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(RehearseError::Start)?;
    let surroundings = edge.surroundings(Stop::default());
    runtime.block_on(rehearse::run(rehearsal, &surroundings, &Hall(Arc::clone(&edge.console))))
}

/// Shows the rehearsal on the console.
struct Hall(Arc<Console>);

impl Audience for Hall {
    fn see(&self, scene: Scene<'_>) {
        match scene {
            Scene::Opening { project, tag, files, size_bytes } => {
                let what = format!("{project} {tag}: {files} files, {}", render::size(size_bytes));
                self.0.lines(&[
                    Line::toned(Tone::Strong, "rehearsal").then(Tone::Plain, format!(" of {what}")),
                    Line::toned(Tone::Dim, "GitHub, the registries and the identity provider are simulated on this machine; nothing leaves it"),
                ]);
            }
            Scene::Act { act, workflow, by_itself: false } => self.0.lines(&heading(act, workflow)),
            Scene::Act { act, workflow, by_itself: true } => self.0.lines(&heading_of_part(act, workflow)),
            Scene::Early(phases) => self.0.lines(&early(phases)),
            Scene::Phase { number, of, name } => {
                self.0.lines(&[Line::plain(""), Line::toned(Tone::Strong, format!("{number}/{of} {name}"))]);
            }
            Scene::Ended(played) => self.0.lines(&ended(played)),
            Scene::Curtain(rehearsed) => self.0.lines(&curtain(rehearsed)),
        }
    }
}

/// What stands above a run. All events belong to one release, whose title the first of them brings.
fn heading(act: Act, workflow: &str) -> Vec<Line> {
    let title = match act {
        Act::Event { number: 1, .. } => Some("the release".to_owned()),
        Act::Event { .. } => None,
        Act::Recovery(number) => {
            Some(format!("run again after the fault ({number}): what is done is found and not repeated"))
        }
        Act::Again => Some("all again, with new clients: nothing may be left to do".to_owned()),
    };
    let event = match act {
        Act::Event { number, of, .. } if of > 1 => {
            Some(format!("event {number} of {of}: {workflow} has ended"))
        }
        _ => None,
    };
    let headings = title.map(|title| format!("━━ {title}")).into_iter().chain(event);
    headings.flat_map(|heading| [Line::plain(""), Line::toned(Tone::Strong, heading)]).collect()
}

/// What stands above a run of one of several workflows that fill the release.
fn heading_of_part(act: Act, workflow: &str) -> Vec<Line> {
    let title = match act {
        Act::Event { number, of, .. } => format!("run {number} of {of}: {workflow}"),
        Act::Recovery(number) => {
            format!("{workflow} again after the fault ({number}): what is done is found and not repeated")
        }
        Act::Again => format!("{workflow} again, with new clients: nothing may be left to do"),
    };
    vec![Line::plain(""), Line::toned(Tone::Strong, format!("━━ {title}"))]
}

/// The run of an early event, told in brief unless it went wrong.
fn early(phases: &[Played]) -> Vec<Line> {
    let Some(last) = phases.last() else { return Vec::new() };
    if !matches!(last.ending, PhaseEnding::Ended(Ending::NotReady { .. })) {
        let name = Line::toned(Tone::Strong, format!("  {}", last.name));
        return std::iter::once(name).chain(ended(last)).collect();
    }
    let missing = last.report.findings().into_iter();
    let missing = missing.map(|finding| Line::plain(format!("  notice: {}", finding.message)));
    let time = render::duration(phases.iter().map(|phase| phase.elapsed).sum());
    let told =
        Line::plain("  ").then(Tone::Good, format!("not ready: it ends well, with nothing done ({time})"));
    missing.chain([told]).collect()
}

fn ended(played: &Played) -> Vec<Line> {
    let time = render::duration(played.elapsed);
    let mut lines = render::report(&played.report);
    let (tone, text) = match &played.ending {
        PhaseEnding::Ended(Ending::Converged { applied: 0 }) => {
            (Tone::Good, format!("as it should be, nothing was left to do ({time})"))
        }
        PhaseEnding::Ended(Ending::Converged { applied }) => {
            (Tone::Good, format!("{} applied and read back ({time})", render::counted(*applied, "step")))
        }
        PhaseEnding::Ended(Ending::NotReady { applied }) => {
            let own = match applied {
                0 => "nothing was left to do here".to_owned(),
                applied => format!("{} applied and read back", render::counted(*applied, "step")),
            };
            (Tone::Good, format!("{own}; the rest is for others to bring ({time})"))
        }
        PhaseEnding::Ended(Ending::Planned) => (Tone::Doubtful, format!("planned only ({time})")),
        PhaseEnding::Ended(Ending::Blocked) => {
            (Tone::Bad, format!("stopped before anything was changed ({time})"))
        }
        PhaseEnding::Killed => (Tone::Bad, format!("the process was killed ({time})")),
        PhaseEnding::Failed { message, causes, hint } => {
            let chain = std::iter::once(message).chain(causes).cloned().collect();
            lines.extend(render::trouble(&Trouble { chain, hint: hint.clone() }));
            (Tone::Bad, format!("broken off ({time})"))
        }
    };
    let is_short = |value: &str| !value.contains('\n') && !value.starts_with('{');
    let outputs = played.outputs.iter().filter(|(_, value)| is_short(value));
    let outputs: Vec<_> = outputs.map(|(name, value)| format!("{name}={value}")).collect();
    lines.extend((!outputs.is_empty()).then(|| Line::toned(Tone::Dim, format!("  {}", outputs.join("  ")))));
    lines.push(Line::plain("  ").then(tone, text));
    lines
}

fn curtain(rehearsed: &Rehearsed) -> Vec<Line> {
    let mut lines = vec![Line::plain(""), Line::toned(Tone::Strong, "━━ what went where")];
    lines.extend(places(&rehearsed.rows));
    lines.push(Line::plain(""));
    lines.push(Line::toned(Tone::Strong, "━━ time"));
    let times = rehearsed.acts.iter().filter(|run| !run.is_early()).flat_map(|run| {
        run.phases.iter().map(|played| {
            let of = if rehearsed.is_shared { format!(", {}", run.workflow) } else { String::new() };
            vec![short(run.act).to_owned() + &of, played.name.to_owned(), render::duration(played.elapsed)]
        })
    });
    lines.extend(render::table(&["run", "phase", "time"], &times.collect::<Vec<_>>()));
    lines.push(Line::plain(""));
    for fault in &rehearsed.unused_faults {
        lines.push(Line::toned(
            Tone::Doubtful,
            format!("the fault {fault} never struck: the release does not make that many requests"),
        ));
    }
    lines
}

/// A service of the table: its name, and the digest that it states of a file.
type Place = (&'static str, fn(&Row) -> Option<&str>);

/// Where each file went. A digest is shown by its first digits; where several services have the file, they must agree. A
/// service that has none of them has no column.
fn places(rows: &[Row]) -> Vec<Line> {
    let all: [Place; 4] = [
        ("release page", |row| row.release.as_deref()),
        ("index", |row| row.index.as_deref()),
        ("test index", |row| row.test_index.as_deref()),
        ("crates", |row| row.crates.as_deref()),
    ];
    let places: Vec<_> =
        all.into_iter().filter(|(_, digest)| rows.iter().any(|row| digest(row).is_some())).collect();
    let short = |digest: Option<&str>| {
        digest.map_or_else(|| "–".to_owned(), |digest| format!("sha256 {}", &digest[..12]))
    };
    let head: Vec<_> = ["file", "size"].into_iter().chain(places.iter().map(|(name, _)| *name)).collect();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let known = [row.file_name.clone(), render::size(row.size_bytes)];
            known.into_iter().chain(places.iter().map(|(_, digest)| short(digest(row)))).collect()
        })
        .collect();
    render::table(&head, &lines)
}

const fn short(act: Act) -> &'static str {
    match act {
        Act::Event { .. } => "release",
        Act::Recovery(_) => "recovery",
        Act::Again => "again",
    }
}

/// The rehearsal as an account: what its last run found, and the outputs of its last phase.
fn account(rehearsed: Rehearsed) -> Account {
    let is_good = rehearsed.is_good();
    let applied = rehearsed.applied();
    let last = rehearsed.acts.into_iter().next_back().and_then(|run| run.phases.into_iter().next_back());
    let blocked = last.as_ref().is_some_and(|played| played.report.blocks());
    let conclusion = match (is_good, blocked) {
        (true, _) => Conclusion { outcome: Outcome::Done, ending: "converged", applied, exit: Exit::Settled },
        (false, true) => {
            let outcome = if applied > 0 { Outcome::Partial } else { Outcome::Blocked };
            Conclusion { outcome, ending: "blocked", applied, exit: Exit::Findings }
        }
        (false, false) => Conclusion::unsure(applied),
    };
    let trouble = (!is_good && !blocked).then(|| Trouble {
        chain: vec!["the release did not come about, or playing it again was not without effect".to_owned()],
        hint: None,
    });
    let (report, fields) =
        last.map_or_else(|| (Report::default(), Vec::new()), |played| (played.report, played.outputs));
    Account {
        mode: REHEARSE_NAME,
        conclusion,
        plan: Vec::new(),
        left: Vec::new(),
        report,
        files: Vec::new(),
        fields,
        trouble,
        verbose: true,
    }
}
