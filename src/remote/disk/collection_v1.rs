//! A collection as a file: JSON, its version in its name.
//!
//! It is written for people and for later steps of their workflows. This program never reads it back: what it says is
//! derived anew from the artifacts and compared with the bytes on the disk.

use serde::Serialize;

use crate::model::artifact::{ArtifactKind, Distribution};
use crate::model::collection::{CollectedFile, Collection, Source};

/// What `schema` says in a collection of this version.
pub(crate) const SCHEMA: &str = "release-action/collection/v1";

#[derive(Serialize)]
struct CollectionV1 {
    schema: &'static str,
    tag: Option<String>,
    commit: Option<String>,
    files: Vec<FileV1>,
    records: Vec<FileV1>,
}

#[derive(Serialize)]
struct FileV1 {
    path: String,
    size_bytes: u64,
    sha256: String,
    kind: &'static str,
    origin: OriginV1,
    proofs: Vec<String>,
}

#[derive(Serialize)]
struct OriginV1 {
    workflow: String,
    run_id: u64,
    run_attempt: Option<u64>,
    artifact: String,
    artifact_id: u64,
    artifact_sha256: Option<String>,
    member: String,
}

/// The collection's JSON text; the same collection gives the same bytes.
pub(crate) fn to_json(collection: &Collection) -> String {
    let Collection { tag, commit, files, records } = collection;
    let wire = CollectionV1 {
        schema: SCHEMA,
        tag: tag.as_ref().map(ToString::to_string),
        commit: commit.as_ref().map(ToString::to_string),
        files: files.iter().map(|file| file_v1(file, kind(&file.kind))).collect(),
        records: records.iter().map(|file| file_v1(file, "record")).collect(),
    };
    let mut text = serde_json::to_string_pretty(&wire).expect("these values are all JSON can hold");
    text.push('\n');
    text
}

const fn kind(kind: &ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Distribution(Distribution::Wheel(_)) => "wheel",
        ArtifactKind::Distribution(Distribution::Sdist(_)) => "sdist",
        ArtifactKind::Crate(_) => "crate",
        ArtifactKind::Other => "other",
    }
}

fn file_v1(file: &CollectedFile, kind: &'static str) -> FileV1 {
    let CollectedFile { path, size_bytes, sha256, kind: _, source, proofs } = file;
    let Source { workflow, run_id, run_attempt, artifact, artifact_id, artifact_sha256, member } = source;
    FileV1 {
        path: path.clone(),
        size_bytes: *size_bytes,
        sha256: sha256.to_string(),
        kind,
        origin: OriginV1 {
            workflow: workflow.clone(),
            run_id: *run_id,
            run_attempt: *run_attempt,
            artifact: artifact.clone(),
            artifact_id: *artifact_id,
            artifact_sha256: artifact_sha256.map(|sha256| sha256.to_string()),
            member: member.clone(),
        },
        proofs: proofs.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    #[test]
    fn a_collection_says_where_every_file_comes_from() {
        let source = Source {
            workflow: "wheels.yml".into(),
            run_id: 7,
            run_attempt: Some(2),
            artifact: "wheels".into(),
            artifact_id: 9,
            artifact_sha256: Some(Sha256::of(b"zip")),
            member: "dist/tool".into(),
        };
        let file = CollectedFile {
            path: "release-assets/tool".into(),
            size_bytes: 4,
            sha256: Sha256::of(b"tool"),
            kind: ArtifactKind::Other,
            source,
            proofs: vec!["wheels/SHA256SUMS".into()],
        };
        let collection = Collection { files: vec![file], ..Collection::default() };
        insta::assert_snapshot!(to_json(&collection), @r#"
        {
          "schema": "release-action/collection/v1",
          "tag": null,
          "commit": null,
          "files": [
            {
              "path": "release-assets/tool",
              "size_bytes": 4,
              "sha256": "7c9bbe5ec9b3fb774e8fa0f54247e93c34ddf8e5d16fe3073420de0ae81a262d",
              "kind": "other",
              "origin": {
                "workflow": "wheels.yml",
                "run_id": 7,
                "run_attempt": 2,
                "artifact": "wheels",
                "artifact_id": 9,
                "artifact_sha256": "4a70fe9aa6436e02c2dea340fbd1e352e4ef2d8ce6ca52ad25d4b95471fc8bf2",
                "member": "dist/tool"
              },
              "proofs": [
                "wheels/SHA256SUMS"
              ]
            }
          ],
          "records": []
        }
        "#);
        assert_eq!(collection.verified(), 1);
        assert_eq!(collection.sha256sums(), format!("{}  release-assets/tool\n", Sha256::of(b"tool")));
    }
}
