//! Building for systems that are not this one: cargo, with the C compiler that each of them needs.
//!
//! A build has its own folder below `target/`, so that it does not wait for the tests' own, and no debug information,
//! so that it stays small.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::tools::{cache, once, or_skip, run};
use super::workflow_files::root;

/// The C compiler for Apple's systems: clang with their headers, in one package.
const ZIG: &str = "ziglang==0.17.1";

/// Another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// Windows with the C runtime of mingw-w64.
    Windows,
    /// macOS on Apple's processors.
    AppleArm,
    /// macOS on Intel's.
    AppleIntel,
}

impl System {
    /// What Rust calls it.
    pub(crate) const fn target(self) -> &'static str {
        match self {
            Self::Windows => "x86_64-pc-windows-gnu",
            Self::AppleArm => "aarch64-apple-darwin",
            Self::AppleIntel => "x86_64-apple-darwin",
        }
    }

    /// What zig calls it.
    const fn zig_target(self) -> Option<&'static str> {
        match self {
            Self::Windows => None,
            Self::AppleArm => Some("aarch64-macos"),
            Self::AppleIntel => Some("x86_64-macos"),
        }
    }

    /// Runs cargo with `arguments` for this system, and gives the folder of what it made; nothing where the
    /// compilers cannot be had.
    ///
    /// # Panics
    /// When the program does not compile.
    pub(crate) fn cargo(self, arguments: &[&str]) -> Option<PathBuf> {
        let what = format!("the compilers for {}", self.target());
        let mut cargo = or_skip(&what, self.compilers())?;
        let folder = cache().join("cross");
        cargo.args(arguments).args(["--locked", "--quiet", "--target", self.target()]).current_dir(root());
        cargo.env("CARGO_TARGET_DIR", &folder).env("CARGO_PROFILE_DEV_DEBUG", "0");
        // Flags for this machine's programs would be wrong for others.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
        run(&mut cargo).unwrap_or_else(|error| panic!("{}: {error}", self.target()));
        Some(folder.join(self.target()).join("debug"))
    }

    /// cargo, told of the compiler; installs what is missing.
    fn compilers(self) -> Result<Command, String> {
        let installed =
            run(Command::new("rustup").args(["target", "list", "--installed"]).current_dir(root()))?;
        if !installed.lines().any(|target| target == self.target()) {
            run(Command::new("rustup").args(["target", "add", self.target()]).current_dir(root()))?;
        }
        let mut cargo = Command::new("cargo");
        match self.zig_target() {
            None => mingw()?,
            Some(name) => {
                let compiler = zig_compiler(name)?;
                cargo.env(format!("CC_{}", self.target().replace('-', "_")), compiler);
                cargo.env(format!("AR_{}", self.target().replace('-', "_")), zig_archiver()?);
            }
        }
        Ok(cargo)
    }
}

/// Sees to it that Debian's mingw-w64 is there; as root it can be installed.
fn mingw() -> Result<(), String> {
    static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
    let install = || {
        let compiler = "x86_64-w64-mingw32-gcc";
        if run(Command::new(compiler).arg("--version")).is_ok() {
            return Ok(());
        }
        run(Command::new("apt-get").args(["update", "--quiet"]))?;
        let mut apt = Command::new("apt-get");
        apt.args(["install", "--yes", "--quiet", "--no-install-recommends", "gcc-mingw-w64-x86-64"]);
        run(apt.env("DEBIAN_FRONTEND", "noninteractive"))?;
        run(Command::new(compiler).arg("--version")).map(drop)
    };
    INSTALLED.get_or_init(install).clone()
}

/// The folder of zig's virtual environment.
fn zig() -> Result<PathBuf, String> {
    once("zig", ZIG, |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ZIG])).map(drop)
    })
}

/// A C compiler for one of zig's targets: a script, since cargo's build scripts take one word.
fn zig_compiler(target: &str) -> Result<PathBuf, String> {
    // Build scripts name the target as clang spells it; zig takes its own spelling only, and knows the minimum of the system.
    let body = format!(
        "for argument; do\n    shift\n    case \"$argument\" in\n        --target=* | -mmacosx-version-min=*) ;;\n        \
         *) set -- \"$@\" \"$argument\" ;;\n    esac\ndone\nexec \"$zig\" cc -target {target} \"$@\"\n"
    );
    script(&format!("cc-{target}"), &body)
}

fn zig_archiver() -> Result<PathBuf, String> {
    script("ar", "exec \"$zig\" ar \"$@\"\n")
}

fn script(name: &str, body: &str) -> Result<PathBuf, String> {
    let folder = zig()?;
    let path = folder.join(name);
    // Without the package's own `python -m ziglang`: hundreds of files are compiled, and Python takes longer to start
    // than zig to compile one.
    let place = "import ziglang; print(ziglang.__path__[0])";
    let package = run(Command::new(folder.join("bin/python")).args(["-c", place]))?;
    let cache = folder.join("cache");
    let head = format!("#!/bin/sh\nzig='{package}/zig'\nexport ZIG_GLOBAL_CACHE_DIR='{}'\n", cache.display());
    write_script(&path, &(head + body)).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// By a rename: another test may run the script at this moment.
fn write_script(path: &Path, text: &str) -> std::io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|had| had == text) {
        return Ok(());
    }
    let partial = path.with_extension(format!("{:?}", std::thread::current().id()));
    fs::write(&partial, text)?;
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o755))?;
    fs::rename(partial, path)
}
