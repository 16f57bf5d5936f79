//! What the command line takes and refuses, as a user sees it.

use super::*;

fn invoke(words: &str, variables: &[(&str, &str)]) -> Result<Invocation, InputError> {
    let arguments: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
    read(&arguments, &variables.iter().copied().collect())
}

fn mode(words: &str, variables: &[(&str, &str)]) -> (ModeName, Inputs) {
    match invoke(words, variables) {
        Ok(Invocation::Mode(mode, inputs)) => (mode, inputs),
        other => panic!("{words}: {other:?}"),
    }
}

fn refused(words: &str, variables: &[(&str, &str)]) -> String {
    let error = invoke(words, variables).expect_err(words);
    match error.hint() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}

fn shown(words: &str) -> String {
    match invoke(words, &[]) {
        Ok(Invocation::Show(text)) => text,
        other => panic!("{words}: {other:?}"),
    }
}

#[test]
fn the_mode_comes_from_the_argument_or_from_the_input() {
    assert_eq!(mode("publish", &[("INPUT_MODE", "verify-tag")]).0, ModeName::Publish);
    assert_eq!(mode("", &[("INPUT_MODE", "verify-tag")]).0, ModeName::VerifyTag);
    let (found, inputs) = mode("--dry-run --tag=v1", &[("INPUT_MODE", "verify-tag")]);
    assert_eq!((found, inputs.text("tag")), (ModeName::VerifyTag, Some("v1")));
    assert!(inputs.flag("dry-run").expect("a flag"));
}

#[test]
fn flags_may_be_bare_or_have_a_value() {
    let publish = |words: &str| mode(words, &[]).1.flag("publish").expect("a flag");
    assert!(publish("create-release") && publish("create-release --publish"));
    assert!(!publish("create-release --publish=false"));
}

#[test]
fn files_are_bare_arguments_and_lists_may_be_repeated() {
    let (_, inputs) = mode("validate-wheels --dry-run a.whl b.tar.gz --report -", &[]);
    assert_eq!(inputs.list("files"), ["a.whl", "b.tar.gz"]);
    assert_eq!(inputs.text("report"), Some("-"));
    let (_, inputs) = mode("collect-artifacts --workflows a.yml --workflows b.yml,c.yml", &[]);
    assert_eq!(inputs.list("workflows"), ["a.yml", "b.yml", "c.yml"]);
}

#[test]
fn names_of_other_actions_are_flags_too() {
    use crate::action::schema::aliases::{ALIASES, Means};
    for alias in ALIASES {
        for name in ModeName::ALL.iter().filter(|mode| alias.is_of(**mode)) {
            let (typed, expected) = match alias.means {
                // A word of another action under its other name is refused like one under ours.
                Means::Same if alias.of == "skip-existing" => ("same", "same"),
                Means::Same => ("true", "true"),
                Means::Words(words) => words[0],
            };
            let (_, inputs) = mode(&format!("{name} --{}={typed}", alias.name), &[]);
            assert_eq!(inputs.text(alias.of), Some(expected), "{name} {}", alias.name);
            assert!(inputs.is_given(alias.of));
        }
    }
    assert_eq!(
        refused("create-release --tag_name=v1 --tag=v2", &[]),
        "the flag `--tag` and the flag `--tag_name` (another name of `tag`) say different things (leave one of the two out)"
    );
    assert_eq!(mode("create-release --tag_name=v1 --tag=v1", &[]).1.text("tag"), Some("v1"));
    assert!(refused("publish --print-hash", &[]).starts_with(
        "`print-hash` is an input of pypa/gh-action-pypi-publish, and not of `publish` (leave it out"
    ));
    assert!(refused("create-release --draft=maybe", &[]).contains("`maybe` is neither `true` nor `false`"));
    assert!(refused("publish --skip-existing=true", &[]).contains("write `same`"));
}

#[test]
fn rehearse_has_its_own_flags() {
    let words = "rehearse --packages-dir d --fault lost@3 --fault html@github:1 --event b.yml --event a.yml --report r.json";
    let Ok(Invocation::Rehearse(inputs)) = invoke(words, &[("INPUT_MODE", "publish")]) else {
        panic!("not understood")
    };
    assert_eq!(inputs.list("fault"), ["lost@3", "html@github:1"]);
    assert_eq!(inputs.list("event"), ["b.yml", "a.yml"]);
    assert_eq!(inputs.text("packages-dir"), Some("d"));
    let Ok(Invocation::Rehearse(inputs)) = invoke("rehearse", &[]) else { panic!("not understood") };
    assert_eq!(inputs.text("packages-dir"), None);
}

