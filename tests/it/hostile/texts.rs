//! Texts as long as they may be, with as much of one construct as fits in.

use release_action::archive::Limits;
use release_action::archive::build::WheelBuilder;

use super::{ended, refused};

/// A wheel whose METADATA has these lines besides those that it must have.
fn with_headers(lines: String) -> (String, Vec<u8>) {
    let head = "Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n";
    with_text("METADATA", format!("{head}{lines}"))
}

/// A wheel whose METADATA has this description.
fn with_description(content_type: &str, text: &str) -> (String, Vec<u8>) {
    with_headers(format!("Description-Content-Type: {content_type}\n\n{text}"))
}

fn with_text(file: &'static str, text: String) -> (String, Vec<u8>) {
    let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    if ["METADATA", "WHEEL", "RECORD"].contains(&file) {
        builder.edit_text(file, move |bytes| text.as_bytes().clone_into(bytes));
    } else {
        let path = builder.dist_info(file);
        builder.member(&path, text);
    }
    let (file_name, bytes) = builder.build();
    (file_name.to_string(), bytes)
}

/// An unoptimised build needs a minute where an optimised one needs a second. What takes more than linear time or
/// memory shows in a part of the longest text too.
const SHARE: usize = if cfg!(debug_assertions) { 32 } else { 1 };

/// As much of `piece` as a text of `limit` bytes holds, with room for the lines that it must have.
fn filled(limit: u64, piece: &str) -> String {
    piece.repeat(most_bytes(limit) / piece.len())
}

fn most_bytes(limit: u64) -> usize {
    usize::try_from(limit).expect("megabytes") / SHARE - 1000
}

/// As much of `piece` as METADATA may hold.
fn full(piece: &str) -> String {
    filled(Limits::default().text_bytes, piece)
}

/// As many lines as METADATA may hold.
fn lines(line: impl Fn(usize) -> String) -> String {
    lines_within(Limits::default().text_bytes, line)
}

fn lines_within(limit: u64, line: impl Fn(usize) -> String) -> String {
    let most = most_bytes(limit);
    let mut text = String::new();
    let mut line_count = 100;
    for number in 0.. {
        let line = line(number);
        line_count += line.matches('\n').count();
        if text.len() + line.len() > most || line_count > Limits::default().text_lines {
            break;
        }
        text.push_str(&line);
    }
    text
}

#[test]
fn a_text_beyond_its_limit_is_not_read() {
    for (file, length) in [("METADATA", 100 << 20), ("RECORD", 20 << 20)] {
        let said =
            refused(&format!("long {file}"), with_text(file, "sample/x,sha256=x,1\n".repeat(length / 20)));
        assert!(said.contains("limit") || said.contains("bytes"), "{said}");
    }
}

/// A line of many, by its number.
type Line = fn(usize) -> String;

#[test]
fn headers_as_many_as_fit_are_judged_in_linear_time() {
    let kinds: [(&str, Line); 9] = [
        ("extras", |n| format!("Provides-Extra: x{n}\nRequires-Dist: a; extra == \"x{n}\"\n")),
        ("classifiers", |n| format!("Classifier: Programing Language :: Pyhton :: {n}\n")),
        ("licence files", |n| format!("License-File: licenses/{n}\n")),
        ("requirements", |n| format!("Requires-Dist: p{n}[a,b]>=1.{n},<2; os_name == 'x'\n")),
        ("links", |n| format!("Project-URL: Home {n}, https://example.org/{n}\n")),
        ("dynamic fields", |n| format!("Dynamic: Field-{n}\n")),
        ("unknown fields", |n| format!("Field-{n}: x\n")),
        ("names", |n| format!("Import-Name: a.b{n}\n")),
        ("people", |n| format!("Author-email: \"A, B\" <a{n}@example.org>\n")),
    ];
    for (what, line) in kinds {
        ended(&format!("headers {what}"), with_headers(lines(line)));
    }
}

#[test]
fn one_header_as_long_as_may_be_is_judged_in_linear_time() {
    let values = [
        ("Requires-Dist", "a; ", "("),
        ("Requires-Dist", "a; ", "os_name == 'x' and "),
        ("Requires-Dist", "a", ">=1,"),
        ("Requires-Dist", "a[", "b,"),
        ("Requires-Python", "", ">=3.1,"),
        ("Requires-Python", ">=", "1."),
        ("License-Expression", "", "("),
        ("License-Expression", "MIT", " OR MIT"),
        ("Version", "", "1."),
        ("Author-email", "", "("),
        ("Author-email", "", "a@example.org,"),
        ("Author-email", "", "\\\""),
        ("Keywords", "", "a,"),
        ("Classifier", "", "Python :: "),
        ("Description-Content-Type", "text/plain", "; a=b"),
        ("Summary", "", "\u{e9}"),
        ("Project-URL", "Home, https://", "a."),
        ("Name", "", "a-"),
        ("Import-Name", "", "a."),
    ];
    for (number, (name, start, piece)) in values.into_iter().enumerate() {
        ended(&format!("header {number} {name}"), with_headers(format!("{name}: {start}{}\n", full(piece))));
    }
    ended("folded header", with_headers(format!("Description: x\n{}", lines(|_| "        |x\n".to_owned()))));
}

