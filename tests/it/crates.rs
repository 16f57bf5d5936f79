//! Packed crates through the program, from collecting to the release page; cargo itself makes the ones that must pass.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use release_action::archive::build::{CrateBuilder, SdistBuilder, SetBuilder};
use release_action::archive::crate_file::{CrateManifest, PublishTo};
use release_action::archive::{Limits, PackedCrate, packed_crate};
use release_action::checks::{self, Dist};
use release_action::model::artifact::{Artifact, ArtifactKind, FileName};
use release_action::model::digest::Hashes;
use serde_json::json;

use crate::archive::Numbers;
use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, ReleaseFile, World, small_release};

const CRATE: &str = "sample-1.2.0.crate";

fn built(builder: &CrateBuilder) -> ReleaseFile {
    let (name, bytes) = builder.build();
    (name.to_string(), bytes)
}

/// validate-wheels over these files, in `dist`.
fn validate(folder: &Path, files: &[ReleaseFile]) -> Program {
    fs::create_dir_all(folder.join("dist")).expect("a temporary folder");
    for (name, bytes) in files {
        fs::write(folder.join("dist").join(name), bytes).expect("a temporary folder");
    }
    Program::mode("validate-wheels").current_dir(folder)
}

/// Packs the package in `folder` as a build job does, without asking any registry.
fn cargo_package(folder: &Path) -> ReleaseFile {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--quiet", "--offline", "--no-verify", "--allow-dirty", "--exclude-lockfile"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .expect("who builds this has cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packed = fs::read_dir(folder.join("target/package")).expect("cargo left it there");
    let mut packed = packed.map(|entry| entry.expect("it can be listed").path());
    let path =
        packed.find(|path| path.extension().is_some_and(|ending| ending == "crate")).expect("one file");
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    (name, fs::read(path).expect("it can be read"))
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("a temporary folder");
    fs::write(path, text).expect("a temporary folder");
}

/// A package with everything that a manifest may say, in a workspace, packed.
fn everything(extra: &str, dependencies: &str) -> ReleaseFile {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manifest = format!(
        "[workspace]\n[workspace.package]\nauthors = [\"Me <me@forge.example>\"]\n\
         [workspace.dependencies]\nthird = {{ version = \"1.0.2\", default-features = false }}\n\
         [package]\nname = \"Sample_crate-x\"\nversion = \"1.2.3-rc.1+b.5\"\nedition = \"2024\"\n\
         description = \"\"\"\nTwo\nlines.\n\"\"\"\nlicense = \"MIT/Apache-2.0\"\nlicense-file = \"LICENSE\"\n\
         authors.workspace = true\nrust-version = \"1.85\"\nlinks = \"sample\"\nbuild = \"build.rs\"\n\
         homepage = \"https://home.example/\"\ndocumentation = \"https://docs.example/\"\n\
         repository = \"https://forge.example/me/sample\"\nkeywords = [\"one\", \"c++\"]\ncategories = [\"os\"]\n\
         {extra}\n[features]\ndefault = [\"y\"]\nf = [\"dep:third\", \"w?/std\"]\n\
         [dependencies]\nx = {{ package = \"real-x\", version = \"1\" }}\ny = {{ version = \"=2.0.1\", optional = true }}\n\
         third = {{ workspace = true, optional = true, features = [\"q\"] }}\nw = {{ version = \">=1, <3\", optional = true }}\n\
         {dependencies}\n[dev-dependencies]\nbytes = \"1\"\n[build-dependencies]\nshlex = \"~1.3\"\n\
         [target.'cfg( any(unix,windows, ) )'.dependencies]\nlibc = \"0.2\"\n\
         [badges]\nmaintenance = {{ status = \"as-is\" }}\n[profile.release]\nlto = true\n"
    );
    write(folder.path(), "Cargo.toml", &manifest);
    write(
        folder.path(),
        ".cargo/config.toml",
        "[registries.ours]\nindex = \"sparse+http://127.0.0.1:1/index/\"\n",
    );
    write(folder.path(), "LICENSE", "Everything is allowed.\n");
    write(folder.path(), "build.rs", "fn main() {}\n");
    write(folder.path(), "src/lib.rs", "//! A sample.\n");
    write(folder.path(), "docs/READ.md", "# Sample\n\nÜber alles.\n");
    write(folder.path(), "README.md", "# The usual one\n");
    cargo_package(folder.path())
}

