//! Moments in headers: the fixed form of HTTP dates (RFC 9110, 5.6.7).

use std::time::{Duration, SystemTime};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; the two forms that were obsolete in 1999 are not read.
pub(super) fn http_date(text: &str) -> Option<SystemTime> {
    let (_, rest) = text.trim().split_once(", ")?;
    let [day, month, year, time, "GMT"] = rest.split(' ').collect::<Vec<_>>()[..] else { return None };
    let month = MONTHS.iter().position(|have| *have == month)? as u64;
    let [hour, minute, second] = time.split(':').map(digits).collect::<Option<Vec<_>>>()?[..] else {
        return None;
    };
    let (day, year) = (digits(day)?, digits(year)?);
    let sane =
        (1..=31).contains(&day) && (1970..10_000).contains(&year) && hour < 24 && minute < 60 && second <= 60;
    if !sane {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The first such moment in a sentence, as in `Please try again after Sun, 06 Nov 1994 08:49:37 GMT or …`.
pub(super) fn date_in_words(text: &str) -> Option<SystemTime> {
    const LENGTH: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();
    let starts = text.match_indices(", ").filter_map(|(comma, _)| comma.checked_sub(3));
    starts.filter_map(|start| text.get(start..start + LENGTH)).find_map(http_date)
}

fn digits(text: &str) -> Option<u64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days from 1970-01-01 to the given day; `month` counts from 0.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let index = usize::try_from(month).expect("a month is below twelve");
    let years = (1970..year).map(|year| 365 + u64::from(leap(year))).sum::<u64>();
    years + before[index] + u64::from(month > 1 && leap(year)) + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        Some(http_date(text)?.duration_since(SystemTime::UNIX_EPOCH).expect("after it").as_secs())
    }

    /// The first is the standard's own example.
    #[test]
    fn dates_become_seconds_since_the_epoch() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Thu, 29 Feb 2024 12:00:00 GMT"), Some(1_709_208_000));
        assert_eq!(seconds("Fri, 20 Nov 2026 00:00:00 GMT"), Some(1_795_132_800));
    }

    #[test]
    fn dates_are_found_in_sentences() {
        let found = |text: &str| date_in_words(text).map(|_| ());
        assert_eq!(
            date_in_words("Slow, please: try again after Sun, 06 Nov 1994 08:49:37 GMT, or ask."),
            http_date("Sun, 06 Nov 1994 08:49:37 GMT")
        );
        for bad in
            ["", ", ", "a, b", "ä, Sun, 06", "after Sun, 06 Nov 1994 08:49:37", "ééé, ééééééééééééééééééé"]
        {
            assert_eq!(found(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        let good = "Sun, 06 Nov 1994 08:49:37 GMT";
        for end in 0..good.len() {
            assert_eq!(http_date(&good[..end]), None, "{end}");
        }
        for bad in [
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "120",
        ] {
            assert_eq!(http_date(bad), None, "{bad}");
        }
    }
}
