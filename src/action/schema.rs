//! The one list of modes, inputs and outputs.
//!
//! `action.yml`, the reader of `INPUT_*`, the command line and `docs/inputs.md` are faces of these rows: nothing
//! about an input is written anywhere else.

pub mod aliases;
pub mod faces;
pub mod migrating;

use std::fmt;
use std::str::FromStr;

use crate::model::endpoints::{PYPI_INDEX, PYPI_UPLOAD};

/// What the program can be asked to do for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`about` says it")]
pub enum ModeName {
    BumpVersion,
    VerifyTag,
    ValidateWheels,
    UploadArtifacts,
    CollectArtifacts,
    CreateRelease,
    Publish,
    VerifyRelease,
    Yank,
}

use ModeName::{
    BumpVersion, CollectArtifacts, CreateRelease, Publish, UploadArtifacts, ValidateWheels, VerifyRelease,
    VerifyTag, Yank,
};

/// A text that names no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no mode `{text}`")]
pub struct UnknownMode {
    text: String,
}

impl ModeName {
    /// All modes, in the order in which a release uses them.
    pub const ALL: &'static [Self] = &[
        BumpVersion,
        VerifyTag,
        UploadArtifacts,
        CollectArtifacts,
        ValidateWheels,
        CreateRelease,
        Publish,
        VerifyRelease,
        Yank,
    ];

    /// What users call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            BumpVersion => "bump-version",
            VerifyTag => "verify-tag",
            ValidateWheels => "validate-wheels",
            UploadArtifacts => "upload-artifacts",
            CollectArtifacts => "collect-artifacts",
            CreateRelease => "create-release",
            Publish => "publish",
            VerifyRelease => "verify-release",
            Yank => "yank",
        }
    }

    /// What it does, in one sentence.
    pub const fn about(self) -> &'static str {
        match self {
            BumpVersion => {
                "Gives the project its next version: in every file that states it, in lock files, in pins between its packages and in the changelog; on disk, on a branch or as a pull request."
            }
            VerifyTag => {
                "Checks that the tag names a version that all of the project's files state, and that its commit may be released: by its branch, its maker and its checks."
            }
            UploadArtifacts => {
                "Leaves files of a job for later jobs and workflows, as one artifact of the run with the digests of all its files in it."
            }
            CollectArtifacts => {
                "Downloads the artifacts that named workflows made for one commit, and places their files: wheels, sdists and crates in one folder, everything else in another."
            }
            ValidateWheels => {
                "Checks every wheel, sdist and crate as registries and installers will, and leaves a manifest of exactly these files."
            }
            CreateRelease => {
                "Makes the GitHub release as a draft, uploads what is missing, and publishes it last."
            }
            Publish => {
                "Publishes wheels, sdists and crates to their registries, after it looked at all of them, and reads back that each holds the same bytes."
            }
            VerifyRelease => {
                "Proves that the release of a tag is the one that was vetted: the release page and the registries hold the manifest's files with its digests. Changes nothing."
            }
            Yank => {
                "Takes a release back: yanks its crates, marks it on GitHub, and says where a person has to yank what has no API."
            }
        }
    }
}

impl fmt::Display for ModeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ModeName {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| UnknownMode { text: text.chars().take(60).collect() })
    }
}

/// What the text of an input has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text of one line.
    Text,
    /// `true` or `false`.
    Flag,
    /// Texts, separated by commas or line ends.
    List,
    /// Paths of files, one a line.
    Paths,
    /// Commands, one a line.
    Commands,
    /// Texts that may hold commas, one a line.
    Lines,
    /// A folder.
    Folder,
    /// A file.
    File,
    /// The base address of a service.
    Address,
    /// A text that nobody may see.
    Secret,
    /// The name of a mode.
    Mode,
}

/// What stands for an input that is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Nothing does.
    Nothing,
    /// This text, which `action.yml` states as the default.
    Text(&'static str),
    /// This text; documents say what it is instead of writing it out.
    Named {
        /// The text.
        value: &'static str,
        /// What documents call it.
        name: &'static str,
    },
    /// A variable of the environment. `action.yml` may fill it by an expression.
    Variable {
        /// The variable.
        variable: &'static str,
        /// The default in `action.yml`.
        expression: Option<&'static str>,
    },
    /// What the mode finds out by itself, as documents say it.
    Derived(&'static str),
}

/// One input: an `INPUT_*` variable and a flag.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Kebab-case, and unique among all modes.
    pub name: &'static str,
    /// What it is for, in a sentence or two of Markdown.
    pub doc: &'static str,
    /// What its text has to be.
    pub kind: Kind,
    /// What stands for it when it is not given.
    pub fallback: Fallback,
    /// The modes that read it.
    pub modes: &'static [ModeName],
    /// Whether the command line takes it as bare arguments, without a flag.
    pub positional: bool,
}

/// One output: a name in `$GITHUB_OUTPUT` and a key of the report's `outputs`.
#[derive(Clone, Copy, Debug)]
pub struct OutputRow {
    /// Kebab-case.
    pub name: &'static str,
    /// What it holds, in a sentence or two of Markdown.
    pub doc: &'static str,
    /// The modes that set it.
    pub modes: &'static [ModeName],
}

const EVERY: &[ModeName] = ModeName::ALL;
const OF_A_RELEASE: &[ModeName] =
    &[VerifyTag, CollectArtifacts, ValidateWheels, CreateRelease, Publish, VerifyRelease, Yank];
const WITH_PACKAGES: &[ModeName] = &[CollectArtifacts, ValidateWheels, CreateRelease, Publish];

/// The modes that judge files; the later two where no manifest says that it was done.
const VETTING: &[ModeName] = &[ValidateWheels, CreateRelease, Publish];

/// The modes whose findings the user's policy weighs.
const JUDGING: &[ModeName] = &[VerifyTag, ValidateWheels, CreateRelease, Publish];