fn told((name, bytes): &ReleaseFile) -> PackedCrate {
    let file_name: FileName = name.parse().expect("cargo's names are good");
    let kind = ArtifactKind::of_file_name(&file_name);
    packed_crate(bytes, &Artifact::new(file_name, Hashes::of(bytes), kind)).expect("cargo's crates are good")
}

fn dependencies(manifest: &CrateManifest) -> String {
    let mut text = String::new();
    for one in manifest.dependencies() {
        let (name, requirement, kind, source) = (&one.name, &one.requirement, one.kind, &one.source);
        let (renamed, target, features) = (&one.renamed, &one.target, &one.features);
        let flags = (one.optional, one.default_features);
        writeln!(
            text,
            "{name} {requirement} {kind:?} {renamed:?} {target:?} {features:?} {flags:?} {source:?}"
        )
        .expect("a string");
    }
    text
}

#[test]
fn what_cargo_packs_passes_and_its_manifest_says_what_the_author_wrote() {
    let file = everything("readme = \"docs/READ.md\"", "");
    assert_eq!(file.0, "Sample_crate-x-1.2.3-rc.1+b.5.crate");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcome = validate(folder.path(), std::slice::from_ref(&file)).run().expect_code(0);
    assert_eq!(outcome.report["findings"], json!([]), "{}", outcome.told());
    let PackedCrate { manifest, readme } = told(&file);
    let readme = readme.expect("a readme");
    assert_eq!((&*readme.path, &*readme.text), ("docs/READ.md", "# Sample\n\nÜber alles.\n"));
    assert_eq!(
        (manifest.name.written(), &*manifest.version.to_string()),
        ("Sample_crate-x", "1.2.3-rc.1+b.5")
    );
    assert_eq!(manifest.authors, ["Me <me@forge.example>"]);
    assert_eq!(manifest.description.as_deref(), Some("Two\nlines.\n"));
    assert_eq!(manifest.license.as_deref(), Some("MIT/Apache-2.0"));
    assert_eq!(manifest.license_file.as_deref(), Some("LICENSE"));
    assert_eq!(manifest.homepage.as_deref(), Some("https://home.example/"));
    assert_eq!(manifest.documentation.as_deref(), Some("https://docs.example/"));
    assert_eq!(manifest.repository.as_deref(), Some("https://forge.example/me/sample"));
    assert_eq!(
        (&*manifest.keywords, &*manifest.categories),
        (&["one", "c++"].map(str::to_owned)[..], &["os".to_owned()][..])
    );
    assert_eq!(manifest.badges["maintenance"]["status"], "as-is");
    assert_eq!((manifest.links.as_deref(), manifest.rust_version.as_deref()), (Some("sample"), Some("1.85")));
    assert_eq!(manifest.features["f"], ["dep:third", "w?/std"]);
    assert_eq!((&manifest.publish, manifest.left_over.len()), (&PublishTo::Any, 0));
    assert_eq!(
        dependencies(&manifest),
        "third ^1.0.2 Normal None None [\"q\"] (true, false) CratesIo\n\
         w >=1, <3 Normal None None [] (true, true) CratesIo\n\
         real-x ^1 Normal Some(\"x\") None [] (false, true) CratesIo\n\
         y =2.0.1 Normal None None [] (true, true) CratesIo\n\
         shlex ~1.3 Build None None [] (false, true) CratesIo\n\
         bytes ^1 Dev None None [] (false, true) CratesIo\n\
         libc ^0.2 Normal None Some(\"cfg(any(unix, windows))\") [] (false, true) CratesIo\n"
    );
}

#[test]
fn what_cargo_packs_for_another_registry_may_need_crates_from_there() {
    let file = everything("publish = [\"ours\"]", "v = { version = \"1\", registry = \"ours\" }");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcome = validate(folder.path(), std::slice::from_ref(&file)).run().expect_code(0);
    assert_eq!(outcome.report["findings"], json!([]), "{}", outcome.told());
    let PackedCrate { manifest, readme } = told(&file);
    assert_eq!(readme.expect("cargo finds it by its name").path, "README.md");
    let ours = manifest.dependencies().iter().filter_map(|one| one.registry_index()).collect::<Vec<_>>();
    assert_eq!(ours, ["sparse+http://127.0.0.1:1/index/"]);
    // The same, if it could go to crates.io.
    let file = everything("", "v = { version = \"1\", registry = \"ours\" }");
    let outcome = validate(folder.path(), &[file]).run().expect_code(1);
    assert!(outcome.finds("crate/foreign-registry", "b.5.crate"), "{}", outcome.told());
}

