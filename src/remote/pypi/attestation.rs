//! Attestations of a file (PEP 740), as they lie beside it: `<file>.<what>.attestation`.
//!
//! They are sent as they are. Whether their signatures hold is the index's affair; what it would refuse without
//! looking at a signature is told before anything is sent.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::model::artifact::{Artifact, Distribution};
use crate::model::digest::Sha256;
use crate::model::endpoints::{IN_TOTO_STATEMENT, PUBLISH_PREDICATE, SLSA_PROVENANCE_PREDICATE};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::remote::http::answer::words;

/// Real ones have about 10 KiB.
const LIMIT_BYTES: u64 = 1 << 20;
/// PyPI takes no more for one file.
const MOST: usize = 2;

/// An attestation, as far as an index looks at it before it checks the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attestation {
    /// The whole object, as it was written.
    text: String,
    predicate_type: String,
    /// Whether it says more than that it is one.
    has_predicate: bool,
    subjects: Vec<Subject>,
}

/// What an attestation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subject {
    name: Option<String>,
    sha256: Option<Sha256>,
}

/// Why a sidecar file cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SidecarError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("`{path}` is no attestation")]
    Content {
        path: String,
        #[source]
        source: AttestationError,
    },
}

/// Why a text is no attestation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AttestationError {
    #[error("it is not the JSON of an attestation ({found})")]
    Shape { found: String },
    #[error("it is a Sigstore bundle, which has to be converted into an attestation first")]
    Bundle,
    #[error("it has version {found}, and indexes know version 1")]
    Version { found: u64 },
    #[error("its {field} is not in base64, or empty")]
    Base64 { field: &'static str },
    #[error("it holds no entry of a transparency log")]
    NoEntry,
    #[error("its statement is not the JSON of an in-toto statement ({found})")]
    Statement { found: String },
}

/// Why an index would refuse the attestations of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misfit {
    #[error("there are {found} attestations, and an index takes {MOST} for one file at most")]
    TooMany { found: usize },
    #[error("there are {found} attestations of the type `{predicate_type}`, and an index takes one of each")]
    Twice { predicate_type: String, found: usize },
    #[error("an attestation is of the type `{predicate_type}`, which indexes do not take")]
    Type { predicate_type: String },
    #[error("the publish attestation has a predicate, which has to be empty")]
    Predicate,
    #[error("an attestation has {found} subjects, and may have no other than this file")]
    Subjects { found: usize },
    #[error("an attestation is about `{found}`")]
    Name { found: String },
    #[error("an attestation is about bytes with sha256 {found}, and the file has {expected}")]
    Digest { found: String, expected: Sha256 },
}

/// The wire form (version 1 of the attestation object).
#[derive(Deserialize)]
struct Wire {
    version: u64,
    verification_material: Material,
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Material {
    certificate: String,
    transparency_entries: Vec<serde_json::Map<String, Value>>,
}

#[derive(Deserialize)]
struct Envelope {
    statement: String,
    signature: String,
}

/// The statement inside (in-toto, version 1).
#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<WireSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(default)]
    predicate: Option<Value>,
}

#[derive(Deserialize)]
struct WireSubject {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    digest: BTreeMap<String, Value>,
}

/// Whether a file of this name beside `distribution` holds an attestation of it: what twine and uv take for one too.
pub(crate) fn is_sidecar_of(name: &str, distribution: &str) -> bool {
    let between = name.strip_prefix(distribution).and_then(|rest| rest.strip_suffix(".attestation"));
    between.and_then(|between| between.strip_prefix('.')).is_some_and(|what| !what.is_empty())
}

/// Reads one from the file that it lies in.
///
/// # Errors
/// When the file cannot be read, is larger than any attestation, or holds something else.
pub(crate) fn read(disk: &DiskRead, path: &Path) -> Result<Attestation, SidecarError> {
    let text = disk.text(path, LIMIT_BYTES)?.ok_or_else(|| DiskError {
        path: path.display().to_string(),
        action: "read",
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    text.parse().map_err(|source| SidecarError::Content { path: path.display().to_string(), source })
}

/// The attestations as the form of an upload carries them; nothing when there is none.
pub(crate) fn field(attestations: &[Attestation]) -> Option<String> {
    let texts: Vec<_> = attestations.iter().map(|attestation| attestation.text.as_str()).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(",")))
}

