//! Names of tags, against git.

use std::process::Command;

use release_action::model::tag::{Tag, TagError, TagPrefix, TagPrefixError};

use crate::support::chance::Chance;
use crate::support::tools::{or_skip, run};

const PARTS: &[&str] = &[
    "v", "coglet", "-", "/", ".", "..", "@", "@{", "{", "1.2.0", "0", "rc1", ".lock", "lock", "~", "^", ":",
    "?", "*", "[", "]", "\\", " ", "\t", "\x7f", "é", "\u{a0}", "$(", "`", "%0A", "::", "!", "+", "_", "'",
    "\"", "#", ";",
];

/// Whether git would have a reference of this name.
fn git_takes(name: &str) -> bool {
    Command::new("git")
        .arg("check-ref-format")
        .arg(format!("refs/tags/{name}"))
        .status()
        .is_ok_and(|it| it.success())
}

#[test]
fn what_git_takes_as_no_tag_is_no_tag_and_no_prefix() {
    if or_skip("git", run(Command::new("git").arg("--version"))).is_none() {
        return;
    }
    let mut chance = Chance::new(0x5eed_0617);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..400 {
        let name: String = (0..=chance.below(4)).map(|_| chance.one(PARTS)).collect();
        let fault = match Tag::read(&name, None) {
            Err(TagError::Forbidden { fault, .. }) => Some(fault),
            _ => None,
        };
        // `git tag` refuses a hyphen at the front, but a reference may have it.
        let expected = git_takes(&name) && !name.starts_with('-');
        assert_eq!(fault.is_none(), expected, "{name:?}: {fault:?}");
        let prefix = name.parse::<TagPrefix>();
        if let Ok(prefix) = &prefix {
            assert!(git_takes(&format!("{prefix}1.2.0")), "{name:?}");
        }
        if expected {
            taken += 1;
            assert!(!matches!(prefix, Err(TagPrefixError::Git { .. })), "{name:?}: {prefix:?}");
        } else {
            refused += 1;
        }
    }
    assert!(taken >= 50 && refused >= 50, "{taken} and {refused}");
}