#[test]
fn descriptions_in_rst_nested_as_deep_as_may_be_are_read() {
    let deep = |start: &str, step: &str| {
        let line = |depth: usize| format!("{}{start}\n\n", step.repeat(depth));
        lines(line)
    };
    let pieces = [
        ("bullets in a line", "- ".repeat(4_900)),
        ("many bullets in lines", full(&format!("{}\n", "- ".repeat(4_900)))),
        ("enumerated in a line", full(&format!("{}\n", "1. ".repeat(3_000)))),
        ("quotes", deep("x", " ")),
        ("directives", deep(".. note::", "   ")),
        ("deep bullets", deep("- x", "  ")),
        ("lines of a list", full("- x\n\n  - y\n\n")),
        ("stars", full(&format!("{}\n", "*a ".repeat(2_400)))),
        ("backquotes", full(&format!("{}\n", "`a ".repeat(2_400)))),
        ("bars", full(&format!("{}\n", "|a ".repeat(2_400)))),
        ("brackets", full(&format!("{}\n", "[a_ ".repeat(2_400)))),
        ("underscores", full(&format!("{}\n", "a_ ".repeat(2_400)))),
        ("references", "`a <b_>`_ ".repeat(900)),
        ("lines of references", full("a_ `b`_ |c|_ [d]_ ``e``\n")),
        ("targets", lines(|n| format!(".. _t{n}: t{}_\n", n + 1))),
        ("the same target", full(".. _t: x\n")),
        ("anonymous targets", full("__ x\n\na__\n\n")),
        ("substitutions", lines(|n| format!(".. |s{n}| replace:: |s{}|\n", n + 1))),
        ("footnotes", full(".. [#] x\n\n[#]_\n\n")),
        ("numbered footnotes", lines(|n| format!(".. [#n{n}] x [#n{n}]_\n"))),
        ("grid tables", full("+-+-+\n| | |\n+-+-+\n")),
        ("one grid table", full("+--+--+\n|  |  |\n")),
        ("one wide grid table", full(&format!("+{}\n|{}\n", "-+".repeat(2_000), " |".repeat(2_000)))),
        ("simple tables", full("== ==\na  b\n== ==\n\n")),
        ("one simple table", format!("== ==\n{}== ==\n", full("a  b\n"))),
        ("titles", lines(|n| format!("{n:06}\n======\n\n"))),
        ("one title again and again", full("x\n=\n\n")),
        ("option lists", full("-a, --all=X  option\n")),
        ("field lists", full(":field: x\n")),
        ("definition lists", full("term : a : b\n  x\n")),
        ("line blocks", full("| x\n|   y\n")),
        ("doctests", full(">>> 1\n\n")),
        ("comments", full("..\n\n x\n\n")),
        ("literals", full("::\n\n  x\n\n")),
        ("backslashes", "\\".repeat(9_000)),
        ("lines of backslashes", full("\\ \\\\ \\\n")),
        ("csv", format!(".. csv-table::\n\n{}", full("   a, \"b\n"))),
        ("a table of lists", format!(".. list-table::\n\n{}", full("   * - a\n     - b\n"))),
    ];
    for (what, text) in pieces {
        ended(&format!("rst {what}"), with_description("text/x-rst", &text));
    }
}

#[test]
fn descriptions_in_markdown_are_read_in_linear_time() {
    let pieces = [
        "[",
        "](",
        "[]( ",
        "[a](b ",
        "`",
        "``` ",
        "\\",
        "<a href=",
        "<a href='",
        "<!--",
        "-->",
        "[a]: ",
        "![",
        "> ",
        "\n```\n",
        "\n~~~",
        "<a ",
        "[a](<",
        "(",
        "a\n",
    ];
    for (number, piece) in pieces.into_iter().enumerate() {
        ended(&format!("markdown {number} {piece:?}"), with_description("text/markdown", &full(piece)));
    }
}

