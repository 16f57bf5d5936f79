//! Texts by chance: mostly versions, and some that nearly are.

use std::collections::BTreeSet;

use crate::support::chance::Chance;

/// How many distinct texts there are of each spelling, before those that were changed somewhere.
pub(super) const EACH: usize = 24_000;

/// How many of them there are a second time, changed in one to three places.
pub(super) const CHANGED: usize = 6_000;

/// What changes a version in a way that may matter.
const ANYWHERE: &[&str] = &[
    "0", "1", "9", ".", "-", "_", "+", "!", "a", "b", "c", "r", "rc", "dev", "post", "v", "V", " ", "\n",
    "\u{a0}", "é", "١", "~", "^", "*", "/", "@", "%", "$", "`", "x", "X",
];

/// Texts that a Python project might give as its version.
pub(super) fn pep440() -> Vec<String> {
    made(0x5eed_0440, pep440_text)
}

/// Texts that a crate might give as its version.
pub(super) fn semver() -> Vec<String> {
    made(0x5eed_0200, semver_text)
}

fn made(seed: u64, text: fn(&mut Chance) -> String) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let mut good = BTreeSet::new();
    while good.len() < EACH {
        good.insert(text(&mut chance));
    }
    let mut texts: Vec<_> = good.into_iter().collect();
    for _ in 0..CHANGED {
        let at = chance.below(EACH);
        let changed = chance.mutated(&texts[at], ANYWHERE);
        texts.push(changed);
    }
    texts
}

fn number(chance: &mut Chance) -> String {
    match chance.below(12) {
        0 => chance.below(10_000).to_string(),
        1 => chance.below(100).to_string(),
        _ => chance.below(4).to_string(),
    }
}

/// A number that may have zeros in front, or more digits than a machine word.
fn python_number(chance: &mut Chance) -> String {
    match chance.below(40) {
        0 => format!("0{}", number(chance)),
        1 => format!("{}{}", "9".repeat(19 + chance.below(3)), chance.below(10)),
        2 => "18446744073709551615".to_owned(),
        _ => number(chance),
    }
}

fn some(chance: &mut Chance, times: usize, text: impl FnOnce(&mut Chance) -> String) -> String {
    if chance.once_in(times) { text(chance) } else { String::new() }
}

fn suffix(chance: &mut Chance, words: &[&str]) -> String {
    let separators = ["", "", "", ".", "-", "_"];
    let (before, word, between) = (chance.one(&separators), chance.one(words), chance.one(&separators));
    let number = if chance.once_in(8) { String::new() } else { python_number(chance) };
    format!("{before}{word}{between}{number}")
}

fn pep440_text(chance: &mut Chance) -> String {
    let mut text = some(chance, 30, |chance| chance.one(&["v", "V"]).to_owned());
    text += &some(chance, 12, |chance| format!("{}!", python_number(chance)));
    let count = [3, 3, 3, 3, 3, 2, 1, 4, 5][chance.below(9)];
    let numbers: Vec<_> = (0..count).map(|_| python_number(chance)).collect();
    text += &numbers.join(".");
    text += &some(chance, 2, |chance| {
        suffix(chance, &["a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "A", "RC", "Alpha"])
    });
    text += &some(chance, 8, |chance| match chance.below(4) {
        0 => format!("-{}", python_number(chance)),
        _ => suffix(chance, &["post", "rev", "r", "POST"]),
    });
    text += &some(chance, 4, |chance| suffix(chance, &["dev", "DEV"]));
    text += &some(chance, 5, |chance| local(chance, &[".", "-", "_"]));
    text
}

fn local(chance: &mut Chance, separators: &[&str]) -> String {
    let mut text = "+".to_owned();
    for index in 0..=chance.below(3) {
        if index > 0 {
            text += chance.one(separators);
        }
        text += chance.one(&["build", "cu118", "0", "5", "007", "g0a1b2c3", "Ubuntu", "1a", "20261122"]);
    }
    text
}

fn semver_text(chance: &mut Chance) -> String {
    let numbers = [number(chance), number(chance), number(chance)].join(".");
    let pre = match chance.below(16) {
        0..3 => String::new(),
        3 => format!("-{}", number(chance)),
        4 => format!(
            "-{}.{}",
            chance.one(&["nightly", "SNAPSHOT", "x", "canary", "post", "r"]),
            number(chance)
        ),
        5 => format!("-{}.{}.{}", prerelease_word(chance), number(chance), number(chance)),
        6 => format!("-{}-{}", prerelease_word(chance), number(chance)),
        7 => format!("-{}", prerelease_word(chance)),
        8 => {
            format!("-{}{}.{}", prerelease_word(chance), number(chance), chance.one(&["dev1", "post1", "x"]))
        }
        _ => {
            let (word, join) = (prerelease_word(chance), chance.one(&["", "."]));
            format!("-{word}{join}{}", number(chance))
        }
    };
    let build = some(chance, 4, |chance| local(chance, &[".", "-", ".", "--"]));
    format!("{numbers}{pre}{build}")
}

fn prerelease_word(chance: &mut Chance) -> &'static str {
    chance.one(&[
        "alpha", "alpha", "alpha", "beta", "beta", "rc", "rc", "rc", "dev", "dev", "a", "b", "c", "pre",
        "preview", "RC", "Beta", "DEV",
    ])
}
