//! What users of other actions type: other names of our inputs, names that have no counterpart, and words that other
//! actions take under a name of ours.
//!
//! Workflows and the command line understand the first, and answer the others with what to write instead. The
//! configuration file has our own names only: nobody brings one along.

use super::ModeName::{CollectArtifacts, CreateRelease, Publish, UploadArtifacts, ValidateWheels, VerifyTag};
use super::{Input, ModeName, input_named};

/// Another name of an input.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// As users of that action type it.
    pub name: &'static str,
    /// Our name.
    pub of: &'static str,
    /// Where it has this meaning; empty for all modes of the input.
    pub modes: &'static [ModeName],
    /// The actions that have it.
    pub from: &'static [Peer],
    /// What its text means here.
    pub means: Means,
}

/// What the text of an alias means here.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// The same.
    Same,
    /// One of these words each stands for one of ours; for nothing, where ours is empty.
    Words(&'static [(&'static str, &'static str)]),
}

/// A name of another action that no input of ours stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// As users of that action type it.
    pub name: &'static str,
    /// The mode that does what that action does.
    pub mode: ModeName,
    /// The actions that have it.
    pub from: &'static [Peer],
    /// What to write instead, or why nothing is to be written.
    pub instead: &'static str,
}

/// A word that another action takes under a name of ours.
#[derive(Clone, Copy, Debug)]
pub struct ForeignWord {
    /// Our input.
    pub input: &'static str,
    /// The word.
    pub word: &'static str,
    /// The action that takes it.
    pub from: &'static [Peer],
    /// What comes of it.
    pub answer: Answer,
}

/// What comes of another action's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It means this word of ours.
    Means(&'static str),
    /// It is refused, with what to write instead.
    Instead(&'static str),
}

/// An action or program whose words are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`name` says it")]
pub enum Peer {
    GhActionPypiPublish,
    ActionGhRelease,
    NcipolloReleaseAction,
    DownloadArtifact,
    DawiddDownloadArtifact,
    UploadArtifact,
    WampCicd,
    CreateGhReleaseAction,
    UvPublish,
    AllsGreen,
}

use Peer::{
    ActionGhRelease, AllsGreen, CreateGhReleaseAction, DawiddDownloadArtifact, DownloadArtifact,
    GhActionPypiPublish, NcipolloReleaseAction, UploadArtifact, UvPublish, WampCicd,
};

impl Peer {
    /// All of them, in the order of the page about migrating.
    pub const ALL: &'static [Self] = &[
        GhActionPypiPublish,
        UvPublish,
        ActionGhRelease,
        NcipolloReleaseAction,
        CreateGhReleaseAction,
        DownloadArtifact,
        DawiddDownloadArtifact,
        UploadArtifact,
        WampCicd,
        AllsGreen,
    ];

    /// What users call it.
    pub const fn name(self) -> &'static str {
        match self {
            GhActionPypiPublish => "pypa/gh-action-pypi-publish",
            ActionGhRelease => "softprops/action-gh-release",
            NcipolloReleaseAction => "ncipollo/release-action",
            DownloadArtifact => "actions/download-artifact",
            DawiddDownloadArtifact => "dawidd6/action-download-artifact",
            UploadArtifact => "actions/upload-artifact",
            WampCicd => "wamp-proto/wamp-cicd",
            CreateGhReleaseAction => "taiki-e/create-gh-release-action",
            UvPublish => "uv publish",
            AllsGreen => "re-actors/alls-green",
        }
    }
}

const OPPOSITE: Means = Means::Words(&[("true", "false"), ("false", "true")]);
const FROM_GITHUB: Means = Means::Words(&[("true", "github"), ("false", "")]);
const RELEASES: &[Peer] = &[ActionGhRelease, NcipolloReleaseAction];

const fn alias(
    name: &'static str,
    of: &'static str,
    modes: &'static [ModeName],
    from: &'static [Peer],
    means: Means,
) -> Alias {
    Alias { name, of, modes, from, means }
}

