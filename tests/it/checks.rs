//! The table of checks as a whole: every row can fail, good distributions pass, and the page about them is new.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::archive::Numbers;
use release_action::archive::Limits;
use release_action::archive::build::native::elf::{Glibc, module};
use release_action::archive::build::native::{Extension, Interpreter, Machine};
use release_action::archive::build::{CrateBuilder, SdistBuilder, SetBuilder, WheelBuilder};
use release_action::archive::zip::Member;
use release_action::checks::{self, Candidate, Dist, Run, Verdict, judge};
use release_action::model::digest::Sha256;
use release_action::model::manifest::Origin;
use release_action::report::{Finding, Severity};

fn candidate(file_name: &str, bytes: Vec<u8>) -> Candidate {
    Candidate::of(file_name, bytes)
}

fn check(files: Vec<(String, Vec<u8>)>) -> Verdict {
    let files = files.into_iter().map(|(file_name, bytes)| candidate(&file_name, bytes));
    checks::run(&judge(files.collect()))
}

fn wheel() -> WheelBuilder {
    WheelBuilder::new("sample", "1.0", "py3", "none", "any")
}

fn wheel_files(builder: &WheelBuilder) -> Vec<(String, Vec<u8>)> {
    let (file_name, bytes) = builder.build();
    vec![(file_name.to_string(), bytes)]
}

fn sdist_files(builder: &SdistBuilder) -> Vec<(String, Vec<u8>)> {
    let (file_name, bytes) = builder.build();
    vec![(file_name.to_string(), bytes)]
}

fn set_files(builder: &SetBuilder) -> Vec<(String, Vec<u8>)> {
    builder.build().into_iter().map(|(file_name, bytes)| (file_name.to_string(), bytes)).collect()
}

/// The files that break the rule of `run`.
pub(crate) fn specimen(run: &Run) -> Vec<(String, Vec<u8>)> {
    match run {
        Run::File { specimen, .. } => vec![specimen()],
        Run::Wheel { specimen, .. } => {
            let mut builder = wheel();
            specimen(&mut builder);
            wheel_files(&builder)
        }
        Run::Sdist { specimen, .. } => {
            let mut builder = SdistBuilder::new("sample", "1.0");
            specimen(&mut builder);
            sdist_files(&builder)
        }
        Run::Crate { specimen, .. } => {
            let mut builder = CrateBuilder::new("sample", "1.0.0");
            specimen(&mut builder);
            let (file_name, bytes) = builder.build();
            vec![(file_name.to_string(), bytes)]
        }
        Run::Set { specimen, .. } => {
            let mut builder = SetBuilder::new("sample", "1.0");
            specimen(&mut builder);
            set_files(&builder)
        }
    }
}

fn line(finding: &Finding) -> String {
    let member = finding.place.member.as_ref().map(|member| format!(" {member:?}")).unwrap_or_default();
    format!("{} {}{member}: {}", finding.severity, finding.check, finding.message)
}

#[test]
fn every_rule_says_in_one_short_sentence_what_to_do() {
    let checks = checks::all().map(|check| &check.rule);
    for rule in checks.chain(release_action::modes::rules()) {
        let (id, fix) = (rule.id, rule.fix);
        assert!(!fix.is_empty() && fix == fix.trim() && !fix.contains('\n'), "{id}: {fix}");
        assert!(!fix.ends_with(['.', '?', '!']), "{id}: a hint has no full stop, and is no question: {fix}");
        assert!(fix.chars().count() <= 160, "{id}: {} characters", fix.chars().count());
        assert!(fix.starts_with(|first: char| first.is_ascii_lowercase()), "{id}: {fix}");
        assert!(!fix.contains("  ") && fix.matches('`').count() % 2 == 0, "{id}: {fix}");
        assert!(!rule.explain.contains(fix), "{id}: explain repeats it");
    }
}

#[test]
fn every_finding_in_a_bad_distribution_has_a_hint() {
    for checks::Check { rule, run } in checks::all() {
        for finding in check(specimen(run)).report.findings() {
            let fix = checks::all().find(|check| check.rule.id == finding.check).map(|check| check.rule.fix);
            assert!(fix.is_some() && finding.hint.as_deref() == fix, "{}: {finding:?}", rule.id);
        }
    }
}

#[test]
fn rules_of_modes_are_rules_of_their_own() {
    let mut seen: BTreeSet<_> = checks::all().map(|check| check.rule.id).collect();
    for rule in release_action::modes::rules() {
        assert!(seen.insert(rule.id), "{} stands twice", rule.id);
        assert!(rule.id.split_once('/').is_some_and(|(family, slug)| !family.is_empty() && !slug.is_empty()));
        assert!(
            !rule.summary.ends_with('.') && rule.explain.ends_with('.') && !rule.sources.is_empty(),
            "{}",
            rule.id
        );
    }
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for checks::Check { rule, .. } in checks::all() {
        assert!(seen.insert(rule.id), "{} stands twice", rule.id);
        let (family, slug) = rule.id.split_once('/').expect("family/slug");
        let good = |part: &str| {
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            !part.is_empty() && part.split('-').all(|word| !word.is_empty() && word.chars().all(letters))
        };
        assert!(good(family) && good(slug), "{}", rule.id);
    }
}

