//! Which of the offered content types a client prefers, by its `Accept` header (RFC 9110, 12.5.1).

/// The offer with the highest quality, the first of them where several tie; none when the header excludes all.
/// A missing or empty header accepts everything.
pub(super) fn preferred<'a>(accept: Option<&str>, offers: &[&'a str]) -> Option<&'a str> {
    let ranges: Vec<Range<'_>> = accept.unwrap_or_default().split(',').filter_map(range).collect();
    if ranges.is_empty() {
        return offers.first().copied();
    }
    let mut best: Option<(&str, u32)> = None;
    for offer in offers {
        let quality = quality(&ranges, offer);
        if quality > 0 && best.is_none_or(|(_, so_far)| quality > so_far) {
            best = Some((offer, quality));
        }
    }
    best.map(|(offer, _)| offer)
}

/// One media range; its quality in thousandths.
struct Range<'a> {
    media: &'a str,
    quality: u32,
}

fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().filter(|media| !media.is_empty())?;
    let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1000), thousandths)?;
    Some(Range { media, quality })
}

fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

/// The quality of the most specific range that covers `offer`.
fn quality(ranges: &[Range<'_>], offer: &str) -> u32 {
    let kind = offer.split('/').next().unwrap_or_default();
    let specificity = |range: &Range<'_>| match range.media {
        media if media.eq_ignore_ascii_case(offer) => Some(2),
        media if media.strip_suffix("/*") == Some(kind) => Some(1),
        "*/*" => Some(0),
        _ => None,
    };
    ranges
        .iter()
        .filter_map(|range| specificity(range).map(|specificity| (specificity, range.quality)))
        .max()
        .map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERS: [&str; 2] = ["text/html", "application/json"];

    #[test]
    fn the_best_quality_wins_and_ties_go_to_the_first_offer() {
        for (accept, expected) in [
            (None, Some("text/html")),
            (Some(""), Some("text/html")),
            (Some("*/*"), Some("text/html")),
            (Some("application/json"), Some("application/json")),
            (Some("text/html;q=0.5, application/*;q=0.501"), Some("application/json")),
            (Some("application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7"), Some("application/json")),
            (Some("*/*;q=1.0, text/html;q=0"), Some("application/json")),
            (Some("image/png"), None),
            (Some("application/json;q=7"), Some("text/html")),
        ] {
            assert_eq!(preferred(accept, &OFFERS), expected, "{accept:?}");
        }
    }
}