const fn input(
    name: &'static str,
    kind: Kind,
    fallback: Fallback,
    modes: &'static [ModeName],
    doc: &'static str,
) -> Input {
    Input { name, doc, kind, fallback, modes, positional: false }
}

const fn output(name: &'static str, modes: &'static [ModeName], doc: &'static str) -> OutputRow {
    OutputRow { name, doc, modes }
}

/// All inputs, in the order of the documents.
#[rustfmt::skip]
pub const INPUTS: &[Input] = &[
    input("mode", Kind::Mode, Fallback::Nothing, EVERY,
        "What to do: `bump-version`, `verify-tag`, `upload-artifacts`, `collect-artifacts`, `validate-wheels`, `create-release`, `publish`, `verify-release` or `yank`."),
    input("dry-run", Kind::Flag, Fallback::Text("false"), EVERY,
        "Look at everything, print the plan and change nothing."),
    input("report", Kind::File, Fallback::Nothing, EVERY,
        "File for the report in JSON. `-` is standard output, which then carries nothing else."),
    input("config", Kind::File, Fallback::Text("release.toml"), EVERY,
        "File with inputs, as `docs/configuration.md` describes it; what the step or the command line says stands above it. The default may be missing; `none` reads no file."),
    input("project", Kind::Text, Fallback::Derived("the one whose `tag-prefix` the tag begins with, where there is one"), EVERY,
        "Name of the project whose tables `[project.NAME]` in `config` hold, where one repository has several."),
    input("tag", Kind::Text, Fallback::Derived("the tag that the event is about"), OF_A_RELEASE,
        "The tag to release, or to yank, such as `v1.2.0`. Give it in workflows that a tag does not start by itself; an input of the name `tag` that a person typed \
         (`workflow_dispatch`) is taken as it is, and `verify-tag` finds the pushed tag of a `workflow_run`, too."),
    input("commit", Kind::Text, Fallback::Derived("the `workflow_run` event's `head_sha`, else the tag's commit, else `GITHUB_SHA`"),
        &[VerifyTag, CollectArtifacts, ValidateWheels, CreateRelease, VerifyRelease],
        "The full hash of the commit that is released."),
    input("repository", Kind::Text, Fallback::Variable { variable: "GITHUB_REPOSITORY", expression: None },
        &[BumpVersion, VerifyTag, CollectArtifacts, CreateRelease, VerifyRelease, Yank],
        "The repository on GitHub, as `owner/name`."),
    input("github-token", Kind::Secret, Fallback::Variable { variable: "GITHUB_TOKEN", expression: Some("${{ github.token }}") },
        &[BumpVersion, VerifyTag, CollectArtifacts, CreateRelease, VerifyRelease, Yank],
        "Token for GitHub. `bump-version` needs `contents: write` with `commit-to`, `pull-requests: write` too for a pull request, and `actions: write` for `dispatch`; `verify-tag` `contents: read` (and what `require-checks` asks for), `collect-artifacts` `actions: read` (and `contents: read` to look up a tag's commit), `create-release` and `yank` `contents: write`; `verify-release` `contents: read`, and `contents: write` to see a draft."),
    input("project-dir", Kind::Folder, Fallback::Text("."), &[BumpVersion, VerifyTag],
        "Folder of the project, with its `Cargo.toml`, `pyproject.toml`, `package.json` or whatever else states its version."),
    input("bump", Kind::Text, Fallback::Nothing, &[BumpVersion],
        "What the next version is: `major`, `minor`, `patch`, `prerelease` (the next of its kind), `release` (the stable one that prereleases lead to), or a version that is higher, in either spelling."),
    input("prerelease-kind", Kind::Text, Fallback::Nothing, &[BumpVersion],
        "The kind of prerelease that the next version is: `alpha`, `beta`, `rc` or `dev`. With `major`, `minor` or `patch` its first prerelease; with `prerelease` the next one of this kind."),
    input("tag-prefix", Kind::Text, Fallback::Derived("`v` or nothing"), &[BumpVersion, VerifyTag],
        "What stands before the version in the project's tags: `v`, `none`, or such as `coglet-v` where one repository has several projects."),
    input("version-files", Kind::Lines, Fallback::Nothing, &[BumpVersion, VerifyTag],
        "Further files that state the version, one a line, from `project-dir`: a path such as `src/sample/version.py`, or `PATH: REGEX` with one group around the version. \
         The usual ones are found without it."),
    input("branch-rules", Kind::Lines, Fallback::Nothing, &[VerifyTag],
        "From which branches versions may be released, one line for some kinds, such as `stable = main, release/*`: the tagged commit has to be on one of them. Kinds are those of `targets`; \
         of several lines that are about a version the first counts, and `**` is anywhere. `docs/tagging.md` has more."),
    input("branch-budget", Kind::Text, Fallback::Text("10"), &[VerifyTag],
        "How many branches that fit `branch-rules` are compared with the tag, 1 to 100. Each is a request."),
    input("require-signed-tag", Kind::Flag, Fallback::Text("false"), &[VerifyTag],
        "Whether the tag has to be an annotated one whose signature GitHub finds good, made for this very tag."),
    input("allowed-taggers", Kind::List, Fallback::Nothing, &[VerifyTag],
        "E-mail addresses of those who may make release tags. Asks for a signature, too, since the address is anybody's to write without one."),
    input("require-checks", Kind::Lines, Fallback::Nothing, &[VerifyTag],
        "What must have passed for the tagged commit, one a line: workflows by their files (`ci.yml`), and checks by their names (`test (ubuntu-latest, 3.12)`). \
         Needs `actions: read` for the one and `checks: read` and `statuses: read` for the other."),
    input("testpypi-for", Kind::List, Fallback::Nothing, &[VerifyTag],
        "Kinds of versions (as in `targets`) for which the output `index` is `testpypi`."),
    input("local", Kind::Flag, Fallback::Text("false"), &[VerifyTag],
        "Ask the git of this machine about tags, branches and commits, in the checkout of `project-dir`, and no network. Releases and checks are not known then."),
    input("commit-to", Kind::Text, Fallback::Text("none"), &[BumpVersion],
        "Where the change goes: `none` writes the files on disk; `branch` commits it to `branch` through GitHub's API, which signs it; `pull-request` proposes it for `branch`. The files on disk stay as they are then."),
    input("pull-request-branch", Kind::Text, Fallback::Text("release/{tag}"), &[BumpVersion],
        "Name of the branch that a pull request comes from, with `{tag}` and `{version}` in it where they are wanted."),
    input("message", Kind::Text, Fallback::Derived("`Release {tag}`"), &[BumpVersion],
        "Message of the commit and title of the pull request, with `{tag}`, `{version}` and `{previous}` in it where they are wanted."),
    input("create-tag", Kind::Flag, Fallback::Text("false"), &[BumpVersion],
        "Whether to tag the commit on `branch`. A tag that was made with the job's own token starts no workflow: see `dispatch`."),
    input("dispatch", Kind::List, Fallback::Nothing, &[BumpVersion],
        "Workflows to start on the new tag, by file name (`release.yml`), separated by commas or line ends; each has to take `workflow_dispatch`. With `create-tag` only."),
    input("packages-dir", Kind::Folder, Fallback::Text("dist"), WITH_PACKAGES,
        "Folder of the wheels, sdists and packed crates (`.crate`)."),
    input("assets-dir", Kind::Folder, Fallback::Text("release-assets"), WITH_PACKAGES,
        "Folder of everything else that belongs on the release page, such as executables. The default may be missing."),
    input("staging-dir", Kind::Folder, Fallback::Text("release-staging"), &[CollectArtifacts],
        "Folder into which artifacts are downloaded and unpacked before their files are placed. What is proven there is not fetched again."),
    input("manifest-dir", Kind::Folder, Fallback::Text("release-manifest"), &[ValidateWheels, CreateRelease, Publish, VerifyRelease, Yank],
        "Folder of `manifest.json` and `SHA256SUMS`: `validate-wheels` writes them, the later modes hold every file to them. \
         Without that folder, the later modes run the checks themselves; a folder without a manifest is refused. \
         `verify-release` then takes the release's own `manifest.json`. `yank` takes from the manifest what the release consisted of, and records in it that it was yanked."),
    Input {
        name: "files",
        kind: Kind::Paths,
        fallback: Fallback::Nothing,
        modes: &[ValidateWheels, CreateRelease],
        positional: true,
        doc: "For `validate-wheels`: wheels, sdists and crates to check, one path a line, instead of those in `packages-dir`. For `create-release`: further files for \
              the release page, a path or glob a line, such as `build/*.sbom.json`; a line that nothing matches stops the run.",
    },
    input("expect", Kind::List, Fallback::Nothing, &[ValidateWheels],
        "The wheels and the sdist that the release has to have: lines such as `sdist`, `py3-none-any` and \
         `cp311..cp314, pp311: manylinux_2_28_x86_64, macosx_*_arm64, win_amd64`, as `docs/expect.md` describes them. What is missing stops the run."),
    input("package-tree", Kind::Paths, Fallback::Nothing, &[ValidateWheels],
        "Folders of the packages in the checkout that the wheels are built from, one a line, such as `src/sample`; `NAME=PATH` where the folder \
         is not called like the package. Files that the wheels lack or have beside them are told."),
    input("fail-on", Kind::List, Fallback::Text("error"), JUDGING,
        "What stops the run: `error`, `warning` (and errors) or `info` (anything that is found); and ids or families of rules, \
         such as `filename/tag-order` or `metadata`, which stop it whatever they weigh. Errors always stop it."),
    input("strict", Kind::Flag, Fallback::Text("false"), JUDGING,
        "Let warnings stop the run too, and tell every note: the same as `fail-on: warning` with `verbose`."),
    input("ignore", Kind::List, Fallback::Nothing, JUDGING,
        "Ids or families of rules whose findings are counted and told once, and stop nothing. Errors of the families `archive`, `sdist` and `crate` \
         are ignored by their ids only, and nothing is ignored about a file that could not be looked into or that has no name of a wheel, sdist or crate. \
         For `verify-tag` the rules of the family `tag`, such as `tag/lower-than-latest`, but for those without which there is no tag to release."),
    input("verbose", Kind::Flag, Fallback::Text("false"), JUDGING,
        "Tell every note about a file one by one. Otherwise they are counted; the report always has all of them."),
    input("file-size-limit", Kind::Text, Fallback::Text("100"), VETTING,
        "How many MiB a file may have that the index takes: 100 on PyPI, unless it raised the limit of the project (up to 1024)."),
    input("sarif", Kind::File, Fallback::Nothing, &[ValidateWheels],
        "File for the findings in SARIF 2.1.0, which code scanning and other tools read; outside of `packages-dir` and `assets-dir`."),
    input("records", Kind::List, Fallback::Nothing, &[ValidateWheels],
        "What to leave for people beside the manifest: `validation` (`VALIDATION.txt`), `checksums` (`CHECKSUMS.sha256`) and `build-info` \
         (`build-info.txt`, which holds both). They go to no release and to no index."),
    input("baseline", Kind::Text, Fallback::Text("none"), &[ValidateWheels],
        "What to compare the release with: `none`, or `previous-release`: the project's release before this version, as `index-url` has it. \
         Interpreters, platforms and the sdist that it had and this one lacks are warnings."),
    input("compare-with", Kind::Folder, Fallback::Nothing, &[ValidateWheels],
        "Folder of the same distributions, built a second time. Files that differ are compared member by member, and told as warnings of the family `reproducible`."),
    input("smoke-test", Kind::Flag, Fallback::Text("false"), &[ValidateWheels],
        "Try out every wheel that a Python of this machine takes: install it into a new environment and run `smoke-commands`. \
         On the command line and in the `bin` sub-action only: the container has no Python."),
    input("smoke-test-sdist", Kind::Flag, Fallback::Text("false"), &[ValidateWheels],
        "Try out the sdist in the same way: build it with its declared build requirements, install it and run `smoke-commands`."),
    input("smoke-commands", Kind::Commands, Fallback::Derived("the import of every top-level module"), &[ValidateWheels],
        "What an installed file has to stand, one a line: `import NAME`, or a command for the system's shell. \
         Each must succeed. They run in an empty folder; `SMOKE_WORKSPACE` names the folder where the program was started."),
    input("smoke-timeout", Kind::Text, Fallback::Text("10"), &[ValidateWheels],
        "How many minutes installing one file and running the commands may take."),
    input("smoke-dependencies", Kind::Text, Fallback::Text("folder"), &[ValidateWheels],
        "Where dependencies of a tried file come from: `folder` (the files of the release alone) or `index` (`smoke-index-url`, too)."),
    input("smoke-index-url", Kind::Address, Fallback::Named { value: PYPI_INDEX, name: "PyPI's simple index" }, &[ValidateWheels],
        "Simple index from which the sdist's build requirements are installed, and dependencies if `smoke-dependencies` says so."),
    input("run", Kind::Text, Fallback::Text("commit"), &[CollectArtifacts],
        "Which run of each workflow to take: `commit`, the one for the commit that is released, or `latest`, the newest that succeeded on `branch`, whatever commit it built."),
    input("branch", Kind::Text, Fallback::Derived("the repository's default branch; for `bump-version` the branch that started the run comes first"), &[BumpVersion, CollectArtifacts],
        "For `collect-artifacts`: branch whose runs to take, with `run: latest` only. For `bump-version`: branch that gets the commit, or the pull request."),
    input("events", Kind::List, Fallback::Derived("every event but those of pull requests"), &[CollectArtifacts],
        "The events that may have started a run for it to count, such as `push, workflow_dispatch`, separated by commas or line ends."),
    input("allow-forks", Kind::Flag, Fallback::Text("false"), &[CollectArtifacts],
        "Let runs count whose commit comes from a fork. Whoever owns the fork decides what they build."),
    input("artifact-name", Kind::Text, Fallback::Derived("the name of the file, with `raw`; required otherwise"), &[UploadArtifacts],
        "Name of the artifact. A run has each name once, so jobs of a matrix need names of their own, such as `wheels-linux-x86_64`."),
    input("paths", Kind::Paths, Fallback::Nothing, &[UploadArtifacts],
        "What to upload: files, folders and patterns (`*`, `?`, `**`), one a line; each has to name something. Paths in the artifact \
         begin at the folder that all lines have in common; of a pattern that is the part before its first wildcard."),
    input("name-hash", Kind::Text, Fallback::Text("none"), &[UploadArtifacts],
        "What the artifact's name says of its contents: `none`, or `checksums`: `artifact-name`, a dash and the digest of its `SHA256SUMS`. \
         Then a job that runs again with other results leaves an artifact of its own, and whoever collects finds it by the name's beginning."),
    input("raw", Kind::Flag, Fallback::Text("false"), &[UploadArtifacts],
        "Upload one file as it is, without an archive around it and without a list of digests. The artifact is called as the file is."),
    input("provenance", Kind::Flag, Fallback::Text("false"), &[UploadArtifacts],
        "Put a record beside each archive (`.tgz`, `.tar.gz`, `.zip`; not beside sdists), called like it with `.meta` at the end: lines of `key=value` with its \
         `name`, `sha256`, `size`, `created_at`, `runner`, `python`, `requirements_hash` and `wheels`, as far as they are known."),
    input("requirements-file", Kind::File, Fallback::Nothing, &[UploadArtifacts],
        "File with the requirements that the archives were made of; its digest goes into their records (`provenance`)."),
    input("include-hidden", Kind::Flag, Fallback::Text("false"), &[UploadArtifacts],
        "Upload files and folders below `paths` too whose names begin with a full stop."),
    input("if-exists", Kind::Text, Fallback::Text("fail"), &[UploadArtifacts],
        "What to do when the run has an artifact of this name with other bytes: `fail`, or `replace` it. With the same bytes there is nothing to do."),
    input("retention-days", Kind::Text, Fallback::Derived("what the repository says"), &[UploadArtifacts],
        "How many days the artifact is kept, 1 to 400; no more than the repository keeps any."),
    input("compression-level", Kind::Text, Fallback::Text("6"), &[UploadArtifacts],
        "How hard to compress: `0` (not at all, best for wheels and other archives) to `9`."),
    input("workflows", Kind::List, Fallback::Derived("the workflows that `artifacts` names, else the run itself: the artifacts of its earlier jobs"), &[CollectArtifacts],
        "The workflows whose artifacts to collect, by file name (`wheels.yml`), separated by commas or line ends. Each must have succeeded for the commit."),
    input("when-incomplete", Kind::Text, Fallback::Text("fail"), &[CollectArtifacts],
        "What to do when a workflow is still running: `fail`; `skip`: end well with the outcome `not-ready`; or `wait` until it is done, for `wait-timeout` at most. \
         A release that several `workflow_run` events start skips until the last of them."),
    input("wait-timeout", Kind::Text, Fallback::Text("60"), &[CollectArtifacts],
        "How many minutes to wait for workflows, with `when-incomplete: wait` only. Looks are 1, 2, 4 and up to 60 seconds apart; a workflow that failed ends the wait at once, \
         and so does one without any run after half a minute."),
    input("artifacts", Kind::List, Fallback::Text("*"), &[CollectArtifacts],
        "The artifacts to collect, one a line: `[alias[?] =] [workflow.yml :] pattern [-> folder[/template]]`, as `docs/artifacts.md` describes it. \
         A pattern (`*` and `?`) alone takes all that it matches, an alias stands for one artifact, with `?` behind it for one that may be missing, and \
         `-> docs` keeps the artifact's folders below `docs`."),
    input("rename", Kind::List, Fallback::Text("{name}"), &[CollectArtifacts, CreateRelease],
        "New name for files that are no wheel, sdist or crate, made of `{name}`, `{stem}` and `{ext}`. For `collect-artifacts` one template, with `{artifact}` and `{workflow}` too, \
         such as `{stem}-{artifact}{ext}`. For `create-release` the names on the page: lines such as `{stem}-{os}-{arch}{ext}` or `*.exe -> {stem}-{version}{ext}`, of which the first that is \
         about a file counts, with `{os}` and `{arch}` (read from the program itself), `{version}` and `{tag}` too. A name taken twice by different bytes stops the run."),
    input("require-checksums", Kind::Flag, Fallback::Text("false"), &[CollectArtifacts],
        "Whether every file must have a digest from its producer: a line of `SHA256SUMS` or `CHECKSUMS.sha256`, an entry of a `manifest.json` of `validate-wheels`, \
         or a `.meta` file. What such texts say is held to the files in any case."),
    input("collection-dir", Kind::Folder, Fallback::Text("release-collection"), &[CollectArtifacts],
        "Folder of what is known about the collected files: `manifest.json` with the origin of each of them, `SHA256SUMS`, `build-info.txt`, \
         and in `records` the texts of the producers. It lies outside of `packages-dir` and `assets-dir`."),
    input("attach", Kind::List, Fallback::Text("manifest, checksums"), &[CreateRelease],
        "Which records of `validate-wheels` go to the release page: `manifest` (`manifest.json`), `checksums` (`SHA256SUMS`, with the names as stored, and with `files` in it), or `none`."),
    input("on-conflict", Kind::Text, Fallback::Text("fail"), &[CreateRelease],
        "What to do where the release holds other bytes under a name: `fail`, `replace` (the new file is there and proven before the old one goes) or `keep` the old ones."),
    input("allow-published-changes", Kind::Flag, Fallback::Text("false"), &[CreateRelease],
        "Whether files and text of a release that is published already may be added, and replaced where `on-conflict` and `notes-merge` say so: for releases that a person publishes first."),
    input("expect-assets", Kind::List, Fallback::Nothing, &[CreateRelease],
        "Globs of everything that the release has to hold, whoever attaches it. Until each of them matches a file, the draft is not published and `complete` is `false`."),
    input("notes-from", Kind::Text, Fallback::Derived("`text` with `notes-text`, `file` with `notes-file`, else `changelog`"), &[CreateRelease],
        "Where the release notes come from: `changelog`, `file`, `text`, `github` (which lists pull requests since `previous-tag`) or `none`."),
    input("notes-file", Kind::File, Fallback::Nothing, &[CreateRelease],
        "File with the release notes in Markdown, instead of the version's section of `changelog`."),
    input("notes-text", Kind::Text, Fallback::Nothing, &[CreateRelease],
        "The release notes themselves, in Markdown."),
    input("notes-merge", Kind::Text, Fallback::Text("keep"), &[CreateRelease],
        "What becomes of text that somebody else wrote on the release: it stays and the notes are not added (`keep`), the notes go after it (`append`) or before it (`prepend`), or take its place (`replace`)."),
    input("changelog", Kind::File, Fallback::Text("CHANGELOG.md"), &[BumpVersion, VerifyTag, CreateRelease],
        "Changelog in one of the usual forms, Markdown or reStructuredText (`.rst`). `create-release` takes the version's section as release notes, which are `Release` and the tag without the default file; \
         `verify-tag` warns where the file has no such section; `bump-version` makes the section `Unreleased` the version's, with today's date. For all of them the path is one from the folder where the program runs, whatever `project-dir` says."),
    input("changelog-unreleased", Kind::Flag, Fallback::Text("false"), &[CreateRelease],
        "Whether the changelog's section `Unreleased` stands for a version that has none."),
    input("previous-tag", Kind::Text, Fallback::Derived("the highest lower version among the tags; a stable one for a stable release"), &[CreateRelease],
        "The tag since which `notes-from: github` lists changes."),
    input("title", Kind::Text, Fallback::Derived("the tag"), &[CreateRelease],
        "Title of the release, with `{tag}`, `{version}` and `{name}` (of the project) in it where they are wanted."),
    input("prerelease", Kind::Text, Fallback::Text("auto"), &[CreateRelease],
        "Whether the release is marked as a prerelease: `true`, `false`, or `auto`, as its version says."),
    input("make-latest", Kind::Text, Fallback::Text("auto"), &[CreateRelease],
        "Whether the release becomes the latest one: `true`, `false`, or `auto`, when it is the highest stable version. `true` is refused for a prerelease and with `publish: false`."),
    input("target-commitish", Kind::Text, Fallback::Nothing, &[CreateRelease],
        "Branch or full hash of the commit at which GitHub makes the tag on publishing where it is not there yet. Without it, a missing tag stops the run."),
    input("discussion-category", Kind::Text, Fallback::Nothing, &[CreateRelease],
        "Category of the discussion that is opened with the release. Where GitHub refuses the discussion, the release is published without one, and the log says so."),
    input("channel", Kind::Text, Fallback::Nothing, &[CreateRelease],
        "Name of a channel such as `nightly`: a prerelease that is made anew for each commit, under a tag of its own, instead of the release of a version."),
    input("channel-tags", Kind::Text, Fallback::Text("moving"), &[CreateRelease],
        "How the channel's releases are tagged: one tag that is `moving` to the newest commit, or `dated` ones such as `nightly-20261120`, by the day of the commit (UTC)."),
    input("keep-releases", Kind::Text, Fallback::Nothing, &[CreateRelease],
        "How many dated releases of the channel are kept; older ones are deleted with their tags. Without it all are kept."),
    input("publish", Kind::Flag, Fallback::Text("true"), &[CreateRelease],
        "Whether to publish the release. `false` leaves the complete draft, so that a later step can publish it last."),
    input("undo", Kind::Text, Fallback::Nothing, &[CreateRelease],
        "Takes the tag's release back instead of making it: `draft` makes it a draft again, `delete` deletes it with its files. What users have fetched stays with them, and what is on an index stays there."),
    input("targets", Kind::List, Fallback::Derived("`index`: every wheel and sdist to the index of `repository-url`"), &[Publish, VerifyRelease, Yank],
        "Where to publish what, one a line in the order of publishing: `REGISTRY [: PACKAGE, …] [needs PACKAGE, …] [when KIND, …]`, as `docs/publishing.md` describes it. \
         Registries are `pypi`, `testpypi`, `crates-io`, `index` (that of `repository-url`) and those of `registries`; kinds of versions are `stable`, `prerelease`, `alpha`, `beta`, `rc`, `dev` and `post`."),
    input("registries", Kind::List, Fallback::Nothing, &[Publish, VerifyRelease, Yank],
        "Registries of your own, one a line: `NAME = python UPLOAD-ADDRESS INDEX-ADDRESS` or `NAME = cargo INDEX-ADDRESS`, the latter that of a sparse index."),
    input("credentials", Kind::Secret, Fallback::Nothing, &[Publish, VerifyRelease, Yank],
        "Tokens for registries, one a line: `REGISTRY = TOKEN` or `REGISTRY = USER PASSWORD`. Without a line for it, PyPI, TestPyPI and crates.io are asked for trusted publishing, which cannot yank."),
    input("reason", Kind::Text, Fallback::Nothing, &[Yank],
        "Why the release is yanked, in one line of 500 characters at most: it stands on the release's page, and is what to paste where a person has to yank. Not needed with `unyank`."),
    input("unyank", Kind::Flag, Fallback::Text("false"), &[Yank],
        "Take a yank back: un-yank the crates, take the mark off the release and out of the manifest, and say where a person has to un-yank the rest."),
    input("skip-existing", Kind::Text, Fallback::Text("same"), &[Publish],
        "What of a file whose name is taken: `same` skips it where the registry holds the same bytes and stops otherwise; `any` skips it whatever it holds, and says so."),
    input("concurrency", Kind::Text, Fallback::Text("4"), &[Publish],
        "How many files are uploaded to an index at the same time, 1 to 16. The first of a release always goes alone."),
    input("probe-credentials", Kind::Flag, Fallback::Text("false"), &[Publish],
        "Whether to try trusted publishing out before anything is sent: a token is asked for at each registry and dropped, and revoked where that can be."),
    input("attestations-dir", Kind::Folder, Fallback::Nothing, &[Publish],
        "Folder of attestations (PEP 740) that go with the files, each called like its file with `.publish.attestation` or `.slsa.attestation` at the end."),
    input("wait-for-availability", Kind::Text, Fallback::Text("10"), &[Publish],
        "How many minutes a registry may take to show what was sent, before the run ends as `partial`. A later run goes on."),
    input("when", Kind::Text, Fallback::Text("after-publish"), &[VerifyRelease],
        "What has happened so far: `before-publish` looks at the tag and the release page only; `after-publish` also at every registry of `targets`."),
    input("release-state", Kind::Text, Fallback::Text("published"), &[VerifyRelease],
        "What the release has to be: `published`, `draft` or `any`."),
    input("require-provenance", Kind::Flag, Fallback::Text("false"), &[VerifyRelease],
        "Whether every wheel and sdist has to have its attestations on the index. Otherwise it is told which have some."),
    input("install-check", Kind::Flag, Fallback::Text("false"), &[VerifyRelease],
        "Install each Python project in this version from its index into a new environment, and import its top-level modules. \
         On the command line and in the `bin` sub-action only: the container has no Python. With `after-publish` only."),
    input("repository-url", Kind::Address, Fallback::Named { value: PYPI_UPLOAD, name: "PyPI's upload endpoint" }, &[Publish, VerifyRelease],
        "Upload endpoint of the index (legacy API). One other than PyPI's or TestPyPI's needs `index-url` too."),
    input("index-url", Kind::Address, Fallback::Derived("the index that belongs to `repository-url`, for PyPI and TestPyPI; PyPI's for `baseline`"), &[ValidateWheels, Publish, VerifyRelease],
        "Simple index from which users install. It tells what is already there, and proves afterwards what arrived. \
         User and password go there only when it is on the same host as `repository-url`, and only to publish."),
    input("user", Kind::Text, Fallback::Text("__token__"), &[Publish, VerifyRelease],
        "User name for the index; `__token__` goes with an API token."),
    input("password", Kind::Secret, Fallback::Nothing, &[Publish, VerifyRelease],
        "API token or password for the index. Leave it out for trusted publishing, which needs `id-token: write`."),
];

