//! The valid name that a mistyped one was likely meant to be.

/// The candidate with the fewest typing mistakes, when they are few enough for its length. Capitals are the same
/// as small letters, and `_`, `.` and space the same as `-`.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = folded(typed);
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Longer texts are no typing mistake, and comparing costs the square of the length.
const LONGEST: usize = 64;

fn folded(text: &str) -> Vec<char> {
    let fold = |c: char| if matches!(c, '_' | '.' | ' ') { '-' } else { c.to_ascii_lowercase() };
    text.chars().take(LONGEST).map(fold).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Option<&str>) {
        let names = ["verify-tag", "publish", "packages-dir", "dry-run", "tag", "user"];
        assert_eq!(nearest(typed, names), expected, "{typed}");
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        check("publsh", Some("publish"));
        check("pubilsh", Some("publish"));
        check("PACKAGES_DIR", Some("packages-dir"));
        check("package-dir", Some("packages-dir"));
        check("verify tag", Some("verify-tag"));
        check("tga", Some("tag"));
        check("deploy", None);
        check("", None);
        check(&"x".repeat(100_000), None);
    }
}
