//! Tries a distribution out: a new environment in a temporary folder, the file installed into it, and what it has to
//! stand. All of it is gone afterwards, and everybody who was started is, too.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::find::PythonRead;
use super::log::Log;
use super::trial::{Command, Source, Trial, Wanted};
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::DiskError;
use crate::remote::process::{self, Call, Ended, Variables};
use crate::remote::surroundings::Stop;

/// So long may the answer of a script of ours be.
const ANSWER_BYTES: u64 = 1 << 20;

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It stood all of it.
    Passed,
    /// It did not.
    Failed(Failed),
}

/// What a distribution did not stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// At which point.
    pub(crate) stage: Stage,
    /// What was run.
    pub(crate) command: String,
    /// How that ended: `ended with exit code 1`.
    pub(crate) end: String,
    /// All that was said, within bounds.
    pub(crate) said: String,
}

/// The points at which a trial can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// What the build needs could not be had.
    Requirements,
    /// It could not be built or installed.
    Installation,
    /// A command failed.
    Command,
    /// The time was over.
    Time,
}

/// Why a trial says nothing about the distribution.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("no environment of {interpreter} could be made: `{command}` {end}: {said}")]
    Environment { interpreter: String, command: String, end: String, said: String },
    #[error("`{command}` could not be run")]
    Start {
        command: String,
        #[source]
        source: io::Error,
    },
    #[error("no temporary folder could be made")]
    Folder(#[source] io::Error),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("it was stopped by a signal, and all that it had started was ended")]
    Stopped,
}

/// Why a trial ended before its end.
enum Halt {
    /// The distribution is to blame.
    Failed(Failed),
    /// Something else is.
    Broken(BenchError),
}

impl From<BenchError> for Halt {
    fn from(error: BenchError) -> Self {
        Self::Broken(error)
    }
}

/// Tries distributions out.
#[derive(Clone, Debug)]
pub(crate) struct PythonRun(PythonRead);

/// Where things are.
struct Bench<'a> {
    trial: &'a Trial,
    folder: &'a Path,
    python: PathBuf,
    variables: Variables,
    title: String,
    log: Log,
    stop: &'a Stop,
}

impl PythonRun {
    /// One whose verdicts `reader` knows.
    pub(crate) const fn new(reader: PythonRead) -> Self {
        Self(reader)
    }

    /// All that children said so far.
    pub(crate) fn log(&self) -> String {
        self.0.log.text()
    }

    /// Tries a distribution out, and lets the reader know how it ended.
    ///
    /// # Errors
    /// When that could not be told.
    pub(crate) async fn ensure_tried(&self, trial: &Trial, stop: &Stop) -> Result<Verdict, BenchError> {
        if let Some(verdict) = self.0.verdict(trial) {
            return Ok(verdict);
        }
        let folder = tempfile::Builder::new().prefix("smoke-").tempdir().map_err(BenchError::Folder)?;
        let bench = Bench::new(trial, folder.path(), &self.0, stop)?;
        let verdict = match tokio::time::timeout(trial.limit, bench.run()).await {
            Ok(verdict) => verdict?,
            Err(_) => bench.out_of_time(),
        };
        let mut verdicts = self.0.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.push((trial.clone(), verdict.clone()));
        Ok(verdict)
    }
}