/// All other names, in the order of our inputs.
#[rustfmt::skip]
pub const ALIASES: &[Alias] = &[
    alias("dry_run", "dry-run", &[], &[DawiddDownloadArtifact], Means::Same),
    alias("tag_name", "tag", &[], &[ActionGhRelease], Means::Same),
    alias("ref", "tag", &[VerifyTag, CreateRelease], &[CreateGhReleaseAction], Means::Same),
    alias("repo", "repository", &[CollectArtifacts], &[DawiddDownloadArtifact], Means::Same),
    alias("token", "github-token", &[], &[ActionGhRelease, NcipolloReleaseAction, CreateGhReleaseAction], Means::Same),
    alias("github_token", "github-token", &[], &[DawiddDownloadArtifact], Means::Same),
    alias("packages_dir", "packages-dir", &[], &[GhActionPypiPublish], Means::Same),
    alias("distdir", "packages-dir", &[], &[WampCicd], Means::Same),
    alias("workflow", "workflows", &[], &[DawiddDownloadArtifact], Means::Same),
    alias("event", "events", &[], &[DawiddDownloadArtifact], Means::Same),
    alias("allow_forks", "allow-forks", &[], &[DawiddDownloadArtifact], Means::Same),
    alias("name", "artifacts", &[CollectArtifacts], &[DownloadArtifact, DawiddDownloadArtifact, WampCicd], Means::Same),
    alias("pattern", "artifacts", &[CollectArtifacts], &[DownloadArtifact], Means::Same),
    alias("name", "artifact-name", &[UploadArtifacts], &[UploadArtifact, WampCicd], Means::Same),
    alias("path", "paths", &[UploadArtifacts], &[UploadArtifact, WampCicd], Means::Same),
    alias("include-hidden-files", "include-hidden", &[], &[UploadArtifact], Means::Same),
    alias("archive", "raw", &[UploadArtifacts], &[UploadArtifact], OPPOSITE),
    alias("overwrite", "if-exists", &[UploadArtifacts], &[UploadArtifact], Means::Words(&[("true", "replace"), ("false", "fail")])),
    alias("overwrite_files", "on-conflict", &[], &[ActionGhRelease], Means::Words(&[("true", "replace"), ("false", "keep")])),
    alias("replacesArtifacts", "on-conflict", &[], &[NcipolloReleaseAction], Means::Words(&[("true", "replace"), ("false", "fail")])),
    alias("allowUpdates", "allow-published-changes", &[], &[NcipolloReleaseAction], Means::Same),
    alias("generate_release_notes", "notes-from", &[], &[ActionGhRelease], FROM_GITHUB),
    alias("generateReleaseNotes", "notes-from", &[], &[NcipolloReleaseAction], FROM_GITHUB),
    alias("omitBody", "notes-from", &[], &[NcipolloReleaseAction], Means::Words(&[("true", "none"), ("false", "")])),
    alias("body", "notes-text", &[], RELEASES, Means::Same),
    alias("body_path", "notes-file", &[], &[ActionGhRelease], Means::Same),
    alias("bodyFile", "notes-file", &[], &[NcipolloReleaseAction], Means::Same),
    alias("append_body", "notes-merge", &[], &[ActionGhRelease], Means::Words(&[("true", "append"), ("false", "replace")])),
    alias("previous_tag", "previous-tag", &[], &[ActionGhRelease], Means::Same),
    alias("generateReleaseNotesPreviousTag", "previous-tag", &[], &[NcipolloReleaseAction], Means::Same),
    alias("name", "title", &[CreateRelease], RELEASES, Means::Same),
    alias("make_latest", "make-latest", &[], &[ActionGhRelease], Means::Same),
    alias("makeLatest", "make-latest", &[], &[NcipolloReleaseAction], Means::Same),
    alias("target_commitish", "target-commitish", &[], &[ActionGhRelease], Means::Same),
    alias("discussion_category_name", "discussion-category", &[], &[ActionGhRelease], Means::Same),
    alias("discussionCategory", "discussion-category", &[], &[NcipolloReleaseAction], Means::Same),
    alias("draft", "publish", &[CreateRelease], &[ActionGhRelease, NcipolloReleaseAction, CreateGhReleaseAction], OPPOSITE),
    alias("skip_existing", "skip-existing", &[], &[GhActionPypiPublish], Means::Same),
    alias("repository_url", "repository-url", &[Publish], &[GhActionPypiPublish], Means::Same),
    alias("publish-url", "repository-url", &[Publish], &[UvPublish], Means::Same),
    alias("check-url", "index-url", &[Publish], &[UvPublish], Means::Same),
    alias("token", "password", &[Publish], &[UvPublish], Means::Same),
];

