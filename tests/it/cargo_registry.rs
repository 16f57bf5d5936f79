//! The real cargo against the simulated registry: what cargo takes for a registry is one.
//!
//! Cargo has a home of its own below `target`, and no way to any other registry.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use release_action::model::digest::Sha256;
use release_action::sim::cargo::Scope;
use release_action::sim::universe::{Setup, Universe};
use tempfile::TempDir;

use crate::support::program::Program;

/// What cargo and the compiler need of this process' environment; all else is gone.
const KEPT: [&str; 5] = ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR"];

/// A registry, and a cargo that knows no other.
struct Bench {
    universe: Universe,
    folder: TempDir,
    token: String,
}

/// How a run of cargo ended, with all that it said.
struct Ran {
    good: bool,
    said: String,
}

impl Bench {
    fn new() -> Self {
        let universe = Universe::start(Setup::default()).expect("loopback has free ports");
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("`target` can be written to");
        let token = universe.crates(|registry| registry.issue_token(Scope::default()));
        let bench = Self { universe, folder, token };
        // Without a provider that it is told of, cargo gives no token to registries that are closed.
        let config = format!(
            "[registry]\nglobal-credential-providers = [\"cargo:token\"]\n[registries.sim]\nindex = \"{}\"\n",
            bench.index()
        );
        bench.write("home/config.toml", &config);
        bench
    }

    fn index(&self) -> String {
        format!("sparse+{}", self.universe.addresses().crates_index_url)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("`target` can be written to");
        fs::write(path, text).expect("`target` can be written to");
    }

    /// A crate: a library where it has no `main`.
    fn krate(&self, name: &str, version: &str, rest: &str, code: &str) {
        // A workspace of its own, or cargo looks for one further up.
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\nlicense = \"MIT\"\n\
             description = \"One of two.\"\n{rest}\n[workspace]\n"
        );
        self.write(&format!("{name}/Cargo.toml"), &manifest);
        let file = if code.contains("fn main") { "main.rs" } else { "lib.rs" };
        self.write(&format!("{name}/src/{file}"), code);
    }

    /// Cargo in the folder of a crate, with a token.
    fn cargo_as(&self, token: &str, folder: &str, arguments: &[&str]) -> Ran {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(self.path(folder)).args(arguments).stdin(Stdio::null()).env_clear();
        for kept in KEPT {
            std::env::var_os(kept).into_iter().for_each(|value| {
                cargo.env(kept, value);
            });
        }
        // Nobody listens there, so whatever is not on loopback cannot be reached.
        for proxy in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy"] {
            cargo.env(proxy, "http://127.0.0.1:1");
        }
        cargo.env("no_proxy", "127.0.0.1").env("CARGO_HOME", self.path("home"));
        cargo.env("CARGO_TARGET_DIR", self.path("target")).env("CARGO_TERM_COLOR", "never");
        if !token.is_empty() {
            cargo.env("CARGO_REGISTRIES_SIM_TOKEN", token);
        }
        let output = cargo.output().expect("cargo is what runs this test");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Ran { good: output.status.success(), said: said.concat() }
    }

    fn cargo(&self, folder: &str, arguments: &[&str]) -> Ran {
        self.cargo_as(&self.token, folder, arguments)
    }

    fn publishes(&self, name: &str) {
        self.cargo(name, &["publish", "--registry", "sim"]).succeeds();
    }

    /// Forgets all that cargo knows of the registry.
    fn forget(&self) {
        let cache = self.path("home/registry");
        if cache.exists() {
            fs::remove_dir_all(cache).expect("`target` can be written to");
        }
    }
}

impl Ran {
    fn succeeds(self) -> String {
        assert!(self.good, "{}", self.said);
        self.said
    }

    /// It ended badly, and said why.
    fn says(self, why: &str) {
        assert!(!self.good && self.said.contains(why), "expected `{why}`:\n{}", self.said);
    }
}

/// A library, one that needs it, and a program that needs that.
fn two_crates() -> Bench {
    let bench = Bench::new();
    bench.krate("sim-core", "0.1.0", "", "pub fn answer() -> u32 { 42 }\n");
    let needs = "[dependencies]\nbasis = { package = \"sim-core\", version = \"0.1\", registry = \"sim\" }\n";
    bench.krate(
        "sim-face",
        "0.2.0-rc.1+one",
        needs,
        "pub fn shown() -> String { basis::answer().to_string() }\n",
    );
    bench.krate("user", "1.0.0", "", "fn main() { println!(\"{}\", sim_face::shown()); }\n");
    bench
}

fn packed(bench: &Bench, file: &str) -> Sha256 {
    let found = find(&bench.path("target"), OsStr::new(file)).expect("cargo leaves what it packed");
    Sha256::of(&fs::read(found).expect("it was just written"))
}

fn find(folder: &Path, name: &OsStr) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find_map(|path| if path.file_name() == Some(name) { Some(path) } else { find(&path, name) })
}

