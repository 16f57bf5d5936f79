//! The directives that docutils has, and what each takes.
//!
//! Origin: docutils 0.22, the registry of directives with their English names.

use super::options::Value;

/// What a directive does, as far as it can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Admonition,
    Class,
    Code,
    Compound,
    Container,
    Contents,
    CsvTable,
    Date,
    DefaultRole,
    Disabled,
    Figure,
    Head,
    Image,
    LineBlock,
    ListTable,
    Meta,
    Nothing,
    ParsedLiteral,
    Plain,
    Quote,
    Replace,
    Role,
    Rubric,
    Sidebar,
    Table,
    Title,
    Topic,
    Unicode,
    Waits,
}

/// What a directive takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directive {
    pub does: Does,
    pub required: usize,
    pub optional: usize,
    /// The last argument may have blanks.
    pub spaced: bool,
    pub has_content: bool,
    /// Without content it is wrong.
    pub needs_content: bool,
    pub options: &'static [(&'static str, Value)],
}

const NAMED: &[(&str, Value)] = &[("class", Value::Classes), ("name", Value::Any)];
const HORIZONTAL: &[&str] = &["left", "center", "right"];

macro_rules! image_options {
    ($align:expr $(, $more:expr)*) => {
        &[
            ("alt", Value::Any),
            ("height", Value::Length),
            ("width", Value::LengthOrPercentage),
            ("scale", Value::Percentage),
            ("align", Value::Choice($align)),
            ("target", Value::Some),
            ("loading", Value::Choice(&["embed", "link", "lazy"])),
            ("class", Value::Classes),
            ("name", Value::Any),
            $($more),*
        ]
    };
}

const IMAGE: &[(&str, Value)] = image_options!(&["top", "middle", "bottom", "left", "center", "right"]);
const FIGURE: &[(&str, Value)] = image_options!(
    HORIZONTAL,
    ("figwidth", Value::FigureWidth),
    ("figclass", Value::Classes),
    ("figname", Value::Any)
);

const TABLE: &[(&str, Value)] = &[
    ("class", Value::Classes),
    ("name", Value::Any),
    ("align", Value::Choice(HORIZONTAL)),
    ("width", Value::LengthOrPercentage),
    ("widths", Value::Widths(&["auto", "grid"])),
];
const LIST_TABLE: &[(&str, Value)] = &[
    ("header-rows", Value::Count),
    ("stub-columns", Value::Count),
    ("width", Value::LengthOrPercentage),
    ("widths", Value::Widths(&["auto"])),
    ("class", Value::Classes),
    ("name", Value::Any),
    ("align", Value::Choice(HORIZONTAL)),
];
const CSV_TABLE: &[(&str, Value)] = &[
    ("header-rows", Value::Count),
    ("stub-columns", Value::Count),
    ("header", Value::Any),
    ("width", Value::LengthOrPercentage),
    ("widths", Value::Widths(&["auto"])),
    ("file", Value::Some),
    ("url", Value::Some),
    ("encoding", Value::Some),
    ("class", Value::Classes),
    ("name", Value::Any),
    ("align", Value::Choice(HORIZONTAL)),
    ("delim", Value::CharacterOrBlank),
    ("keepspace", Value::Flag),
    ("quote", Value::Character),
    ("escape", Value::Character),
];

const fn takes(
    does: Does,
    (required, optional): (usize, usize),
    spaced: bool,
    options: &'static [(&'static str, Value)],
) -> Directive {
    Directive { does, required, optional, spaced, has_content: false, needs_content: false, options }
}

impl Directive {
    const fn content(mut self) -> Self {
        self.has_content = true;
        self.needs_content = true;
        self
    }

    const fn maybe_content(mut self) -> Self {
        self.has_content = true;
        self
    }
}

