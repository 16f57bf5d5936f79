//! Real clients and our program on one releases page: each sees, keeps and mends what the other one made.
//!
//! GitHub's JavaScript client, and on an enterprise server `PyGithub` and GitHub's command line client, the last one over
//! TLS.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use release_action::sim::github::access::Permissions;
use release_action::sim::universe::{Setup, Universe};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::contract::{Contract, ContractGuard};
use crate::support::corpus::hex;
use crate::support::program::{Outcome, Program};
use crate::support::tls::TlsFront;
use crate::support::tools::{gh, github_python, node, run};
use crate::support::workflow_files::root;

const REPOSITORY: &str = "octo-org/sample";
const TAG: &str = "v1.2.0";
const TOKEN: &str = "ghs_tokenofarealclient";
const FILES: [(&str, &[u8]); 2] =
    [("sample-linux-x86_64", b"\x7fELF and so on"), ("sample+extra-1.2.0.txt", b"words")];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Octokit,
    PyGithub,
    Gh,
}

/// A world with a tag and no release, our files, and a client. Every exchange is held to GitHub's description.
struct Place {
    // Judged first, while the universe still stands.
    _contract: ContractGuard,
    universe: Universe,
    folder: TempDir,
    client: Client,
    front: Option<TlsFront>,
}

impl Place {
    /// Nothing where the client cannot be had.
    fn of(client: Client) -> Option<Self> {
        match client {
            Client::Octokit => drop(node()?),
            Client::PyGithub => drop(github_python()?),
            Client::Gh => drop(gh()?),
        }
        let base = if client == Client::Octokit { "" } else { "/api/v3" };
        let setup =
            Setup { repository: REPOSITORY.into(), github_base_path: base.into(), ..Setup::default() };
        let universe = Universe::start(setup).expect("loopback has free ports");
        let mut front = None;
        if client == Client::Gh {
            let authority = universe.addresses().github_api.replace("http://127.0.0.1:", "");
            let port = authority.split('/').next().and_then(|port| port.parse().ok()).expect("a port");
            let made = TlsFront::of(port)?;
            universe.github(|github| github.set_front(&format!("https://{}", made.authority())));
            front = Some(made);
        }
        universe.github(|github| {
            github.add_token(TOKEN, Permissions::writer());
            let commit = github.commit_to("main", "Release 1.2.0", &[("README.md", "sample")]);
            github.set_tag(TAG, &commit);
            // It repeats no tag when it changes a draft, and works in the field.
            github.settings.strict_patches = client != Client::Gh;
            // An enterprise server may have no storage elsewhere: PyGithub goes to no host but the server's, and `gh`
            // shows its token to every host.
            github.settings.direct_downloads = client != Client::Octokit;
        });
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let place = Self { _contract: Contract::watch(&universe), universe, folder, client, front };
        for (name, bytes) in FILES {
            place.write(&format!("release-assets/{name}"), bytes);
        }
        place.write("CHANGELOG.md", b"# Changelog\n\n## [1.2.0] - 2026-01-31\n\n- Everything.\n");
        Some(place)
    }

    /// Writes a file of the workspace and gives its path.
    fn write(&self, path: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the workspace")).expect("it can be written to");
        std::fs::write(&path, bytes).expect("it can be written to");
        path.display().to_string()
    }

    fn api_url(&self) -> String {
        match &self.front {
            Some(front) => format!("https://{}/api/v3", front.authority()),
            None => self.universe.addresses().github_api,
        }
    }

    /// Our program makes the release, or its draft.
    fn ours(&self, publish: bool) -> Outcome {
        self.program(publish).run().expect_code(0)
    }

    fn program(&self, publish: bool) -> Program {
        let program = Program::mode("create-release")
            .in_workflow(REPOSITORY, &format!("refs/tags/{TAG}"))
            .env("GITHUB_API_URL", self.api_url())
            .input("github-token", TOKEN)
            .input("publish", if publish { "true" } else { "false" })
            .secret(TOKEN)
            .current_dir(self.folder.path());
        match &self.front {
            Some(front) => program.env("SSL_CERT_FILE", front.trust()),
            None => program,
        }
    }

