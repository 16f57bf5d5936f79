//! What a trusted publisher has to say at the index for this job to be trusted.

use crate::remote::http::answer::words;
use crate::remote::oidc::Claims;

/// What to configure at the index, or to change in the workflow, so that the index trusts a job with these claims.
pub(super) fn advice(claims: &Claims) -> String {
    let job = claims.job_workflow_file();
    let outer = claims.workflow_file().filter(|outer| Some(*outer) != job);
    let repository = claims.get("repository").unwrap_or_default();
    if let Some(job) = job
        && !is_of(job, repository)
    {
        return format!(
            "this job stands in a reusable workflow of another repository (`{}`), which no trusted publisher of `{}` can \
             name: let `{}` publish in a job of its own. The job said: {claims}",
            words(job),
            words(repository),
            words(outer.map_or("the calling workflow", last)),
        );
    }
    let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
    let environment = match claims.get("environment") {
        Some(environment) => format!("the environment `{}` (or any)", words(environment)),
        None => "no environment, since the job has none".to_owned(),
    };
    let reusable = match (job, outer) {
        (Some(job), Some(outer)) => format!(
            " This job stands in the reusable workflow `{}`, called by `{}`: a token is given to the former, and \
             attestations are held to the latter.",
            words(last(job)),
            words(last(outer)),
        ),
        _ => String::new(),
    };
    format!(
        "the trusted publisher that is configured at the index has to name exactly the owner `{}`, the repository `{}`, the \
         workflow `{}` and {environment}.{reusable} The job said: {claims}",
        words(owner),
        words(name),
        words(job.map_or("?", last)),
    )
}

/// Whether a workflow file lies in the repository; owners and repositories have no case.
fn is_of(file: &str, repository: &str) -> bool {
    file.split_once("/.github/").is_none_or(|(of, _)| of.eq_ignore_ascii_case(repository))
}

fn last(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::model::secret::Secret;
    use crate::remote::oidc;

    fn told(job: &str, workflow: &str, rest: &str) -> String {
        let payload = format!(
            r#"{{"repository":"Own/lib","job_workflow_ref":"{job}@refs/tags/v1","workflow_ref":"{workflow}@refs/tags/v1"{rest}}}"#
        );
        let token = Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)));
        advice(&oidc::claims(&token).expect("claims"))
    }

    #[test]
    fn what_to_configure_is_spelled_out() {
        let file = "own/lib/.github/workflows/release.yml";
        let text = told(file, file, r#","environment":"pypi""#);
        for part in ["owner `Own`", "repository `lib`", "workflow `release.yml`", "environment `pypi`"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("reusable"), "{text}");
        assert!(told(file, file, "").contains("no environment"));
    }

    #[test]
    fn a_reusable_workflow_is_told_from_its_caller() {
        let outer = "Own/lib/.github/workflows/outer.yml";
        let text = told("Own/lib/.github/workflows/inner.yml", outer, "");
        assert!(text.contains("workflow `inner.yml`") && text.contains("called by `outer.yml`"), "{text}");
        let text = told("Other/shared/.github/workflows/inner.yml", outer, "");
        assert!(text.contains("another repository") && text.contains("let `outer.yml` publish"), "{text}");
        assert!(!text.contains("has to name"), "there is nothing to configure: {text}");
    }
}
