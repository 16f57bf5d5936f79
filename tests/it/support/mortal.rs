//! Ends the program in place of the n-th of the calls by which it changes files, and writes these calls down: the same
//! moment in every run, where a signal from outside comes when it comes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::program::{Outcome, Program};
use super::tools::or_skip;

const SOURCE: &str = include_str!("mortal.c");

/// What stands between the program and the C library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mortal {
    library: &'static Path,
}

/// A call that came about: what it did, and to which path below the folder that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) what: String,
    pub(crate) path: String,
}

impl Mortal {
    /// Compiles it, once a process; nothing where there is no C compiler.
    pub(crate) fn new() -> Option<Self> {
        static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let library = or_skip("a C compiler", LIBRARY.get_or_init(compiled).as_ref())?;
        Some(Self { library })
    }

    /// Runs `program`, which ends in place of call number `at` below `root`; it lives on where there is no such call.
    pub(crate) fn end_at(self, at: usize, program: Program, root: &Path) -> Outcome {
        self.below(program, root).env("MORTAL_AT", at.to_string()).run()
    }

    /// Runs `program`, and tells in which order it changed what below `root`.
    pub(crate) fn watch(self, program: Program, root: &Path) -> (Outcome, Vec<Call>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = folder.path().join("log");
        let outcome = self.below(program, root).env("MORTAL_LOG", &log).run();
        let text = std::fs::read_to_string(&log).expect("the program loads what it is told to");
        let root = format!("{}/", root.canonicalize().expect("it is there").display());
        let call = |line: &str| {
            let (what, path) = line.split_once(' ')?;
            Some(Call { what: what.to_owned(), path: path.strip_prefix(&root)?.to_owned() })
        };
        (outcome, text.lines().map(|line| call(line).unwrap_or_else(|| panic!("{line}"))).collect())
    }

    fn below(self, program: Program, root: &Path) -> Program {
        let root = root.canonicalize().expect("it is there");
        program.env("LD_PRELOAD", self.library).env("MORTAL_ROOT", root)
    }
}

/// The library, where cargo keeps what tests make.
fn compiled() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Another process of the same tests may load it at this moment: a new one takes its place whole.
    let (made, library) =
        (folder.join(format!("mortal-{}.so", std::process::id())), folder.join("mortal.so"));
    let mut compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-x", "c", "-", "-ldl", "-o"])
        .arg(&made)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut source = compiler.stdin.take().expect("it is piped");
    source.write_all(SOURCE.as_bytes()).map_err(|error| error.to_string())?;
    drop(source);
    match compiler.wait() {
        Ok(status) if status.success() => {}
        ended => return Err(format!("it did not compile: {ended:?}")),
    }
    std::fs::rename(&made, &library).map_err(|error| error.to_string())?;
    Ok(library)
}
