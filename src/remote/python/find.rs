//! Which interpreters there are, and whether there is uv.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::bench::Verdict;
use super::log::Log;
use super::trial::Trial;
use crate::model::interpreter::{Interpreter, Libc, Platform};
use crate::remote::process::{self, Call, Ended, Said, Variables};
use crate::remote::surroundings::Stop;

/// How long an interpreter may take to say what it is; one that is started for the first time is slow.
const LIMIT: Duration = Duration::from_secs(30);

/// The minor versions of Python 3 that are looked for, the newest first.
const MINORS: std::ops::RangeInclusive<u32> = 8..=20;

/// What there is.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The program uv.
    pub(crate) uv: Option<PathBuf>,
    /// The interpreters, each once: that which `python3` means, then the newest first.
    pub(crate) interpreters: Vec<Interpreter>,
}

/// Looks for interpreters, and knows how trials ended. Clones share what was found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct PythonRead {
    pub(super) variables: Variables,
    pub(super) verdicts: Arc<Mutex<Vec<(Trial, Verdict)>>>,
    pub(super) log: Log,
    found: Arc<OnceCell<Found>>,
}

impl PythonRead {
    /// A reader whose children have these variables.
    pub(crate) fn new(variables: Variables) -> Self {
        Self { variables, ..Self::default() }
    }

    /// What there is. Looked for once.
    pub(crate) async fn look(&self, stop: &Stop) -> &Found {
        self.found.get_or_init(|| self.find(stop)).await
    }

    /// How `trial` ended, if it did in this run.
    pub(crate) fn verdict(&self, trial: &Trial) -> Option<Verdict> {
        let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.iter().find(|(tried, _)| tried == trial).map(|(_, verdict)| verdict.clone())
    }

    async fn find(&self, stop: &Stop) -> Found {
        let folders = self.variables.get("PATH").map(split_paths).unwrap_or_default();
        let programs = |name: &str| -> Vec<PathBuf> {
            let name = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
            folders.iter().map(|folder| folder.join(&name)).filter(|path| path.is_file()).collect()
        };
        let mut candidates: Vec<Vec<(PathBuf, Option<String>)>> = names()
            .iter()
            .map(|name| programs(name).into_iter().map(|path| (path, None)).collect())
            .collect();
        if let Some(launcher) = programs("py").into_iter().next().filter(|_| cfg!(windows)) {
            let versions = MINORS.rev().flat_map(|minor| [format!("-3.{minor}"), format!("-3.{minor}t")]);
            candidates.extend(versions.map(|version| vec![(launcher.clone(), Some(version))]));
        }
        let asked = join_all(candidates.into_iter().map(|programs| self.first_answer(programs, stop))).await;
        let mut interpreters: Vec<Interpreter> = Vec::new();
        for found in asked.into_iter().flatten() {
            let real = |interpreter: &Interpreter| interpreter.executable.canonicalize().ok();
            if interpreters.iter().all(|known| real(known) != real(&found)) {
                interpreters.push(found);
            }
        }
        Found { uv: programs("uv").into_iter().next(), interpreters }
    }

    /// What the first of these programs says that says anything: a shim of a version manager may stand for nothing.
    async fn first_answer(
        &self,
        programs: Vec<(PathBuf, Option<String>)>,
        stop: &Stop,
    ) -> Option<Interpreter> {
        for (program, version) in programs {
            let script = ["-c".to_owned(), include_str!("probe.py").to_owned()];
            let call = Call::new(&program, version.into_iter().chain(script));
            // macOS tells older programs an older version of itself.
            let variables = self.variables.clone().with("SYSTEM_VERSION_COMPAT", "0");
            let said = Said::default();
            let asked = process::run(&call, Path::new("."), &variables, &said, stop);
            let ended = tokio::time::timeout(LIMIT, asked).await;
            if let Ok(Ok(Ended::Exited { code: Some(0) })) = ended
                && let Some(interpreter) = read(&said.text())
            {
                return Some(interpreter);
            }
        }
        None
    }
}

fn names() -> Vec<String> {
    let versions = MINORS.rev().flat_map(|minor| [format!("python3.{minor}"), format!("python3.{minor}t")]);
    let pypys = MINORS.rev().map(|minor| format!("pypy3.{minor}"));
    let usual = ["python3", "python"].map(str::to_owned).into_iter();
    usual.chain(versions).chain(["pypy3".to_owned()]).chain(pypys).collect()
}

/// The folders of `PATH`. A relative one means another folder for every child, so none is taken.
fn split_paths(paths: &str) -> Vec<PathBuf> {
    std::env::split_paths(paths).filter(|folder| folder.is_absolute()).collect()
}

/// What `probe.py` prints.
#[derive(Deserialize)]
struct Probed {
    executable: PathBuf,
    implementation: String,
    major: u32,
    minor: u32,
    full_version: String,
    abi: String,
    is_free_threaded: bool,
    platform: String,
    pointer_bits: u32,
    libc: Option<(String, String)>,
    macos: Option<String>,
    machine: String,
    makes_environments: bool,
}

/// An interpreter by its own words: the last line, since a site's start-up files may print others before it.
fn read(said: &str) -> Option<Interpreter> {
    let line = said.lines().rev().find(|line| line.starts_with('{'))?;
    let probed: Probed = serde_json::from_str(line).ok()?;
    let platform = platform(&probed);
    let Probed {
        executable, implementation, full_version, abi, is_free_threaded, makes_environments, ..
    } = probed;
    executable.is_absolute().then_some(Interpreter {
        executable,
        implementation,
        version: (probed.major, probed.minor),
        full_version,
        abi,
        is_free_threaded,
        platform,
        makes_environments,
    })
}

fn platform(probed: &Probed) -> Platform {
    if let Some(version) = &probed.macos {
        return Platform::Macos { version: pair(version).unwrap_or_default(), arch: probed.machine.clone() };
    }
    let tag = probed.platform.replace(['-', '.'], "_");
    let Some(arch) = tag.strip_prefix("linux_") else { return Platform::Other(tag) };
    // An interpreter of 32 bits names the machine's architecture all the same.
    let arch = match (arch, probed.pointer_bits) {
        ("x86_64", 32) => "i686",
        ("aarch64", 32) => "armv7l",
        (arch, _) => arch,
    };
    let libc = probed
        .libc
        .as_ref()
        .and_then(|(name, version)| Some(Libc { is_musl: name == "musl", version: pair(version)? }));
    Platform::Linux { arch: arch.to_owned(), libc }
}

/// The first two numbers of a version.
fn pair(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next().and_then(Result::ok).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBED: &str = r#"{"executable": "/usr/bin/python3", "implementation": "cpython", "major": 3, "minor": 13,
        "full_version": "3.13.1", "abi": "cp313t", "is_free_threaded": true, "platform": "linux-x86_64",
        "pointer_bits": 32, "libc": ["musl", "1.2.5"], "macos": null, "machine": "x86_64", "makes_environments": false}"#;

    #[test]
    fn an_interpreter_is_what_it_says() {
        let said = format!("a greeting\n{}\n", PROBED.replace('\n', " "));
        let found = read(&said).expect("an interpreter");
        assert_eq!(found.to_string(), "CPython 3.13.1 (free-threaded)");
        let libc = Some(Libc { is_musl: true, version: (1, 2) });
        assert_eq!(found.platform, Platform::Linux { arch: "i686".into(), libc });
        for bad in ["", "{}", "{", "Python 2.7.18"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