#[test]
fn rows_tell_what_a_reader_needs() {
    for checks::Check { rule, .. } in checks::all() {
        let id = rule.id;
        assert!(!rule.summary.is_empty() && !rule.summary.ends_with('.'), "{id}: summary");
        assert!(rule.summary.len() <= 100 && !rule.summary.contains('\n'), "{id}: summary is one short line");
        assert!(rule.explain.ends_with('.') && rule.explain.len() > 60, "{id}: explain");
        assert!(!rule.explain.contains("  "), "{id}: explain has doubled blanks");
        assert!(!rule.sources.is_empty(), "{id}: sources");
        assert!(rule.since.split('.').count() == 3, "{id}: since");
    }
}

/// Removing or renaming an id is a decision: users' policies name them.
#[test]
fn the_ids_are_these() {
    let ids: Vec<_> =
        checks::all().map(|check| format!("{} {}", check.rule.id, check.rule.severity)).collect();
    insta::assert_snapshot!("ids", ids.join("\n"));
}

/// The snapshot shows what else a specimen trips, and how the messages read.
#[test]
fn each_specimen_trips_its_own_check_and_little_else() {
    let mut page = String::new();
    for checks::Check { rule, run } in checks::all() {
        let verdict = check(specimen(run));
        let findings = verdict.report.findings();
        assert!(findings.iter().any(|finding| finding.check == rule.id), "{}: {findings:#?}", rule.id);
        let others: BTreeSet<_> =
            findings.iter().map(|finding| finding.check).filter(|id| *id != rule.id).collect();
        assert!(others.len() <= 3, "{} trips much else: {others:?}", rule.id);
        let blocked = findings.iter().any(|finding| finding.severity == Severity::Error);
        assert_eq!(verdict.vetted.is_none(), blocked, "{}", rule.id);
        writeln!(page, "{}", rule.id).expect("a string");
        for finding in findings {
            writeln!(page, "    {}", line(finding)).expect("a string");
        }
    }
    insta::assert_snapshot!("specimens", page);
}

#[test]
fn good_distributions_trip_nothing() {
    let (machine, interpreter) = (Machine::X86_64, Interpreter::CPython);
    let extension = Extension { name: "_native", machine, interpreter };
    let mut native = WheelBuilder::new("Sample.Tool", "1.0rc1", "cp311", "abi3", "manylinux_2_28_x86_64");
    native.native_member("sample_tool/_native.abi3.so", module(&extension, Glibc::V2_28)).build_tag("2");
    let crates = [("sample", "1.0.0"), ("Sample_tool-2", "1.0.0-rc.1+build.5")];
    let crates = crates.map(|(name, version)| CrateBuilder::new(name, version)).to_vec();
    let mut other_digests = wheel();
    other_digests.edit_record(|rows| rows[0][1] = sha512_of_first_member());
    for files in [
        wheel_files(&wheel()),
        wheel_files(&native),
        wheel_files(&other_digests),
        sdist_files(&SdistBuilder::new("Sample.Tool", "1.0rc1")),
        set_files(&SetBuilder::new("sample", "1.0")),
        set_files(&SetBuilder { crates, ..SetBuilder::new("sample", "1.0") }),
    ] {
        let verdict = check(files);
        let lines: Vec<_> = verdict.report.findings().into_iter().map(line).collect();
        assert!(lines.is_empty() && verdict.vetted.is_some(), "{lines:#?}");
    }
}

/// The SHA-512 of the sample's module, computed by `hashlib`.
fn sha512_of_first_member() -> String {
    "sha512=HyFjqW8kW-LohYjY3S-3IOPcgq1J4Gj6vfBDH6YLBTNvxXyoF6zrNTtugH73H7KlMQ6qbfBn-GRcgSz8yrhW8A".to_owned()
}

#[test]
fn one_bad_file_hides_nothing_about_the_others() {
    let mut wrong = wheel();
    wrong.metadata("Version", "2.0");
    let mut files = vec![
        ("truncated-1.0-py3-none-any.whl".to_owned(), wheel().build().1[..200].to_vec()),
        ("notes.txt".to_owned(), b"hello".to_vec()),
        ("empty-1.0.tar.gz".to_owned(), Vec::new()),
    ];
    files.extend(wheel_files(&wrong));
    let mut candidates: Vec<_> =
        files.into_iter().map(|(file_name, bytes)| candidate(&file_name, bytes)).collect();
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let open = Box::new(|| Err(denied));
    candidates.push(Candidate { file_name: "locked-1.0.tar.gz".to_owned(), size_bytes: 7, open });
    let dists = judge(candidates);
    let names: Vec<_> = dists.iter().map(Dist::file_name).collect();
    assert_eq!(
        names,
        [
            "truncated-1.0-py3-none-any.whl",
            "notes.txt",
            "empty-1.0.tar.gz",
            "sample-1.0-py3-none-any.whl",
            "locked-1.0.tar.gz"
        ]
    );
    let verdict = checks::run(&dists);
    let findings: Vec<_> = verdict
        .report
        .findings()
        .into_iter()
        .map(|finding| (finding.place.file.as_deref(), finding.check))
        .collect();
    assert_eq!(
        findings,
        [
            (Some("empty-1.0.tar.gz"), "archive/empty"),
            (Some("locked-1.0.tar.gz"), "archive/unreadable"),
            (Some("notes.txt"), "filename/extension"),
            (Some("sample-1.0-py3-none-any.whl"), "metadata/version-mismatch"),
            (Some("truncated-1.0-py3-none-any.whl"), "archive/unreadable"),
        ]
    );
    assert!(verdict.vetted.is_none());
}

