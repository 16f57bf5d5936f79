//! Descriptions as the public index renders them: what it would refuse, and what would show broken there.
//!
//! No renderer: these readers only tell what is wrong.

pub mod markdown;
pub mod rst;

/// Something that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// So many relative links of one text are told: a text may hold millions.
const MOST_LINKS: usize = 1000;

/// A link that leads to a place which exists only beside the text's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelativeLink {
    /// The line, from 1.
    pub line: usize,
    /// Where it leads, as written.
    pub target: String,
}

/// Whether `target` leads to a place beside the text's own file: no scheme, no host, and not inside the text.
fn is_relative(target: &str) -> bool {
    let target = target.trim();
    let length = target.find(|char: char| !char.is_ascii_alphanumeric() && !"+.-".contains(char));
    let has_scheme = target.starts_with(|char: char| char.is_ascii_alphabetic())
        && length.is_some_and(|length| target[length..].starts_with(':'));
    let is_mail = target.contains('@') && !target.contains('/');
    !(target.is_empty()
        || has_scheme
        || is_mail
        || target.starts_with(['#', '?'])
        || target.starts_with("//"))
}
