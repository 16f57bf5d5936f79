//! The mark on a release that was yanked: a region of its own at the top of the release's text. All around it stays as
//! it is, our notes too, and taking the mark off gives back the very text that was there before.

use serde_json::json;

use super::write::{GithubWrite, lines};
use super::{ReleaseText, Seen};
use crate::remote::error::RemoteError;

/// Opens the region.
const OPEN: &str = "<!-- release-action:yanked -->";
/// Closes it.
const CLOSE: &str = "<!-- /release-action:yanked -->";

/// Where the mark lies in `body`, with both comments.
fn region(body: &str) -> Option<std::ops::Range<usize>> {
    let start = body.find(OPEN)?;
    let end = start + body[start..].find(CLOSE)? + CLOSE.len();
    Some(start..end)
}

/// What the mark in `body` says, if it has one.
pub(crate) fn yank_mark(body: &str) -> Option<&str> {
    let region = region(body)?;
    body.get(region.start + OPEN.len()..region.end - CLOSE.len()).map(str::trim)
}

/// Whether `body` has the mark that says `text`, however its lines end.
pub(crate) fn is_yank_marked(body: &str, text: &str) -> bool {
    yank_mark(body).is_some_and(|mark| lines(mark) == lines(text.trim()))
}

/// `body` with the mark that says `text` on top, in place of any other.
pub(crate) fn with_yank_mark(body: &str, text: &str) -> String {
    let (text, rest) = (text.trim(), without_yank_mark(body));
    let gap = if rest.is_empty() { "" } else { "\n\n" };
    format!("{OPEN}\n{text}\n{CLOSE}{gap}{rest}")
}

/// `body` as it was before it got the mark.
pub(crate) fn without_yank_mark(body: &str) -> String {
    let Some(region) = region(body) else { return body.to_owned() };
    let (before, after) = (&body[..region.start], &body[region.end..]);
    // The empty line that came with it; GitHub's web pages write CR LF.
    let gap = ["\n\n", "\r\n\r\n"].into_iter().find_map(|gap| after.strip_prefix(gap));
    format!("{before}{}", gap.unwrap_or(after))
}

impl GithubWrite {
    /// Gives the release this body, and changes nothing else of it. GitHub allows that of immutable releases too.
    ///
    /// # Errors
    /// [`RemoteError::Missing`] when somebody changed its text since it was `seen`; else when GitHub refuses, or it stays
    /// unknown whether the change came about.
    pub(crate) async fn ensure_body(&self, text: &ReleaseText, seen: &Seen) -> Result<(), RemoteError> {
        let ReleaseText { tag, target: _, title: _, body, prerelease: _ } = text;
        let mut known = self.known.lock().await;
        known.forget(tag);
        self.require_seen(tag, seen, Some(text)).await?;
        let change = json!({ "tag_name": tag, "body": body });
        let settled = |now: &super::Release| lines(&now.body) == lines(body);
        self.patch(seen.release_id, tag, "writing the release's text", &change, settled).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_set_changed_and_taken_off_and_leaves_nothing() {
        for body in [
            "",
            "Notes.",
            "\n\nNotes.\n",
            "a\r\n\r\nb\r\n",
            "<!-- release-action -->\nours\n<!-- /release-action -->",
        ] {
            let marked = with_yank_mark(body, "> gone");
            assert!(marked.starts_with(OPEN) && marked.ends_with(body), "{marked}");
            assert!(is_yank_marked(&marked, "> gone") && !is_yank_marked(&marked, "> other"));
            assert_eq!(with_yank_mark(&marked, "> gone"), marked);
            let again = with_yank_mark(&marked, "> other\n> words");
            assert!(is_yank_marked(&again.replace('\n', "\r\n"), "> other\n> words"), "{again}");
            assert_eq!(without_yank_mark(&again), body);
            assert_eq!(without_yank_mark(body), body);
        }
        let edited = with_yank_mark("a\n\nb", "> gone").replace('\n', "\r\n");
        assert_eq!(without_yank_mark(&edited), "a\r\n\r\nb");
    }

    #[test]
    fn half_a_mark_is_none() {
        for body in [OPEN, CLOSE, &format!("{CLOSE} {OPEN}")] {
            assert_eq!((yank_mark(body), without_yank_mark(body).as_str()), (None, body));
        }
    }
}