const fn foreign(
    name: &'static str,
    mode: ModeName,
    from: &'static [Peer],
    instead: &'static str,
) -> Foreign {
    Foreign { name, mode, from, instead }
}

const DIGESTS: &str = "leave it out: digests are always looked at, and a difference stops the run";
const ALWAYS_FAILS: &str = "leave it out: what is missing or cannot be sent always stops the run";
const BY_COMMIT: &str = "leave it out: runs are found by the commit that is released; name `workflows`, and `run: latest` with `branch` where any commit will do";
const BY_KIND: &str = "files are placed by their kind: name `packages-dir` for wheels, sdists and crates and `assets-dir` for the rest, or a folder in a line of `artifacts`";
const ON_ITS_OWN: &str = "leave it out: requests that fail are sent again by themselves";
const MERGED: &str = "leave it out: the files of all artifacts are placed together, and a name taken twice by different bytes stops the run; `rename` keeps such files apart";
const UNPACKED: &str = "leave it out: archives are unpacked, and artifacts of one file that were uploaded without an archive are taken as they are";
const BY_LINES: &str =
    "write `artifacts`: a pattern with `*` and `?` a line, and an alias before those that may not be missing";

/// All names without a counterpart, by mode.
#[rustfmt::skip]
pub const FOREIGN: &[Foreign] = &[
    foreign("prefix", VerifyTag, &[CreateGhReleaseAction], "write `tag-prefix`, which is a text and no pattern"),
    foreign("branch", VerifyTag, &[CreateGhReleaseAction], "write `branch-rules`, such as `stable = main`"),
    foreign("jobs", VerifyTag, &[AllsGreen],
        "write `require-checks`: the workflows by their files, and checks by their names"),
    foreign("allowed-failures", VerifyTag, &[AllsGreen], "leave them out of `require-checks`"),
    foreign("allowed-skips", VerifyTag, &[AllsGreen], "leave them out of `require-checks`"),
    foreign("prefix", CreateRelease, &[CreateGhReleaseAction], "let `verify-tag` look at the tag first: its `tag-prefix` is a text and no pattern"),
    foreign("branch", CreateRelease, &[CreateGhReleaseAction], "let `verify-tag` look at the tag first, with `branch-rules`"),
    foreign("targets", ValidateWheels, &[WampCicd],
        "write `expect`: `cp311: manylinux_2_28_x86_64` instead of `cpy311-linux-x86_64`, and `sdist` instead of `source`"),
    foreign("allow-dev-wheels", ValidateWheels, &[WampCicd],
        "leave it out: wheels for `linux_x86_64` are findings, and nothing is deleted; `ignore` leaves a rule aside"),
    foreign("allow-extra-wheels", ValidateWheels, &[WampCicd],
        "leave it out: `expect` says what has to be there, and what is there beside it is kept"),
    foreign("keep-metadata", ValidateWheels, &[WampCicd],
        "leave it out: nothing is deleted; keep files that are no wheels, sdists or crates in `assets-dir`"),
    foreign("if-no-files-found", UploadArtifacts, &[UploadArtifact, WampCicd], ALWAYS_FAILS),
    foreign("artifact-ids", CollectArtifacts, &[DownloadArtifact], BY_LINES),
    foreign("path", CollectArtifacts, &[DownloadArtifact, DawiddDownloadArtifact, WampCicd], BY_KIND),
    foreign("merge-multiple", CollectArtifacts, &[DownloadArtifact], MERGED),
    foreign("merge_multiple", CollectArtifacts, &[DawiddDownloadArtifact], MERGED),
    foreign("run-id", CollectArtifacts, &[DownloadArtifact, WampCicd], BY_COMMIT),
    foreign("skip-decompress", CollectArtifacts, &[DownloadArtifact], UNPACKED),
    foreign("digest-mismatch", CollectArtifacts, &[DownloadArtifact], DIGESTS),
    foreign("max-attempts", CollectArtifacts, &[WampCicd], ON_ITS_OWN),
    foreign("retry-delay", CollectArtifacts, &[WampCicd], ON_ITS_OWN),
    foreign("overwrite", CollectArtifacts, &[WampCicd],
        "leave it out: files with the same bytes are kept, and others stop the run"),
    foreign("workflow_search", CollectArtifacts, &[DawiddDownloadArtifact], BY_COMMIT),
    foreign("workflow_conclusion", CollectArtifacts, &[DawiddDownloadArtifact],
        "leave it out: only runs that succeeded count; `when-incomplete` says what to do about those that still run"),
    foreign("pr", CollectArtifacts, &[DawiddDownloadArtifact], BY_COMMIT),
    foreign("ref", CollectArtifacts, &[DawiddDownloadArtifact],
        "write `tag` or `commit`, or `branch` with `run: latest`"),
    foreign("run_id", CollectArtifacts, &[DawiddDownloadArtifact], BY_COMMIT),
    foreign("run_number", CollectArtifacts, &[DawiddDownloadArtifact], BY_COMMIT),
    foreign("name_is_regexp", CollectArtifacts, &[DawiddDownloadArtifact], BY_LINES),
    foreign("check_artifacts", CollectArtifacts, &[DawiddDownloadArtifact], ALWAYS_FAILS),
    foreign("search_artifacts", CollectArtifacts, &[DawiddDownloadArtifact], BY_COMMIT),
    foreign("skip_unpack", CollectArtifacts, &[DawiddDownloadArtifact], UNPACKED),
    foreign("if_no_artifact_found", CollectArtifacts, &[DawiddDownloadArtifact],
        "leave it out: an artifact that is missing stops the run, unless its alias in `artifacts` ends with `?`"),
    foreign("use_unzip", CollectArtifacts, &[DawiddDownloadArtifact], UNPACKED),
    foreign("artifacts", CreateRelease, &[NcipolloReleaseAction],
        "write `files`, a path or glob a line; files in `packages-dir` and `assets-dir` need not be named"),
    foreign("artifactErrorsFailBuild", CreateRelease, &[NcipolloReleaseAction], ALWAYS_FAILS),
    foreign("artifactContentType", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: it is told by the name of the file"),
    foreign("immutableCreate", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: a release is always a draft until all its files are there, as immutable releases need it"),
    foreign("omitBodyDuringUpdate", CreateRelease, &[NcipolloReleaseAction], "write `notes-merge: keep`"),
    foreign("omitDraftDuringUpdate", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: a published release is never made a draft again, unless `undo: draft` says so"),
    foreign("omitName", CreateRelease, &[NcipolloReleaseAction], "leave it out: without `title` the title is the tag"),
    foreign("omitNameDuringUpdate", CreateRelease, &[NcipolloReleaseAction], "leave it out, and say `title` where it is not the tag"),
    foreign("omitPrereleaseDuringUpdate", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: `prerelease: auto` takes it from the version"),
    foreign("owner", CreateRelease, &[NcipolloReleaseAction], "write `repository: owner/name`"),
    foreign("repo", CreateRelease, &[NcipolloReleaseAction], "write `repository: owner/name`"),
    foreign("removeArtifacts", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: files that were not declared are told and kept; `on-conflict: replace` replaces those with other bytes"),
    foreign("skipIfReleaseExists", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: what is there with the same bytes is kept, and the outcome is `already-done`"),
    foreign("updateOnlyUnreleased", CreateRelease, &[NcipolloReleaseAction],
        "leave it out: published releases are changed with `allow-published-changes` only"),
    foreign("preserve_order", CreateRelease, &[ActionGhRelease],
        "leave it out: GitHub lists the files of a release by name"),
    foreign("working_directory", CreateRelease, &[ActionGhRelease],
        "write the paths in `files` from the workspace on"),
    foreign("fail_on_unmatched_files", CreateRelease, &[ActionGhRelease], ALWAYS_FAILS),
    foreign("allow-missing-changelog", CreateRelease, &[CreateGhReleaseAction],
        "write `notes-from: none` where there are no notes; without the default `CHANGELOG.md` none are needed"),
    foreign("verify-metadata", Publish, &[GhActionPypiPublish],
        "leave it out: every file is checked before the first is sent; `ignore` leaves a rule aside"),
    foreign("verify_metadata", Publish, &[GhActionPypiPublish],
        "leave it out: every file is checked before the first is sent; `ignore` leaves a rule aside"),
    foreign("print-hash", Publish, &[GhActionPypiPublish], "leave it out: digests are always told"),
    foreign("print_hash", Publish, &[GhActionPypiPublish], "leave it out: digests are always told"),
    foreign("attestations", Publish, &[GhActionPypiPublish],
        "make them in a step of its own, and name their folder by `attestations-dir`"),
    foreign("index", Publish, &[UvPublish], "write `targets`, and `registries` for indexes of your own"),
    foreign("trusted-publishing", Publish, &[UvPublish],
        "leave it out: without `password` or `credentials` trusted publishing is asked for"),
    foreign("no-attestations", Publish, &[UvPublish],
        "leave it out: only what lies in `attestations-dir` is sent"),
];

/// All words of other actions under names of ours.
#[rustfmt::skip]
pub const FOREIGN_WORDS: &[ForeignWord] = &[
    ForeignWord { input: "make-latest", word: "legacy", from: RELEASES, answer: Answer::Means("auto") },
    ForeignWord { input: "skip-existing", word: "true", from: &[GhActionPypiPublish],
        answer: Answer::Instead("write `same` to skip files that the registry holds with the same bytes, or `any` to skip them whatever it holds") },
    ForeignWord { input: "skip-existing", word: "false", from: &[GhActionPypiPublish],
        answer: Answer::Instead("leave it out: `same` skips files that the registry holds with the same bytes, and stops at others") },
];

impl Alias {
    /// Whether it has this meaning in a mode.
    pub fn is_of(&self, mode: ModeName) -> bool {
        let of_input = || input_named(self.of).is_some_and(|input| input.modes.contains(&mode));
        of_input() && (self.modes.is_empty() || self.modes.contains(&mode))
    }

    /// What a text of it means here; empty where it means what holds anyway.
    ///
    /// # Errors
    /// When the text is none of the words that it takes.
    pub fn translate(&self, text: &str) -> Result<String, String> {
        let Means::Words(words) = self.means else { return Ok(text.to_owned()) };
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
        found.map(|(_, ours)| (*ours).to_owned()).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
            format!("`{shown}` is neither {}", words.join(" nor "))
        })
    }
}

/// The other names of an input in a mode.
pub fn aliases_of(input: &Input, mode: ModeName) -> impl Iterator<Item = &'static Alias> {
    let name = input.name;
    ALIASES.iter().filter(move |alias| alias.of == name && alias.is_of(mode))
}

/// The names that are none of ours, each once, in the order of the table: what an action has to declare beside the inputs.
pub fn alias_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for alias in ALIASES {
        if input_named(alias.name).is_none() && !names.contains(&alias.name) {
            names.push(alias.name);
        }
    }
    names
}

/// Whether a name is another one of some input, however its capitals are: variables have nothing else.
pub fn is_alias(name: &str) -> bool {
    ALIASES.iter().any(|alias| alias.name.eq_ignore_ascii_case(name))
}

/// Our name for what another action calls so.
pub fn another_name(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|alias| alias.name == name).map(|alias| alias.of)
}

/// What a mode has to say of a name that it has no counterpart for.
pub fn foreign_in(name: &str, mode: ModeName) -> Option<&'static Foreign> {
    FOREIGN.iter().find(|foreign| foreign.mode == mode && foreign.name.eq_ignore_ascii_case(name))
}