    /// The client does one thing and says what it sees.
    fn theirs(&self, words: &[&str]) -> Value {
        let mut script = match self.client {
            Client::Octokit => node().expect("it was there before").script("releases.mjs"),
            Client::PyGithub => {
                let mut python = github_python().expect("it was there before").command("python");
                python.arg(root().join("tests/py/releases.py"));
                python
            }
            Client::Gh => return self.gh(words),
        };
        script.args(words).env("API_URL", self.api_url()).env("TOKEN", TOKEN).env("REPOSITORY", REPOSITORY);
        let said = run(&mut script).unwrap_or_else(|error| panic!("{:?} {words:?}: {error}", self.client));
        serde_json::from_str(&said).expect("the script prints one object")
    }

    /// The same by the command line client, which has a command for almost everything.
    fn gh(&self, words: &[&str]) -> Value {
        let release = |arguments: &[&str]| self.gh_run(&[&["release"], arguments].concat());
        match *words {
            ["look", tag] => return self.gh_look(tag),
            ["draft", tag, ref files @ ..] => {
                let words = ["create", tag, "--draft", "--title", "By hand", "--notes", "By hand."];
                release(&[&words, files].concat())
            }
            ["add", tag, file] => release(&["upload", tag, file]),
            ["publish", tag] => release(&["edit", tag, "--draft=false"]),
            ["words", tag, title, body] => release(&["edit", tag, "--title", title, "--notes", body]),
            ["rename", tag, old, new] => {
                let id = self.gh_asset(tag, old);
                let at = format!("repos/{REPOSITORY}/releases/assets/{id}");
                self.gh_run(&["api", "--method", "PATCH", &at, "--raw-field", &format!("name={new}")])
            }
            ["drop", tag, name] => release(&["delete-asset", tag, name, "--yes"]),
            ["delete", tag] => release(&["delete", tag, "--yes"]),
            _ => panic!("there is no {words:?}"),
        }
        .unwrap_or_else(|error| panic!("{words:?}: {error}"));
        json!({})
    }

    fn gh_run(&self, words: &[&str]) -> Result<String, String> {
        let front = self.front.as_ref().expect("it talks TLS only");
        let mut command = Command::new(gh().expect("it was there before"));
        command.args(words).current_dir(self.folder.path()).env_clear();
        command
            .env("HOME", self.folder.path())
            .env("GH_CONFIG_DIR", self.folder.path().join("gh"))
            .env("GH_HOST", front.authority())
            .env("GH_ENTERPRISE_TOKEN", TOKEN)
            .env("GH_REPO", format!("{}/{REPOSITORY}", front.authority()))
            .env("GH_NO_UPDATE_NOTIFIER", "1")
            .env("GH_PROMPT_DISABLED", "1")
            .env("SSL_CERT_FILE", front.trust());
        run(&mut command)
    }

    fn gh_listed(&self, tag: &str) -> Vec<Value> {
        let listed = self.gh_run(&["api", &format!("repos/{REPOSITORY}/releases?per_page=100")]);
        let listed: Vec<Value> = serde_json::from_str(&listed.expect("it lists")).expect("a list");
        listed.into_iter().filter(|release| release["tag_name"] == tag).collect()
    }

    fn gh_asset(&self, tag: &str, name: &str) -> Value {
        let release = self.gh_listed(tag).remove(0);
        let assets = release["assets"].as_array().expect("a list").iter();
        assets
            .filter(|asset| asset["name"] == name)
            .map(|asset| asset["id"].clone())
            .next()
            .expect("it is there")
    }

    fn gh_look(&self, tag: &str) -> Value {
        let listed = self.gh_listed(tag);
        let Some(listed_one) = listed.first() else { return json!({ "releases": 0 }) };
        let fields = "isDraft,isPrerelease,name,body,assets";
        let view = self.gh_run(&["release", "view", tag, "--json", fields]).expect("it shows the release");
        let view: Value = serde_json::from_str(&view).expect("an object");
        let downloads = tempfile::tempdir().expect("a temporary folder can be made");
        let into = downloads.path().display().to_string();
        self.gh_run(&["release", "download", tag, "--dir", &into]).expect("it downloads");
        let digest = |name: &Value| {
            let row =
                listed_one["assets"].as_array().expect("a list").iter().find(|row| row["name"] == *name);
            row.map(|row| row["digest"].clone())
        };
        let assets = view["assets"].as_array().expect("a list").iter().map(|asset| {
            let name = asset["name"].as_str().expect("a name");
            let downloaded = std::fs::read(downloads.path().join(name)).expect("it was downloaded");
            let seen = json!({ "digest": digest(&asset["name"]), "downloaded": hex(&downloaded) });
            (name.to_owned(), seen)
        });
        let latest =
            self.gh_run(&["api", &format!("repos/{REPOSITORY}/releases/latest"), "--jq", ".tag_name"]);
        json!({
            "releases": listed.len(),
            "draft": view["isDraft"],
            "prerelease": view["isPrerelease"],
            "title": view["name"],
            "body": view["body"],
            "assets": assets.collect::<serde_json::Map<_, _>>(),
            "latest": latest.ok(),
        })
    }