#[test]
fn a_rule_that_many_members_break_does_not_flood() {
    let mut builder = wheel();
    for index in 0..100 {
        builder.member(&format!("sample/data_{index}.txt"), "");
    }
    builder.edit_record(|rows| rows.retain(|row| !row[0].contains("data_")));
    let report = check(wheel_files(&builder)).report;
    let findings = report.findings();
    assert_eq!(findings.len(), 21);
    assert!(findings.iter().any(|finding| finding.message == "and 80 more of this kind"));
    assert_eq!(report.groups().len(), 1, "one hint is enough for all of them");
}

#[test]
fn vetted_files_make_the_manifest() {
    let verdict = check(set_files(&SetBuilder::new("sample", "1.0")));
    let manifest = verdict.vetted.expect("good").manifest(Origin::default(), Vec::new()).expect("good");
    assert_eq!(manifest.version().map(ToString::to_string).as_deref(), Some("1.0"));
    assert_eq!((manifest.artifacts().len(), manifest.projects().len()), (3, 1));
}

#[test]
fn messages_hold_no_unbounded_text() {
    let mut builder = wheel();
    let long = "x".repeat(100_000);
    builder.metadata("Name", &format!("{long}!")).metadata("Version", &long).wheel("Root-Is-Purelib", &long);
    let path = long[..30_000].to_owned();
    builder.edit_record(move |rows| rows[0][0].clone_from(&path));
    for finding in check(wheel_files(&builder)).report.findings() {
        let length = finding.message.len() + finding.place.member.as_ref().map_or(0, String::len);
        assert!(length < 1000, "{}: {length}", finding.check);
    }
}

/// What a wheel or an sdist installs: each path with the digest of its contents.
fn contents(dist: &Dist) -> BTreeSet<(String, Option<Sha256>)> {
    match dist {
        Dist::Wheel(wheel) => {
            let digest = |member: &Member| member.digests().map(|digests| digests.sha256);
            wheel.zip.members.iter().map(|member| (member.path.clone(), digest(member))).collect()
        }
        Dist::Sdist(sdist) => {
            sdist.tar.members.iter().map(|member| (member.path.clone(), Some(member.sha256))).collect()
        }
        Dist::Crate(packed) => {
            packed.tar.members.iter().map(|member| (member.path.clone(), Some(member.sha256))).collect()
        }
        Dist::Unreadable { .. } => BTreeSet::new(),
    }
}

fn look(file_name: &str, bytes: &[u8]) -> (Dist, bool) {
    let dist = Dist::read(file_name, &bytes, &Limits::default());
    let vetted = checks::run(std::slice::from_ref(&dist)).vetted.is_some();
    (dist, vetted)
}

/// Times, permissions and versions may change unnoticed so far; what is installed may not.
#[test]
fn no_flipped_bit_changes_contents_unnoticed() {
    for (file_name, bytes) in
        [wheel_files(&wheel()), sdist_files(&SdistBuilder::new("sample", "1.0"))].concat()
    {
        let (good, vetted) = look(&file_name, &bytes);
        assert!(vetted, "{file_name}");
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (dist, vetted) = look(&file_name, &bytes);
            assert!(!vetted || contents(&dist) == contents(&good), "{file_name}: bit {bit}");
        }
    }
}

#[test]
fn no_mutation_gets_past_the_checks_with_other_contents() {
    let mut numbers = Numbers(0x0123_4567_89ab_cdef);
    let (file_name, bytes) = wheel_files(&wheel()).remove(0);
    let (good, _) = look(&file_name, &bytes);
    for round in 0..4000 {
        let mut bytes = bytes.clone();
        numbers.mutate(&mut bytes);
        let (dist, vetted) = look(&file_name, &bytes);
        assert!(!vetted || contents(&dist) == contents(&good), "round {round}");
    }
}

#[test]
fn the_page_about_the_checks_is_new() {
    let page = checks::docs::markdown(&release_action::modes::rules());
    for check in checks::all() {
        assert!(page.contains(&format!("#### `{}`", check.rule.id)));
        assert!(
            page.contains("**What to do:** ") && page.contains(&check.rule.fix[1..]),
            "{}",
            check.rule.id
        );
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks.md");
    #[expect(clippy::disallowed_methods, reason = "a test asks whether it may write the page")]
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page, "docs/checks.md is stale: BLESS=1 cargo test writes it anew");
}
