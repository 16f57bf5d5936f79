//! Markdown: it cannot fail, but its links can.
//!
//! Finds where links and images lead, in the forms of `CommonMark`: `[text](target)`, `[label]: target`, and `href` and
//! `src` of HTML tags. Code is passed over. Everything else of Markdown does not matter here.

use super::{MOST_LINKS, RelativeLink, is_relative};

/// Longer labels and targets are no links; the bound keeps the search for their ends linear.
const LONGEST: usize = 250;

/// The links and images of `text` that lead to places beside its own file; at most a thousand.
pub fn relative_links(text: &str) -> Vec<RelativeLink> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    let mut is_behind_blank = true;
    let mut ticks = 0;
    let mut is_comment = false;
    for (index, line) in text.lines().enumerate() {
        let inner = line.trim_start_matches([' ', '>']);
        let is_code = is_behind_blank && (line.starts_with("    ") || line.starts_with('\t'));
        is_behind_blank = inner.is_empty() || is_code;
        if is_behind_blank {
            ticks = 0;
        }
        if let Some(open) = fence {
            let close = inner.trim_end();
            if close.len() >= open.len()
                && close.starts_with(open)
                && close.bytes().all(|byte| open.as_bytes()[0] == byte)
            {
                fence = None;
            }
            continue;
        }
        if let Some(mark) = opens_fence(inner) {
            fence = Some(mark);
            ticks = 0;
            continue;
        }
        if is_code {
            continue;
        }
        let was_comment = is_comment;
        if let Some((_, last)) = line.rsplit_once("<!--") {
            is_comment = !last.contains("-->");
        } else if line.contains("-->") {
            is_comment = false;
        }
        if was_comment || line.contains("<!--") {
            continue;
        }
        let mut keep = |target: &str| {
            if found.len() < MOST_LINKS && is_relative(target) {
                found.push(RelativeLink { line: index + 1, target: target.to_owned() });
            }
        };
        if let Some(target) = definition(inner) {
            keep(target);
            continue;
        }
        links(line, &mut ticks, &mut keep);
    }
    found
}

fn opens_fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|char| matches!(char, '`' | '~'))?;
    let length = line.bytes().take_while(|byte| *byte == mark as u8).count();
    (length >= 3 && !(mark == '`' && line[length..].contains('`'))).then(|| &line[..length])
}

/// The target in `[label]: target`.
fn definition(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('[').filter(|rest| !rest.starts_with('^'))?;
    let (label, rest) = rest.split_once("]:")?;
    let is_label = !label.trim().is_empty() && !label.contains(['[', ']']);
    is_label.then(|| first_word(rest)).filter(|target| !target.is_empty())
}

/// The target at the beginning of `text`: between angle brackets, or up to a blank.
fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('<') {
        // Another bracket may begin the next link: to stop here keeps the search linear.
        let end = inner.char_indices().take(LONGEST).find(|(_, char)| matches!(char, '<' | '>'));
        return end.filter(|(_, char)| *char == '>').map_or("", |(end, _)| &inner[..end]);
    }
    text.split(char::is_whitespace).next().unwrap_or_default()
}

/// Finds the targets in a line; `ticks` is the code span that is open from the lines before.
fn links(line: &str, ticks: &mut usize, keep: &mut impl FnMut(&str)) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'`' => {
                let length = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
                if *ticks == 0 {
                    *ticks = length;
                } else if *ticks == length {
                    *ticks = 0;
                }
                at += length;
                continue;
            }
            _ if *ticks > 0 => {}
            b'\\' => at += 1,
            b']' if bytes.get(at + 1) == Some(&b'(') => keep(destination(&line[at + 2..])),
            b'<' => attributes(&line[at + 1..], keep),
            _ => {}
        }
        at += 1;
    }
}

/// The target behind `](`: parentheses in it come in pairs.
fn destination(text: &str) -> &str {
    let text = text.trim_start();
    if text.starts_with('<') {
        return first_word(text);
    }
    let mut depth = 0_usize;
    let end = text.char_indices().take(LONGEST).find(|(_, char)| match char {
        '(' => {
            depth += 1;
            false
        }
        ')' => depth.checked_sub(1).map(|less| depth = less).is_none(),
        // A bracket may begin the next link: to stop here keeps the search linear.
        char => char.is_whitespace() || matches!(char, '[' | ']'),
    });
    end.filter(|(_, char)| !matches!(char, '[' | ']')).map_or("", |(end, _)| &text[..end])
}

/// The addresses in an HTML tag: what `href` of `a` and `src` of `img` say.
fn attributes(tag: &str, keep: &mut impl FnMut(&str)) {
    let attribute = match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("a ") => "href",
        Some("im") if tag.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("img ")) => "src",
        _ => return,
    };
    let end = tag.char_indices().take(LONGEST).find(|(_, char)| matches!(char, '<' | '>'));
    let tag = end.filter(|(_, char)| *char == '>').map_or("", |(end, _)| &tag[..end]);
    let mut rest = tag;
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or(("", "")),
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        let is_wanted =
            name.split_whitespace().last().is_some_and(|name| name.eq_ignore_ascii_case(attribute));
        if is_wanted {
            keep(value);
        }
        rest = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<String> {
        relative_links(text).into_iter().map(|link| link.target).collect()
    }

    #[test]
    fn relative_targets_are_found_in_every_form() {
        assert_eq!(targets("See [a](docs/a.md) and ![b](b_(1).png \"B\")."), ["docs/a.md", "b_(1).png"]);
        assert_eq!(targets("[a]: <docs/a b.md> 'A'\n[b]: ./b"), ["docs/a b.md", "./b"]);
        assert_eq!(targets("<p><img alt=\"x\" src='logo.svg'></p> <a href=/x>y</a>"), ["logo.svg", "/x"]);
        assert_eq!(targets("[![b](badge.svg)](LICENSE)"), ["badge.svg", "LICENSE"]);
    }

    #[test]
    fn brackets_that_nobody_closes_hold_no_target() {
        assert_eq!(targets("[a](<b [c](<d>) [e]: <f\n[g]: <h"), ["d"]);
        assert!(targets(&"[a](<".repeat(100_000)).is_empty());
    }

    #[test]
    fn targets_that_lead_somewhere_everywhere_are_left() {
        let good = "[a](#part) [b](mailto:a@b.c) [c](//x.y/z) ![d](data:image/png;base64,x) [e](https://x.y)\n<a@b.c>";
        assert!(targets(good).is_empty());
    }

    #[test]
    fn comments_have_no_links() {
        assert_eq!(targets("<!-- [a](b)\n[c](d)\n-->\n[e](f)\n<!-- [g](h) -->"), ["f"]);
    }

    #[test]
    fn code_has_no_links() {
        let code = "`[a](b)` ``x ` [a](b)``\n\n    [a](b)\n\n```\n[a](b)\n```\n~~~~ md\n[a](b)\n~~~\n~~~~\n\\[a\\]\\(b)";
        assert!(targets(code).is_empty());
        assert_eq!(targets("- a\n    [b](c)"), ["c"], "a list goes on");
        assert_eq!(targets("`[a](b)`\n[c](d)"), ["d"]);
        assert_eq!(targets("a ` stray\n\n[c](d)"), ["d"], "a span ends with its paragraph");
    }
}
