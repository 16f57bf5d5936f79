//! What git takes as the name of a tag.
//!
//! The rules are those of `git check-ref-format`; that a tag begins with no `-` is `git tag`'s own.

/// Why git would have no tag of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RefFault {
    #[error("git takes no `{}` in the name of a tag", character.escape_debug())]
    Character { character: char },
    #[error("git takes no `{text}` in the name of a tag")]
    Text { text: &'static str },
    #[error("git takes no name of a tag that begins with `{text}`")]
    Begin { text: &'static str },
    #[error("git takes no name of a tag that ends with `{text}`")]
    End { text: &'static str },
    #[error("git takes no tag without a name")]
    Empty,
}

/// Finds the first thing that git refuses in `name`.
///
/// # Errors
/// When there is one.
pub(super) fn check(name: &str) -> Result<(), RefFault> {
    let is_bad =
        |c: &char| c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    if let Some(character) = name.chars().find(is_bad) {
        return Err(RefFault::Character { character });
    }
    if name.is_empty() {
        return Err(RefFault::Empty);
    }
    if let Some(text) = ["-", ".", "/"].into_iter().find(|text| name.starts_with(text)) {
        return Err(RefFault::Begin { text });
    }
    if let Some(text) = ["..", "@{", "//", "/.", ".lock/"].into_iter().find(|text| name.contains(text)) {
        return Err(RefFault::Text { text });
    }
    if let Some(text) = [".", "/", ".lock"].into_iter().find(|text| name.ends_with(text)) {
        return Err(RefFault::End { text });
    }
    Ok(())
}
