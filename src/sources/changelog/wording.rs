//! The heading of a new version, worded as the changelog words those that it has.

use super::compare::Compare;
use super::date::{self, Date, Style};
use super::release::Release;
use super::{Form, Title};
use crate::model::version::{Spelling, Version};
use crate::sources::page::{said_in, spelling};

/// A heading that others are made after: one of a released version, taken apart at its version and its date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model<'a> {
    /// What stands before the version: `[`, `v`, `Version `, `<a name="…"></a>`.
    before: &'a str,
    /// The version, without a `v`.
    pub(super) version: &'a str,
    /// What stands between version and date, or the end.
    between: &'a str,
    /// How the date is written, where there is one.
    style: Option<Style>,
    /// What stands behind the date.
    after: &'a str,
}

impl<'a> Model<'a> {
    /// Takes a heading's text apart; nothing where no version is in it.
    pub(super) fn of(heading: &'a str) -> Option<Self> {
        let span = version_in(heading)?;
        let (before, version) = (&heading[..span.start], &heading[span.clone()]);
        let rest = &heading[span.end..];
        let Some((at, style)) = date::find(rest) else {
            return Some(Self { before, version, between: rest, style: None, after: "" });
        };
        Some(Self { before, version, between: &rest[..at.start], style: Some(style), after: &rest[at.end..] })
    }

    /// The `v` in front of the version, where one is.
    fn v(&self) -> &'a str {
        let v = self.before.strip_suffix(['v', 'V']).map_or(self.before.len(), str::len);
        &self.before[v..]
    }

    /// The target of the link that the version is, in parentheses behind it.
    pub(super) fn target(&self) -> Option<&'a str> {
        let (_, rest) = self.between.split_once("](")?;
        rest.split_once(')').map(|(target, _)| target)
    }

    /// Whether the version refers to the definition of a link.
    fn refers(&self, form: Form) -> bool {
        match form {
            Form::Markdown => {
                let opens = self.before.trim_end_matches(['v', 'V']).ends_with('[');
                opens && self.between.starts_with(']') && !self.between.starts_with("](")
            }
            Form::RestructuredText => self.between.starts_with("`_"),
        }
    }

    /// The heading for `release`.
    fn reworded(&self, said: &str, release: &Release<'_>, date: Date) -> String {
        let before = self.before.replace(self.version, said);
        let target = self.target().map(|target| retargeted(target, self.version, said, release));
        let plain = match (self.target(), &target) {
            (Some(old), Some(new)) => self.between.replacen(old, new, 1),
            _ => self.between.to_owned(),
        };
        let around = self.target().map_or(self.between.to_owned(), |old| self.between.replacen(old, "", 1));
        let is_bare = |text: &str| !text.contains(char::is_alphanumeric);
        match self.style {
            Some(style) if is_bare(&around) && is_bare(self.after) => {
                format!("{before}{said}{plain}{}{}", date.written(style), self.after)
            }
            None if is_bare(&around) => format!("{before}{said}{plain}"),
            // A remark on the other version stands there, which is none on this one.
            style => {
                let closed = around.find(|c: char| !"]`_*()".contains(c)).unwrap_or(around.len());
                let closing = match &target {
                    Some(target) => format!("]({target})"),
                    None => around[..closed].trim_end_matches(['(', ')']).to_owned(),
                };
                match style {
                    Some(style)
                        if self.after.trim_start().starts_with(')') || around.trim_end().ends_with('(') =>
                    {
                        format!("{before}{said}{closing} ({})", date.written(style))
                    }
                    Some(style) => format!("{before}{said}{closing} - {}", date.written(style)),
                    None => format!("{before}{said}{closing}"),
                }
            }
        }
    }
}

/// A heading that was made, and the label that it refers to, if it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Worded {
    /// Its text.
    pub(super) text: String,
    /// The label of the link that is to be defined.
    pub(super) label: Option<String>,
    /// The version as it is said there.
    pub(super) said: String,
}

