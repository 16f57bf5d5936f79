//! The findings in SARIF 2.1.0, for tools that show or track results of analysers.
//!
//! What a policy left aside is left out: not every reader understands a suppression, and one that does not would raise
//! an alarm about it. `docs/report.md` describes the file; this is the one place that writes it.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::account::{Account, Trouble};
use super::outcome::Exit;
use crate::model::digest::Sha256;
use crate::report::{Finding, Rule, Severity};

/// What cannot stand in the path of a relative reference as itself. `:` could end a scheme.
const NO_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

/// The file's text, with the end of its last line. `rules` are all that there are.
pub(crate) fn sarif<'a>(account: &Account, rules: impl Iterator<Item = &'a Rule>) -> String {
    let findings = account.report.findings();
    let found: BTreeSet<_> = findings.iter().map(|finding| finding.check).collect();
    let mut rules: Vec<_> = rules.filter(|rule| found.contains(rule.id)).collect();
    rules.sort_by_key(|rule| rule.id);
    let result = |finding: &&Finding| {
        let index = rules.iter().position(|rule| rule.id == finding.check);
        result(finding, index)
    };
    let text = json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation(account)],
            "automationDetails": { "id": format!("{}/{}/", env!("CARGO_PKG_NAME"), account.mode) },
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    let text = serde_json::to_string_pretty(&text).expect("texts and numbers can be written as JSON");
    format!("{text}\n")
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    let Rule { id, severity, rejected_by, summary, explain, fix, sources, since } = rule;
    let refused = match rejected_by {
        [] => String::new(),
        names => format!(" Refused today by: {}.", names.join(", ")),
    };
    json!({
        "id": id,
        "shortDescription": { "text": format!("{summary}.") },
        "fullDescription": { "text": explain },
        "help": { "text": format!("{explain}{refused} What to do: {fix}.") },
        "defaultConfiguration": { "level": level(*severity) },
        "properties": {
            "tags": [crate::report::family(id)],
            "sources": sources,
            "since": since,
        },
    })
}

fn result(finding: &Finding, rule_index: Option<usize>) -> Value {
    let Finding { check, severity, raised_from, place, message, hint, rejected_by } = finding;
    // Readers that show no logical location would not say which member it is.
    let member = place.member.as_ref().map(|member| format!("{member}: ")).unwrap_or_default();
    let hint = hint.as_ref().map(|hint| format!("\nWhat to do: {hint}")).unwrap_or_default();
    let mut result = json!({
        "ruleId": check,
        "level": level(*severity),
        "message": { "text": format!("{member}{message}{hint}") },
        "locations": [location(finding)],
        "partialFingerprints": { "findingHash/v1": fingerprint(finding) },
        "properties": { "rejectedBy": rejected_by, "raisedFrom": raised_from.map(level) },
    });
    if let (Some(index), Some(result)) = (rule_index, result.as_object_mut()) {
        result.insert("ruleIndex".to_owned(), index.into());
    }
    result
}

/// A finding about no file is about the folder. Readers ask for a line even in files that have none.
fn location(finding: &Finding) -> Value {
    let file = finding.place.file.as_deref();
    let uri = file.map_or_else(|| ".".to_owned(), uri);
    let mut location = json!({
        "physicalLocation": { "artifactLocation": { "uri": uri }, "region": { "startLine": 1 } },
    });
    if let (Some(member), Some(location)) = (&finding.place.member, location.as_object_mut()) {
        let full = format!("{}!{member}", file.unwrap_or_default());
        let logical = json!([{ "name": member, "fullyQualifiedName": full, "kind": "resource" }]);
        location.insert("logicalLocations".to_owned(), logical);
    }
    location
}

/// The path as a reference, relative where the path is.
fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    utf8_percent_encode(path.strip_prefix("./").unwrap_or(&path), NO_PATH).to_string()
}

/// The same for the same finding in the next version's file: its name without the version, and no digests or numbers of
/// its message.
fn fingerprint(finding: &Finding) -> String {
    let file = finding.place.file.as_deref().unwrap_or_default();
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let unversioned: Vec<_> =
        name.split('-').enumerate().filter(|(part, _)| *part != 1).map(|(_, text)| text).collect();
    let member = finding.place.member.as_deref().unwrap_or_default();
    Sha256::of(format!("{}\n{}\n{member}", finding.check, unversioned.join("-")).as_bytes()).to_string()
}

fn invocation(account: &Account) -> Value {
    let notifications = account.trouble.iter().map(
        |Trouble { chain, .. }| json!({ "level": "error", "message": { "text": chain.join("; because: ") } }),
    );
    json!({
        // To have looked and found something is a success of the tool.
        "executionSuccessful": matches!(account.conclusion.exit, Exit::Settled | Exit::Findings),
        "exitCode": account.conclusion.exit.number(),
        "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::account::tests::{blocked, partial};
    use super::*;

    fn value(account: &Account) -> Value {
        let text = sarif(account, crate::checks::all().map(|check| &check.rule));
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn results_point_to_their_rule_file_and_member() {
        let rule = |id: &str| &crate::checks::all().find(|check| check.rule.id == id).expect("a rule").rule;
        let path = rule("record/path").finding("bad").in_file("./dist/a b-1.0-py3-none-any.whl").at("x/y.py");
        let set = rule("set/one-sdist").finding("two of them");
        let found = value(&Account { report: [path, set].into_iter().collect(), ..blocked() });
        let run = &found["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        for result in run["results"].as_array().expect("results") {
            let index = result["ruleIndex"].as_u64().expect("an index");
            let index = usize::try_from(index).expect("small");
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        let [set, path] = [&run["results"][0], &run["results"][1]];
        assert_eq!(set["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], ".");
        let location = &path["locations"][0];
        assert_eq!(
            location["physicalLocation"]["artifactLocation"]["uri"],
            "dist/a%20b-1.0-py3-none-any.whl"
        );
        assert_eq!(location["logicalLocations"][0]["name"], "x/y.py");
        assert!(
            path["message"]["text"].as_str().is_some_and(|text| text.starts_with("x/y.py: bad\nWhat to do:"))
        );
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_in_the_next_version() {
        let rule = &crate::checks::all().next().expect("a rule").rule;
        let of = |file: &str, message: &str| fingerprint(&rule.finding(message).in_file(file).at("m"));
        let first = of("dist/demo-1.0-py3-none-any.whl", "one");
        assert_eq!(first, of("out/demo-1.1-py3-none-any.whl", "two"));
        assert_ne!(first, of("dist/demo-1.0-cp312-none-any.whl", "one"));
    }

    #[test]
    fn a_run_that_broke_off_says_so() {
        let run = &value(&partial())["runs"][0];
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        let text = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(text.as_str().is_some_and(|text| text.contains("because: the index answered 502")), "{text}");
    }

    #[test]
    fn paths_are_references_and_nothing_else() {
        assert_eq!(uri("./a:b?c#d%e\u{e9}\n"), "a%3Ab%3Fc%23d%25e%C3%A9%0A");
    }
}
