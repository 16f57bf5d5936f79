//! The service's messages. It writes its fields in one of two case styles, and numbers of 64 bits as texts.

use serde::{Deserialize, Deserializer};

use super::LeftArtifact;
use crate::remote::http::answer::Answer;

/// The answer of `ListArtifacts`; an empty list may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listed {
    pub(super) artifacts: Vec<Artifact>,
}

/// An artifact in a list.
#[derive(Debug, Deserialize)]
pub(super) struct Artifact {
    #[serde(alias = "workflowJobRunBackendId")]
    workflow_job_run_backend_id: String,
    #[serde(alias = "databaseId", deserialize_with = "number")]
    database_id: u64,
    pub(super) name: String,
    #[serde(default, deserialize_with = "number")]
    size: u64,
    #[serde(default)]
    digest: Option<String>,
}

/// The answer of `CreateArtifact`.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    #[serde(default)]
    pub(super) ok: bool,
    #[serde(default, alias = "signedUploadUrl")]
    pub(super) signed_upload_url: String,
}

/// The answer of `FinalizeArtifact` and `DeleteArtifact`; it has a number as well, which a list tells too.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    pub(super) ok: bool,
}

/// A refusal in Twirp's form.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refused {
    pub(super) code: Option<String>,
    pub(super) msg: Option<String>,
}

impl Refused {
    /// What a refusal says, where it says anything in this form.
    pub(super) fn of(answer: &Answer) -> Self {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }
}

impl From<Artifact> for LeftArtifact {
    fn from(artifact: Artifact) -> Self {
        let Artifact { workflow_job_run_backend_id, database_id, name, size, digest } = artifact;
        let sha256 = digest.and_then(|digest| digest.strip_prefix("sha256:")?.parse().ok());
        Self { id: database_id, name, size_bytes: size, sha256, job: workflow_job_run_backend_id }
    }
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Text(String),
        Plain(u64),
    }
    match Number::deserialize(deserializer)? {
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
        Number::Plain(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    #[test]
    fn lists_are_read_in_both_case_styles() {
        let sha256 = Sha256::of(b"x");
        let snake = format!(
            r#"{{"artifacts":[{{"workflow_run_backend_id":"r","workflow_job_run_backend_id":"j","database_id":"101","name":"w","size":"7","digest":"sha256:{sha256}","created_at":"2026-01-01T00:00:00Z"}}]}}"#
        );
        let camel = format!(
            r#"{{"artifacts":[{{"workflowRunBackendId":"r","workflowJobRunBackendId":"j","databaseId":101,"name":"w","size":7,"digest":"sha256:{sha256}","unknown":[]}}]}}"#
        );
        for text in [snake, camel] {
            let mut listed: Listed = serde_json::from_str(&text).expect("read");
            let left = LeftArtifact::from(listed.artifacts.remove(0));
            assert_eq!((left.id, left.size_bytes, left.sha256), (101, 7, Some(sha256)), "{text}");
            assert_eq!(left.job, "j");
        }
        assert!(serde_json::from_str::<Listed>("{}").expect("empty").artifacts.is_empty());
    }
}
