//! How indexes say that they hold a file of this name, or these bytes, already.
//!
//! There is no common answer, and some servers change theirs with the database behind them. So the words are only a
//! reason to look again with patience: what the index shows decides, and a server that is not in the table is looked at
//! all the same, once.

/// An answer that a server was seen to give.
#[derive(Debug)]
pub(super) struct Taken {
    /// Who gives it.
    #[cfg_attr(not(test), expect(dead_code, reason = "people read it, and a test has an answer of each"))]
    pub(super) server: &'static str,
    /// Its status.
    status: u16,
    /// What it says, in lower case; nothing where the status says it all.
    words: &'static str,
    /// Where it was seen.
    #[cfg_attr(not(test), expect(dead_code, reason = "people read it, and a test sees that it is there"))]
    pub(super) source: &'static str,
}

const fn row(server: &'static str, status: u16, words: &'static str, source: &'static str) -> Taken {
    Taken { server, status, words, source }
}

/// One row for each answer of each server.
pub(super) const TAKEN: &[Taken] = &[
    row("PyPI, TestPyPI", 400, "file already exists", "Warehouse: `forklift/legacy.py`"),
    row("pypiserver", 409, "", "pypiserver 2.4.2, run"),
    row("pypiserver, to clients that it takes for old ones", 400, "already exists", "pypiserver 2.4.2, run"),
    row("devpi", 409, "", "devpi-server, run"),
    row("Artifactory", 403, "overwrite artifact", "twine issue 332"),
    row("Artifactory since 2025", 403, "overwrite all artifacts", "twine issue 1251"),
    row("Nexus on OrientDB", 400, "updating asset", "twine issue 693"),
    row("Nexus on PostgreSQL and H2", 400, "cannot be updated", "twine issue 1044, nexus-public issue 696"),
    row("GitLab", 400, "already been taken", "twine issue 697"),
    row("Google Artifact Registry", 400, "entity already exists", "twine issue 816"),
    row("AWS CodeArtifact", 409, "", "the log of a release that was run again (khora, 2026-05)"),
    row("Azure Artifacts", 409, "already contains file", "uv issue 8817"),
];

/// Whether an answer with `status` says so; `said` is all of its words in lower case.
pub(super) fn says_taken(status: u16, said: &str) -> bool {
    TAKEN.iter().any(|row| row.status == status && said.contains(row.words))
}
