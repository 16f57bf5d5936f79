//! The program: from arguments and environment to a mode, its run, and how it ended.
//!
//! This is the only module that listens for signals and knows whether this is a dry run. It
//! decides nothing about a release.

mod expect;
mod init;
mod policy;
mod rehearsal;
mod requests;
mod signals;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;

use crate::action::account::{Account, FileRow, Trouble};
use crate::action::cli::{self, Invocation};
use crate::action::config::{Chosen, Summary};
use crate::action::console::{Console, Log};
use crate::action::context::Runner;
use crate::action::delivery::{Wanted, deliver, deliver_refusal};
use crate::action::env::{self, Environment};
use crate::action::error::InputError;
use crate::action::files;
use crate::action::inputs::Inputs;
use crate::action::line::{Line, Tone};
use crate::action::outcome::{Conclusion, Exit};
use crate::action::render;
use crate::action::schema::ModeName;
use crate::plan::context::Context;
use crate::plan::execute::{Broken, Ending, ExecuteError, execute};
use crate::plan::{Failure as _, Mode, Output as _};
use crate::remote::surroundings::{Event, Masks, Patience, Progress, RealPace, Stop, Surroundings};
use crate::report::Report;
use requests::channel::ReleaseOf;
use requests::{Ready, RequestError, Requests};

/// Runs the program and gives its exit code.
pub fn run() -> ExitCode {
    let environment = Environment::of_process();
    let arguments = env::arguments();
    let console =
        Arc::new(Console::of_process(&environment, cli::report_is_standard_output(&arguments, &environment)));
    match cli::read(&arguments, &environment) {
        Ok(Invocation::Show(text)) => match files::write_output(&text) {
            Ok(()) => Exit::Settled.into(),
            Err(error) => {
                console.lines(&render::trouble(&Trouble::of(&error, None)));
                Exit::Unsure.into()
            }
        },
        Ok(Invocation::Mode(mode, inputs)) => run_mode(mode, &inputs, &environment, console),
        Ok(Invocation::Init(inputs)) => init::run(&inputs, &console, &environment),
        Ok(Invocation::Rehearse(inputs)) => rehearsal::run(&inputs, &environment, console),
        Err(error) => refuse(&error, &console, &environment),
    }
}

/// Ends a run of which nothing is known but that it is typed wrong: neither its mode nor where its report goes.
fn refuse(error: &InputError, console: &Console, environment: &Environment) -> ExitCode {
    deliver_refusal(&Trouble::of(error, error.hint()), console, Runner::output_path(environment).as_deref());
    Exit::Usage.into()
}

/// The edge of one run: where lines, outputs, summary and report go.
struct Edge {
    console: Arc<Console>,
    plan: Arc<FirstPlan>,
    wanted: Wanted,
    verbose: bool,
}

/// Passes events on to the console, and keeps the first plan for the account.
struct FirstPlan {
    console: Arc<Console>,
    waves: Mutex<Option<Vec<Vec<String>>>>,
}

impl Progress for FirstPlan {
    fn event(&self, event: Event<'_>) {
        if let Event::Plan(waves) = event {
            self.waves.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| waves.to_vec());
        }
        self.console.event(event);
    }
}

impl Edge {
    fn new(inputs: &Inputs, environment: &Environment, console: Arc<Console>) -> Self {
        let wanted = Wanted {
            report: inputs.text("report").map(str::to_owned),
            sarif: inputs.has("sarif").then(|| inputs.text("sarif")).flatten().map(PathBuf::from),
        };
        // What makes no sense is refused where the request is read.
        let is_set = |name| inputs.has(name) && inputs.flag(name).unwrap_or_default();
        let verbose = !inputs.has("verbose") || is_set("verbose") || is_set("strict");
        inputs.secrets().into_iter().for_each(|secret| console.mask(secret));
        listen_to_libraries(&console, environment);
        let plan = Arc::new(FirstPlan { console: Arc::clone(&console), waves: Mutex::default() });
        Self { console, plan, wanted, verbose }
    }

