//! The words of the request.

use std::str::FromStr;

/// What of a file whose name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipExisting {
    /// The same bytes are skipped.
    Same,
    /// Any bytes are.
    Any,
}

/// How many files go to an index at the same time: 1 to 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Concurrency(pub(super) usize);

/// How large a file may be that a public index takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizeLimit {
    /// The user says so.
    Given(u64),
    /// What projects have where nobody raised it.
    Usual(u64),
}

/// A text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is {what}")]
pub(crate) struct Unusable {
    text: String,
    what: &'static str,
}

impl FromStr for SkipExisting {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        match text {
            "same" => Ok(Self::Same),
            "any" => Ok(Self::Any),
            _ => Err(Unusable { text: text.chars().take(60).collect(), what: "neither `same` nor `any`" }),
        }
    }
}

impl FromStr for Concurrency {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        let number = text.parse().ok().filter(|number| (1..=16).contains(number));
        number
            .map(Self)
            .ok_or_else(|| Unusable { text: text.chars().take(60).collect(), what: "no number from 1 to 16" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_that_make_no_sense_are_refused() {
        assert_eq!(["same", "any"].map(str::parse), [Ok(SkipExisting::Same), Ok(SkipExisting::Any)]);
        assert_eq!(["1", "16"].map(str::parse), [Ok(Concurrency(1)), Ok(Concurrency(16))]);
        for bad in ["", "0", "17", "-1", "many"] {
            assert!(bad.parse::<Concurrency>().is_err() && bad.parse::<SkipExisting>().is_err(), "{bad}");
        }
    }
}
