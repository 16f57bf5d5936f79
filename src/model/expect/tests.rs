use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Expected {
    text.parse().expect(text)
}

fn lines(text: &str) -> Vec<String> {
    read(text).requirements().iter().map(ToString::to_string).collect()
}

fn error(text: &str) -> ExpectError {
    text.parse::<Expected>().expect_err(text)
}

fn wheel(tags: &str) -> Distribution {
    Distribution::Wheel(format!("sample-1.0-{tags}.whl").parse().expect(tags))
}

#[test]
fn lines_stand_for_products() {
    assert_eq!(lines("sdist"), ["sdist"]);
    assert_eq!(lines("py3-none-any # pure"), ["py3: any"]);
    assert_eq!(lines("\n# all\nabi3\n\ncp311 , cp312"), ["abi3", "cp311", "cp312"]);
    assert_eq!(lines("win_amd64, sdist, win32"), ["win_amd64", "sdist", "win32"]);
    assert_eq!(lines("py2.py3-none-any"), ["py2: any", "py3: any"]);
    assert_eq!(
        lines("cp39..cp311, cp313t: win_amd64 macosx_*_universal2"),
        [
            "cp39: win_amd64",
            "cp39: macosx_*_universal2",
            "cp310: win_amd64",
            "cp310: macosx_*_universal2",
            "cp311: win_amd64",
            "cp311: macosx_*_universal2",
            "cp313t: win_amd64",
            "cp313t: macosx_*_universal2",
        ]
    );
    assert_eq!(lines("cp311..cp312, cp312\r\ncp311"), ["cp311", "cp312"], "nothing stands twice");
}

#[test]
fn sections_belong_to_projects() {
    let expected = read("sdist\n[Sample.Tool]\npy3-none-any\n[ other ]\nsdist");
    let about: Vec<_> = expected
        .requirements()
        .iter()
        .map(|one| (one.line, one.project.as_ref().map(|name| name.normal().to_owned())))
        .collect();
    assert_eq!(about, [(1, None), (3, Some("sample-tool".to_owned())), (5, Some("other".to_owned()))]);
}