/// Words the heading for a release after a model, or after the heading that it had so far, `pending`.
pub(super) fn heading(
    model: Option<Model<'_>>,
    pending: &Title<'_>,
    form: Form,
    release: &Release<'_>,
    date: Date,
) -> Worded {
    let Some(model) = model else { return first(pending, form, release, date) };
    let said = said(model.version, release);
    let label = model.refers(form).then(|| format!("{}{said}", model.v()));
    Worded { text: model.reworded(&said, release, date), label, said }
}

/// The first heading of a version.
fn first(pending: &Title<'_>, form: Form, release: &Release<'_>, date: Date) -> Worded {
    let said = release.tag.written_version().to_owned();
    let date = date.written(Style::Numbers('-'));
    // A heading that has the version already, and says that it is not released.
    if let Some(span) = version_in(pending.text)
        && let Some(mark) = unreleased_mark(pending.text).filter(|mark| mark.start >= span.end)
    {
        let (before, between, after) =
            (&pending.text[..span.start], &pending.text[span.end..mark.start], &pending.text[mark.end..]);
        return Worded { text: format!("{before}{said}{between}{date}{after}"), label: None, said };
    }
    match form {
        Form::Markdown if pending.text.starts_with('[') => {
            Worded { text: format!("[{said}] - {date}"), label: Some(said.clone()), said }
        }
        Form::Markdown => Worded { text: format!("{said} - {date}"), label: None, said },
        Form::RestructuredText => Worded { text: format!("{said} ({date})"), label: None, said },
    }
}

/// The version as the changelog spells such: as the model does where that tells, else as the tag does.
fn said(model: &str, release: &Release<'_>) -> String {
    let told = spelling(model, Spelling::Pep440)
        .ok()
        .filter(|one| spelling(model, Spelling::Semver).ok() == Some(*one));
    let told = told.and_then(|told| said_in(release.version, told));
    told.unwrap_or_else(|| release.tag.written_version().to_owned())
}

/// The target of the link in a heading, for another version.
fn retargeted(target: &str, old: &str, said: &str, release: &Release<'_>) -> String {
    match Compare::find(target) {
        Some(compare) => compare.between(compare.to(), release.tag.as_str()),
        None => {
            let tag = release.tag.as_str();
            // The last part of the path is the tag.
            match target.rsplit_once('/') {
                Some((before, last)) if last.ends_with(old) => format!("{before}/{tag}"),
                _ => target.replace(old, said),
            }
        }
    }
}

/// Where the first version stands in a heading: not in a tag of HTML, and without a `v`.
pub(super) fn version_in(heading: &str) -> Option<std::ops::Range<usize>> {
    let mut in_tag = false;
    // Whether a version may begin here: at the start of a word, or behind its `v`.
    let mut may_begin = true;
    for (at, c) in heading.char_indices() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ => {}
        }
        let begins = may_begin && !in_tag && c.is_ascii_digit();
        may_begin = (may_begin && matches!(c, 'v' | 'V')) || !(c.is_alphanumeric() || ".-+_".contains(c));
        if !begins {
            continue;
        }
        let rest = &heading[at..];
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !".+-!_".contains(c)).unwrap_or(rest.len());
        let text = rest[..end].trim_end_matches(['.', '-', '_', '+']);
        if Version::from_either(text).is_ok() {
            return Some(at..at + text.len());
        }
    }
    None
}

/// Words that people write in place of a date as long as there is none.
const MARKS: &[&str] = &[
    "unreleased",
    "not yet released",
    "not released yet",
    "not released",
    "in development",
    "under development",
    "yyyy-mm-dd",
    "xxxx-xx-xx",
    "tbd",
    "tba",
];

/// Where a heading says that its version is not released.
pub(super) fn unreleased_mark(heading: &str) -> Option<std::ops::Range<usize>> {
    let lower = heading.to_ascii_lowercase();
    let is_word = |at: usize, mark: &str| {
        let beside = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        beside(lower[..at].chars().next_back()) && beside(lower[at + mark.len()..].chars().next())
    };
    MARKS.iter().find_map(|mark| {
        let at = lower.find(mark).filter(|at| is_word(*at, mark))?;
        Some(at..at + mark.len())
    })
}
