//! Descriptions in reStructuredText, judged by us and by the public index's own renderer.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use release_action::markup::{markdown, rst};

use crate::support::tools::python;
use crate::support::workflow_files::root;

/// Texts that we take and the index refuses. The list may become shorter, and never longer.
const KNOWN_MISSES: &[&str] = &[];

/// Each of our snippets, alone and as a part of something else.
fn snippets() -> Vec<String> {
    let text = include_str!("../data/descriptions.txt");
    let whole: Vec<&str> = text.split("%%%%\n").collect();
    let inside = |first: &str, indent: &str, snippet: &str| {
        let lines = snippet.lines().map(|line| match line {
            "" => String::new(),
            line => format!("{indent}{line}"),
        });
        format!("Text\n\n{first}{}\n\nText\n", lines.collect::<Vec<_>>().join("\n").trim_start())
    };
    let cell = |snippet: &str| {
        let width = snippet.lines().map(|line| line.chars().count()).max().unwrap_or(0).max(5);
        let border = format!("+-{}-+\n", "-".repeat(width));
        let rows: String = snippet.lines().map(|line| format!("| {line:width$} |\n")).collect();
        format!("{border}{rows}{border}")
    };
    let mut all = Vec::new();
    for snippet in whole {
        all.push(snippet.to_owned());
        all.push(inside("* ", "  ", snippet));
        all.push(inside(".. note:: ", "   ", snippet));
        all.push(inside("term\n    ", "    ", snippet));
        all.push(cell(snippet));
        all.push(format!("Head\n====\n\n{snippet}\nTail\n----\n\n{snippet}"));
    }
    all
}

/// The texts with small faults, the same ones in every run.
fn mutations(texts: &[String], count: usize) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below.max(1)).expect("small")).expect("small")
    };
    let marks = ["*", "`", "``", "_", "|", "**", ":", "\\", "[1]_", " ", "<", "::", "..", "-"];
    let mut made = Vec::new();
    while made.len() < count {
        let mut lines: Vec<String> = texts[random(texts.len())].lines().map(str::to_owned).collect();
        let at = random(lines.len());
        let length = lines[at].chars().count();
        let cut = random(length);
        match random(8) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at].insert(0, ' '),
            3 => drop(lines[at].pop()),
            4 => lines[at] = lines[at].chars().skip(1).collect(),
            5 => {
                lines[at] = lines[at]
                    .chars()
                    .enumerate()
                    .filter(|(index, _)| *index != cut)
                    .map(|(_, char)| char)
                    .collect()
            }
            6 => {
                let place = lines[at].char_indices().nth(cut).map_or(0, |(place, _)| place);
                lines[at].insert_str(place, marks[random(marks.len())]);
            }
            _ => {
                let other = random(lines.len());
                lines.swap(at, other);
            }
        }
        made.push(lines.join("\n"));
    }
    made
}

/// What the index's renderer says of each text: nothing if it takes it.
fn judged(texts: &[String]) -> Option<Vec<Option<String>>> {
    let mut judge = python()?.command("python");
    judge.arg(root().join("tests/py/descriptions.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut judge = judge.spawn().expect("the interpreter starts");
    let mut input = judge.stdin.take().expect("it is a pipe");
    let asked = serde_json::to_vec(texts).expect("texts are JSON");
    input.write_all(&asked).expect("the judge listens");
    drop(input);
    let output = judge.wait_with_output().expect("the judge comes to its end");
    assert!(output.status.success(), "the judge failed");
    Some(serde_json::from_slice(&output.stdout).expect("the judge answers in JSON"))
}

#[test]
fn what_the_index_takes_is_taken_and_what_it_refuses_is_refused() {
    let mut texts = snippets();
    texts.extend(mutations(&texts, 2000));
    let Some(judged) = judged(&texts) else { return };
    assert_eq!(judged.len(), texts.len());
    let refused = judged.iter().flatten().count();
    assert!(refused > 500 && texts.len() - refused > 500, "the texts try both: {refused} are refused");
    let mut misses = Vec::new();
    for (text, judgement) in texts.iter().zip(&judged) {
        let reading = rst::read(text);
        match judgement {
            None => assert!(reading.troubles.is_empty() && !reading.is_empty, "{text}\n{reading:?}"),
            Some(why) if reading.troubles.is_empty() && !reading.is_empty => {
                if !KNOWN_MISSES.contains(&text.as_str()) {
                    misses.push((text, why));
                }
            }
            Some(_) => {}
        }
    }
    assert!(misses.is_empty(), "{} misses: {misses:#?}", misses.len());
}

#[test]
fn hostile_descriptions_end_soon() {
    const SIZE: usize = 1 << 18;
    let wide = "+-".repeat(2000) + "+\n" + &("|+".repeat(2000) + "|\n");
    let repeated = [
        "*",
        "`",
        "`` ",
        "*a ",
        "a-",
        "a-\n",
        "- ",
        "- \n",
        " ",
        "|",
        "| a\n",
        "__ ",
        "a_ ",
        ":a",
        ":a:`b` ",
        "[a",
        "\\",
        "<",
        "](",
        "<a ",
        "`a <",
        "=",
        "= =\n",
        "== ==\n",
        "+-+\n",
        "+--+\n|  |\n",
        "a\n===\n",
        "1. ",
        "1. a\n",
        ".. a\n",
        ".. _a",
        ".. _a\n ",
        ".. |a\n ",
        ".. note:: ",
        "a\n b\n",
        "-a  b\n",
        ":a: b\n",
        ">>> a\n",
        "::\n\n a\n\n",
        "\n",
        "\t",
        "-- a\n\n ",
        "[#]_ ",
        "é",
        wide.as_str(),
    ];
    for unit in repeated {
        let text = unit.repeat(SIZE / unit.len());
        let deep: String = (0..700).map(|depth| format!("{}{unit}\n", " ".repeat(depth))).collect();
        for text in [text, deep] {
            let start = Instant::now();
            rst::read(&text);
            markdown::relative_links(&text);
            // A sixteenth of the longest text, as nothing is optimised here.
            assert!(start.elapsed() < Duration::from_secs(5), "{unit:?} takes {:?}", start.elapsed());
        }
    }
}

#[test]
fn relative_links_of_both_formats_are_found() {
    let text = ".. image:: logo.png\n   :target: docs/\n\n`a <a.rst>`_ b_ `c <https://example.org/>`_\n\n.. _b: ../b\n";
    let links: Vec<_> =
        rst::read(text).relative_links.into_iter().map(|link| (link.line, link.target)).collect();
    let expected = [(1, "logo.png"), (1, "docs/"), (4, "a.rst"), (6, "../b")];
    assert_eq!(links, expected.map(|(line, target)| (line, target.to_owned())));
}