#[test]
fn cargo_keeps_the_word_of_an_author_who_wants_nothing_published() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = everything("publish = false", "");
    let outcome = validate(folder.path(), &[file]).run().expect_code(1);
    assert!(outcome.finds("crate/publish-false", "b.5.crate"), "{}", outcome.told());
}

/// Git in a folder that is nobody's, so that no setting of this machine counts.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Me", "-c", "user.email=me@forge.example"]).args(arguments).current_dir(folder);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.output().expect("who builds this has git");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn the_commit_that_cargo_took_down_is_held_to_the_one_that_is_released() {
    let checkout = tempfile::tempdir().expect("a temporary folder");
    let path = checkout.path();
    write(
        path,
        "Cargo.toml",
        "[package]\nname = \"sample\"\nversion = \"1.2.0\"\ndescription = \"A sample.\"\nlicense = \"MIT\"\n",
    );
    write(path, "src/lib.rs", "");
    write(path, ".gitignore", "target\n");
    git(path, &["init", "--quiet"]);
    git(path, &["add", "."]);
    git(path, &["commit", "--quiet", "--message", "Begin"]);
    let commit = git(path, &["rev-parse", "HEAD"]);
    let clean = cargo_package(path);
    let judge = |file: &ReleaseFile, commit: &str| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = validate(folder.path(), std::slice::from_ref(file));
        program.input("commit", commit).run().expect_code(0)
    };
    let outcome = judge(&clean, &commit);
    assert_eq!(outcome.report["findings"], json!([]), "{}", outcome.told());
    let outcome = judge(&clean, COMMIT);
    assert!(outcome.finds("crate/other-commit", CRATE), "{}", outcome.told());
    write(path, "src/lib.rs", "//! Changed.\n");
    let outcome = judge(&cargo_package(path), &commit);
    assert!(outcome.finds("crate/dirty", CRATE), "{}", outcome.told());
}

/// The small release with a crate beside it.
fn with_crate() -> Vec<ReleaseFile> {
    let mut files = small_release();
    files.push(built(&CrateBuilder::new("sample", "1.2.0")));
    files
}

fn settles(outcome: &Outcome, crates: &str) {
    assert_eq!(outcome.output("crates"), crates, "{}", outcome.told());
    assert_eq!((outcome.output("wheels"), outcome.output("sdists")), ("2", "1"));
}

#[test]
fn a_crate_goes_from_the_build_to_the_release_page_beside_the_wheels() {
    let world = World::holding(with_crate(), "");
    let collected = world.play(Phase::Collect);
    settles(&collected, "1");
    assert!(world.path("dist").join(CRATE).is_file(), "{}", collected.told());
    let judged = world.phase(Phase::Validate).input("records", "build-info, checksums, validation").run();
    settles(&judged, "1");
    assert!(judged.summary.contains("crate: `sample-1.2.0.crate`"), "{}", judged.summary);
    let text = |path: &str| fs::read_to_string(world.path(path)).expect("it was left");
    let manifest: serde_json::Value =
        serde_json::from_str(&text("release-manifest/manifest.json")).expect("it is JSON");
    let row = manifest["artifacts"].as_array().expect("a list").iter().find(|row| row["file_name"] == CRATE);
    let row = row.expect("the crate is in the manifest");
    let sha256 = Hashes::of(&world.files.last().expect("the crate is the last").1).sha256.to_string();
    assert_eq!((&row["kind"], &row["sha256"]), (&json!("crate"), &json!(sha256)));
    assert!(row.get("project").is_none_or(serde_json::Value::is_null), "{row}");
    let line = format!("{sha256}  {CRATE}");
    assert!(text("release-manifest/SHA256SUMS").lines().any(|found| found == line));
    assert!(text("release-manifest/build-info.txt").contains(&format!("{CRATE} (crate, ")));
    assert!(text("release-manifest/VALIDATION.txt").contains(&format!("OK  {CRATE}")));
    // A name on the page that cargo gave stays, whatever other files are called.
    world.phase(Phase::Draft).input("rename", "{name}-renamed").run().expect_code(0);
    let assets: Vec<_> = world.released().assets.into_iter().map(|(name, ..)| name).collect();
    assert!(assets.iter().any(|name| name == CRATE), "{assets:?}");
    assert!(assets.iter().any(|name| name.ends_with("-renamed")), "{assets:?}");
}