/// Why an index would refuse `attestations` beside this file; nothing when it would look at their signatures.
pub(crate) fn misfits(artifact: &Artifact, attestations: &[Attestation]) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if attestations.len() > MOST {
        misfits.push(Misfit::TooMany { found: attestations.len() });
    }
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for attestation in attestations {
        *types.entry(&attestation.predicate_type).or_default() += 1;
        misfits.extend(attestation.misfit(artifact));
    }
    for (predicate_type, found) in types.into_iter().filter(|(_, found)| *found > 1) {
        misfits.push(Misfit::Twice { predicate_type: predicate_type.to_owned(), found });
    }
    misfits
}

impl Attestation {
    /// The first thing that an index would say against it.
    fn misfit(&self, artifact: &Artifact) -> Option<Misfit> {
        let Self { text: _, predicate_type, has_predicate, subjects } = self;
        if ![PUBLISH_PREDICATE, SLSA_PROVENANCE_PREDICATE].contains(&predicate_type.as_str()) {
            return Some(Misfit::Type { predicate_type: predicate_type.clone() });
        }
        if *has_predicate && predicate_type == PUBLISH_PREDICATE {
            return Some(Misfit::Predicate);
        }
        let [Subject { name, sha256 }] = &subjects[..] else {
            return Some(Misfit::Subjects { found: subjects.len() });
        };
        if !name.as_ref().is_some_and(|name| is_same_distribution(name, artifact)) {
            return Some(Misfit::Name { found: name.clone().unwrap_or_else(|| "nothing".into()) });
        }
        let expected = artifact.sha256;
        let found = || sha256.map_or_else(|| "nothing".into(), |found| found.to_string());
        (*sha256 != Some(expected)).then(|| Misfit::Digest { found: found(), expected })
    }
}

/// Whether `name` stands for the same wheel or sdist, however it is spelled: signers normalise the names.
fn is_same_distribution(name: &str, artifact: &Artifact) -> bool {
    let theirs = name.parse().ok().and_then(|name| Distribution::of_file_name(&name));
    match (theirs, artifact.distribution()) {
        (Some(Distribution::Wheel(theirs)), Some(Distribution::Wheel(ours))) => {
            let sorted = |tags: &mut dyn Iterator<Item = String>| {
                let mut tags: Vec<_> = tags.collect();
                tags.sort();
                tags
            };
            (theirs.name(), theirs.version(), theirs.build()) == (ours.name(), ours.version(), ours.build())
                && sorted(&mut theirs.tags()) == sorted(&mut ours.tags())
        }
        (Some(Distribution::Sdist(theirs)), Some(Distribution::Sdist(ours))) => {
            (theirs.name(), theirs.version()) == (ours.name(), ours.version())
        }
        _ => name == artifact.file_name.as_str(),
    }
}

impl FromStr for Attestation {
    type Err = AttestationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let Wire { version, verification_material, envelope } =
            serde_json::from_str(text).map_err(|error| not_an_attestation(text, &error))?;
        if version != 1 {
            return Err(AttestationError::Version { found: version });
        }
        let Material { certificate, transparency_entries } = verification_material;
        if transparency_entries.is_empty() {
            return Err(AttestationError::NoEntry);
        }
        let Envelope { statement, signature } = envelope;
        decoded(&certificate, "certificate")?;
        decoded(&signature, "signature")?;
        let statement = decoded(&statement, "statement")?;
        let statement: Statement = serde_json::from_slice(&statement)
            .map_err(|error| AttestationError::Statement { found: words(&error.to_string()) })?;
        let Statement { kind, subject, predicate_type, predicate } = statement;
        if kind != IN_TOTO_STATEMENT {
            return Err(AttestationError::Statement { found: format!("type `{}`", words(&kind)) });
        }
        let has_predicate = predicate.is_some_and(|predicate| {
            !predicate.is_null() && predicate.as_object().is_none_or(|fields| !fields.is_empty())
        });
        let subjects = subject.into_iter().map(|WireSubject { name, digest }| Subject {
            name: name.as_deref().map(words),
            sha256: digest.get("sha256").and_then(|digest| digest.as_str()?.parse().ok()),
        });
        Ok(Self {
            text: text.to_owned(),
            predicate_type: words(&predicate_type),
            has_predicate,
            subjects: subjects.collect(),
        })
    }
}

