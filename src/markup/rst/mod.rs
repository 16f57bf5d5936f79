//! reStructuredText, as docutils 0.22 reads it under the settings of the public index: what it would refuse.
//!
//! A checker and no renderer: it follows the document's structure as far as a warning can come from it, and keeps
//! nothing else. Where it cannot be sure it stays silent. Lexers of code blocks are not looked at, as the index
//! does without them, and nesting deeper than `DEPTH` is taken on trust.

mod body;
mod chars;
mod csv;
mod directives;
mod document;
mod enumerator;
mod explicit;
mod grid;
mod inline;
mod lines;
mod lists;
mod names;
mod options;
mod options_list;
mod roles;
mod run;
mod simple;
mod tables;

use super::{MOST_LINKS, RelativeLink, Trouble};
use names::Names;
use roles::Roles;

/// So many troubles of one text are told; the index stops at the first.
const MOST_TROUBLES: usize = 20;

/// docutils refuses longer lines, counted in characters.
const LONGEST_LINE: usize = 10_000;

/// Bodies nested deeper are not read.
const DEPTH: usize = 48;

/// What reading a text told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Why the index refuses it, in the order of its lines; at most twenty.
    pub troubles: Vec<Trouble>,
    /// Links that lead nowhere on the index's page; at most a thousand.
    pub relative_links: Vec<RelativeLink>,
    /// Nothing of it would show.
    pub is_empty: bool,
}

/// Reads `text` as docutils would.
pub fn read(text: &str) -> Reading {
    let text = lines::expanded(text);
    let lines = lines::split(&text);
    let mut reader = Reader::default();
    if let Some(line) =
        lines.iter().find(|line| line.text.len() > LONGEST_LINE && line.text.chars().count() > LONGEST_LINE)
    {
        let what = format!("the line has more than {LONGEST_LINE} characters");
        reader.troubles.push(line.number, what);
        return Reading { troubles: reader.troubles.found, ..Reading::default() };
    }
    let nodes = reader.body(&lines, Place::Document);
    if !reader.troubles.is_full() {
        reader.finish(&nodes);
    }
    let mut troubles = reader.troubles.found;
    troubles.sort_by_key(|trouble| trouble.line);
    let is_empty = !nodes.iter().any(|node| node.kind.shows());
    Reading { troubles, relative_links: reader.links, is_empty }
}

/// Troubles as they are found.
#[derive(Debug, Default)]
struct Troubles {
    found: Vec<Trouble>,
}

impl Troubles {
    fn push(&mut self, line: usize, what: String) {
        if !self.is_full() {
            self.found.push(Trouble { line, what });
        }
    }

    const fn is_full(&self) -> bool {
        self.found.len() >= MOST_TROUBLES
    }
}

/// Where a body stands, as far as that decides what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The document and its sections.
    Document,
    /// A sidebar, which may hold topics.
    Sidebar,
    /// What a directive looks at before it makes something of it.
    Free,
    /// The definition of a substitution.
    Substitution,
    /// Anything else.
    Inner,
}

/// A construct.
#[derive(Debug)]
struct Node {
    kind: Kind,
    line: usize,
    /// What it holds, where somebody asks for it.
    children: Vec<Self>,
}

impl Node {
    const fn new(kind: Kind, line: usize) -> Self {
        Self { kind, line, children: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Section,
    Transition,
    Paragraph,
    BulletList,
    EnumeratedList,
    FieldList,
    Field {
        name: String,
        is_one_line: bool,
    },
    Item,
    Table {
        columns: usize,
    },
    Comment {
        is_empty: bool,
    },
    /// A target; only one that leads nowhere else shows.
    Target {
        shows: bool,
    },
    Definition,
    /// What stands for something until the document is complete, such as `class`.
    Pending,
    /// A note of docutils about the text, below a warning.
    Message,
    /// A table of contents, of which nothing is left if there are no sections.
    Contents,
    /// What goes to the page's head or foot.
    Apart,
    /// What belongs into a line of text.
    Inline,
    Other,
}

impl Kind {
    /// Whether a class that waits for an element can have this one.
    const fn is_visible(&self) -> bool {
        !matches!(
            self,
            Self::Comment { .. }
                | Self::Target { .. }
                | Self::Definition
                | Self::Pending
                | Self::Message
                | Self::Apart
        )
    }

    /// Whether anything of it is on the page.
    const fn shows(&self) -> bool {
        let is_left = self.is_visible() && !matches!(self, Self::Contents);
        is_left || matches!(self, Self::Target { shows: true })
    }
}

/// What is known of the document so far.
#[derive(Debug)]
struct Reader {
    troubles: Troubles,
    names: Names,
    roles: Roles,
    links: Vec<RelativeLink>,
    /// The styles of titles by level: the character, and whether there is a line above.
    styles: Vec<(char, bool)>,
    level: usize,
    /// So much deeper bodies may be nested.
    depth: usize,
    /// The line of a directive `class` that has found no element yet.
    class_pending: Option<usize>,
    /// What the last paragraph held.
    paragraph: inline::Inline,
    /// What work on tables is left, in steps.
    table_steps: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            troubles: Troubles::default(),
            names: Names::default(),
            roles: Roles::default(),
            links: Vec::new(),
            styles: Vec::new(),
            level: 0,
            depth: DEPTH,
            class_pending: None,
            paragraph: inline::Inline::default(),
            table_steps: 20_000_000,
        }
    }
}

impl Reader {
    /// Notes where a link leads.
    fn link(&mut self, target: &str, line: usize) {
        if self.links.len() < MOST_LINKS && super::is_relative(target) {
            self.links.push(RelativeLink { line, target: target.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        read(text).troubles.into_iter().map(|trouble| trouble.line).collect()
    }

    #[test]
    fn troubles_name_their_lines() {
        assert_eq!(lines("Title\n=====\n\nSome\n*text, :func:`x`\n"), [5, 5]);
        assert_eq!(lines("- one\n\n  Titled\n  ====\n"), [3, 4]);
        assert_eq!(lines("a_ b\n\nc_\n\n.. _c: https://example.org/\n"), [1]);
        assert_eq!(lines(&format!("ok\n\n{}\n", "x".repeat(LONGEST_LINE + 1))), [3]);
    }

    #[test]
    fn comments_and_definitions_show_nothing() {
        for text in ["", "\n", ".. comment\n", ".. |a| replace:: b\n", ".. _a: https://example.org/\n"] {
            assert!(read(text).is_empty, "{text:?}");
        }
        assert!(!read("text\n").is_empty);
    }

    #[test]
    fn what_is_nested_too_deep_is_taken_on_trust() {
        let deep = format!("{}*a", "- ".repeat(200));
        assert_eq!(lines(&deep), [] as [usize; 0]);
        assert_eq!(lines(&format!("{}*a", "- ".repeat(20))), [1]);
    }
}