#[test]
fn a_crate_that_nobody_vetted_stops_the_release() {
    let world = World::new();
    world.play_until(Phase::Draft);
    world.write(&format!("dist/{CRATE}"), built(&CrateBuilder::new("sample", "1.2.0")).1);
    let outcome = world.phase(Phase::Draft).run().expect_code(1);
    assert!(outcome.finds("manifest/mismatch", CRATE), "{}", outcome.told());
}

#[test]
fn crates_alone_are_a_release_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut other = CrateBuilder::new("other", "0.3.0");
    other.dependency("sample", "1.2");
    let files = [built(&CrateBuilder::new("sample", "1.2.0")), built(&other)];
    let outcome = validate(folder.path(), &files).run().expect_code(0);
    assert_eq!(outcome.report["findings"], json!([]), "{}", outcome.told());
    assert_eq!((outcome.output("crates"), outcome.output("files")), ("2", "2"));
    assert!(!outcome.outputs.contains_key("version"), "crates may have versions of their own");
}

#[test]
fn a_bad_crate_stops_the_run_and_every_report_names_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bare = CrateBuilder::new("sample", "1.2.0");
    bare.without_package("license").dependency("other", "*");
    let files = [built(&bare), ("cut-1.0.0.crate".to_owned(), built(&bare).1[..200].to_vec())];
    let sarif = folder.path().join("found.sarif");
    let program = validate(folder.path(), &files).input("sarif", "found.sarif");
    let outcome = program.run().expect_code(1);
    for (check, file) in
        [("crate/no-license", CRATE), ("crate/wildcard", CRATE), ("archive/unreadable", "cut-1.0.0.crate")]
    {
        assert!(outcome.finds(check, file), "{check}: {}", outcome.told());
    }
    let sarif = fs::read_to_string(sarif).expect("it was written");
    assert!(sarif.contains("crate/no-license") && sarif.contains(CRATE), "{sarif}");
    // Whoever has an agreement with his registry says so by the rule's id; the family alone does not do.
    let again = |ignore: &str| {
        let files = [built(&bare)];
        let other = tempfile::tempdir().expect("a temporary folder");
        validate(other.path(), &files).input("ignore", ignore).run().code
    };
    assert_eq!(again("crate/no-license, crate/wildcard"), Some(0));
    assert_eq!(again("crate"), Some(1));
}