/// All outputs, in the order in which they are written.
#[rustfmt::skip]
pub const OUTPUTS: &[OutputRow] = &[
    output("outcome", EVERY,
        "How it ended: `done`, `already-done`, `resumed`, `planned`, `not-ready`, `blocked`, `partial` or `error`."),
    output("tag", &[BumpVersion, VerifyTag, CreateRelease, VerifyRelease, Yank], "The tag, without `refs/tags/`."),
    output("version", &[BumpVersion, VerifyTag, ValidateWheels, Publish, VerifyRelease], "The version: as the tag spells it (`bump-version`, `verify-tag`, `verify-release`), or as the distributions do."),
    output("previous-version", &[BumpVersion], "The version that the project stated before, in the same spelling as `version`."),
    output("version-pep440", &[BumpVersion, VerifyTag], "The version in PEP 440 spelling, such as `1.2.0rc1`."),
    output("version-semver", &[BumpVersion, VerifyTag], "The version in SemVer spelling, such as `1.2.0-rc.1`; empty where SemVer cannot say it."),
    output("major", &[VerifyTag], "The first number of the version."),
    output("minor", &[VerifyTag], "The second number of the version; `0` where there is none."),
    output("patch", &[VerifyTag], "The third number of the version; `0` where there is none."),
    output("prerelease", &[BumpVersion, VerifyTag], "`true` when the version is a prerelease, else `false`."),
    output("prerelease-kind", &[VerifyTag], "`alpha`, `beta`, `rc` or `dev`; empty for a version that is no prerelease."),
    output("prerelease-number", &[VerifyTag], "The number of the prerelease, such as `1` of `1.2.0rc1`; empty for a version that is none."),
    output("channel", &[VerifyTag], "`stable`, or the kind of the prerelease."),
    output("index", &[VerifyTag], "`pypi`, or `testpypi` for the kinds of versions that `testpypi-for` names."),
    output("previous-tag", &[VerifyTag], "The tag of the highest lower version, a stable one for a stable version; empty for the first."),
    output("commit", &[BumpVersion, VerifyTag, CollectArtifacts, VerifyRelease], "Full hash of the commit that is released; for `bump-version` of the one that changes the version."),
    output("changed-files", &[BumpVersion], "The files that the next version changes, one a line, as paths from the repository's root or, without `commit-to`, from `project-dir`."),
    output("branch", &[BumpVersion, VerifyTag], "The branch that `branch-rules` found the commit on; empty where nothing asked; for `bump-version` the one that has its commit."),
    output("pull-request", &[BumpVersion], "Number of the pull request."),
    output("pull-request-url", &[BumpVersion], "Address of the pull request."),
    output("versions", &[VerifyTag],
        "The packages that have the version, as a JSON list of objects with `name`, `kind` (`python`, `crate` or `npm`), `version` in that registry's spelling (or `null`) and `files`."),
    output("ready", &[CollectArtifacts], "`true` when every workflow succeeded, else `false`: then nothing was placed."),
    output("packages-dir", &[CollectArtifacts], "Folder in which the wheels, sdists and crates were placed."),
    output("artifact-id", &[UploadArtifacts], "GitHub's number of the artifact."),
    output("artifact-name", &[UploadArtifacts], "Name of the artifact."),
    output("artifact-digest", &[UploadArtifacts], "SHA-256 of the artifact's bytes, as GitHub states it."),
    output("artifact-url", &[UploadArtifacts], "Address from which people who are logged in can download the artifact."),
    output("meta-checksum", &[UploadArtifacts], "SHA-256 of the artifact's `SHA256SUMS`: one number that stands for all its files."),
    output("artifacts", &[CollectArtifacts], "How many artifacts were collected."),
    output("collected", &[CollectArtifacts],
        "All of them as a JSON object, by alias or else by name: `name`, `workflow`, `run_id`, `run_attempt`, `artifact_id`, `digest`, `size_bytes`, `folder` and \
         `files`, a list of `path` and `sha256` (`null` until they are fetched, and where they are too many for an output)."),
    output("manifest", &[CollectArtifacts, ValidateWheels], "Path of `manifest.json`: the one about the collection, or the one about the vetted files."),
    output("projects", &[ValidateWheels, Publish, VerifyRelease], "Names of the projects that the distributions belong to, one a line."),
    output("baseline", &[ValidateWheels], "The releases that the files were compared with, as name and version, one a line."),
    output("wheels", &[CollectArtifacts, ValidateWheels], "How many wheels there are."),
    output("sdists", &[CollectArtifacts, ValidateWheels], "How many sdists there are."),
    output("crates", &[CollectArtifacts, ValidateWheels], "How many packed crates there are."),
    output("files", &[UploadArtifacts, CollectArtifacts, ValidateWheels, Publish, VerifyRelease], "How many files there are in all."),
    output("verified", &[CollectArtifacts], "How many files have their digest from their producer."),
    output("errors", &[ValidateWheels], "How many findings stop the run."),
    output("warnings", &[ValidateWheels], "How many findings are likely mistakes."),
    output("notes", &[ValidateWheels], "How many findings are worth knowing."),
    output("ignored", &[ValidateWheels], "How many findings were left aside by `ignore`."),
    output("smoke-tested", &[ValidateWheels], "How many files passed the smoke test."),
    output("release-id", &[CreateRelease, VerifyRelease, Yank], "GitHub's number of the release."),
    output("release-url", &[CreateRelease, VerifyRelease, Yank], "Address of the release's page."),
    output("draft", &[CreateRelease, VerifyRelease], "`true` while the release is a draft, else `false`."),
    output("assets", &[CreateRelease], "How many of the declared files the release holds."),
    output("complete", &[CreateRelease], "`true` once the release holds everything that was declared, `expect-assets` too, else `false`."),
    output("states", &[Publish, VerifyRelease],
        "How each file stands at each target, as a JSON list of objects with `target`, `file`, `sha256`, `state` (`publish`: `proven`, `sent`, `not-sent`, or `skipped` where other bytes are there and that was allowed; `verify-release`: `proven`, `missing`, `differs` or `not-asked`) and `provenance` (an address, or `null`). Also of a run that broke off."),
    output("packages", &[Yank],
        "How each package stands in its registry, as a JSON list of objects with `registry`, `package`, `version` and `state` (`yanked`, `not-yanked`, `partly` or `absent`)."),
    output("manual", &[Yank],
        "What is left for a person, as a JSON list of objects with `registry`, `package`, `version`, `action` (`yank` or `un-yank`), `page` (an address, or `null`) and `reason` (the text to paste, or `null`)."),
    output("proven", &[VerifyRelease], "How many files of the manifest have its digest everywhere where they were looked for."),
    output("missing", &[VerifyRelease], "The files that are not where they should be, one a line, each with the place: `github` or a registry."),
    output("immutable", &[VerifyRelease], "`true` when GitHub has fixed files and tag of the release for good, else `false`."),
    output("installed", &[VerifyRelease], "How many projects were installed and imported by `install-check`."),
    output("uploaded", &[Publish], "How many files this run uploaded."),
    output("index-url", &[Publish], "The index that was read back; of several one a line."),
];

