//! Plays a workflow that uses this action: its jobs in their order, each on a machine of its own, with the real
//! program in the place of the action.
//!
//! It knows the steps that a release is made of (checkout, the two artifact actions, this action) and the few
//! expressions in them, and panics at anything else. Of the inputs that the workflow gives, only the addresses of the
//! registries are other ones: simulators'.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use release_action::sim::github::access::{Access, Permissions};
use release_action::sim::universe::{Addresses, Universe};
use serde_json::Value;

use super::program::{Outcome, Program};
use super::workflow_files::{declared_inputs, root};
use super::world::{REPOSITORY, ReleaseFile};

/// The event that starts a run of the workflow.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// `push`, `workflow_run` or `release`.
    pub(crate) name: &'static str,
    /// `GITHUB_REF`.
    pub(crate) git_ref: String,
    /// `GITHUB_SHA`.
    pub(crate) sha: String,
    /// `GITHUB_RUN_ID`.
    pub(crate) run_id: u64,
    /// The event's own payload.
    pub(crate) payload: Value,
}

/// A workflow and all that stays of its runs.
pub(crate) struct Play<'a> {
    universe: &'a Universe,
    workflow: Value,
    /// What a checkout gives.
    checkout: Vec<ReleaseFile>,
    /// The artifacts of the run, each with its files.
    pub(crate) artifacts: BTreeMap<String, Vec<ReleaseFile>>,
    /// What `vars.NAME` and the like come to.
    pub(crate) context: BTreeMap<String, String>,
}

/// What a job is evaluated against, and what it leaves.
struct Job<'a> {
    event: &'a Event,
    token: String,
    lends_identity: bool,
    context: BTreeMap<String, String>,
    workspace: tempfile::TempDir,
    outcomes: Vec<Outcome>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(universe: &'a Universe, workflow: Value, checkout: Vec<ReleaseFile>) -> Self {
        Self { universe, workflow, checkout, artifacts: BTreeMap::new(), context: BTreeMap::new() }
    }

    /// Plays one run, and gives the outcome of each step that uses this action, in order. Jobs that do not use it
    /// are the project's own: what they leave is put into the world beforehand.
    pub(crate) fn run(&mut self, event: &Event) -> Vec<Outcome> {
        let workflow = self.workflow.clone();
        let mut context = self.context.clone();
        flatten("github.event", &event.payload, &mut context);
        context.extend([
            ("github.repository".to_owned(), REPOSITORY.to_owned()),
            ("github.sha".to_owned(), event.sha.clone()),
        ]);
        for (name, value) in entries(&workflow["env"]) {
            let value = substituted(text(value), &context);
            context.insert(format!("env.{name}"), value);
        }
        let mut outcomes = Vec::new();
        let mut skipped: BTreeSet<&str> = BTreeSet::new();
        for (name, job) in in_order(&workflow).into_iter().filter(|(_, job)| steps(job).any(uses_us)) {
            let needs = list(&job["needs"]);
            let is_wanted = job["if"].as_str().is_none_or(|condition| holds(condition, &context));
            if needs.iter().any(|need| skipped.contains(need)) || !is_wanted {
                skipped.insert(name);
                continue;
            }
            let (left, outputs) = self.job(name, job, event, &context);
            outcomes.extend(left);
            context.extend(outputs);
        }
        outcomes
    }

    fn job(
        &mut self,
        name: &str,
        job: &Value,
        event: &Event,
        context: &BTreeMap<String, String>,
    ) -> (Vec<Outcome>, BTreeMap<String, String>) {
        let access = |scope: &str| match job["permissions"][scope].as_str() {
            Some("write") => Access::Write,
            Some("read") => Access::Read,
            None => Access::None,
            Some(other) => panic!("{name}: `{scope}: {other}`"),
        };
        let token = format!("ghs_of_the_job_{name}");
        let permissions = Permissions {
            contents: access("contents"),
            actions: access("actions"),
            pull_requests: access("pull-requests"),
            ..Permissions::default()
        };
        self.universe.github(|github| github.add_token(&token, permissions));
        if let Some(environment) = job["environment"].as_str() {
            let environment = substituted(environment, context);
            self.universe.oidc(|oidc| oidc.set_environment(&environment));
        }
        let mut machine = Job {
            event,
            token,
            lends_identity: access("id-token") == Access::Write,
            context: context.clone(),
            workspace: tempfile::tempdir().expect("a temporary folder"),
            outcomes: Vec::new(),
        };
        for step in steps(job) {
            if step["if"].as_str().is_none_or(|condition| holds(condition, &machine.context)) {
                self.step(step, &mut machine);
            }
        }
        let outputs = entries(&job["outputs"])
            .map(|(output, value)| {
                (format!("needs.{name}.outputs.{output}"), substituted(text(value), &machine.context))
            })
            .collect();
        (machine.outcomes, outputs)
    }

    fn step(&mut self, step: &Value, machine: &mut Job<'_>) {
        let uses = step["uses"].as_str().unwrap_or_else(|| panic!("no `uses`: {step}"));
        let with = |name: &str| step["with"][name].as_str().map(|value| substituted(value, &machine.context));
        let workspace = machine.workspace.path();
        match uses.split('@').next().unwrap_or_default() {
            "actions/checkout" => write(workspace, &self.checkout),
            "actions/upload-artifact" => {
                let files = picked(workspace, &with("path").expect("what to upload"));
                assert!(!files.is_empty(), "nothing to upload: {step}");
                self.artifacts.insert(with("name").expect("what to call it"), files);
            }
            "actions/download-artifact" => {
                let name = with("name").unwrap_or_else(|| panic!("one artifact, by its name: {step}"));
                let files =
                    self.artifacts.get(&name).unwrap_or_else(|| panic!("no artifact is called {name}"));
                write(&workspace.join(with("path").unwrap_or_default()), files);
            }
            _ if uses_us(step) => machine.act(step, self.universe),
            other => panic!("nobody taught this test to play `{other}`"),
        }
    }
}