#[test]
fn cargo_publishes_adds_builds_and_yanks() {
    let bench = two_crates();
    bench
        .cargo("sim-face", &["publish", "--registry", "sim"])
        .says("no matching package named `sim-core` found");
    bench.publishes("sim-core");
    bench.publishes("sim-face");
    let published = bench.universe.crates(|registry| registry.published());
    let shown: Vec<_> = published.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
    assert_eq!(shown, ["sim-core 0.1.0", "sim-face 0.2.0-rc.1+one"]);
    assert_eq!(published[0].sha256, packed(&bench, "sim-core-0.1.0.crate"));
    assert_eq!(published[1].sha256, packed(&bench, "sim-face-0.2.0-rc.1+one.crate"));

    bench.cargo("user", &["add", "sim-face@0.2.0-rc.1", "--registry", "sim"]).succeeds();
    assert!(bench.cargo("user", &["run", "--quiet"]).succeeds().ends_with("42\n"));

    bench.cargo("user", &["yank", "--registry", "sim", "sim-core@0.1.0"]).succeeds();
    assert!(bench.universe.crates(|registry| registry.published()[0].yanked));
    // Who has locked it keeps it, and nobody new gets it.
    bench.cargo("user", &["build", "--quiet", "--locked"]).succeeds();
    fs::remove_file(bench.path("user/Cargo.lock")).expect("cargo wrote it");
    bench.cargo("user", &["generate-lockfile"]).says("yanked");
    bench.cargo("user", &["yank", "--registry", "sim", "sim-core@0.1.0", "--undo"]).succeeds();
    bench.cargo("user", &["generate-lockfile"]).succeeds();
}

#[test]
fn cargo_builds_what_the_program_published() {
    let bench = Bench::new();
    bench.krate("sim-core", "0.1.0", "publish = [\"sim\"]", "pub fn answer() -> u32 { 42 }\n");
    let needs = "publish = [\"sim\"]\n[dependencies]\nbasis = { package = \"sim-core\", version = \"0.1\", registry = \"sim\", \
                 optional = true }\n[features]\nshow = [\"dep:basis\"]\n";
    let shows = "#[cfg(feature = \"show\")]\npub fn shown() -> String { basis::answer().to_string() }\n";
    bench.krate("sim-face", "0.1.0", needs, shows);
    bench.krate("user", "1.0.0", "", "fn main() { println!(\"{}\", sim_face::shown()); }\n");
    fs::create_dir_all(bench.path("dist")).expect("`target` can be written to");
    for name in ["sim-core", "sim-face"] {
        bench.cargo(name, &["package", "--no-verify", "--exclude-lockfile"]).succeeds();
        let file = format!("{name}-0.1.0.crate");
        let packed = find(&bench.path("target"), OsStr::new(&file)).expect("cargo leaves what it packed");
        fs::copy(packed, bench.path("dist").join(file)).expect("`target` can be written to");
    }
    let index = &bench.universe.addresses().crates_index_url;
    let outcome = Program::mode("publish")
        .in_workflow("octo-org/sample", "refs/tags/v0.1.0")
        .current_dir(bench.folder.path())
        .input("registries", format!("sim = cargo {index}"))
        .input("targets", "sim : sim-core\nsim : sim-face needs sim-core")
        .input("credentials", format!("sim = {}", bench.token))
        .secret(&bench.token)
        .run()
        .expect_code(0);
    assert_eq!(bench.universe.crates(|registry| registry.published().len()), 2, "{}", outcome.told());

    // Cargo resolves by the line that our request made, and holds each file to its digest.
    bench.cargo("user", &["add", "sim-face@0.1", "--features", "show", "--registry", "sim"]).succeeds();
    assert!(bench.cargo("user", &["run", "--quiet"]).succeeds().ends_with("42\n"));
}

#[test]
fn cargo_tells_what_the_registry_refuses() {
    let bench = two_crates();
    bench
        .cargo_as("cio-of-nobody", "sim-core", &["publish", "--registry", "sim"])
        .says("authentication failed");
    assert!(bench.universe.crates(|registry| registry.published().is_empty()));
    bench.publishes("sim-core");
    let again = ["publish", "--registry", "sim", "--no-verify"];
    bench.cargo("sim-core", &again).says("already exists on");
    // The index that cargo sees does not know of it yet, so that it is the registry that says so.
    bench.universe.crates(|registry| release_action::sim::Service::lag(registry, 100));
    bench.cargo("sim-core", &again).says("crate version `0.1.0` is already uploaded");
    bench.universe.settle();

    bench.krate("SIM_core", "0.3.0", "", "");
    bench.cargo("SIM_core", &again).says("crate was previously named `sim-core`");
    let elsewhere =
        "[dependencies]\nsim-core = { version = \"0.1\", registry-index = \"sparse+http://127.0.0.1:1/\" }\n";
    bench.krate("strays", "0.1.0", elsewhere, "");
    bench.cargo("strays", &again).says("127.0.0.1:1");
    bench.universe.crates(|registry| registry.set_bursts(0, 30));
    bench.krate("late", "0.1.0", "", "");
    bench.cargo("late", &again).says("status 429");
}

#[test]
fn a_closed_registry_is_read_with_a_token_only() {
    let bench = two_crates();
    bench.publishes("sim-core");
    bench.universe.crates(|registry| registry.set_auth_required(true));
    bench.write(
        "user/Cargo.toml",
        "[package]\nname = \"user\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[workspace]\n\
         [dependencies]\nsim-core = { version = \"0.1\", registry = \"sim\" }\n",
    );
    bench.write("user/src/main.rs", "fn main() { println!(\"{}\", sim_core::answer()); }\n");
    bench.forget();
    bench.cargo_as("", "user", &["fetch"]).says("token");
    bench.forget();
    assert!(bench.cargo("user", &["run", "--quiet"]).succeeds().ends_with("42\n"));
}
