//! The release before this one.

use crate::model::tag::Tag;

/// The tag among `names` of the highest version below that of `tag`; of stable ones only where `tag` is stable. Of two
/// tags of one version, the one that is spelled like `tag` is taken: `v1.1.0` before `1.1.0` where `tag` begins with a `v`.
pub(crate) fn previous_tag<'a>(tag: &Tag, names: impl IntoIterator<Item = &'a str>) -> Option<Tag> {
    previous_of(tag, names.into_iter().filter_map(|name| name.parse::<Tag>().ok()))
}

/// The same among tags that are read already.
pub(crate) fn previous_of(tag: &Tag, others: impl IntoIterator<Item = Tag>) -> Option<Tag> {
    let is_stable = !tag.version().is_prerelease();
    let prefixed = |tag: &Tag| tag.as_str().starts_with('v');
    others
        .into_iter()
        .filter(|other| other.version() < tag.version() && !(is_stable && other.version().is_prerelease()))
        .max_by(|a, b| {
            let like = |other: &Tag| prefixed(other) == prefixed(tag);
            a.version().cmp(b.version()).then_with(|| (like(a), a.as_str()).cmp(&(like(b), b.as_str())))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_highest_lower_version_and_a_stable_one_for_a_stable_release() {
        let names = [
            "v0.9.0",
            "v1.0.0",
            "1.0.0",
            "v1.1.0-rc.1",
            "v1.1.0-rc.2",
            "v1.1.0",
            "v1.2.0-rc.1",
            "v1.10.0",
            "nightly",
            "nightly-20261120",
            "sample-1.1.5",
        ];
        for (tag, previous) in [
            ("v1.2.0", Some("v1.1.0")),
            ("v1.2.0-rc.1", Some("v1.1.0")),
            ("v1.2.0-rc.2", Some("v1.2.0-rc.1")),
            ("v1.1.0", Some("v1.0.0")),
            ("1.1.0", Some("1.0.0")),
            ("v1.1.0-rc.2", Some("v1.1.0-rc.1")),
            ("v1.11.0", Some("v1.10.0")),
            ("v1.0.5", Some("v1.0.0")),
            ("v0.9.0", None),
            ("v0.1.0", None),
        ] {
            let found = previous_tag(&tag.parse().expect("good"), names);
            assert_eq!(found.as_ref().map(Tag::as_str), previous, "{tag}");
        }
    }
}