    /// What the simulator holds: name and bytes of each file of the only release.
    fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        self.universe.github(|github| {
            let [release] = github.releases() else { panic!("one release, not {:?}", github.releases()) };
            let assets = release.assets.iter();
            assets.map(|asset| (asset.name.clone(), asset.bytes.to_vec())).collect()
        })
    }

    /// How many files were sent so far.
    fn uploads(&self) -> usize {
        self.universe.journal().iter().filter(|entry| entry.service == "uploads").count()
    }

    /// How many requests so far changed something.
    fn writes(&self) -> usize {
        self.universe.journal().iter().filter(|entry| entry.is_write()).count()
    }

    /// Holds what the client sees against what is there.
    #[track_caller]
    fn expect_seen(&self, seen: &Value) {
        assert_eq!(seen["releases"], 1, "{seen:#}");
        let stored = self.stored().into_iter().map(|(name, bytes)| {
            let sha256 = hex(&bytes);
            (name, json!({ "digest": format!("sha256:{sha256}"), "downloaded": sha256 }))
        });
        assert_eq!(seen["assets"], Value::Object(stored.collect()), "{seen:#}");
    }
}

fn names<'a>(assets: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a str> {
    assets.into_iter().map(String::as_str).collect()
}

/// Our draft and our release, as the client sees them.
fn it_sees_what_we_make(client: Client) {
    let Some(place) = Place::of(client) else { return };
    place.ours(false);
    let draft = place.theirs(&["look", TAG]);
    place.expect_seen(&draft);
    assert_eq!((&draft["draft"], &draft["latest"]), (&json!(true), &Value::Null));
    let stored = place.stored();
    assert!(names(stored.keys()).is_superset(&FILES.map(|(name, _)| name).into()), "{:?}", stored.keys());
    place.ours(true);
    let release = place.theirs(&["look", TAG]);
    place.expect_seen(&release);
    assert_eq!((&release["draft"], &release["prerelease"]), (&json!(false), &json!(false)));
    assert_eq!(release["latest"], TAG);
    assert!(release["body"].as_str().is_some_and(|body| body.contains("- Everything.")), "{release:#}");
    assert!(release["title"].as_str().is_some_and(|title| title.contains("1.2.0")), "{release:#}");
}

/// A draft that the client began is the one that we fill and publish; its files stay.
fn we_keep_and_finish_what_it_begins(client: Client) {
    let Some(place) = Place::of(client) else { return };
    let notes = place.write("elsewhere/by-hand.txt", b"made elsewhere");
    place.theirs(&["draft", TAG, &notes]);
    let began = place.universe.github(|github| github.releases()[0].id);
    assert_eq!(place.ours(true).output("outcome"), "done");
    let stored = place.stored();
    assert_eq!(stored["by-hand.txt"], b"made elsewhere");
    assert!(FILES.iter().all(|(name, bytes)| stored[*name] == *bytes), "{:?}", stored.keys());
    let seen = place.theirs(&["look", TAG]);
    place.expect_seen(&seen);
    assert_eq!((&seen["draft"], &seen["latest"]), (&json!(false), &json!(TAG)));
    assert_eq!(place.universe.github(|github| github.releases()[0].id), began);
    let before = place.writes();
    assert_eq!(place.ours(true).output("outcome"), "already-done");
    assert_eq!(place.writes(), before, "nothing was left to do");
}

