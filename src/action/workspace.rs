//! The workspace under its two names: on the runner's machine, and in our container.
//!
//! The runner translates a value only when the whole of it begins with the host's path, so the second line of a
//! list of paths would name a folder that the container does not have.

use std::path::Path;

use super::env::Environment;

/// The workspace's path outside and inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    outside: String,
    inside: String,
}

impl Workspace {
    /// The two names, where there are two. `RUNNER_WORKSPACE` stays untranslated, and the workspace is the folder
    /// in it that has the repository's name.
    pub(crate) fn of(environment: &Environment) -> Option<Self> {
        let inside = environment.get("GITHUB_WORKSPACE")?.trim_end_matches('/');
        let parent = environment.get("RUNNER_WORKSPACE")?.trim_end_matches('/');
        let (_, name) = environment.get("GITHUB_REPOSITORY")?.split_once('/')?;
        let outside = format!("{parent}/{name}");
        // As paths: on Windows, where nothing is translated either, the variables have backslashes.
        (Path::new(&outside) != Path::new(inside)).then(|| Self { outside, inside: inside.to_owned() })
    }

    /// Every line that is a path of the host's workspace, as a path of ours.
    pub(crate) fn translate(&self, text: &str) -> String {
        let lines = text.split('\n').map(|line| self.line(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, line: &str) -> String {
        let path = line.trim_start();
        match path.strip_prefix(self.outside.as_str()) {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '\r']) => {
                format!("{}{rest}", self.inside)
            }
            _ => line.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(workspace: &str) -> Environment {
        Environment::from_iter([
            ("RUNNER_WORKSPACE", "/home/runner/work/zlmdb"),
            ("GITHUB_REPOSITORY", "crossbario/zlmdb"),
            ("GITHUB_WORKSPACE", workspace),
        ])
    }

    #[test]
    fn every_line_is_translated_and_only_whole_folders() {
        let workspace = Workspace::of(&environment("/github/workspace")).expect("two names");
        let given = "/github/workspace/a\n  /home/runner/work/zlmdb/zlmdb/b c\n/home/runner/work/zlmdb/zlmdb\n\
                     /home/runner/work/zlmdb/zlmdb-other/x\ndist";
        let expected = "/github/workspace/a\n/github/workspace/b c\n/github/workspace\n\
                        /home/runner/work/zlmdb/zlmdb-other/x\ndist";
        assert_eq!(workspace.translate(given), expected);
    }

    #[test]
    fn outside_a_container_nothing_is_translated() {
        assert_eq!(Workspace::of(&environment("/home/runner/work/zlmdb/zlmdb")), None);
        assert_eq!(Workspace::of(&Environment::default()), None);
    }
}