    fn surroundings(&self, stop: Stop) -> Surroundings {
        let console = Arc::<Console>::clone(&self.console);
        Surroundings {
            masks: console,
            progress: Arc::<FirstPlan>::clone(&self.plan),
            pace: Arc::new(RealPace),
            patience: Patience::default(),
            stop,
        }
    }

    fn first_plan(&self) -> Vec<Vec<String>> {
        self.plan.waves.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// Tells everybody how the run ended, and gives the exit code. Whoever cannot be told makes it "could not tell".
    fn tell(&self, account: Account, runner: &Runner) -> ExitCode {
        let exit = account.conclusion.exit;
        let account = Account { verbose: self.verbose, ..account };
        let errors = deliver(account, &self.console, runner, &self.wanted);
        if errors.is_empty() { exit.into() } else { Exit::Unsure.into() }
    }
}

/// Libraries speak up about warnings, and about more where the user asked the runner for debug lines.
fn listen_to_libraries(console: &Arc<Console>, environment: &Environment) {
    let level = if environment.get("RUNNER_DEBUG") == Some("1") { "info" } else { "warn" };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(false)
        .without_time()
        .with_writer(Log(Arc::clone(console)))
        .finish();
    // A second subscriber cannot be set; within one process there is one run.
    drop(tracing::subscriber::set_global_default(subscriber));
}

fn run_mode(mode: ModeName, inputs: &Inputs, environment: &Environment, console: Arc<Console>) -> ExitCode {
    let edge = Edge::new(inputs, environment, console);
    let runner = match Runner::of(environment) {
        Ok(runner) => runner,
        Err(error) => return refuse(&error, &edge.console, environment),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return edge.tell(trouble(mode, Conclusion::unsure(0), &error, None), &runner),
    };
    if let Some(line) = configured(inputs) {
        edge.console.lines(&[line]);
    }
    let account = runtime.block_on(async {
        signals::outlive_file_limit();
        let stop = Stop::default();
        let surroundings = edge.surroundings(stop.clone());
        let requests = Requests { inputs, runner: &runner, surroundings: &surroundings };
        let run = dispatch(mode, &requests, &edge);
        tokio::pin!(run);
        tokio::select! {
            // The handler has to be there before the first look, which may read files for a long time.
            biased;
            () = signals::grace_is_over(&stop, &surroundings) => {}
            account = &mut run => return account,
        }
        // What is under way is not waited for, but tokens are given back.
        stop.hurry();
        tokio::time::timeout(signals::LEAVE, run).await.unwrap_or_else(|_over| interrupted(mode))
    });
    // Threads that still hash or read a file are not waited for: the runner kills what lingers.
    runtime.shutdown_background();
    edge.tell(account, &runner)
}

/// What a run says of the file that configures it.
fn configured(inputs: &Inputs) -> Option<Line> {
    let Summary { file, project, projects: _ } = inputs.configured()?;
    let project = project.as_ref().map(|Chosen { name, why }| format!(", project `{name}`: {why}"));
    Some(Line::toned(Tone::Dim, format!("configured by `{file}`{}", project.unwrap_or_default())))
}

async fn dispatch(mode: ModeName, requests: &Requests<'_>, edge: &Edge) -> Account {
    match mode {
        ModeName::BumpVersion => run_ready(mode, requests.bump_version(), requests, edge).await,
        ModeName::VerifyTag => run_ready(mode, requests.verify_tag(), requests, edge).await,
        ModeName::UploadArtifacts => run_ready(mode, requests.upload(), requests, edge).await,
        ModeName::CollectArtifacts => run_ready(mode, requests.collect(), requests, edge).await,
        ModeName::ValidateWheels => run_ready(mode, requests.validate_wheels(), requests, edge).await,
        ModeName::CreateRelease => match requests.release_of() {
            Ok(ReleaseOf::Version) => run_ready(mode, requests.create_release(), requests, edge).await,
            Ok(ReleaseOf::Channel) => run_ready(mode, requests.channel_release(), requests, edge).await,
            Ok(ReleaseOf::Nothing) => run_ready(mode, requests.undo_release(), requests, edge).await,
            Err(error) => not_begun(mode, error.into()),
        },
        ModeName::Publish => run_ready(mode, requests.publish(), requests, edge).await,
        ModeName::VerifyRelease => run_ready(mode, requests.verify_release(), requests, edge).await,
        ModeName::Yank => run_ready(mode, requests.yank(), requests, edge).await,
    }
}

async fn run_ready<M: Mode>(
    name: ModeName,
    ready: Result<Ready<M>, RequestError>,
    requests: &Requests<'_>,
    edge: &Edge,
) -> Account {
    debug_assert_eq!(M::NAME, name.as_str());
    let Ready { mode, readers, writers } = match ready {
        Ok(ready) => ready,
        Err(error) => return not_begun(name, error),
    };
    let context = Context { surroundings: requests.surroundings.clone() };
    match execute(&mode, &context, &readers, writers.as_ref(), mode.looks()).await {
        Ok((plan, ending)) => {
            let mut fields = plan.output.fields();
            if let Ending::Converged { .. } = ending {
                fields.extend(plan.output.effects());
            }
            let files = plan.output.files();
            Account {
                mode: name.as_str(),
                conclusion: Conclusion::of_ending(ending, plan.present),
                plan: edge.first_plan(),
                left: Vec::new(),
                files: files.iter().map(FileRow::of).collect(),
                report: plan.report,
                fields,
                trouble: None,
                verbose: true,
            }
        }
        Err(broken) => failed(name, broken, edge),
    }
}

/// The account of a run that could not begin.
fn not_begun(name: ModeName, error: RequestError) -> Account {
    let hint = error.hint();
    match error {
        RequestError::Input(error) => trouble(name, Conclusion::typed_wrong(), &error, hint),
        RequestError::Finding(finding) => Account {
            mode: name.as_str(),
            conclusion: Conclusion::of_ending(Ending::Blocked, 0),
            plan: Vec::new(),
            left: Vec::new(),
            files: Vec::new(),
            report: Report::from_iter([*finding]),
            fields: Vec::new(),
            trouble: None,
            verbose: true,
        },
        error => trouble(name, Conclusion::unsure(0), &error, hint),
    }
}

fn failed<M: Mode>(name: ModeName, Broken { error, output }: Broken<M>, edge: &Edge) -> Account {
    let in_doubt = output.as_ref().is_some_and(|output| output.is_in_doubt());
    let conclusion = Conclusion::of_failure(&error, in_doubt);
    let told = Trouble::of(&error, error.hint());
    let (left, report) = match error {
        ExecuteError::Spoiled { report, .. } => (Vec::new(), report),
        ExecuteError::Step { left, report, .. } => (left, report),
        ExecuteError::NotConverged { left, .. } | ExecuteError::Stopped { left, .. } => {
            (left, Report::default())
        }
        ExecuteError::Look(error) | ExecuteError::LookAgain { source: error, .. } => {
            (Vec::new(), error.found())
        }
        ExecuteError::Abandoned { .. } => (Vec::new(), Report::default()),
    };
    let fields = output.as_ref().map(|output| output.broken_off()).unwrap_or_default();
    let files = output.filter(|_| !fields.is_empty()).map(|output| output.files()).unwrap_or_default();
    Account {
        plan: edge.first_plan(),
        left,
        report,
        fields,
        files: files.iter().map(FileRow::of).collect(),
        ..Account::of_trouble(name.as_str(), conclusion, told)
    }
}

fn trouble(
    name: ModeName,
    conclusion: Conclusion,
    error: &dyn std::error::Error,
    hint: Option<String>,
) -> Account {
    Account::of_trouble(name.as_str(), conclusion, Trouble::of(error, hint))
}

fn interrupted(name: ModeName) -> Account {
    let chain = vec![
        "stopped by a signal while a request was under way: it may or may not have taken effect".to_owned(),
    ];
    let hint = Some("run again: what is done is found and not repeated".to_owned());
    Account::of_trouble(name.as_str(), Conclusion::unsure(0), Trouble { chain, hint })
}
