//! Channels: releases that follow the commits of a branch, beside those of versions.

use std::fmt;
use std::str::FromStr;

use super::tag::Tag;

/// The name of a channel, such as `nightly`: also its tag, or the beginning of its dated tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelName(String);

/// A day as dated tags have it: `20261120`. Later days are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

/// How the releases of a channel are tagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelTags {
    /// One tag, which moves to the newest commit.
    Moving,
    /// A tag for each day.
    Dated,
}

/// Why a text names no channel, or no way to tag one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ChannelError {
    #[error("`{text}` names a version: a channel has a name of its own, such as `nightly`")]
    Version { text: String },
    #[error("`{text}` names no channel: letters, digits, `-`, `_` and single dots, such as `nightly`")]
    Name { text: String },
    #[error("`{text}` is neither `moving` nor `dated`")]
    Tags { text: String },
}

/// The longest name of a channel, in characters.
const LONGEST: usize = 60;

impl ChannelName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag of a day.
    pub fn dated(&self, day: &Day) -> String {
        format!("{}-{}", self.0, day.0)
    }

    /// The day of a dated tag of this channel; of any other tag there is none.
    pub fn day_of(&self, tag: &str) -> Option<Day> {
        let day = tag.strip_prefix(self.as_str())?.strip_prefix('-')?;
        (day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit())).then(|| Day(day.to_owned()))
    }
}

impl Day {
    /// A day of the calendar, month and day counted from 1.
    pub fn of(year: u16, month: u8, day: u8) -> Self {
        Self(format!("{year:04}{month:02}{day:02}"))
    }
}

impl FromStr for ChannelName {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.chars().take(LONGEST).collect::<String>();
        if text.parse::<Tag>().is_ok() {
            return Err(ChannelError::Version { text: shown() });
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let good = text.chars().all(plain)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.len() <= LONGEST
            && !text.contains("..")
            // Git takes no such name of a tag.
            && !text.ends_with('.')
            && !text.ends_with(".lock");
        if good { Ok(Self(text.to_owned())) } else { Err(ChannelError::Name { text: shown() }) }
    }
}

impl FromStr for ChannelTags {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "moving" => Ok(Self::Moving),
            "dated" => Ok(Self::Dated),
            other => Err(ChannelError::Tags { text: other.chars().take(LONGEST).collect() }),
        }
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_a_name_that_git_takes_and_that_is_no_version() {
        for good in ["nightly", "dev", "main-builds", "edge_2", "release-1.x"] {
            assert_eq!(good.parse::<ChannelName>().expect("good").to_string(), good);
        }
        for version in ["v1.2.0", "1.2.0rc1", "20261120"] {
            assert!(matches!(version.parse::<ChannelName>(), Err(ChannelError::Version { .. })), "{version}");
        }
        let long = "n".repeat(LONGEST + 1);
        for bad in ["", "a b", "-x", "a..b", "a.", "a.lock", "a/b", "nächtlich", "a\n", ".a", &long] {
            assert!(matches!(bad.parse::<ChannelName>(), Err(ChannelError::Name { .. })), "{bad:?}");
        }
    }

    #[test]
    fn dated_tags_are_told_from_all_others() {
        let channel: ChannelName = "nightly".parse().expect("good");
        let day = Day::of(2026, 11, 20);
        assert_eq!(channel.dated(&day), "nightly-20261120");
        assert_eq!(channel.day_of("nightly-20261120"), Some(day.clone()));
        for other in
            ["nightly", "nightly-", "nightly-2026112", "nightly-202611200", "nightly-2026112x", "x-20261120"]
        {
            assert_eq!(channel.day_of(other), None, "{other}");
        }
        assert!(day < Day::of(2026, 12, 1));
    }

    #[test]
    fn there_are_two_ways_to_tag() {
        assert_eq!("moving".parse(), Ok(ChannelTags::Moving));
        assert_eq!("dated".parse(), Ok(ChannelTags::Dated));
        assert!("weekly".parse::<ChannelTags>().is_err());
    }
}