/// What any mode has to say of such a name.
pub fn foreign_named(name: &str) -> Option<&'static Foreign> {
    FOREIGN.iter().find(|foreign| foreign.name.eq_ignore_ascii_case(name))
}

/// What comes of a word that another action takes under our name.
pub fn answer_to(input: &str, word: &str) -> Option<Answer> {
    let is_it = |row: &&ForeignWord| row.input == input && row.word.eq_ignore_ascii_case(word);
    FOREIGN_WORDS.iter().find(is_it).map(|row| row.answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::schema::inputs_of;

    #[test]
    fn every_name_has_one_meaning_in_a_mode() {
        for mode in ModeName::ALL {
            let own: Vec<_> = inputs_of(*mode).map(|input| input.name).collect();
            let mut seen = Vec::new();
            let aliases = ALIASES.iter().filter(|alias| alias.is_of(*mode)).map(|alias| alias.name);
            let foreign = FOREIGN.iter().filter(|foreign| foreign.mode == *mode).map(|foreign| foreign.name);
            for name in aliases.chain(foreign) {
                assert!(!own.contains(&name), "{mode} has an input `{name}` of its own");
                assert!(!seen.contains(&name.to_ascii_lowercase()), "{mode} has two meanings of `{name}`");
                seen.push(name.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn every_row_is_about_an_input_and_a_mode_that_there_are() {
        for alias in ALIASES {
            let input = input_named(alias.of).unwrap_or_else(|| panic!("{}", alias.of));
            assert!(alias.modes.iter().all(|mode| input.modes.contains(mode)), "{}", alias.name);
            assert!(ModeName::ALL.iter().any(|mode| alias.is_of(*mode)) && !alias.from.is_empty());
            assert!(alias.name != alias.of, "{}", alias.name);
            if let Means::Words(words) = alias.means {
                assert!(words.len() > 1, "{}", alias.name);
            }
        }
        for word in FOREIGN_WORDS {
            assert!(input_named(word.input).is_some(), "{}", word.input);
        }
        for peer in Peer::ALL {
            let peers = ALIASES.iter().map(|row| row.from).chain(FOREIGN.iter().map(|row| row.from));
            assert!(peers.flatten().any(|named| named == peer), "{}", peer.name());
        }
    }

    #[test]
    fn what_to_write_instead_names_inputs_that_there_are() {
        let hints = FOREIGN.iter().map(|foreign| (foreign.mode, foreign.instead));
        for (mode, hint) in hints {
            let words = hint.split('`').skip(1).step_by(2);
            for word in words.filter_map(|word| word.split_once(": ").map(|(key, _)| key)) {
                let is_key = !word.chars().any(char::is_numeric);
                let known = input_named(word).is_some_and(|input| input.modes.contains(&mode));
                assert!(!is_key || known, "{hint}");
            }
        }
    }

    #[test]
    fn words_are_translated_and_others_refused() {
        let draft = ALIASES.iter().find(|alias| alias.name == "draft").expect("a row");
        assert_eq!(draft.translate("TRUE").as_deref(), Ok("false"));
        assert_eq!(
            draft.translate("yes\u{1b}"),
            Err("`yes\\u{1b}` is neither `true` nor `false`".to_owned())
        );
        assert_eq!(answer_to("make-latest", "legacy"), Some(Answer::Means("auto")));
        assert_eq!(answer_to("make-latest", "true"), None);
    }
}
