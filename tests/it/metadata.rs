//! METADATA, PKG-INFO and `entry_points.txt` through the table of checks: cases beside the specimens.

use release_action::archive::Limits;
use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::checks::{self, Dist};

fn found(dist: &Dist) -> Vec<&'static str> {
    let report = checks::run(std::slice::from_ref(dist)).report;
    let mut ids: Vec<_> = report.findings().into_iter().map(|finding| finding.check).collect();
    ids.dedup();
    ids
}

/// The rules that a wheel breaks, tagged `py3-none-any` and good but for `edit`.
fn wheel(edit: impl FnOnce(&mut WheelBuilder)) -> Vec<&'static str> {
    tagged(["py3", "none", "any"], edit)
}

fn tagged([python, abi, platform]: [&str; 3], edit: impl FnOnce(&mut WheelBuilder)) -> Vec<&'static str> {
    let mut builder = WheelBuilder::new("sample", "1.0", python, abi, platform);
    edit(&mut builder);
    let (file_name, bytes) = builder.build();
    found(&Dist::read(file_name.as_str(), &bytes, &Limits::default()))
}

fn entry_points(text: &str) -> Vec<&'static str> {
    wheel(|wheel| {
        wheel.member("sample/cli.py", "from .app import run as main\n");
        wheel.member("sample/star.py", "from .app import *\n");
        wheel.member(&wheel.dist_info("entry_points.txt"), text);
    })
}

#[test]
fn a_format_of_tomorrow_is_a_warning_and_hides_nothing() {
    let ids = wheel(|wheel| {
        wheel.metadata("Metadata-Version", "2.9").add_metadata("Shoe-Size", "42");
        wheel.add_metadata("Dynamic", "Shoe-Size").metadata("License-File", "NOTICE");
    });
    let expected =
        ["metadata/license-file-missing", "metadata/newer-version", "metadata/undeclared-license-file"];
    let mut ids = ids;
    ids.sort_unstable();
    assert_eq!(ids, expected);
    let ids = wheel(|wheel| {
        wheel.metadata("Metadata-Version", "3.0");
    });
    assert_eq!(ids, ["metadata/metadata-version"]);
}

#[test]
fn old_metadata_knows_nothing_of_licence_files() {
    let ids = wheel(|wheel| {
        wheel.metadata("Metadata-Version", "2.1").without_metadata("License-Expression");
        wheel.metadata("License", "MIT").metadata("License-File", "../nowhere");
    });
    assert_eq!(ids, ["metadata/license-file-too-new"]);
}

#[test]
fn fields_are_known_in_any_case() {
    let ids = wheel(|wheel| {
        wheel.add_metadata("KEYWORDS", "a,b").add_metadata("dynamic", "LICENSE-FILE");
        wheel.add_metadata("project-url", "Source, https://example.org/");
    });
    assert!(ids.is_empty(), "{ids:?}");
}

#[test]
fn a_tag_is_excluded_when_none_of_its_versions_is_left() {
    for (tags, required, is_excluded) in [
        (["cp311", "abi3", "manylinux_2_28_x86_64"], ">=3.12", false),
        (["py3", "none", "any"], ">=3.9,!=3.9.0,!=3.9.1", false),
        (["py2.py3", "none", "any"], ">=2.7,!=3.0.*,!=3.1.*", false),
        (["py38", "none", "any"], "<3.9", false),
        (["py2.py3", "none", "any"], ">=3.9", true),
        (["py3", "none", "any"], "<3", true),
        (["py39", "none", "any"], "<3.9", true),
    ] {
        let ids = tagged(tags, |wheel| {
            wheel.metadata("Requires-Python", required);
        });
        assert_eq!(ids.contains(&"metadata/python-tag"), is_excluded, "{tags:?} {required}: {ids:?}");
    }
}

#[test]
fn extras_are_compared_in_normal_form() {
    let ids = wheel(|wheel| {
        wheel.add_metadata("Provides-Extra", "web-server");
        wheel.add_metadata("Requires-Dist", "requests; extra == \"Web_Server\"");
        wheel.add_metadata("Requires-Dist", "sample[web-server]; extra == 'web-server'");
    });
    assert!(ids.is_empty(), "{ids:?}");
}

#[test]
fn licence_files_are_looked_for_where_the_kind_has_them() {
    let mut sdist = SdistBuilder::new("sample", "1.0");
    sdist.member("LICENSES/MIT.txt", "free\n").add_metadata("License-File", "LICENSES/MIT.txt");
    let (file_name, bytes) = sdist.build();
    let ids = found(&Dist::read(file_name.as_str(), &bytes, &Limits::default()));
    assert!(ids.is_empty(), "{ids:?}");
    let ids = wheel(|wheel| {
        wheel.add_metadata("License-File", "NOTICE");
        wheel.member(&wheel.dist_info("NOTICE"), "made by us\n");
    });
    assert!(ids.contains(&"metadata/license-file-missing"), "{ids:?}");
}

#[test]
fn import_names_may_be_private_shared_and_none_at_all() {
    let ids = wheel(|wheel| {
        wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "sample");
        wheel.add_metadata("Import-Name", "space.tool ; private").add_metadata("Import-Namespace", "space");
        wheel.member("space/tool.py", "").member("_sample.py", "");
    });
    assert!(!ids.iter().any(|id| id.contains("import")), "{ids:?}");
    let ids = wheel(|wheel| {
        wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "");
    });
    assert_eq!(ids, ["metadata/undeclared-import"]);
}

#[test]
fn good_entry_points_trip_nothing() {
    for text in [
        "",
        "# none\n",
        "[console_scripts]\nsample = sample.cli:main\n\n[gui_scripts]\nsample-gui = sample.cli:main\n",
        "[console_scripts]\nsample = sample.star:main\n",
        "[console_scripts]\nsample=sample.cli:main.run\n[sample.plugins]\nsome thing = sample.cli\n",
    ] {
        let ids = entry_points(text);
        assert!(ids.is_empty(), "{text:?}: {ids:?}");
    }
}

#[test]
fn each_bad_entry_point_has_its_rule() {
    for (text, id) in [
        ("sample = sample.cli:main\n", "entry-points/form"),
        ("\u{feff}[console_scripts]\nsample = sample.cli:main\n", "entry-points/form"),
        ("[console_scripts]\nsample: sample.cli:main\n", "entry-points/form"),
        ("[console_scripts]\nsample = sample.cli:main\n\n   [web]\n", "entry-points/ambiguous-line"),
        ("[console_scripts]\n\"sample\" = sample.cli:main\n", "entry-points/name"),
        ("[gui_scripts]\nsample = sample.cli:\n", "entry-points/script"),
        (
            "[console_scripts]\nsample = sample.cli:main\n[gui_scripts]\nsample = sample.cli:main\n",
            "entry-points/similar-names",
        ),
        ("[console_scripts]\nsample = sample.cli:domain\n", "entry-points/no-callable"),
        ("[sample.plugins]\nfirst = sample.missing\n", "entry-points/no-module"),
    ] {
        let ids = entry_points(text);
        assert!(ids.contains(&id), "{text:?}: {ids:?}");
    }
}

#[test]
fn an_unreadable_file_of_entry_points_is_told() {
    let ids = wheel(|wheel| {
        wheel.member(&wheel.dist_info("entry_points.txt"), vec![0xff; 10]);
    });
    assert!(ids.contains(&"entry-points/form"), "{ids:?}");
    let ids = wheel(|wheel| {
        wheel.member(&wheel.dist_info("entry_points.txt"), "#\n".repeat(3_000_000));
    });
    assert!(ids.contains(&"entry-points/form"), "{ids:?}");
}