#[test]
fn a_wrong_word_is_named_with_its_line() {
    for (text, line, word, what) in [
        ("sdist\ncp31: win_amd64", 2, "cp31", What::Interpreter),
        ("cp311: win_amd46", 1, "win_amd46", What::Platform),
        ("cp311: manylinux_*_x86_46", 1, "manylinux_*_x86_46", What::Platform),
        ("sdst", 1, "sdst", What::Word),
        ("py3-none-anny", 1, "anny", What::Platform),
        ("py3-non-any", 1, "non", What::Abi),
        ("pyy3-none-any", 1, "pyy3", What::Interpreter),
        ("cp311-cp312", 1, "cp312", What::Abi),
        ("cp311..cp31x: win32", 1, "cp31x", What::Interpreter),
        ("cp311...cp313", 1, ".cp313", What::Interpreter),
        ("cp311 .. cp313", 1, "..", What::Interpreter),
        ("sdist: win32", 1, "sdist", What::Interpreter),
        ("cp311: cp312", 1, "cp312", What::Platform),
        ("CP311", 1, "CP311", What::Word),
    ] {
        let word = word.to_owned();
        let found = error(text);
        // A range without a first interpreter names the empty word before it.
        if text.contains(" .. ") {
            assert!(matches!(found, ExpectError::Word { line: 1, .. }), "{found}");
            continue;
        }
        assert_eq!(found, ExpectError::Word { line, word, what }, "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    assert_eq!(error("# nothing\n\n"), ExpectError::Nothing);
    assert_eq!(error(""), ExpectError::Nothing);
    assert!(matches!(error("[other]"), ExpectError::Nothing));
    assert!(matches!(error("[a b]\nsdist"), ExpectError::Project { line: 1, .. }));
    assert!(matches!(error("cp311 win_amd64"), ExpectError::Mixed { line: 1, .. }));
    assert!(matches!(error("cp311:"), ExpectError::Empty { .. }));
    assert!(matches!(error(": win32"), ExpectError::Empty { .. }));
    assert!(matches!(error(":"), ExpectError::Empty { .. }));
    assert!(matches!(error("cp311: win32: any"), ExpectError::Colons { .. }));
    assert!(matches!(error("cp312..cp311"), ExpectError::Range { .. }));
    assert!(matches!(error("cp313..cp314t"), ExpectError::Range { .. }));
    assert!(matches!(error("pp310..cp311"), ExpectError::Range { .. }));
}

#[test]
fn candidates_hold_what_was_meant() {
    for (text, meant) in [
        ("cp31", "cp311"),
        ("sdst", "sdist"),
        ("cp311: manylinux_2_28_x86_46", "manylinux_2_28_x86_64"),
        ("cp311: macos_11_0_arm64", "macosx_11_0_arm64"),
        ("cp311: macosx_*_univeral2", "macosx_*_universal2"),
        ("cp311: musllinux_1_2_arch64", "musllinux_1_2_aarch64"),
        ("py3-nonee-any", "none"),
    ] {
        assert!(error(text).candidates().iter().any(|word| word == meant), "{text}");
    }
}

#[test]
fn files_are_accepted_where_an_installer_takes_them() {
    for (line, tags) in [
        ("cp312: manylinux_2_28_x86_64", "cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64"),
        ("cp312: manylinux_2_28_x86_64", "cp311-abi3-manylinux_2_28_x86_64"),
        ("cp312: manylinux_2_28_x86_64", "py3-none-manylinux_2_5_x86_64"),
        ("cp312: macosx_11_0_arm64", "cp312-cp312-macosx_10_13_universal2"),
        ("cp312: macosx_*_arm64", "cp312-cp312-macosx_10_13_universal2"),
        ("cp312: manylinux_*_x86_64", "cp312-cp312-manylinux2014_x86_64"),
        ("cp312: musllinux_1_2_x86_64", "cp312-cp312-musllinux_1_1_x86_64"),
        ("abi3: win_*", "cp310-abi3-win_arm64"),
        ("cp311", "py3-none-any"),
        ("win_amd64", "cp314-cp314t-win_amd64"),
        ("pp311: win_amd64", "pp311-pypy311_pp73-win_amd64"),
        ("py3-none-any", "py2.py3-none-any"),
    ] {
        assert!(read(line).requirements()[0].accepts(&wheel(tags)), "{line} {tags}");
    }
    for (line, tags) in [
        ("cp312: win_amd64", "py3-none-any"),
        ("win_amd64", "py3-none-any"),
        ("cp312: manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_34_x86_64"),
        ("cp312: manylinux_2_28_x86_64", "cp313-abi3-manylinux_2_28_x86_64"),
        ("cp313t: win_amd64", "cp311-abi3-win_amd64"),
        ("cp312: macosx_10_9_universal2", "cp312-cp312-macosx_10_9_arm64"),
        ("sdist", "py3-none-any"),
        ("cp312-cp312-win32", "cp311-abi3-win32"),
    ] {
        assert!(!read(line).requirements()[0].accepts(&wheel(tags)), "{line} {tags}");
    }
}

#[test]
fn what_is_near_has_one_thing_wrong() {
    let distance = |line: &str, tags| read(line).requirements()[0].distance(&wheel(tags));
    let line = "cp312: manylinux_2_28_x86_64";
    assert_eq!(distance(line, "cp312-cp312-manylinux_2_34_x86_64"), Some(0));
    assert_eq!(distance(line, "cp311-cp311-manylinux_2_28_x86_64"), Some(1));
    assert_eq!(distance(line, "cp312-cp312-win_amd64"), None);
    assert_eq!(distance(line, "cp311-cp311-win_amd64"), None);
    assert_eq!(distance("sdist", "py3-none-any"), None);
}

proptest! {
    #[test]
    fn a_range_is_all_between_its_ends(first in 5u8..=19, last in 5u8..=19, kind in 0usize..4) {
        let interpreter = |minor| Interpreter {
            implementation: [
                Implementation::CPython,
                Implementation::FreeThreaded,
                Implementation::PyPy,
                Implementation::GraalPy,
            ][kind],
            minor,
        };
        let named = |minor| interpreter(minor).to_string();
        let found = format!("{}..{}", named(first), named(last)).parse::<Expected>();
        let is_there = |minor| Interpreter::read(&named(minor)).is_some();
        prop_assert_eq!(found.is_ok(), first <= last && is_there(first) && is_there(last));
        if let Ok(found) = found {
            let found: Vec<_> = found.requirements().iter().map(ToString::to_string).collect();
            prop_assert_eq!(found, (first..=last).map(named).collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9_.:,*?#\\[\\] \n-]{0,60}") {
        if let Ok(expected) = text.parse::<Expected>() {
            // What was read says the same when it is written down.
            let (mut project, mut again) = (None, String::new());
            for one in expected.requirements() {
                if one.project != project {
                    project.clone_from(&one.project);
                    again += &format!("[{}]\n", project.as_ref().map_or("", |name| name.normal()));
                }
                again += &format!("{one}\n");
            }
            let written: Expected = again.parse().expect("what was read can be written");
            let lines = |expected: &Expected| -> Vec<_> {
                expected.requirements().iter().map(|one| (one.project.clone(), one.to_string())).collect()
            };
            prop_assert_eq!(lines(&written), lines(&expected));
        }
    }
}