/// A draft that the client completed is complete for us too, and so is the release that it published of it.
fn what_it_completes_is_complete(client: Client) {
    let Some(place) = Place::of(client) else { return };
    place.ours(false);
    let whole = place.stored();
    let ours = place.theirs(&["look", TAG]);
    let text = |field: &str| ours[field].as_str().expect("a text");
    place.theirs(&["delete", TAG]);
    assert_eq!(place.theirs(&["look", TAG]), json!({ "releases": 0 }));
    let files: Vec<String> =
        whole.iter().map(|(name, bytes)| place.write(&format!("elsewhere/{name}"), bytes)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    place.theirs(&[&["draft", TAG], &files[..1]].concat());
    for file in &files[1..] {
        place.theirs(&["add", TAG, file]);
    }
    place.theirs(&["words", TAG, text("title"), text("body")]);
    let before = place.writes();
    assert_eq!(place.ours(false).output("outcome"), "already-done");
    assert_eq!((place.writes(), place.stored()), (before, whole), "everything was there");
    place.theirs(&["publish", TAG]);
    let before = place.writes();
    assert_eq!(place.ours(true).output("outcome"), "already-done");
    assert_eq!(place.writes(), before, "nothing was left to do");
}

/// A release that the client published is filled where that is allowed, and not touched where it is not.
fn we_fill_what_it_published(client: Client) {
    let Some(place) = Place::of(client) else { return };
    let notes = place.write("elsewhere/by-hand.txt", b"made elsewhere");
    place.theirs(&["draft", TAG, &notes]);
    place.theirs(&["publish", TAG]);
    let before = place.writes();
    place.program(true).run().expect_code(1);
    assert_eq!(place.writes(), before, "nobody allowed it");
    let fill = || place.program(true).input("allow-published-changes", "true").run().expect_code(0);
    assert_eq!(fill().output("outcome"), "resumed");
    let seen = place.theirs(&["look", TAG]);
    place.expect_seen(&seen);
    assert_eq!((&seen["draft"], &seen["latest"]), (&json!(false), &json!(TAG)));
    let stored = place.stored();
    assert_eq!(stored["by-hand.txt"], b"made elsewhere");
    assert!(FILES.iter().all(|(name, bytes)| stored[*name] == *bytes), "{:?}", stored.keys());
    assert_eq!(fill().output("outcome"), "already-done");
}

/// A file that the client deleted is sent again, and what it put beside ours stays; a release that it deleted is made
/// again.
fn what_it_breaks_we_mend(client: Client) {
    let Some(place) = Place::of(client) else { return };
    place.ours(false);
    let whole = place.stored();
    place.theirs(&["drop", TAG, FILES[0].0]);
    let theirs = place.write("elsewhere/by-hand.txt", b"made elsewhere");
    place.theirs(&["add", TAG, &theirs]);
    place.theirs(&["rename", TAG, "by-hand.txt", "aside.txt"]);
    let uploads = place.uploads();
    place.ours(false);
    assert_eq!(place.uploads(), uploads + 1, "what is missing and nothing else");
    let mut mended = place.stored();
    assert_eq!(mended.remove("aside.txt").as_deref(), Some(&b"made elsewhere"[..]));
    assert_eq!(mended, whole);
    place.expect_seen(&place.theirs(&["look", TAG]));
    place.theirs(&["delete", TAG]);
    place.ours(false);
    assert_eq!(place.stored(), whole);
}

#[test]
fn octokit_sees_what_we_make() {
    it_sees_what_we_make(Client::Octokit);
}

#[test]
fn pygithub_sees_what_we_make() {
    it_sees_what_we_make(Client::PyGithub);
}

#[test]
fn gh_sees_what_we_make() {
    it_sees_what_we_make(Client::Gh);
}

#[test]
fn what_octokit_begins_we_keep_and_finish() {
    we_keep_and_finish_what_it_begins(Client::Octokit);
}

#[test]
fn what_pygithub_begins_we_keep_and_finish() {
    we_keep_and_finish_what_it_begins(Client::PyGithub);
}

#[test]
fn what_gh_begins_we_keep_and_finish() {
    we_keep_and_finish_what_it_begins(Client::Gh);
}

#[test]
fn what_octokit_completes_is_complete() {
    what_it_completes_is_complete(Client::Octokit);
}

#[test]
fn what_pygithub_completes_is_complete() {
    what_it_completes_is_complete(Client::PyGithub);
}

#[test]
fn what_gh_completes_is_complete() {
    what_it_completes_is_complete(Client::Gh);
}

#[test]
fn what_octokit_published_we_fill() {
    we_fill_what_it_published(Client::Octokit);
}

#[test]
fn what_pygithub_published_we_fill() {
    we_fill_what_it_published(Client::PyGithub);
}

#[test]
fn what_gh_published_we_fill() {
    we_fill_what_it_published(Client::Gh);
}

#[test]
fn what_octokit_breaks_we_mend() {
    what_it_breaks_we_mend(Client::Octokit);
}

#[test]
fn what_pygithub_breaks_we_mend() {
    what_it_breaks_we_mend(Client::PyGithub);
}

#[test]
fn what_gh_breaks_we_mend() {
    what_it_breaks_we_mend(Client::Gh);
}