/// Families of outputs whose names the user's own words end: `*` stands for the word. Outputs of an action without a
/// container have to be declared one by one, so those families exist in the container and on the command line only.
#[rustfmt::skip]
pub const OUTPUT_FAMILIES: &[OutputRow] = &[
    output("artifact_*", &[CollectArtifacts],
        "The name of the artifact that the alias of this name led to: `artifact_macos_wheels` for `macos_wheels = wheels-macos-arm64` in `artifacts`. \
         The `bin` sub-action cannot have it; `collected` holds the same."),
];

/// What `release-action rehearse` takes. It is a command for people and no mode: it has flags only.
#[rustfmt::skip]
pub const REHEARSE: &[Input] = &[
    input("sample", Kind::Text, Fallback::Derived("`zlmdb`"), &[],
        "Sample project: `zlmdb` (four workflows build it, one of its own releases it), `games-collection` \
         (two workflows fill one release: one with packages, one with programs for three systems), `dioxide` (a beta, \
         which goes to the test index) or `cog` (several packages for a registry of crates and an index, behind a draft \
         that a person publishes)."),
    input("packages-dir", Kind::Folder, Fallback::Derived("a sample project"), &[],
        "Folder of your own wheels and sdists, to rehearse with instead of a sample project."),
    input("fault", Kind::List, Fallback::Nothing, &[],
        "Break the Nth request, as KIND@N or KIND@SERVICE:N, and show the recovery. Repeatable. \
         Kinds: refuse, drop, lost, late, starter, limit, stale, slow, trickle, other-bytes, html, kill, kill-after."),
    input("event", Kind::List, Fallback::Derived("each workflow once"), &[],
        "A workflow whose end is the next event that starts the release, as `wheels.yml`; one that was named before sends its event once more. \
         Repeatable. Workflows that are not named follow. In `games-collection` the workflows release by themselves, in this order."),
    input("report", Kind::File, Fallback::Nothing, &[],
        "File for the report in JSON. `-` is standard output, which then carries nothing else."),
];

