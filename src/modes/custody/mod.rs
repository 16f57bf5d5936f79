//! Who vouches for which bytes: the files of artifacts against the texts in which their producers stated digests.
//!
//! GitHub's digest proves that an artifact arrived as it was uploaded. These texts go back further, to the moment when the
//! producer wrote them: lists of checksums, manifests that `validate-wheels` left, and `.meta` files. Files with their
//! digests and these texts go in, proofs and findings come out; nothing is read or written here.

mod artifact;
pub(crate) mod merge;
mod resolve;
mod rules;

use std::collections::BTreeSet;

use crate::model::digest::{Hashes, Sha256};
use crate::model::manifest::Manifest;
use crate::report::Finding;
use artifact::{Plain, Statements};
pub(crate) use rules::RULES;
use rules::{NOTHING_VERIFIED, UNPROVEN};

/// So many names are told of one kind of finding.
const MOST_NAMES: usize = 10;

/// An artifact that was unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    /// Its name.
    pub(crate) name: String,
    /// Its own digest, as GitHub states it.
    pub(crate) sha256: Option<Sha256>,
    /// Its files.
    pub(crate) files: Vec<Held>,
}

/// A file of an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// The path in the artifact, with `/` between folders.
    pub(crate) path: String,
    /// The digest of the bytes that were unpacked.
    pub(crate) hashes: Hashes,
    /// What it says, where [`is_read`] asks for it.
    pub(crate) text: Text,
}

/// A text that may state digests.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// It was not asked for.
    Unasked,
    /// The whole of it.
    Read(Vec<u8>),
    /// It is longer than all such texts together may be.
    TooLong,
}

/// What is known of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// It speaks of other files: it is kept as a record and not released.
    pub(crate) is_record: bool,
    /// It states the digest of the file that it stands beside, so it needs no proof itself.
    pub(crate) is_meta: bool,
    /// Its bytes are not those that a text states.
    pub(crate) is_wrong: bool,
    /// The texts that state its digest, as artifact and path.
    pub(crate) proofs: BTreeSet<String>,
}

impl Verdict {
    /// Whether somebody has to vouch for the file, and nobody does.
    fn needs_proof(&self) -> bool {
        !self.is_record && !self.is_meta && self.proofs.is_empty()
    }
}

/// What is known of all files.
#[derive(Debug, Default)]
pub(crate) struct Custody {
    /// For each artifact, for each of its files, in the order given.
    pub(crate) verdicts: Vec<Vec<Verdict>>,
    /// The manifests that were found, each with artifact and path.
    pub(crate) manifests: Vec<(String, Manifest)>,
    /// What does not hold.
    pub(crate) findings: Vec<Finding>,
    /// How many files have other bytes than a text states; only the first of them are told.
    mismatches: usize,
    plain: Plain,
}

/// Whether the text of the file at `path` has to be known: it may speak of others.
pub(crate) fn is_read(path: &str) -> bool {
    artifact::is_statement(path)
}

/// Whether the text of a file for which [`is_read`] asks does speak of others. What other programs call the same does
/// not, and need not be held in memory.
pub(crate) fn speaks(path: &str, text: &[u8]) -> bool {
    artifact::speaks(path, text)
}

/// Whether a file at `path` is told in full where the records are gathered.
pub(crate) fn is_told(path: &str) -> bool {
    artifact::is_account(path)
}

/// Holds every file to what the texts say of it. With `required`, every file must have its digest from its producer.
pub(crate) fn prove(holdings: &[Holding], required: bool) -> Custody {
    let mut custody = Custody { plain: Plain::of(holdings), ..Custody::default() };
    let mut statements = Vec::new();
    for holding in holdings {
        let mut verdicts = vec![Verdict::default(); holding.files.len()];
        statements.push(Statements::read(holding, &mut verdicts, &mut custody.findings));
        custody.verdicts.push(verdicts);
    }
    for (at, told) in statements.iter().enumerate() {
        // An artifact of nothing but texts speaks of the files of the others: a job validated what several built.
        let speaks_of_others = custody.verdicts[at].iter().all(|verdict| verdict.is_record);
        let about: Vec<usize> =
            (0..holdings.len()).filter(|other| (*other == at) != speaks_of_others).collect();
        told.judge(holdings, at, &about, &mut custody);
    }
    custody.manifests = statements.into_iter().flat_map(Statements::into_manifests).collect();
    if required {
        require(holdings, &mut custody);
    }
    custody
}

/// Finds files without a proof; when there is no proof at all, that is said once.
fn require(holdings: &[Holding], custody: &mut Custody) {
    let mut verified = 0;
    let mut findings = Vec::new();
    for (holding, verdicts) in holdings.iter().zip(&custody.verdicts) {
        verified +=
            verdicts.iter().filter(|verdict| !verdict.is_record && !verdict.proofs.is_empty()).count();
        let files = holding.files.iter().zip(verdicts);
        let unproven = files.filter(|(_, verdict)| verdict.needs_proof() && !verdict.is_wrong);
        let paths: Vec<_> = unproven.map(|(file, _)| file.path.as_str()).collect();
        if !paths.is_empty() {
            let message = format!("no text of its producer states a digest of {}", names(&paths));
            findings.push(UNPROVEN.finding(message).in_file(holding.name.clone()));
        }
    }
    if verified == 0 {
        let artifacts: Vec<_> = holdings.iter().map(|holding| holding.name.as_str()).collect();
        findings = vec![NOTHING_VERIFIED.finding(format!("no file of {} has one", names(&artifacts)))];
    }
    custody.findings.extend(findings);
}

/// Some names, for a message.
fn names(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(MOST_NAMES).map(|name| format!("`{}`", shown(name))).collect();
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The beginning of a stranger's text.
fn shown(text: &str) -> String {
    crate::archive::shown(text).escape_debug().to_string()
}

#[cfg(test)]
mod tests;