/// The directive `name`, in any case.
pub(super) fn directive(name: &str) -> Option<Directive> {
    Some(match name.to_lowercase().as_str() {
        "attention" | "caution" | "danger" | "error" | "hint" | "important" | "note" | "tip" | "warning" => {
            takes(Does::Plain, (0, 0), true, NAMED).content()
        }
        "admonition" => takes(Does::Admonition, (1, 0), true, NAMED).content(),
        "sidebar" => {
            const OPTIONS: &[(&str, Value)] =
                &[("class", Value::Classes), ("name", Value::Any), ("subtitle", Value::Some)];
            takes(Does::Sidebar, (0, 1), true, OPTIONS).content()
        }
        "topic" => takes(Does::Topic, (1, 0), true, NAMED).content(),
        "line-block" => takes(Does::LineBlock, (0, 0), false, NAMED).content(),
        "parsed-literal" => takes(Does::ParsedLiteral, (0, 0), false, NAMED).content(),
        "code" | "code-block" | "sourcecode" => {
            const OPTIONS: &[(&str, Value)] =
                &[("class", Value::Classes), ("name", Value::Any), ("number-lines", Value::Any)];
            takes(Does::Code, (0, 1), false, OPTIONS).content()
        }
        "math" => takes(Does::Nothing, (0, 0), false, NAMED).content(),
        "rubric" => takes(Does::Rubric, (1, 0), true, NAMED),
        "epigraph" | "highlights" | "pull-quote" => takes(Does::Quote, (0, 0), false, &[]).content(),
        "compound" => takes(Does::Compound, (0, 0), false, NAMED).content(),
        "container" => takes(Does::Container, (0, 1), true, &[("name", Value::Any)]).content(),
        "table" => takes(Does::Table, (0, 1), true, TABLE).content(),
        "csv-table" => takes(Does::CsvTable, (0, 1), true, CSV_TABLE).maybe_content(),
        "list-table" => takes(Does::ListTable, (0, 1), true, LIST_TABLE).content(),
        "image" => takes(Does::Image, (1, 0), true, IMAGE),
        "figure" => takes(Does::Figure, (1, 0), true, FIGURE).maybe_content(),
        "contents" => {
            const OPTIONS: &[(&str, Value)] = &[
                ("depth", Value::Count),
                ("local", Value::Flag),
                ("backlinks", Value::Choice(&["top", "entry", "none"])),
                ("class", Value::Classes),
            ];
            takes(Does::Contents, (0, 1), true, OPTIONS)
        }
        "sectnum" | "section-numbering" => {
            const OPTIONS: &[(&str, Value)] = &[
                ("depth", Value::Integer),
                ("start", Value::Integer),
                ("prefix", Value::Some),
                ("suffix", Value::Some),
            ];
            takes(Does::Waits, (0, 0), false, OPTIONS)
        }
        "header" | "footer" => takes(Does::Head, (0, 0), false, &[]).content(),
        "target-notes" => takes(Does::Waits, (0, 0), false, &[("class", Value::Classes)]),
        "meta" => takes(Does::Meta, (0, 0), false, &[]).content(),
        "raw" | "include" => takes(Does::Disabled, (1, 0), true, &[]).maybe_content(),
        "replace" => takes(Does::Replace, (0, 0), false, &[]).content(),
        "unicode" => {
            const OPTIONS: &[(&str, Value)] =
                &[("trim", Value::Flag), ("ltrim", Value::Flag), ("rtrim", Value::Flag)];
            takes(Does::Unicode, (1, 0), true, OPTIONS)
        }
        "date" => takes(Does::Date, (0, 0), false, &[]).maybe_content(),
        "class" | "rst-class" => takes(Does::Class, (1, 0), true, &[]).maybe_content(),
        "role" => takes(Does::Role, (0, 0), false, &[]).content(),
        "default-role" => takes(Does::DefaultRole, (0, 1), false, &[]),
        "title" => takes(Does::Title, (1, 0), true, &[]),
        "restructuredtext-test-directive" => {
            takes(Does::Nothing, (0, 1), true, &[("option", Value::Some)]).maybe_content()
        }
        _ => return None,
    })
}
