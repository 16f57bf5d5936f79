//! Attestations (PEP 740): what the index demands of those that come with a file, and how it shows them.
//!
//! Signatures, logs and certificates are not verified: what they are worth is decided by real verifiers elsewhere. Of
//! a certificate the index knows one thing, the address of a workflow in its bytes, since PyPI compares that with the
//! publisher.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::publishing::Workflow;
use super::refusal::{Checked, Refusal};
use super::tokens::Scope;
use crate::model::artifact::Distribution;
use crate::model::digest::Sha256;
use crate::model::endpoints::{IN_TOTO_STATEMENT, PUBLISH_PREDICATE, SLSA_PROVENANCE_PREDICATE};

/// How many attestations a file may have.
const MOST: usize = 2;
/// What comes between repository and file in the address of a workflow.
const WORKFLOWS: &str = "/.github/workflows/";

/// The attestations of a file, with the workflow that brought them.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    workflow: Workflow,
    /// The attestations as they were sent.
    pub attestations: Vec<Value>,
}

#[derive(Deserialize)]
struct Attestation {
    version: u64,
    verification_material: Material,
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Material {
    certificate: String,
    transparency_entries: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Envelope {
    statement: String,
    signature: String,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    name: String,
    #[serde(default)]
    digest: Map<String, Value>,
}

impl Provenance {
    /// As the integrity API shows it.
    pub(super) fn json(&self) -> Value {
        let Workflow { repository, file, environment } = &self.workflow;
        let publisher = json!({
            "kind": "GitHub",
            "repository": repository,
            "workflow": file,
            "environment": environment,
        });
        let bundle = json!({ "publisher": publisher, "attestations": self.attestations });
        json!({ "version": 1, "attestation_bundles": [bundle] })
    }
}

/// Checks the attestations that came with a file; nothing when there are none.
///
/// # Errors
/// 400 with the first rule that does not hold.
pub(super) fn check(
    form: &Form,
    scope: &Scope,
    file: &Distribution,
    sha256: Sha256,
) -> Checked<Option<Provenance>> {
    let Some(text) = form.get("attestations") else { return Ok(None) };
    let refused = |why: String| Refusal::bad(format!("Invalid attestations supplied during upload: {why}"));
    let Scope::Publisher { workflow, .. } = scope else {
        return Err(refused("Attestations are only supported when using Trusted Publishing".to_owned()));
    };
    let undecodable = |why: String| refused(format!("Error while decoding the included attestation: {why}"));
    let sent: Vec<Value> = serde_json::from_str(text).map_err(|error| undecodable(error.to_string()))?;
    if sent.len() > MOST {
        return Err(refused(format!("A maximum of {MOST} attestations per file are supported")));
    }
    let mut kinds = BTreeSet::new();
    for value in &sent {
        let attestation = Attestation::deserialize(value).map_err(|error| undecodable(error.to_string()))?;
        attestation.check_form().map_err(undecodable)?;
        let kind = attestation.verified(file, sha256, workflow).map_err(|why| {
            refused(format!("Could not verify the uploaded artifact using the included attestation: {why}"))
        })?;
        if !kinds.insert(kind.clone()) {
            return Err(refused(format!(
                "Multiple attestations for the same file with the same predicate type: {kind}"
            )));
        }
    }
    Ok((!sent.is_empty()).then(|| Provenance { workflow: workflow.clone(), attestations: sent }))
}

impl Attestation {
    fn check_form(&self) -> Result<(), String> {
        if self.version != 1 {
            return Err("version: Input should be 1".to_owned());
        }
        if self.verification_material.transparency_entries.is_empty() {
            return Err("transparency_entries: List should have at least 1 item".to_owned());
        }
        let Envelope { statement, signature } = &self.envelope;
        for (field, text) in [
            ("certificate", &self.verification_material.certificate),
            ("statement", statement),
            ("signature", signature),
        ] {
            if STANDARD.decode(text).map_or(true, |bytes| bytes.is_empty()) {
                return Err(format!("{field}: Input should be valid base64"));
            }
        }
        Ok(())
    }

    /// The kind of what it states about this file.
    fn verified(&self, file: &Distribution, sha256: Sha256, workflow: &Workflow) -> Result<String, String> {
        self.is_of(workflow)?;
        let statement: Statement = serde_json::from_slice(&decoded(&self.envelope.statement))
            .map_err(|error| format!("invalid statement: {error}"))?;
        if statement.kind != IN_TOTO_STATEMENT {
            return Err(format!("invalid statement: type `{}`", statement.kind));
        }
        let [subject] = &statement.subject[..] else {
            return Err("too many subjects in statement (must be exactly one)".to_owned());
        };
        if subject.name.is_empty() {
            return Err("invalid subject: missing name".to_owned());
        }
        let name = subject.name.parse().ok().and_then(|name| Distribution::of_file_name(&name));
        match name {
            None => return Err(format!("invalid subject: unknown distribution format: {}", subject.name)),
            Some(name) if name != *file => {
                return Err(format!("subject does not match distribution name: {} != {file}", subject.name));
            }
            Some(_) => {}
        }
        if subject.digest.get("sha256").and_then(Value::as_str) != Some(&sha256.to_string()) {
            return Err("subject does not match distribution digest".to_owned());
        }
        let has_predicate = match &statement.predicate {
            Value::Null => false,
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        };
        match statement.predicate_type.as_str() {
            PUBLISH_PREDICATE if has_predicate => {
                Err("unexpected predicate in a publish attestation".to_owned())
            }
            PUBLISH_PREDICATE | SLSA_PROVENANCE_PREDICATE => Ok(statement.predicate_type),
            other => Err(format!("unknown attestation type: {other}")),
        }
    }

    /// Whether the certificate is of the workflow that publishes: the one that began the run, not one that it called.
    fn is_of(&self, workflow: &Workflow) -> Result<(), String> {
        let bytes = decoded(&self.verification_material.certificate);
        let text = String::from_utf8_lossy(&bytes);
        let Workflow { repository, file, .. } = workflow;
        let (before, after) = text.split_once(WORKFLOWS).unwrap_or((&text, ""));
        let found = after.split('@').next().unwrap_or_default();
        // The owner's name is whole: `octo-org` is not `other-octo-org`.
        let owner_and_name = before.strip_suffix(repository.as_str());
        if owner_and_name.is_some_and(|before| before.ends_with('/')) && found == file {
            return Ok(());
        }
        Err(format!(
            "Verification failed: Certificate's Build Config URI ({found}) does not match expected Trusted Publisher ({file} @ {repository})"
        ))
    }
}

/// What is in base64 for sure: `check_form` looked.
fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}