#[test]
fn typing_mistakes_are_answered_with_the_nearest_name() {
    for (words, expected) in [
        ("validate-wheel", "there is no mode `validate-wheel` (did you mean `validate-wheels`?)"),
        ("reherse", "there is no mode `reherse` (did you mean `rehearse`?)"),
        ("publish --package-dir x", "`publish` has no flag `--package-dir` (did you mean `--packages-dir`?)"),
        ("publish --assets_dir=x", "`publish` has no flag `--assets_dir` (did you mean `--assets-dir`?)"),
        ("publish --notes-file x", "`publish` has no flag `--notes-file` (it belongs to `create-release`)"),
        ("rehearse --fualt x", "`rehearse` has no flag `--fualt` (did you mean `--fault`?)"),
        (
            "publish --zzzzzzzz",
            "`publish` has no flag `--zzzzzzzz` (`release-action publish --help` lists what there is)",
        ),
    ] {
        assert_eq!(refused(words, &[]), expected);
    }
    assert_eq!(
        refused("", &[("INPUT_MODE", "Publish")]),
        "there is no mode `Publish` (did you mean `publish`?)"
    );
    assert!(refused("deploy", &[]).contains("`verify-tag`, `upload-artifacts`, `collect-artifacts`"));
    assert!(refused("", &[]).starts_with("no mode is given (give one"));
}

#[test]
fn other_mistakes_are_named_without_repeating_values() {
    for (words, expected) in [
        ("publish hunter2", "`publish` takes no bare argument"),
        ("publish --tag", "`--tag` lacks its value"),
        ("publish --tag a --tag hunter2", "`--tag` is given twice"),
        ("publish --passwort=hunter2", "`publish` has no flag `--passwort`"),
        ("verify-tag --password hunter2", "`verify-tag` has no flag `--password`"),
        ("--dry-run publish", "the mode comes before the flags: `release-action publish …`"),
        ("help nothing", "there is no help on that"),
    ] {
        let found = refused(words, &[]);
        assert!(found.starts_with(expected) && !found.contains("hunter2"), "{words}: {found}");
    }
}

#[test]
fn any_mixture_of_words_is_understood_or_refused() {
    let words = [
        "publish",
        "validate-wheels",
        "rehearse",
        "help",
        "--",
        "-",
        "-x",
        "--dry-run",
        "--dry-run=",
        "--tag",
        "--tag=",
        "=",
        "--=",
        "--files",
        "--packages-dir",
        "--fault=x",
        "ö\u{1b}",
        "-h",
        "--help=",
        "-Vh",
        "--mode=publish",
    ];
    let mut state = 11_u64;
    for _ in 0..1_500 {
        let mut chosen = Vec::new();
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            chosen.push(words[(state >> 33) as usize % words.len()]);
        }
        if let Err(error) = invoke(&chosen.join(" "), &[]) {
            assert!(!error.to_string().is_empty(), "{chosen:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let arguments = ["publish".into(), OsString::from_vec(b"--tag=\xff\x1b".to_vec())];
    let error = read(&arguments, &Environment::default()).expect_err("no text").to_string();
    assert!(error.ends_with("is no text in UTF-8") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn help_and_version_are_texts_to_show() {
    assert_eq!(shown("--version"), format!("release-action {}\n", env!("CARGO_PKG_VERSION")));
    let help = shown("--help");
    for word in ["verify-tag", "rehearse", "Exit codes: 0"] {
        assert!(help.contains(word), "{help}");
    }
    for mode in ModeName::ALL {
        let help = shown(&format!("{mode} --help"));
        for row in inputs_of(*mode).filter(|row| row.kind != Kind::Mode && !row.positional) {
            assert!(help.contains(&format!("--{}", row.name)), "{mode} {}", row.name);
        }
    }
    assert!(shown("validate-wheels --help").contains("[FILE]..."));
}
