//! The addresses behind the headings of a changelog: what changed between two tags.

/// `…/compare/v1.1.0...v1.2.0`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compare<'a> {
    /// All up to and with `/compare/`.
    before: &'a str,
    /// The older end.
    from: &'a str,
    /// Two dots or three.
    dots: &'a str,
    /// The newer end.
    to: &'a str,
    /// What follows.
    after: &'a str,
}

impl<'a> Compare<'a> {
    /// Finds one in a text, such as the line of a link's definition.
    pub(super) fn find(text: &'a str) -> Option<Self> {
        let ends = text.find("/compare/")? + "/compare/".len();
        let (before, rest) = text.split_at(ends);
        let length = rest.find([' ', '\t', ')', '>', '"', '\n', '\r', '?', '#']).unwrap_or(rest.len());
        let (range, after) = rest.split_at(length);
        let (from, newer) = range.split_once("..")?;
        let to = newer.strip_prefix('.').unwrap_or(newer);
        let dots = if to.len() < newer.len() { "..." } else { ".." };
        (!from.is_empty() && !to.is_empty()).then_some(Self { before, from, dots, to, after })
    }

    /// The older end.
    pub(super) const fn from(&self) -> &'a str {
        self.from
    }

    /// The newer end.
    pub(super) const fn to(&self) -> &'a str {
        self.to
    }

    /// The whole text with other ends.
    pub(super) fn between(&self, from: &str, to: &str) -> String {
        let Self { before, dots, after, .. } = self;
        format!("{before}{from}{dots}{to}{after}")
    }

    /// The address alone, with other ends, where it begins behind a space, a bracket or nothing.
    pub(super) fn address(&self, from: &str, to: &str) -> String {
        let start = self.before.rfind([' ', '\t', '(', '<', '\n']).map_or(0, |at| at + 1);
        format!("{}{from}{}{to}", &self.before[start..], self.dots)
    }
}

/// The address of what changed up to `tag`, in a repository that is at `base`.
pub(super) fn address(base: &str, previous: Option<&str>, tag: &str) -> String {
    let base = base.trim_end_matches('/');
    match previous {
        Some(previous) => format!("{base}/compare/{previous}...{tag}"),
        None => format!("{base}/releases/tag/{tag}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_other_ends_and_keeps_the_rest() {
        let line = "[unreleased]: <https://host.example/o/r/-/compare/v1.0.0...HEAD> \"x\"";
        let compare = Compare::find(line).expect("one");
        assert_eq!((compare.from(), compare.to()), ("v1.0.0", "HEAD"));
        assert_eq!(compare.between("v1.1.0", "HEAD"), line.replace("v1.0.0", "v1.1.0"));
        assert_eq!(compare.address("a", "b"), "https://host.example/o/r/-/compare/a...b");
        let two = Compare::find("x/compare/1..2").expect("one");
        assert_eq!(two.address("2", "3"), "x/compare/2..3");
        for text in ["", "x/compare/", "x/compare/a", "x/compare/...b", "x/compare/a...", "compare/a...b"] {
            assert_eq!(Compare::find(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_release_has_nothing_to_be_compared_with() {
        assert_eq!(address("h/o/r/", None, "v1.0.0"), "h/o/r/releases/tag/v1.0.0");
        assert_eq!(address("h/o/r", Some("v1.0.0"), "v1.1.0"), "h/o/r/compare/v1.0.0...v1.1.0");
    }
}