#[test]
fn a_second_build_of_a_crate_is_compared_with_the_first() {
    let first = CrateBuilder::new("sample", "1.2.0");
    let second = |edit: &dyn Fn(&mut CrateBuilder)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut again = first.clone();
        edit(&mut again);
        let (name, bytes) = built(&again);
        fs::create_dir(folder.path().join("again")).expect("a temporary folder");
        fs::write(folder.path().join("again").join(name), bytes).expect("a temporary folder");
        validate(folder.path(), &[built(&first)]).input("compare-with", "again").run().expect_code(0)
    };
    let found = |outcome: &Outcome| {
        let findings = outcome.report["findings"].as_array().expect("a list").iter();
        findings.map(|finding| finding["check"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let same = second(&|_| {});
    assert_eq!(found(&same), ["reproducible/compared"], "{}", same.told());
    let changed = second(&|again| {
        again.member("src/lib.rs", "// Another one.\n");
    });
    assert!(changed.finds("reproducible/other-contents", CRATE), "{}", changed.told());
    let packed = second(&|again| {
        again.edit_bytes(|bytes| bytes[4] = 1);
    });
    assert!(packed.finds("reproducible/other-packing", CRATE), "{}", packed.told());
}

/// The members of a crate with their digests.
fn contents(dist: &Dist) -> Vec<(String, String)> {
    let members = dist.packed().map(|packed| &*packed.tar.members).unwrap_or_default();
    members.iter().map(|member| (member.path.clone(), member.sha256.to_string())).collect()
}

/// Bytes that were changed anywhere never crash the judge, and never pass with other contents. Whoever is told of a
/// crate by its artifact is told nothing of other bytes.
#[test]
fn no_mutation_of_a_crate_passes_with_other_contents() {
    let mut builder = CrateBuilder::new("sample", "1.2.0");
    builder.dependency("other", "1").tables("[features]\nf = [\"other/std\"]\n");
    let (name, bytes) = builder.build();
    let artifact = Artifact::new(name.clone(), Hashes::of(&bytes), ArtifactKind::of_file_name(&name));
    let judge = |bytes: &Vec<u8>| {
        let dist = Dist::read(name.as_str(), bytes, &Limits::default());
        let passes = checks::run(std::slice::from_ref(&dist)).vetted.is_some();
        (contents(&dist), passes)
    };
    let (good, passes) = judge(&bytes);
    assert!(passes && good.len() == 5, "{good:?}");
    let mut numbers = Numbers(0x0123_4567_89ab_cdef);
    for round in 0..1500 {
        let mut changed = bytes.clone();
        numbers.mutate(&mut changed);
        let (found, passes) = judge(&changed);
        assert!(!passes || found == good, "round {round}");
        assert_eq!(packed_crate(&changed, &artifact).is_ok(), changed == bytes, "round {round}");
    }
}

/// The same for the texts in it: mutations of the manifest inside of a whole archive.
#[test]
fn no_manifest_crashes_the_judge() {
    let seed = "[package]\nname = \"sample\"\nversion = \"1.2.0\"\nreadme = \"README.md\"\nlicense = \"MIT OR (A AND B)\"\n\
                keywords = [\"a\"]\n[target.'cfg(all(unix, not(a = \"b\")))'.dependencies.x]\nversion = \"1, <2\"\n\
                registry-index = \"sparse+https://r.example/\"\n[features]\na = [\"dep:x\"]\n";
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut kept = 0;
    for _ in 0..1500 {
        let mut text = seed.as_bytes().to_vec();
        numbers.mutate(&mut text);
        let mut builder = CrateBuilder::new("sample", "1.2.0");
        builder.edit_manifest(move |bytes| bytes.clone_from(&text));
        let (name, bytes) = builder.build();
        let dist = Dist::read(name.as_str(), &bytes, &Limits::default());
        checks::run(std::slice::from_ref(&dist));
        kept += usize::from(dist.packed().is_some_and(|packed| packed.manifest().is_some()));
    }
    assert!(kept > 100, "only {kept} of the mutants were manifests at all");
}

/// What is nested deep, or stands a million times, takes neither the stack nor much time.
#[test]
fn manifests_made_to_hurt_are_refused_soon() {
    let deep = format!("[package]\nname = \"sample\"\nversion = \"1.2.0\"\nx = {}", "[".repeat(500_000));
    let wide = format!("[package]\nname = \"sample\"\nversion = \"1.2.0\"\n[dependencies]\n{}", {
        let lines: String = (0..60_000).map(|number| format!("d{number} = \"1\"\n")).collect();
        lines
    });
    let long = format!("{wide}\n#{}", "x".repeat(1 << 20));
    let platform = format!(
        "[package]\nname = \"sample\"\nversion = \"1.2.0\"\n[target.'cfg({})'.dependencies]\na = \"1\"\n",
        "all(".repeat(200_000)
    );
    let began = std::time::Instant::now();
    for (what, text, check) in [
        ("deep", deep, "crate/manifest-form"),
        ("wide", wide, "crate/too-many"),
        ("long", long, "crate/manifest-form"),
        ("platform", platform, "crate/no-license"),
    ] {
        let mut builder = CrateBuilder::new("sample", "1.2.0");
        builder.edit_manifest(move |bytes| *bytes = text.clone().into_bytes());
        let (name, bytes) = builder.build();
        let dist = Dist::read(name.as_str(), &bytes, &Limits::default());
        let report = checks::run(std::slice::from_ref(&dist)).report;
        let found: Vec<_> = report.findings().iter().map(|finding| finding.check).collect();
        assert!(found.contains(&check), "{what}: {found:?}");
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

/// Crates say nothing about wheels: an sdist alone, a set alone and a crate beside each are judged as before.
#[test]
fn a_crate_beside_distributions_changes_nothing_about_them() {
    let file = |(name, bytes): (FileName, Vec<u8>)| (name.to_string(), bytes);
    let packed = built(&CrateBuilder::new("sample", "3.0.0"));
    for mut files in [
        vec![file(SdistBuilder::new("sample", "1.0").build())],
        SetBuilder::new("sample", "1.0").build().into_iter().map(file).collect(),
    ] {
        files.push(packed.clone());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let outcome = validate(folder.path(), &files).run().expect_code(0);
        assert_eq!(outcome.report["findings"], json!([]), "{}", outcome.told());
        assert_eq!((outcome.output("version"), outcome.output("crates")), ("1.0", "1"));
    }
}
