//! What may be found about the digests that producers state.

use crate::report::{Rule, Severity};

pub(super) const BAD_TEXT: Rule = Rule {
    id: "collect/bad-checksum-file",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file that states digests of others cannot be understood",
    explain: "Lists of checksums, manifests and `.meta` files are read whole or not at all: a line that is passed over \
              would prove nothing, and nobody would notice.",
    fix: "write it with `sha256sum`, `shasum -a 256` or `openssl dgst -sha256` in the producer",
    sources: &["coreutils manual, `sha256sum`", "OpenSSL manual, `openssl dgst`"],
    since: "0.1.0",
};

pub(super) const MISMATCH: Rule = Rule {
    id: "collect/checksum-mismatch",
    severity: Severity::Error,
    rejected_by: &["sha256sum"],
    summary: "A file has another digest than its producer states",
    explain: "The artifact arrived as it was uploaded, so the file was changed between the moment when its digest was \
              written and the upload: by a later step, or by somebody who had no business there.",
    fix: "find the step that changed the file, and write the digests after it",
    sources: &["design: bytes are proven from the build to the index"],
    since: "0.1.0",
};

pub(super) const ABSENT: Rule = Rule {
    id: "collect/listed-absent",
    severity: Severity::Error,
    rejected_by: &["sha256sum"],
    summary: "A list of checksums names a file that is not there",
    explain: "The producer had the file when it wrote the list and did not upload it: a pattern missed it, or the list is \
              of another build. Folders in front of a name need not agree, since uploads cut them off.",
    fix: "upload what the list names, or leave it out of the list",
    sources: &["incident: an upload step matched no file, warned, and the release went out without it"],
    since: "0.1.0",
};

pub(super) const NOT_LISTED: Rule = Rule {
    id: "collect/not-listed",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file stands beside a list of checksums that does not name it",
    explain: "Where a producer lists its files, one that is not on the list came from elsewhere or after it, and nobody \
              vouches for its bytes. Files that only describe others (`VALIDATION.txt`, `build-info.txt`) need no line.",
    fix: "list it in the producer, or upload it in another artifact",
    sources: &["incident: a verified download placed files that its list did not name"],
    since: "0.1.0",
};

pub(super) const META_CHECKSUM: Rule = Rule {
    id: "collect/meta-checksum",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The list of checksums is not the one that the artifact's name or its `.meta` file states",
    explain: "Some producers put the digest of their list into the artifact's name, so that whoever knows the name can prove \
              the list, and by the list every file. Line ends of Windows are left out of that digest.",
    fix: "run the producer again, and let nothing change the list after its digest was taken",
    sources: &["wamp-cicd, action `upload-artifact-verified`"],
    since: "0.1.0",
};

pub(super) const UNPROVEN: Rule = Rule {
    id: "collect/no-checksum",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file has no digest from its producer, and `require-checksums` asks for one",
    explain: "GitHub's digest of the artifact proves the transfer only. A digest of each file, written when it was built, \
              proves that no step in between changed it.",
    fix: "write `SHA256SUMS` beside the files in the producer, and upload it with them",
    sources: &["the input `require-checksums`"],
    since: "0.1.0",
};

pub(super) const NOTHING_VERIFIED: Rule = Rule {
    id: "collect/nothing-verified",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Not one file has a digest from its producer, and `require-checksums` asks for them",
    explain: "A run that verified nothing must not look like a run that verified everything.",
    fix: "write `SHA256SUMS` beside the files in each producer, and upload it with them",
    sources: &["the input `require-checksums`"],
    since: "0.1.0",
};

pub(super) const MANIFESTS: Rule = Rule {
    id: "collect/manifests-differ",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Manifests in the artifacts are not about the same release",
    explain: "Jobs of a matrix validate their own files and leave a manifest each. Together they make one release, so tag, \
              commit, version and the files that they share must be the same in all of them.",
    fix: "let all jobs run for the same tag and commit, and collect the artifacts of these runs only",
    sources: &["design: one manifest is the hand-off between jobs"],
    since: "0.1.0",
};

/// The rules of this part.
pub(crate) const RULES: &[Rule] =
    &[BAD_TEXT, MISMATCH, ABSENT, NOT_LISTED, META_CHECKSUM, UNPROVEN, NOTHING_VERIFIED, MANIFESTS];
