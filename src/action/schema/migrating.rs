//! The page for people who come from other actions, `docs/migrating.md`, written from the aliases. A test holds the file
//! to it.

use std::fmt::Write as _;

use super::ModeName;
use super::aliases::{ALIASES, Alias, Answer, FOREIGN, FOREIGN_WORDS, Means, Peer};

const INTRODUCTION: &str = "\
<!-- Written from src/action/schema/aliases.rs; `BLESS=1 cargo test --test it docs` writes it anew. -->

# Coming from other actions

The names that users of other actions know are understood, where they mean something here: as inputs of a step and as flags. Each
stands for the input beside it, and both with different values are refused. Names without a counterpart are refused with what to
write instead, so that nothing that was asked for is left out in silence. `release.toml` has this action's own names only
([configuration.md](configuration.md)).

A name that `action.yml` does not declare makes the runner warn, too; in the `bin` sub-action it goes no further than that.
";

const STRING: &str = "writing to a string cannot fail";

/// What the tables do not tell.
const fn note(peer: Peer) -> &'static str {
    match peer {
        Peer::GhActionPypiPublish => {
            "Keep `packages-dir`, and keep `id-token: write` for trusted publishing. Every file is checked first, and read back from the \
             index afterwards. What is there already with the same bytes is skipped without being told; other bytes under a taken name stop \
             the run before anything is sent. Attestations are not made here: a step that makes them leaves them in a folder, and \
             `attestations-dir` names it."
        }
        Peer::UvPublish => {
            "The flags are taken by `release-action publish`. `--check-url` is needed for an index of your own only; those of PyPI and \
             TestPyPI are known, and what is on the index is always looked at."
        }
        Peer::ActionGhRelease => {
            "Files in `packages-dir` and `assets-dir` go to the release without being named; `files` adds others. A release is a draft until all \
             of them are there, whoever runs at the same time. `body` and `generate_release_notes` together are refused: choose one by \
             `notes-from`. The outputs `url` and `id` are called `release-url` and `release-id` here."
        }
        Peer::NcipolloReleaseAction => {
            "`artifacts` is called `files` here, one line each and without commas. `commit` is a full hash; where GitHub is to make the tag, \
             write `target-commitish`, which takes a branch too. The outputs `html_url` and `id` are called `release-url` and `release-id`."
        }
        Peer::CreateGhReleaseAction => {
            "The tag is looked at by `verify-tag`, in a step before: `tag-prefix` and `branch-rules` stand there. In `title`, write `{tag}` for \
             `$tag` and `{version}` for `$version`. The output `computed-prefix` has no counterpart; `version` is an output of `verify-tag`."
        }
        Peer::DownloadArtifact => {
            "`collect-artifacts` finds the runs by itself, in other workflows too: `workflows` names them. Files are placed by their kind, or by \
             the lines of `artifacts`. A pattern that nothing matches stops the run."
        }
        Peer::DawiddDownloadArtifact => {
            "A run counts when it succeeded for the commit that is released. `run: latest` with `branch` takes the newest good one instead, \
             whatever it built. Runs of forks count with `allow-forks` only."
        }
        Peer::UploadArtifact => {
            "Lines of `paths` that name nothing stop the run, and lines that begin with `!` are not known: name what is wanted. Without \
             `artifact-name` there is no name `artifact`, since jobs of a matrix would take it from each other."
        }
        Peer::WampCicd => {
            "`upload-artifacts` and `collect-artifacts` take the place of the verified upload and download, and `validate-wheels` with `expect` \
             that of the check of the file set. Nothing is deleted there. Lists of checksums in either spelling are understood."
        }
        Peer::AllsGreen => {
            "It belongs into the workflow that tests. `verify-tag` asks, before anything is built, whether that workflow or its checks passed for \
             the tagged commit: `require-checks`."
        }
    }
}

/// The text of `docs/migrating.md`.
pub fn migrating_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for peer in Peer::ALL {
        write!(text, "\n## {}\n\n{}\n\n", peer.name(), note(*peer)).expect(STRING);
        text.push_str("| there | here | mode |\n|---|---|---|\n");
        for (name, here, modes) in rows(*peer) {
            writeln!(text, "| `{name}` | {here} | {modes} |").expect(STRING);
        }
    }
    text
}

/// The rows about one action, in alphabetical order: its name, ours, and the modes.
fn rows(peer: Peer) -> Vec<(String, String, String)> {
    let listed = |modes: &[&str]| modes.iter().map(|mode| format!("`{mode}`")).collect::<Vec<_>>().join(", ");
    let aliases = ALIASES.iter().filter(|alias| alias.from.contains(&peer)).map(|alias| {
        let modes = ModeName::ALL.iter().filter(|mode| alias.is_of(**mode)).map(|mode| mode.as_str());
        (alias.name.to_owned(), meaning(alias), listed(&modes.collect::<Vec<_>>()))
    });
    let foreign = FOREIGN.iter().filter(|foreign| foreign.from.contains(&peer));
    let foreign = foreign
        .map(|foreign| (foreign.name.to_owned(), cell(foreign.instead), listed(&[foreign.mode.as_str()])));
    let words = FOREIGN_WORDS.iter().filter(|word| word.from.contains(&peer)).map(|word| {
        let here = match word.answer {
            Answer::Means(ours) => format!("`{}: {ours}`", word.input),
            Answer::Instead(hint) => cell(hint),
        };
        let modes = super::input_named(word.input).map(|input| input.modes).unwrap_or_default();
        let modes: Vec<_> = modes.iter().map(|mode| mode.as_str()).collect();
        (format!("{}: {}", word.input, word.word), here, listed(&modes))
    });
    let mut rows: Vec<_> = aliases.chain(foreign).chain(words).collect();
    rows.sort();
    rows
}

fn meaning(alias: &Alias) -> String {
    match alias.means {
        Means::Same => format!("`{}`", alias.of),
        Means::Words(words) => {
            let word = |(there, here): &(&str, &str)| match *here {
                "" => format!("`{there}` is left out"),
                here => format!("`{there}` is `{}: {here}`", alias.of),
            };
            words.iter().map(word).collect::<Vec<_>>().join(", ")
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
