//! How long somebody is ready to wait.

use std::str::FromStr;
use std::time::Duration;

/// A number of minutes above 0 and up to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(Duration);

/// A text that is no number of minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no number of minutes above 0 and up to 1440, such as `10` or `0.5`")]
pub struct MinutesError;

impl Minutes {
    /// So many whole minutes.
    pub const fn of(minutes: u32) -> Self {
        Self(Duration::from_secs(minutes as u64 * 60))
    }

    /// The time that they last.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Minutes {
    type Err = MinutesError;

    fn from_str(text: &str) -> Result<Self, MinutesError> {
        let minutes = text.parse::<f64>().ok().filter(|minutes| *minutes > 0.0 && *minutes <= 1440.0);
        minutes.map(|minutes| Self(Duration::from_secs_f64(minutes * 60.0))).ok_or(MinutesError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_some_minutes() {
        let seconds = |text: &str| text.parse::<Minutes>().map(|minutes| minutes.duration().as_secs());
        assert_eq!((seconds("10"), seconds("0.5"), seconds("1440")), (Ok(600), Ok(30), Ok(86_400)));
        assert_eq!(Minutes::of(10), "10".parse().expect("good"));
        for bad in ["0", "-1", "1441", "NaN", "inf", "ten", ""] {
            assert_eq!(seconds(bad), Err(MinutesError), "{bad}");
        }
    }
}
