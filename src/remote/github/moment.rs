//! Moments in GitHub's JSON: `2026-11-21T22:50:00Z`, always in UTC.

use crate::remote::history::Day;

/// The day of a moment. Only UTC has one that needs no arithmetic, and GitHub gives nothing else.
pub(super) fn day(moment: &str) -> Option<Day> {
    let (date, time) = moment.split_once('T')?;
    let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { return None };
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let utc = ["Z", "+00:00"].into_iter().any(|zone| time.strip_suffix(zone).is_some_and(is_time));
    if !(utc && digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return None;
    }
    let day: Day = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&day.1) && (1..=31).contains(&day.2)).then_some(day)
}

fn is_time(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// The hour and minute, in UTC, of a moment in seconds since 1970, for a message.
pub(super) fn clock(seconds: u64) -> String {
    format!("{:02}:{:02} UTC", seconds / 3600 % 24, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_utc_only() {
        assert_eq!(day("2026-11-21T22:50:00Z"), Some((2026, 11, 21)));
        assert_eq!(day("2026-01-02T00:00:00.123Z"), Some((2026, 1, 2)));
        assert_eq!(day("2026-01-02T00:00:00+00:00"), Some((2026, 1, 2)));
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21T22:50:00",
            "2026-11-21T22:50:00+02:00",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-32T00:00:00Z",
            "26-01-02T00:00:00Z",
            "2026-1-02T00:00:00Z",
            "2026-01-02TZ",
            "2026-01-0٢T00:00:00Z",
            "2026-01-02-03T00:00:00Z",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
        assert_eq!(clock(1_795_176_000 + 61), "12:01 UTC");
    }
}