impl Job<'_> {
    /// Runs the program as the runner runs the action: every input that `action.yml` declares, with its default.
    fn act(&mut self, step: &Value, universe: &Universe) {
        let addresses = universe.addresses();
        let mut program = Program::bare()
            .in_workflow(REPOSITORY, &self.event.git_ref)
            .env("GITHUB_SHA", &self.event.sha)
            .env("GITHUB_EVENT_NAME", self.event.name)
            .env("GITHUB_RUN_ID", self.event.run_id.to_string())
            .env("GITHUB_API_URL", &addresses.github_api)
            .current_dir(self.workspace.path())
            .secret(&self.token);
        let event = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(event.path(), self.event.payload.to_string()).expect("a temporary file can be written to");
        program = program.env("GITHUB_EVENT_PATH", event.path());
        if self.lends_identity {
            program = program
                .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
                .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token);
        }
        let action = fs::read_to_string(root().join("action.yml")).expect("the action's own file");
        let mut context = self.context.clone();
        context.insert("github.token".to_owned(), self.token.clone());
        for input in declared_inputs(&action) {
            let given = step["with"][&input.name].as_str().map(str::to_owned);
            let value = substituted(&given.or(input.default).unwrap_or_default(), &context);
            program = program.input(&input.name, value);
        }
        let mode = &step["with"]["mode"];
        if mode == "publish" || mode == "verify-release" {
            program = program.input("registries", registries(&addresses));
        }
        if mode == "publish" && step["with"]["targets"].is_null() {
            program = program
                .input("repository-url", &addresses.repository_url)
                .input("index-url", &addresses.index_url);
        }
        let outcome = program.run();
        assert_eq!(outcome.code, Some(0), "{step:#}\n{}", outcome.told());
        if let Some(id) = step["id"].as_str() {
            let outputs = outcome.outputs.iter();
            self.context
                .extend(outputs.map(|(name, value)| (format!("steps.{id}.outputs.{name}"), value.clone())));
        }
        self.outcomes.push(outcome);
    }
}

/// The jobs, each behind those that it needs.
fn in_order(workflow: &Value) -> Vec<(&str, &Value)> {
    let mut waiting: Vec<_> = entries(&workflow["jobs"]).collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let waits =
            |job: &Value| list(&job["needs"]).iter().any(|need| waiting.iter().any(|(name, _)| name == need));
        let ready = waiting.iter().position(|(_, job)| !waits(job)).expect("no circle of needs");
        ordered.push(waiting.remove(ready));
    }
    ordered
}

fn uses_us(step: &Value) -> bool {
    step["uses"].as_str().is_some_and(|uses| uses.contains("/release-action@"))
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().into_iter().flatten()
}

