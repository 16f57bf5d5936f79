//! What goes where, line by line.

use super::*;
use crate::model::artifact::{Distribution, FileName};
use crate::model::crate_name::CrateFile;
use crate::model::digest::Hashes;
use crate::model::target::Registries;

fn file(name: &str) -> File {
    let file_name: FileName = name.parse().expect("good");
    let krate = CrateFile::of_file_name(&file_name).map(ArtifactKind::Crate);
    let distribution = Distribution::of_file_name(&file_name).map(ArtifactKind::Distribution);
    let kind = krate.or(distribution).unwrap_or(ArtifactKind::Other);
    File { artifact: Artifact::new(file_name, Hashes::of(name.as_bytes()), kind), path: name.into() }
}

/// The package of each file name; a crate's needs are written behind it, with `~` those of its tests.
fn packages(files: &[&str]) -> Packages {
    let mut packages = Packages::default();
    for line in files {
        let (name, needs) = line.split_once(" needs ").unwrap_or((line, ""));
        let file = file(name);
        if let Some(krate) = file.artifact.packed_crate() {
            let (tests, needs): (Vec<_>, Vec<_>) =
                needs.split_whitespace().partition(|need| need.starts_with('~'));
            let table = |needs: Vec<&str>| -> String {
                let names = needs.into_iter().map(|need| need.trim_start_matches('~'));
                names.map(|need| format!("{need} = \"{}\"\n", krate.version())).collect()
            };
            let (tests, needs) = (table(tests), table(needs));
            let toml = format!(
                "[package]\nname = \"{}\"\nversion = \"{}\"\n[dependencies]\n{needs}[dev-dependencies]\n{tests}",
                krate.name(),
                krate.version()
            );
            let manifest = CrateManifest::parse(&toml).expect("good");
            packages.manifests.insert(krate.name().clone(), manifest);
        }
        let id = PackageId::of(&file.artifact).expect("a package");
        packages.files.entry(id).or_default().push(file);
    }
    packages
}

/// The groups, each as `REGISTRY: PACKAGES < NEEDS`, and the ids of the rules that spoke.
fn routed(files: &[&str], lines: &str, version: &str) -> (Vec<String>, Vec<&'static str>) {
    let registries = Registries::read(Registries::default_index(), "mine = cargo https://mine.example.org/");
    let targets = Target::read(lines, &registries.expect("good")).expect("good");
    let version = Version::from_pep440(version).ok();
    let mut report = Report::default();
    let groups = groups(&packages(files), &targets, version.as_ref(), &mut report);
    let shown = groups.iter().map(|group| {
        let loads: Vec<_> = group.loads.iter().map(|load| load.package.to_string()).collect();
        let needs: Vec<_> = group.needs.iter().map(|(registry, id)| format!(" < {registry} {id}")).collect();
        format!("{}: {}{}", group.registry, loads.join(" "), needs.concat())
    });
    (shown.collect(), report.findings().iter().map(|finding| finding.check).collect())
}

const COG: [&str; 4] = [
    "cog-1.2.0.tar.gz",
    "coglet-1.2.0-cp312-abi3-win32.whl",
    "coglet-1.2.0.crate needs coglet-sys",
    "coglet-sys-1.2.0.crate",
];

fn check(files: &[&str], lines: &str, version: &str, expected: &[&str], rules: &[&str]) {
    let (groups, found) = routed(files, lines, version);
    assert_eq!(
        (&groups[..], &found[..]),
        (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], rules),
        "{lines}"
    );
}

#[test]
fn lines_take_what_they_name_and_the_others_the_rest() {
    check(
        &COG,
        "pypi: cog needs coglet\npypi\ncrates-io",
        "1.2.0",
        &[
            "pypi: coglet",
            "pypi: cog < pypi coglet",
            "crates-io: coglet-sys",
            "crates-io: coglet < crates-io coglet-sys",
        ],
        &[],
    );
    // What one line names is never taken by another line that names nothing.
    let crates = &COG[2..];
    let expected = ["mine: coglet-sys", "crates-io: coglet"];
    check(crates, "mine: coglet_sys\ncrates-io", "1.2.0", &expected, &[]);
}