/// Base64 as signers write it, line breaks included.
fn decoded(text: &str, field: &'static str) -> Result<Vec<u8>, AttestationError> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty()).ok_or(AttestationError::Base64 { field })
}

/// People give the bundle that the signer left instead.
fn not_an_attestation(text: &str, error: &serde_json::Error) -> AttestationError {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    if value.get("verificationMaterial").is_some() || value.get("mediaType").is_some() {
        return AttestationError::Bundle;
    }
    AttestationError::Shape { found: words(&error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artifact::ArtifactKind;
    use crate::model::digest::Hashes;

    const WHEEL: &str = "foo_bar-1.0-cp311.cp312-abi3-win32.whl";

    fn artifact(name: &str) -> Artifact {
        let kind = Distribution::of_file_name(&name.parse().expect("good")).expect("a distribution");
        Artifact::new(name.parse().expect("good"), Hashes::of(b"abc"), ArtifactKind::Distribution(kind))
    }

    fn statement(subjects: &str, predicate_type: &str, predicate: &str) -> String {
        format!(
            r#"{{"_type":"{IN_TOTO_STATEMENT}","subject":{subjects},"predicateType":"{predicate_type}","predicate":{predicate}}}"#
        )
    }

    fn subject(name: &str, bytes: &[u8]) -> String {
        format!(r#"[{{"name":"{name}","digest":{{"sha256":"{}"}}}}]"#, Sha256::of(bytes))
    }

    fn object(statement: &str) -> String {
        let statement = STANDARD.encode(statement);
        format!(
            "{{\"version\":1, \"verification_material\":{{\"certificate\":\"AA==\",\"transparency_entries\":[{{}}]}},\n\
             \"envelope\":{{\"statement\":\"{statement}\",\"signature\":\"AA==\"}}}}\n"
        )
    }

    fn of(subjects: &str, predicate_type: &str, predicate: &str) -> Attestation {
        object(&statement(subjects, predicate_type, predicate)).parse().expect("an attestation")
    }

    #[test]
    fn what_is_sent_is_what_was_written() {
        let texts = [PUBLISH_PREDICATE, SLSA_PROVENANCE_PREDICATE]
            .map(|kind| object(&statement(&subject(WHEEL, b"abc"), kind, "null")));
        let attestations = texts.clone().map(|text| text.parse().expect("an attestation"));
        assert_eq!(field(&attestations), Some(format!("[{},{}]", texts[0].trim(), texts[1].trim())));
        assert_eq!(field(&[]), None);
        assert_eq!(misfits(&artifact(WHEEL), &attestations), []);
    }

    #[test]
    fn a_subject_may_be_spelled_as_signers_normalise_it() {
        for name in
            [WHEEL, "foo_bar-1.0-cp312.cp311-abi3-win32.whl", "Foo.Bar-1.0.0-cp311.cp312-abi3-win32.whl"]
        {
            let same = of(&subject(name, b"abc"), PUBLISH_PREDICATE, "{}");
            assert_eq!(misfits(&artifact(WHEEL), &[same]), [], "{name}");
        }
        let sdist = of(&subject("Foo_Bar-1.0.0.tar.gz", b"abc"), PUBLISH_PREDICATE, "{}");
        assert_eq!(misfits(&artifact("foo_bar-1.0.tar.gz"), &[sdist]), []);
    }

    #[test]
    fn what_an_index_refuses_is_told() {
        let good = || of(&subject(WHEEL, b"abc"), PUBLISH_PREDICATE, "null");
        let other = || of(&subject(WHEEL, b"abc"), SLSA_PROVENANCE_PREDICATE, r#"{"a":1}"#);
        let told = |attestations: &[Attestation]| misfits(&artifact(WHEEL), attestations);
        assert_eq!(told(&[good(), other()]), []);
        assert_eq!(
            told(&[good(), good()]),
            [Misfit::Twice { predicate_type: PUBLISH_PREDICATE.into(), found: 2 }]
        );
        assert!(matches!(
            &told(&[good(), other(), good()])[..],
            [Misfit::TooMany { found: 3 }, Misfit::Twice { .. }]
        ));
        assert_eq!(
            told(&[of(&subject(WHEEL, b"abc"), "urn:x", "null")]),
            [Misfit::Type { predicate_type: "urn:x".into() }]
        );
        assert_eq!(
            told(&[of(&subject(WHEEL, b"abc"), PUBLISH_PREDICATE, r#"{"a":1}"#)]),
            [Misfit::Predicate]
        );
        for (subjects, found) in [("[]".to_owned(), 0), (format!("[{0},{0}]", r#"{"digest":{}}"#), 2)] {
            assert_eq!(told(&[of(&subjects, PUBLISH_PREDICATE, "null")]), [Misfit::Subjects { found }]);
        }
        for name in [
            "foo_bar-1.1-cp311.cp312-abi3-win32.whl",
            "foo_bar-1.0-cp311-abi3-win32.whl",
            "foo_bar-1.0.tar.gz",
            "x",
        ] {
            let wrong = of(&subject(name, b"abc"), PUBLISH_PREDICATE, "null");
            assert_eq!(told(&[wrong]), [Misfit::Name { found: name.into() }]);
        }
        let rebuilt = of(&subject(WHEEL, b"abd"), PUBLISH_PREDICATE, "null");
        assert!(matches!(&told(&[rebuilt])[..], [Misfit::Digest { .. }]));
        let bare = of(&format!(r#"[{{"name":"{WHEEL}"}}]"#), PUBLISH_PREDICATE, "null");
        assert!(matches!(&told(&[bare])[..], [Misfit::Digest { found, .. }] if found == "nothing"));
    }

    #[test]
    fn what_is_no_attestation_is_refused_by_what_it_is() {
        let good = object(&statement(&subject(WHEEL, b"abc"), PUBLISH_PREDICATE, "null"));
        let parsed = |text: &str| text.parse::<Attestation>().expect_err("no attestation");
        assert_eq!(
            parsed(&good.replace("\"version\":1", "\"version\":2")),
            AttestationError::Version { found: 2 }
        );
        assert_eq!(parsed(&good.replace("[{}]", "[]")), AttestationError::NoEntry);
        for field in ["certificate", "signature"] {
            let bad = good.replace(&format!("\"{field}\":\"AA==\""), &format!("\"{field}\":\"!\""));
            assert_eq!(parsed(&bad), AttestationError::Base64 { field });
        }
        assert_eq!(parsed(r#"{"mediaType":"a","verificationMaterial":{}}"#), AttestationError::Bundle);
        for other in ["{}", "x", r#"{"_type":"urn:other","subject":[],"predicateType":"a"}"#] {
            assert!(matches!(parsed(&object(other)), AttestationError::Statement { .. }), "{other}");
        }
        for end in (0..good.trim_end().len()).step_by(7) {
            assert!(matches!(parsed(&good[..end]), AttestationError::Shape { .. }), "{end}");
        }
        assert!(matches!(parsed(&"[".repeat(10_000)), AttestationError::Shape { .. }));
    }

    #[test]
    fn sidecars_are_known_by_their_names_and_bounded() {
        assert!(is_sidecar_of("a.whl.publish.attestation", "a.whl"));
        assert!(is_sidecar_of("a.whl.slsa.provenance.attestation", "a.whl"));
        for other in [
            "a.whl.attestation",
            "a.whl",
            "b.whl.publish.attestation",
            "a.whl..attestation",
            "a.whlx.y.attestation",
        ] {
            assert!(!is_sidecar_of(other, "a.whl"), "{other}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let disk = DiskRead::default();
        assert!(matches!(read(&disk, &path), Err(SidecarError::Disk(_))));
        let large = vec![b' '; usize::try_from(LIMIT_BYTES).expect("small") + 1];
        crate::remote::disk::write::DiskWrite.ensure_file(&path, &large).expect("written");
        assert!(matches!(read(&disk, &path), Err(SidecarError::Disk(_))));
        crate::remote::disk::write::DiskWrite.ensure_file(&path, b"{}").expect("written");
        assert!(matches!(read(&disk, &path), Err(SidecarError::Content { .. })));
    }
}