fn entries(map: &Value) -> impl Iterator<Item = (&str, &Value)> {
    map.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// One text, or a list of them.
fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(|| value.as_str().into_iter().collect(), |list| list.iter().map(text).collect())
}

/// Every text inside a payload by its path.
fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
        value => entries(value).for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, into)),
    }
}

/// A text with what its expressions come to. One that nothing is known of comes to nothing, as for the runner, but
/// only where that is possible in a run: outputs of steps and variables.
fn substituted(text: &str, context: &BTreeMap<String, String>) -> String {
    let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
    let (expression, after) = rest.split_once("}}").unwrap_or_else(|| panic!("not closed: {text}"));
    format!("{before}{}{}", value_of(expression.trim(), context), substituted(after, context))
}

/// The registries that everybody knows, which are simulators here.
pub(crate) fn registries(addresses: &Addresses) -> String {
    let Addresses {
        repository_url, index_url, test_repository_url, test_index_url, crates_index_url, ..
    } = addresses;
    format!(
        "pypi = python {repository_url} {index_url}\n\
         testpypi = python {test_repository_url} {test_index_url}\n\
         crates-io = cargo {crates_index_url}\n"
    )
}

/// What an expression comes to, as a text; a comparison comes to `true` or to nothing. It knows literals, names, `==` and
/// `!=`, `contains` and `startsWith`, `&&` and `||`, and brackets around a whole side of the latter two.
fn value_of(expression: &str, context: &BTreeMap<String, String>) -> String {
    let expression = expression.trim();
    let truth = |holds: bool| if holds { "true".to_owned() } else { String::new() };
    if let Some((left, right)) = split_outside(expression, "||") {
        return Some(value_of(left, context))
            .filter(|left| !left.is_empty())
            .unwrap_or_else(|| value_of(right, context));
    }
    if let Some((left, right)) = split_outside(expression, "&&") {
        let left = value_of(left, context);
        return if left.is_empty() { left } else { value_of(right, context) };
    }
    if let Some((left, right)) = split_outside(expression, "==") {
        return truth(value_of(left, context) == value_of(right, context));
    }
    if let Some((left, right)) = split_outside(expression, "!=") {
        return truth(value_of(left, context) != value_of(right, context));
    }
    let called = |name: &str| {
        let arguments = expression.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
        let (text, part) = arguments.split_once(',').expect("it has two arguments");
        Some((value_of(text, context), value_of(part, context)))
    };
    if let Some((text, start)) = called("startsWith") {
        return truth(text.starts_with(&start));
    }
    if let Some((text, part)) = called("contains") {
        return truth(text.contains(&part));
    }
    if let Some(inner) = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return value_of(inner, context);
    }
    if let Some(literal) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return literal.to_owned();
    }
    let may_be_empty = ["vars.", "steps.", "needs."].iter().any(|prefix| expression.starts_with(prefix));
    match context.get(expression) {
        Some(value) => value.clone(),
        None if may_be_empty => String::new(),
        None => panic!("nobody taught this test what `{expression}` is"),
    }
}

/// What stands before and after the first such operator that is not inside brackets.
fn split_outside<'a>(expression: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    let at = expression.match_indices(operator).map(|(at, _)| at).find(|at| {
        let before = &expression[..*at];
        before.matches('(').count() == before.matches(')').count()
    })?;
    Some((&expression[..at], &expression[at + operator.len()..]))
}

/// Whether a condition holds.
fn holds(condition: &str, context: &BTreeMap<String, String>) -> bool {
    !value_of(condition, context).is_empty()
}

/// What upload-artifact takes: below one folder from there, else from the workspace, which all paths share.
fn picked(workspace: &Path, paths: &str) -> Vec<ReleaseFile> {
    let paths: Vec<_> = paths.lines().map(str::trim).collect();
    let base = if let [one] = paths[..] { workspace.join(one) } else { workspace.to_owned() };
    let mut files = Vec::new();
    for path in paths {
        for entry in walkdir::WalkDir::new(workspace.join(path)).into_iter().filter_map(Result::ok) {
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(&base).expect("it is below").display().to_string();
                files.push((name, fs::read(entry.path()).expect("it can be read")));
            }
        }
    }
    files
}

fn write(folder: &Path, files: &[ReleaseFile]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is below a folder")).expect("the folder can be made");
        fs::write(path, bytes).expect("the folder can be written to");
    }
}