/// What `release-action init` takes. It is a command for people and no mode.
#[rustfmt::skip]
pub const INIT: &[Input] = &[
    input("config", Kind::File, Fallback::Derived("`release.toml`"), &[],
        "File to write. One that is there already is never changed."),
    input("dry-run", Kind::Flag, Fallback::Text("false"), &[],
        "Print what the file would say, and write nothing."),
];

/// The command that writes a configuration file.
pub const INIT_NAME: &str = "init";

/// What `init` does, in one sentence.
pub const INIT_ABOUT: &str = "Writes a configuration file for the project in this folder, made of its packages, workflows and changelog.";

/// The command that plays a whole release on this machine.
pub const REHEARSE_NAME: &str = "rehearse";

/// What `rehearse` does, in one sentence.
pub const REHEARSE_ABOUT: &str = "Plays a whole release against simulated services on this machine, twice; the second time nothing is left to do.";

/// The inputs of one mode.
pub fn inputs_of(mode: ModeName) -> impl Iterator<Item = &'static Input> {
    INPUTS.iter().filter(move |input| input.modes.contains(&mode))
}

/// The outputs of one mode.
pub fn outputs_of(mode: ModeName) -> impl Iterator<Item = &'static OutputRow> {
    OUTPUTS.iter().filter(move |output| output.modes.contains(&mode))
}