impl<'a> Bench<'a> {
    fn new(
        trial: &'a Trial,
        folder: &'a Path,
        reader: &PythonRead,
        stop: &'a Stop,
    ) -> Result<Self, BenchError> {
        for name in ["home", "tmp", "work"] {
            DiskWrite.ensure_folder(&folder.join(name))?;
        }
        let environment = folder.join("environment");
        let (programs, python) = if cfg!(windows) {
            (environment.join("Scripts"), environment.join("Scripts").join("python.exe"))
        } else {
            (environment.join("bin"), environment.join("bin").join("python"))
        };
        let path = reader.variables.get("PATH").unwrap_or_default();
        let separator = if cfg!(windows) { ';' } else { ':' };
        let text = |path: &Path| path.display().to_string();
        let (home, tmp) = (text(&folder.join("home")), text(&folder.join("tmp")));
        let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
        let workspace = std::path::absolute(".").map_err(BenchError::Folder)?;
        let set = [
            ("HOME", home.clone()),
            ("USERPROFILE", home),
            ("TMPDIR", tmp.clone()),
            ("TEMP", tmp.clone()),
            ("TMP", tmp),
            ("PATH", format!("{}{separator}{path}", text(&programs))),
            ("VIRTUAL_ENV", text(&environment)),
            ("PIP_CONFIG_FILE", nothing.to_owned()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
            ("UV_NO_CONFIG", "1".to_owned()),
            ("UV_NO_PROGRESS", "1".to_owned()),
            ("UV_PYTHON_DOWNLOADS", "never".to_owned()),
            ("SMOKE_WORKSPACE", text(&workspace)),
        ];
        let variables =
            set.into_iter().fold(reader.variables.clone(), |all, (name, value)| all.with(name, value));
        let title = format!("{} with {}", trial.place, trial.interpreter);
        Ok(Self { trial, folder, python, variables, title, log: reader.log.clone(), stop })
    }

    async fn run(&self) -> Result<Verdict, BenchError> {
        match self.stages().await {
            Ok(()) => Ok(Verdict::Passed),
            Err(Halt::Failed(failed)) => Ok(Verdict::Failed(failed)),
            Err(Halt::Broken(error)) => Err(error),
        }
    }

    async fn stages(&self) -> Result<(), Halt> {
        self.environment().await?;
        if let Source::Sdist(system) = &self.trial.source {
            self.requirements("install the build requirements", &system.requires).await?;
            let mut arguments = vec![text(&self.trial.path), text(&self.folder.join("source"))];
            arguments.push(text(&self.folder.join("requires")));
            arguments.push(system.backend.clone());
            arguments.extend(system.backend_path.iter().cloned());
            let what = "ask the build backend what else it needs";
            let more = self.ask(what, include_str!("build_requires.py"), arguments, "requires").await?;
            self.requirements("install what the build backend asked for", &more).await?;
        }
        let what = match self.trial.source {
            Source::Wheel { .. } => "install the wheel",
            Source::Sdist(_) => "build and install the sdist",
            Source::Index(_) => "install it from the index",
        };
        // Only the installer learns how to get into an index: the code of strangers runs afterwards.
        let private = self.trial.index_variables().into_iter();
        let variables = private
            .fold(self.variables.clone(), |all, (name, address)| all.with(name, address.expose().as_str()));
        let install = self.trial.install(&self.python, Wanted::File);
        self.call_with(what, &install, Stage::Installation, &variables).await?;
        let mut commands = self.trial.known_commands();
        if commands.is_empty() && !matches!(self.trial.source, Source::Wheel { .. }) {
            let arguments = vec![self.trial.project.clone(), text(&self.folder.join("modules"))];
            let modules =
                self.ask("list the modules", include_str!("modules.py"), arguments, "modules").await?;
            commands = modules.iter().map(|module| Command::import(module)).collect();
        }
        for command in commands {
            self.call(&command.to_string(), &command.call(&self.python), Stage::Command).await?;
        }
        Ok(())
    }

    /// That there is no environment says nothing about the distribution.
    async fn environment(&self) -> Result<(), Halt> {
        let call = self.trial.make_environment(&self.folder.join("environment"));
        match self.call("make the environment", &call, Stage::Installation).await {
            Err(Halt::Failed(Failed { command, end, said, .. })) => {
                let (interpreter, said) = (self.trial.interpreter.to_string(), last_lines(&said));
                Err(BenchError::Environment { interpreter, command, end, said }.into())
            }
            made => made,
        }
    }

    async fn requirements(&self, what: &str, requirements: &[String]) -> Result<(), Halt> {
        if requirements.is_empty() {
            return Ok(());
        }
        let call = self.trial.install(&self.python, Wanted::Requirements(requirements));
        self.call(&format!("{what}: {}", requirements.join(", ")), &call, Stage::Requirements).await
    }

    /// The lines of the file `answer`, which one of our scripts writes.
    async fn ask(
        &self,
        what: &str,
        script: &str,
        arguments: Vec<String>,
        answer: &str,
    ) -> Result<Vec<String>, Halt> {
        let begin = ["-I", "-c", script].map(str::to_owned);
        let call = Call::new(&self.python, begin.into_iter().chain(arguments));
        self.call(what, &call, Stage::Installation).await?;
        let answer = DiskRead::default().text(&self.folder.join(answer), ANSWER_BYTES);
        let answer = answer.map_err(BenchError::Disk)?.unwrap_or_default();
        Ok(answer.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// Runs a child to its end; in the log it is called `what`.
    async fn call(&self, what: &str, call: &Call, stage: Stage) -> Result<(), Halt> {
        self.call_with(what, call, stage, &self.variables).await
    }

    async fn call_with(
        &self,
        what: &str,
        call: &Call,
        stage: Stage,
        variables: &Variables,
    ) -> Result<(), Halt> {
        let said = self.log.begin(&self.title, what);
        let work = self.folder.join("work");
        let ended = process::run(call, &work, variables, &said, self.stop).await;
        let ended = ended.map_err(|source| {
            self.log.end("could not be run");
            BenchError::Start { command: what.to_owned(), source }
        })?;
        let Ended::Exited { code } = ended else {
            self.log.end("stopped");
            return Err(BenchError::Stopped.into());
        };
        let end = code.map_or_else(
            || "was ended by a signal".to_owned(),
            |code| format!("ended with exit code {code}"),
        );
        self.log.end(&end);
        match code {
            Some(0) => Ok(()),
            _ => Err(Halt::Failed(Failed { stage, command: what.to_owned(), end, said: said.text() })),
        }
    }

    fn out_of_time(&self) -> Verdict {
        let end = "was not done in time".to_owned();
        self.log.end(&end);
        let (command, said) = self.log.last().unwrap_or_default();
        Verdict::Failed(Failed { stage: Stage::Time, command, end, said })
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The last words of a child, as one line of a message.
pub(crate) fn last_lines(said: &str) -> String {
    const LINES: usize = 8;
    const CHARS: usize = 160;
    let lines: Vec<_> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LINES));
    let shown = |line: &&str| line.chars().take(CHARS).collect::<String>().escape_debug().to_string();
    last.map(shown).collect::<Vec<_>>().join(" | ")
}