#[test]
fn other_texts_as_long_as_may_be_are_read_in_linear_time() {
    let rows = |row: fn(usize) -> String| lines_within(Limits::default().record_bytes, row);
    let texts = [
        ("RECORD", "differing rows", rows(|n| format!("sample/{n}.py,sha256={n:043},1\n"))),
        ("RECORD", "the same row", rows(|_| "sample/x.py,sha256=x,1\n".to_owned())),
        ("RECORD", "conflicting rows", rows(|n| format!("sample/x.py,sha256={n:043},{n}\n"))),
        ("RECORD", "rows of other digests", rows(|n| format!("sample/{n}.py,sha512={n},1\n"))),
        ("RECORD", "rows of odd paths", rows(|n| format!("../{n}\\x//./,sha256=,-{n}\n"))),
        ("WHEEL", "tags", lines(|n| format!("Tag: cp{n}-abi3-linux_x86_64\n"))),
        ("WHEEL", "the same tag", full("Tag: py3-none-any\n")),
        (
            "entry_points.txt",
            "scripts",
            format!("[console_scripts]\n{}", lines(|n| format!("s{n} = sample:m{n}\n"))),
        ),
        (
            "entry_points.txt",
            "the same script",
            format!("[gui_scripts]\n{}", lines(|_| "s = sample:main\n".to_owned())),
        ),
        ("entry_points.txt", "groups", lines(|n| format!("[g{n}]\n"))),
        ("entry_points.txt", "folded values", format!("[g]\na = b\n{}", lines(|_| "  c\n".to_owned()))),
        ("entry_points.txt", "one long value", format!("[console_scripts]\na = {}", full("a."))),
        ("entry_points.txt", "brackets", format!("[console_scripts]\na = b:c {}", full("["))),
        ("top_level.txt", "packages", lines(|n| format!("p{n}\n"))),
        ("sboms/x.json", "brackets", full("[")),
        ("sboms/y.cdx.json", "members", format!("{{{}\"z\":0}}", lines(|n| format!("\"k{n}\":[],\n")))),
    ];
    for (file, what, text) in texts {
        ended(&format!("{file} {what}"), with_text(file, text));
    }
}

#[test]
fn a_name_of_countless_tags_is_not_written_out() {
    let set = |letter: &str| {
        let tags: Vec<_> = (0..20).map(|number| format!("{letter}{number}")).collect();
        tags.join(".")
    };
    let [python, abi, platform] = ["p", "a", "l"].map(set);
    let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    builder.file_name(&format!("sample-1.0-{python}-{abi}-{platform}.whl"));
    let (file_name, bytes) = builder.build();
    refused("countless tags", (file_name.to_string(), bytes));
}

#[test]
fn a_manifest_of_a_crate_nested_as_deep_as_may_be_is_read() {
    const PACKAGE: &str = "[package]\nname = \"sample\"\nversion = \"1.0.0\"\n";
    let limit = Limits::default().project_bytes - PACKAGE.len() as u64 - 200;
    let texts = [
        ("arrays", format!("a = {}", filled(limit, "["))),
        ("elements", format!("a = [{}]", filled(limit, "[],"))),
        ("tables", format!("a = {}", filled(limit, "{a="))),
        ("dotted keys", format!("{}a = 1\n", filled(limit, "a."))),
        ("dependencies", format!("[dependencies]\n{}", lines_within(limit, |n| format!("d{n} = \"1\"\n")))),
        ("requirements", format!("[dependencies]\na = \"{}1\"\n", filled(limit, "1,"))),
        ("platforms", lines_within(limit, |n| format!("[target.'cfg(a = \"{n}\")'.dependencies]\n"))),
        ("one platform", format!("[target.'cfg({})'.dependencies]\na = \"1\"\n", filled(limit, ",a "))),
        ("features", format!("[features]\n{}", lines_within(limit, |n| format!("f{n} = []\n")))),
        ("one feature", format!("[features]\na = [{}]\n", filled(limit, "\"a\","))),
        ("keywords", format!("keywords = [{}]\n", filled(limit, "\"a\","))),
        ("license", format!("license = \"{}MIT\"\n", filled(limit, "MIT/"))),
        ("readme", format!("readme = \"{}\"\n", filled(limit, "./"))),
    ];
    for (what, text) in texts {
        let mut builder = release_action::archive::build::CrateBuilder::new("sample", "1.0.0");
        builder.edit_manifest(move |bytes| *bytes = format!("{PACKAGE}{text}").into_bytes());
        let (file_name, bytes) = builder.build();
        refused(&format!("crate {what}"), (file_name.to_string(), bytes));
    }
}

#[test]
fn a_pyproject_nested_as_deep_as_may_be_is_read() {
    let limit = Limits::default().project_bytes;
    let texts = [
        ("arrays", format!("a = {}", filled(limit, "["))),
        ("tables", format!("a = {}", filled(limit, "{a="))),
        ("dotted keys", format!("{}a = 1\n", filled(limit, "a."))),
        ("keys", lines_within(limit, |n| format!("k{n} = {n}\n"))),
        ("headers", lines_within(limit, |n| format!("[t{n}.a]\n"))),
        ("arrays of tables", filled(limit, "[[t]]\n")),
        (
            "dependencies",
            format!(
                "[project]\nname = \"sample\"\ndependencies = [\n{}]\n",
                lines_within(limit, |n| format!("\"p{n}\",\n"))
            ),
        ),
        (
            "extras",
            format!(
                "[project]\nname = \"sample\"\n[project.optional-dependencies]\n{}",
                lines_within(limit, |n| format!("x{n} = []\n"))
            ),
        ),
    ];
    for (what, text) in texts {
        let mut builder = release_action::archive::build::SdistBuilder::new("sample", "1.0");
        builder.member("pyproject.toml", text);
        let (file_name, bytes) = builder.build();
        ended(&format!("pyproject {what}"), (file_name.to_string(), bytes));
    }
}
