//! Link definitions (`[label]: target`), and which of them a text needs.

use std::collections::{HashMap, HashSet};

use super::lines::{Kind, Lines};

/// Where a definition stands: the line that it begins in, and the one behind its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The label as others refer to it: lower case, with single spaces.
    pub(crate) label: String,
    /// Its first line.
    pub(crate) start: usize,
    /// The line behind its last.
    pub(crate) end: usize,
}

/// The definitions of a text, in its order; of two with one label the first counts, and both are here. One that has its
/// target or a title on a further line, and a footnote of several lines, go on where lines are indented.
pub(crate) fn definitions(text: &Lines<'_>) -> Vec<Definition> {
    let Lines { lines, kinds, goes_on: _ } = text;
    let mut found = Vec::new();
    let mut number = 0;
    while number < lines.len() {
        let label = (kinds[number] == Kind::Text).then(|| label(lines[number])).flatten();
        let start = number;
        number += 1;
        if let Some(label) = label {
            let goes_on = |number: usize| {
                kinds.get(number) == Some(&Kind::Text)
                    && lines[number].starts_with([' ', '\t'])
                    && self::label(lines[number]).is_none()
            };
            while goes_on(number) {
                number += 1;
            }
            // A label alone defines nothing.
            if number > start + 1 || !lines[start].trim_end().ends_with("]:") {
                found.push(Definition { label, start, end: number });
            }
        }
    }
    found
}

/// The label of a line that begins a definition.
fn label(line: &str) -> Option<String> {
    let text = line.trim_start_matches(' ');
    let (label, _) = text.strip_prefix('[')?.split_once("]:")?;
    let is_label = line.len() - text.len() <= 3 && !label.trim().is_empty() && !label.contains(['[', ']']);
    is_label.then(|| normal(label))
}

/// The definitions behind `text` that it needs and that it does not hold itself, each as it is written, in the order
/// in which they are written. `text` are those of `lines` in `range`.
pub(crate) fn needed<'a>(
    lines: &'a [&'a str],
    definitions: &[Definition],
    range: std::ops::Range<usize>,
) -> Vec<&'a [&'a str]> {
    let used = used(&lines[range.clone()]);
    let mut first: HashMap<&str, &Definition> = HashMap::new();
    for definition in definitions {
        let place = first.entry(&definition.label).or_insert(definition);
        // What the text holds itself stays where it is.
        if range.contains(&definition.start) && !range.contains(&place.start) {
            *place = definition;
        }
    }
    let mut needed: Vec<_> = first
        .into_values()
        .filter(|definition| !range.contains(&definition.start) && used.contains(&definition.label))
        .collect();
    needed.sort_by_key(|definition| definition.start);
    needed.into_iter().map(|definition| &lines[definition.start..definition.end]).collect()
}

/// Every text in brackets that has none in it: what may refer to a definition. It grows with the text.
fn used(lines: &[&str]) -> HashSet<String> {
    let text = lines.join("\n");
    let pieces = text.split('[').skip(1);
    pieces.filter_map(|piece| Some(normal(piece.get(..piece.find(']')?)?))).collect()
}

fn normal(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, usize)> {
        let all = definitions(&Lines::of(text));
        all.into_iter().map(|Definition { label, start, end }| (label, start, end)).collect()
    }

    #[test]
    fn definitions_are_found_with_all_their_lines() {
        let text = "[A  b]: x\n[c]:\n  y\n  \"title\"\n[^1]: A note\n    that goes on.\n\n[d]:\n[e] : z\n    [f]: code\n";
        let expected = [("a b", 0, 1), ("c", 1, 4), ("^1", 4, 6)];
        assert_eq!(found(text), expected.map(|(label, start, end)| (label.to_owned(), start, end)));
        assert_eq!(found("```\n[a]: x\n```\n<!--\n[b]: y\n-->\n[]: z\n[[a]]: y"), []);
    }

    #[test]
    fn a_text_gets_what_it_refers_to_once() {
        let text = "see [The\nGuide] and [x][own]\n\n[own]: mine\n\n[unused]: u\n[the guide]: first\n\
                    [the guide]: second\n[own]: other";
        let text = Lines::of(text);
        let all = definitions(&text);
        let needed = |range| needed(&text.lines, &all, range).concat().join("\n");
        assert_eq!(needed(0..4), "[the guide]: first");
        assert_eq!(needed(0..2), "[own]: mine\n[the guide]: first");
        assert_eq!(needed(0..1), "", "the label is not whole");
    }
}