#[test]
fn needs_are_those_of_the_same_registry_before_those_of_others() {
    let lines = "pypi: cog needs coglet\ntestpypi: coglet\ncrates-io";
    let expected = [
        "testpypi: coglet",
        "crates-io: coglet-sys",
        "crates-io: coglet < crates-io coglet-sys",
        "pypi: cog < crates-io coglet < testpypi coglet",
    ];
    check(&COG, lines, "1.2.0", &expected, &[]);
}

#[test]
fn versions_choose_lines() {
    let files = ["sample-1.0.tar.gz"];
    let lines = "testpypi when alpha, beta\npypi when stable, rc";
    check(&files, lines, "1.0a1", &["testpypi: sample"], &["publish/not-for-version"]);
    check(&files, lines, "1.0rc1", &["pypi: sample"], &["publish/not-for-version"]);
    let nowhere = ["publish/goes-nowhere", "publish/not-for-version", "publish/not-for-version"];
    check(&files, lines, "1.0.dev1", &[], &nowhere);
    // At an alpha both fit, and it goes there once.
    check(&files, "testpypi when alpha\ntestpypi when prerelease", "1.0a1", &["testpypi: sample"], &[]);
}

#[test]
fn what_nobody_takes_and_what_there_is_not_is_told() {
    check(&COG, "pypi", "1.2.0", &["pypi: cog coglet"], &["publish/no-target", "publish/no-target"]);
    check(
        &COG[..2],
        "pypi: coglet, cogs",
        "1.2.0",
        &["pypi: coglet"],
        &["publish/no-such-package", "publish/no-target"],
    );
    check(&COG[..1], "pypi needs coglet", "1.2.0", &["pypi: cog"], &["publish/no-such-package"]);
}

#[test]
fn a_circle_has_no_order() {
    let files = ["a-1.2.0.crate needs b", "b-1.2.0.crate needs a", "c-1.2.0.crate"];
    let (_, rules) = routed(&files, "crates-io", "1.2.0");
    assert_eq!(rules, ["publish/needs-circle"]);
}

#[test]
fn what_tests_need_counts_unless_it_closes_a_circle() {
    let files = ["a-1.2.0.crate needs ~b", "b-1.2.0.crate"];
    check(&files, "crates-io", "1.2.0", &["crates-io: b", "crates-io: a < crates-io b"], &[]);
    let files = ["a-1.2.0.crate needs ~b ~c", "b-1.2.0.crate needs a", "c-1.2.0.crate needs ~a"];
    let expected = ["crates-io: c", "crates-io: a < crates-io c", "crates-io: b < crates-io a"];
    check(&files, "crates-io", "1.2.0", &expected, &[]);
}

#[test]
fn a_line_for_some_versions_takes_nothing_of_an_unknown_one() {
    let files = ["sample-1.0.tar.gz", "other-1.0.tar.gz"];
    let lines = "pypi: sample when stable\ntestpypi";
    check(&files, lines, "unknown", &["testpypi: other"], &["publish/version-unknown"]);
    check(&files[..1], "pypi when stable", "unknown", &[], &["publish/version-unknown"]);
}

#[test]
fn a_need_that_goes_nowhere_is_told() {
    let files = &COG[..2];
    let lines = "pypi: coglet when stable\npypi: cog needs coglet";
    let rules = ["publish/need-goes-nowhere", "publish/not-for-version"];
    check(files, lines, "1.2.0rc1", &["pypi: cog"], &rules);
    let rules = ["publish/need-goes-nowhere", "publish/no-target"];
    check(files, "pypi: cog needs coglet", "1.2.0", &["pypi: cog"], &rules);
}