/// The families of outputs of one mode.
pub fn output_families_of(mode: ModeName) -> impl Iterator<Item = &'static OutputRow> {
    OUTPUT_FAMILIES.iter().filter(move |family| family.modes.contains(&mode))
}

/// Whether the mode has an output of this name, or a family that it belongs to.
pub fn is_output_of(mode: ModeName, name: &str) -> bool {
    let is_of = |family: &OutputRow| {
        family.name.strip_suffix('*').is_some_and(|start| name.len() > start.len() && name.starts_with(start))
    };
    outputs_of(mode).any(|output| output.name == name) || output_families_of(mode).any(is_of)
}

/// The input called `name`.
pub fn input_named(name: &str) -> Option<&'static Input> {
    INPUTS.iter().find(|input| input.name == name)
}

/// The variable in which the runner passes an input: dashes stay, the rest is in capitals.
pub fn variable(name: &str) -> String {
    format!("INPUT_{}", name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_kebab_case(name: &str) -> bool {
        name.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    }

    #[test]
    fn names_are_kebab_case_and_unique() {
        for names in [
            INPUTS.iter().map(|row| row.name).collect::<Vec<_>>(),
            OUTPUTS.iter().map(|row| row.name).collect(),
            REHEARSE.iter().map(|row| row.name).collect(),
            INIT.iter().map(|row| row.name).collect(),
        ] {
            assert!(names.iter().all(|name| is_kebab_case(name)), "{names:?}");
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn every_row_is_documented_and_belongs_somewhere() {
        for Input { name, doc, modes, .. } in INPUTS {
            assert!(doc.ends_with('.') && !doc.contains('\n') && !modes.is_empty(), "{name}");
        }
        for OutputRow { name, doc, modes } in OUTPUTS {
            assert!(doc.ends_with('.') && !doc.contains('\n') && !modes.is_empty(), "{name}");
        }
        for mode in ModeName::ALL {
            assert_eq!(mode.as_str().parse(), Ok(*mode));
            assert!(mode.about().ends_with('.') && outputs_of(*mode).count() > 1);
            let positional = inputs_of(*mode).filter(|input| input.positional).count();
            assert!(positional <= 1, "{mode} cannot tell its bare arguments apart");
        }
    }

    #[test]
    fn no_default_is_a_secret() {
        for input in INPUTS.iter().filter(|input| input.kind == Kind::Secret) {
            assert!(
                matches!(input.fallback, Fallback::Nothing | Fallback::Variable { .. }),
                "{}",
                input.name
            );
        }
    }
}
