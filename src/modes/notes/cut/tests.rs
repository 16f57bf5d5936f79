use proptest::prelude::*;

use super::*;
use crate::modes::notes::length;

const NOTICE: &str = "**more: [all](https://example.org/all)**";

#[track_caller]
fn part(text: &str, room: usize) -> String {
    match cut(text, room, NOTICE) {
        Cut::Part(part) => part,
        other => panic!("{other:?}"),
    }
}

/// What is kept of a text, without the notice and what stands behind it.
fn kept(text: &str, room: usize) -> String {
    let part = part(text, room);
    part.split(NOTICE).next().unwrap_or_default().trim_end().to_owned()
}

#[test]
fn what_fits_is_left_alone() {
    assert_eq!(cut("abc", 3, NOTICE), Cut::Whole);
    assert_eq!(cut("😀", 2, NOTICE), Cut::Whole);
    assert_eq!(cut("😀", 1, NOTICE), Cut::NoRoom);
    assert_eq!(cut(&"a".repeat(41), 40, NOTICE), Cut::Part(NOTICE.to_owned()), "a line is not broken");
}

#[test]
fn a_heading_goes_before_a_paragraph_and_a_paragraph_before_a_line() {
    // The notice and the empty line before it take 42.
    let (line, room) = ("- 34567890\n", 120);
    let six = line.repeat(6);
    let sections = format!("### A\n\n{six}\n### B\n\n{six}\n{six}");
    assert_eq!(kept(&sections, room), format!("### A\n\n{six}").trim_end());
    let paragraphs = format!("{six}\n{six}\n{six}");
    assert_eq!(kept(&paragraphs, room), six.trim_end());
    assert_eq!(kept(&six.repeat(3), room), line.repeat(7).trim_end());
    // A heading that would leave little is passed over.
    let late = format!("a\n\n### A\n\n{}", six.repeat(3));
    assert_eq!(kept(&late, room), format!("a\n\n### A\n\n{six}").trim_end());
}

#[test]
fn nothing_is_left_open() {
    let filler = "x\n".repeat(100);
    for (text, expected) in [
        (format!("a\n\n```\n{filler}```\n"), "a"),
        (format!("a\n- b\n  ```\n  {}", filler.replace('\n', "\n  ")), "a\n- b"),
        (format!("a\n<!--\n{filler}-->\n"), "a"),
        (format!("a\n\n<details>\n\n{filler}</details>\n"), "a"),
        (format!("a\n\nb\n=\n\n```\n{filler}```\n"), "a"),
        (format!("a\n\n[b]:\n  c\n  {}", filler.replace('\n', "\n  ")), "a"),
    ] {
        assert_eq!(kept(&text, 120), expected, "{text}");
    }
}

#[test]
fn links_keep_their_definitions() {
    let filler = "y\n".repeat(100);
    let text = format!("see [a] and [b][c]\n\n[c]: here\n\n{filler}\n[d]\n\n[a]: there\n[d]: nowhere\n");
    let part = part(&text, 130);
    assert!(part.contains("[c]: here\n") && part.ends_with(&format!("{NOTICE}\n\n[a]: there")), "{part}");
    assert_eq!(part.matches("[c]: here").count(), 1, "{part}");
    assert!(length(&part) <= 130);
}

#[test]
fn a_megabyte_is_cut_in_no_time() {
    let began = std::time::Instant::now();
    for piece in ["- a [b] 😀\n", "[a]: b\n", "x", "```\n", "# a\n\n", "<details>\n", "\n", "[", "- "] {
        let text = format!("{}\n\n[b]: c\n", piece.repeat((1 << 20) / piece.len()));
        let part = part(&text, 125_000);
        assert!(length(&part) <= 125_000, "{piece:?}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
}

fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "# a\n",
        "## b\n\n",
        "- item [l1] [l2]\n",
        "  more\n",
        "\n",
        "```sh\n",
        "```\n",
        "~~~~\n",
        "<!-- x\n",
        "-->\n",
        "[l1]: one\n",
        "[l2]:\n  two\n",
        "[L1]: again\n",
        "text 😀 é\n",
        "===\n",
        "---\n",
        "<details>\n",
        "</details>\n",
        "1. ```\n",
        "    code\n",
        "<pre>\n",
        "</pre>\n",
        "[l1",
        "]\n",
        "  ```\n",
    ])
}

proptest! {
    #[test]
    fn a_cut_text_fits_and_is_whole(pieces in proptest::collection::vec(piece(), 0..80), room in 0_usize..400) {
        let text = pieces.concat();
        match cut(&text, room, NOTICE) {
            Cut::Whole => prop_assert!(length(&text) <= room),
            Cut::NoRoom => prop_assert!(room < length(NOTICE)),
            Cut::Part(part) => {
                prop_assert!(length(&part) <= room);
                prop_assert_eq!(cut(&part, room, NOTICE), Cut::Whole, "again");
                let (kept, behind) = part.split_once(NOTICE).expect("there is a notice");
                let kept = kept.trim_end();
                prop_assert!(text.starts_with(kept), "{}", kept);
                // The lines of the whole text are of the same kinds where they are kept.
                let (whole, read) = (Lines::of(&text), Lines::of(kept));
                prop_assert_eq!(&whole.kinds[..read.kinds.len()], &read.kinds[..]);
                prop_assert!(read.goes_on.last().is_none_or(|open| !open), "open: {}", kept);
                // The text ends at the end of a line, and no definition is parted.
                prop_assert!(kept.is_empty() || text[kept.len()..].trim_start_matches([' ', '\t']).starts_with('\n'));
                let all = definitions(&whole);
                prop_assert!(all.iter().all(|one| one.end <= read.lines.len() || one.start >= read.lines.len()));
                // What it refers to is there.
                let known = |text: &str| definitions(&Lines::of(text)).into_iter().map(|one| one.label).collect::<Vec<_>>();
                for label in ["l1", "l2"] {
                    if kept.to_lowercase().contains(&format!("[{label}]")) && known(&text).contains(&label.to_owned()) {
                        prop_assert!(known(kept).contains(&label.to_owned()) || known(behind).contains(&label.to_owned()));
                    }
                }
            }
        }
    }
}
