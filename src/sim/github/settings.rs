//! What holds for the repository, and what goes wrong in it.

/// What holds for the repository until somebody changes it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether strangers see nothing.
    pub private: bool,
    /// The branch that releases are made from unless told otherwise.
    pub default_branch: String,
    /// Whether publishing fixes a release for ever. // R28
    pub immutable_releases: bool,
    /// Whether a draft loses its tag in every `PATCH` that does not repeat it. // R12
    pub strict_patches: bool,
    /// Whether assets are answered at once, in place of a redirection. // R26
    pub direct_downloads: bool,
    /// Whether files of releases get no digest, as on servers that are older. // R24
    pub undigested_assets: bool,
    /// Beginnings of tag names that a rule forbids to create, move and delete. // R11
    pub protected_tags: Vec<String>,
    /// What rules forbid on branches. // R11
    pub branch_rules: Vec<BranchRule>,
    /// Whether jobs may open no pull requests, as repositories are set unless somebody changes it.
    pub jobs_open_no_pulls: bool,
    /// Whether nobody learns which run a dispatch began, as on servers that are older.
    pub silent_dispatches: bool,
    /// A list of a tree's files ends after so many.
    pub tree_entries: usize,
    /// The discussion categories there are. // R9
    pub discussion_categories: Vec<String>,
    /// How many assets a release may have. // R19
    pub assets_per_release: usize,
    /// An asset must be smaller than this. // R19
    pub asset_limit_bytes: u64,
    /// Whether the artifact service writes its fields as `signedUploadUrl`; else as `signed_upload_url`.
    pub camel_case_results: bool,
}

/// A rule for branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchRule {
    /// How the names of the branches begin that it is for.
    pub beginning: String,
    /// What it forbids.
    pub forbids: Forbidden,
    /// Whether it is a branch protection of the older kind, which has words of its own.
    pub older: bool,
}

/// What a rule forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// To make such a branch.
    Creation,
    /// To move one.
    Update,
    /// To move one in any other way than by a pull request.
    Unreviewed,
    /// To move one to a commit without this check.
    Unchecked(String),
    /// To make or move one to a commit without a signature that the service knows.
    Unsigned,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            private: false,
            default_branch: "main".to_owned(),
            immutable_releases: false,
            strict_patches: true,
            direct_downloads: false,
            undigested_assets: false,
            protected_tags: Vec::new(),
            branch_rules: Vec::new(),
            jobs_open_no_pulls: false,
            silent_dispatches: false,
            tree_entries: 100_000,
            discussion_categories: Vec::new(),
            assets_per_release: 1_000,
            asset_limit_bytes: 2 << 30,
            camel_case_results: false,
        }
    }
}

/// What goes wrong inside the service, each for the next so many requests it could happen to.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    /// Uploads that end in 502 and leave a `starter` row. // R22
    pub failing_uploads: u32,
    /// Uploads that end in 502 although the file was stored. // R23
    pub ambiguous_uploads: u32,
    /// Files that keep being refused a name although its file was deleted a moment ago. // R25
    pub lingering_names: u32,
    /// Uploads that store other bytes than were sent.
    pub corrupt_uploads: u32,
    /// Downloads that deliver other bytes than are stored.
    pub corrupt_downloads: u32,
    /// Asset downloads that end in a web page with status 200. // R26
    pub unicorn_downloads: u32,
    /// Downloads that announce all bytes and break off half-way.
    pub cut_downloads: u32,
    /// Downloads that end well, one byte too early.
    pub short_downloads: u32,
    /// Downloads that end in a page of somebody else's, with status 200.
    pub html_downloads: u32,
    /// Artifacts that are listed, and have expired when they are asked for. // R37
    pub expired_downloads: u32,
    /// After so many further requests no token is known any more.
    pub tokens_last: Option<u32>,
    /// For so many lists the next run that is dispatched does not show.
    pub late_dispatches: u32,
    /// Searches for runs by commit that find nothing. // R33
    pub blind_run_searches: u32,
    /// Requests to the artifact service that come too fast.
    pub throttled_results: u32,
}
