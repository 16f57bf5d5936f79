//! The wheels of a release as a table: a row for each platform, a column for each interpreter, sizes in between.

use std::collections::{BTreeMap, BTreeSet};

use super::account::FileRow;
use super::render::size;

/// The table, as texts that nobody has neutralised yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Platforms {
    /// `platform`, perhaps `in fact`, and the interpreters.
    pub(crate) headings: Vec<String>,
    /// The platforms, sorted.
    pub(crate) rows: Vec<Vec<String>>,
}

/// What a wheel's name says of where it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunsOn {
    /// The interpreter, such as `cp312`, `cp314t`, `cp39-abi3` or `py3`.
    pub(crate) interpreter: String,
    /// The platform tags, such as `manylinux_2_28_x86_64`.
    pub(crate) platform: String,
}

impl RunsOn {
    /// Of a wheel's tags. An ABI that the interpreter implies goes without saying.
    pub(crate) fn of_tags(python: &[String], abi: &[String], platform: &[String]) -> Self {
        let (python, abi) = (python.join("."), abi.join("."));
        let interpreter = match abi.strip_prefix(&python) {
            // `cp314-cp314t`: the ABI says more.
            Some(flags) if flags.chars().all(char::is_alphabetic) => abi,
            _ if abi == "none" || is_pypy(&python, &abi) => python,
            _ => format!("{python}-{abi}"),
        };
        Self { interpreter, platform: platform.join(".") }
    }
}

/// `pp311-pypy311_pp73`: the one ABI of that interpreter.
fn is_pypy(python: &str, abi: &str) -> bool {
    python.strip_prefix("pp").is_some_and(|version| abi.starts_with(&format!("pypy{version}_")))
}

/// The table of all wheels among `files`; nothing when there is none.
pub(crate) fn platforms(files: &[FileRow]) -> Option<Platforms> {
    let wheels: Vec<_> = files.iter().filter_map(|file| Some((file.runs_on.as_ref()?, file))).collect();
    let mut interpreters: Vec<_> = wheels
        .iter()
        .map(|(runs_on, _)| runs_on.interpreter.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    interpreters.sort_by_cached_key(|name| natural(name));
    let mut rows: BTreeMap<&str, Vec<&(&RunsOn, &FileRow)>> = BTreeMap::new();
    for wheel in &wheels {
        rows.entry(wheel.0.platform.as_str()).or_default().push(wheel);
    }
    let tells_actual = wheels.iter().any(|(_, file)| file.actual_platform.is_some());
    let row = |(platform, wheels): (&&str, &Vec<&(&RunsOn, &FileRow)>)| {
        let cells = interpreters.iter().map(|interpreter| {
            let of_cell = wheels.iter().filter(|(runs_on, _)| runs_on.interpreter == *interpreter);
            // More than one: builds that differ by their number.
            of_cell.map(|(_, file)| size(file.size_bytes)).collect::<Vec<_>>().join(", ")
        });
        let actual: BTreeSet<_> =
            wheels.iter().filter_map(|(_, file)| file.actual_platform.as_deref()).collect();
        let actual = tells_actual.then(|| actual.into_iter().collect::<Vec<_>>().join(", "));
        [(*platform).to_owned()].into_iter().chain(actual).chain(cells).collect()
    };
    let headings =
        ["platform"].into_iter().chain(tells_actual.then_some("in fact")).chain(interpreters.iter().copied());
    (!rows.is_empty()).then(|| Platforms {
        headings: headings.map(str::to_owned).collect(),
        rows: rows.iter().map(row).collect(),
    })
}

/// A key by which `cp39` comes before `cp310`, and both before `cp310-abi3` and `pp310`.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut key = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
        let (number, after) =
            after.split_at(after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len()));
        // The first digit is the major version: `cp39` is 3.9.
        let (major, minor) = number.split_at(number.len().min(1));
        key.push((word.to_owned(), major.parse().unwrap_or(0)));
        key.push((String::new(), minor.parse().unwrap_or(0)));
        rest = after;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::account::tests::file_row;

    fn table(files: &[FileRow]) -> String {
        let Some(Platforms { headings, rows }) = platforms(files) else { return "none".to_owned() };
        let lines: Vec<_> = std::iter::once(&headings).chain(&rows).map(|cells| cells.join(" | ")).collect();
        lines.join("\n")
    }

    #[test]
    fn platforms_are_rows_and_interpreters_are_columns_in_their_order() {
        let files: Vec<_> = [
            ("demo-1-cp310-cp310-manylinux_2_28_x86_64.whl", 1024),
            ("demo-1-cp39-cp39-manylinux_2_28_x86_64.whl", 2048),
            ("demo-1-cp314-cp314t-win_amd64.whl", 10),
            ("demo-1-cp39-abi3-win_amd64.whl", 20),
            ("demo-1-2-cp39-abi3-win_amd64.whl", 30),
            ("demo-1-pp311-pypy311_pp73-macosx_11_0_arm64.whl", 40),
            ("demo-1-py3-none-any.whl", 50),
            ("demo-1.tar.gz", 60),
            ("tool.exe", 70),
        ]
        .into_iter()
        .map(|(name, size_bytes)| file_row(name, size_bytes))
        .collect();
        insta::assert_snapshot!(table(&files), @"
        platform | cp39 | cp39-abi3 | cp310 | cp314t | pp311 | py3
        any |  |  |  |  |  | 50 B
        macosx_11_0_arm64 |  |  |  |  | 40 B | 
        manylinux_2_28_x86_64 | 2.0 KiB |  | 1.0 KiB |  |  | 
        win_amd64 |  | 20 B, 30 B |  | 10 B |  |
        ");
    }

    #[test]
    fn what_the_contents_ask_for_stands_beside_the_claim() {
        let mut file = file_row("demo-1-cp312-cp312-manylinux_2_28_x86_64.whl", 1024);
        file.actual_platform = Some("manylinux_2_17_x86_64".to_owned());
        insta::assert_snapshot!(table(&[file]), @"
        platform | in fact | cp312
        manylinux_2_28_x86_64 | manylinux_2_17_x86_64 | 1.0 KiB
        ");
        assert_eq!(table(&[file_row("demo-1.tar.gz", 1)]), "none");
    }
}
