//! The lines that change, for people. Files may be long and changes are small, so that what is the same is left out.

/// How far apart two equal lines are looked for: sections of a changelog that move are shorter.
const FURTHEST: usize = 400;
/// So many lines are shown of a file.
const MOST_LINES: usize = 120;
/// So much is shown of a line, in characters.
const LONGEST: usize = 160;

/// The lines of a file that differ, behind a line with the file's name.
pub(super) fn lines(file: &str, before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (split(before), split(after));
    let (mut at, mut to) = (0, 0);
    let mut shown = Vec::new();
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        let (gone, come) = until_same(&old[at..], &new[to..]);
        shown.push(format!("@@ line {} @@", to + 1));
        shown.extend(old[at..at + gone].iter().map(|line| format!("-{}", cut(line))));
        shown.extend(new[to..to + come].iter().map(|line| format!("+{}", cut(line))));
        (at, to) = (at + gone, to + come);
    }
    let left = shown.len().saturating_sub(MOST_LINES);
    shown.truncate(MOST_LINES);
    if left > 0 {
        shown.push(format!("… and {left} more lines"));
    }
    if shown.is_empty() && before != after {
        shown.push("only the ends of its lines change".to_owned());
    }
    std::iter::once(format!("--- {file}")).chain(shown).collect()
}

/// After how many lines of each text both go on with the same line; all of them where they never do.
fn until_same(old: &[&str], new: &[&str]) -> (usize, usize) {
    let furthest = (old.len() + new.len()).min(FURTHEST);
    for sum in 1..=furthest {
        for gone in (0..=sum.min(old.len())).rev() {
            let come = sum - gone;
            if old.get(gone).is_some_and(|line| new.get(come) == Some(line)) {
                return (gone, come);
            }
        }
    }
    (old.len(), new.len())
}

fn split(text: &str) -> Vec<&str> {
    text.trim_start_matches('\u{feff}').lines().collect()
}

fn cut(line: &str) -> String {
    let mut cut: String = line.chars().take(LONGEST).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_shown_and_nothing_else() {
        let before = "[project]\nname = \"a\"\nversion = \"1.2.0\"\n\n[tool]\nx = 1\n";
        let after = before.replace("1.2.0", "1.3.0");
        let expected = ["--- a.toml", "@@ line 3 @@", "-version = \"1.2.0\"", "+version = \"1.3.0\""];
        assert_eq!(lines("a.toml", before, &after), expected);
        assert_eq!(lines("a.toml", before, before), ["--- a.toml"]);
    }

    #[test]
    fn lines_come_and_go() {
        assert_eq!(lines("f", "a\nc\n", "a\nb\nc\n"), ["--- f", "@@ line 2 @@", "+b"]);
        assert_eq!(lines("f", "a\nb\nc\n", "a\nc\n"), ["--- f", "@@ line 2 @@", "-b"]);
        assert_eq!(lines("f", "", "a\n"), ["--- f", "@@ line 1 @@", "+a"]);
        assert_eq!(lines("f", "a\r\nb\r\n", "a\nb\n"), ["--- f", "only the ends of its lines change"]);
    }

    #[test]
    fn much_is_cut() {
        let (before, after): (String, String) =
            ((0..5000).map(|n| format!("a{n}\n")).collect(), (0..5000).map(|n| format!("b{n}\n")).collect());
        let shown = lines("f", &before, &after);
        assert_eq!(shown.len(), MOST_LINES + 2);
        assert_eq!(lines("f", "", &"x".repeat(500))[2].chars().count(), LONGEST + 2);
    }
}
