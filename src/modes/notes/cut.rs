//! A text that is too long for a page: its beginning, with a line that says where the rest is.

use std::ops::Range;

use crate::sources::changelog::lines::{Kind, Lines};
use crate::sources::changelog::links::{Definition, definitions, needed};

/// What becomes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It fits.
    Whole,
    /// This much of it, with the notice.
    Part(String),
    /// Not even the notice fits.
    NoRoom,
}

/// Cuts `text` to `room` characters (see [`length`](super::length)), with `notice` behind what is left: before a heading
/// if that leaves at least half of the room filled, else behind a paragraph under the same condition, else behind a line.
/// What is left has no code, comment, folded part or link definition open, no heading at its end, and the definitions of
/// all links in it.
pub(crate) fn cut(text: &str, room: usize, notice: &str) -> Cut {
    if super::length(text) <= room {
        return Cut::Whole;
    }
    if super::length(notice) > room {
        return Cut::NoRoom;
    }
    Cut::Part(Cutting::of(text, room, notice).part())
}

/// Where a text may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Heading,
    Paragraph,
    Line,
}

struct Cutting<'a> {
    text: Lines<'a>,
    definitions: Vec<Definition>,
    room: usize,
    notice: &'a str,
    /// Before which lines it may end, in order.
    places: Vec<(usize, Place)>,
}

impl<'a> Cutting<'a> {
    fn of(text: &'a str, room: usize, notice: &'a str) -> Self {
        let text = Lines::of(text);
        let definitions = definitions(&text);
        let mut cutting = Self { text, definitions, room, notice, places: Vec::new() };
        cutting.places = cutting.places();
        cutting
    }

    fn places(&self) -> Vec<(usize, Place)> {
        let Lines { lines, kinds, goes_on } = &self.text;
        let inside: Vec<Range<usize>> =
            self.definitions.iter().map(|definition| definition.start + 1..definition.end).collect();
        let mut inside = inside.iter().peekable();
        let (mut folded, mut units, mut end) = (0_usize, 0, 0);
        let mut places = Vec::new();
        for number in 1..lines.len() {
            let above = lines[number - 1];
            if !matches!(kinds[number - 1], Kind::Code | Kind::Comment) {
                let above = above.to_ascii_lowercase();
                folded = (folded + above.matches("<details").count())
                    .saturating_sub(above.matches("</details").count());
            }
            if is_text(kinds[number - 1]) {
                end = number;
            }
            units += super::length(above);
            if units > self.room {
                break;
            }
            while inside.next_if(|range| range.end <= number).is_some() {}
            let in_definition = inside.peek().is_some_and(|range| range.contains(&number));
            // Code in a list may end with the item, in front of a heading that is not kept.
            let is_open = goes_on[number - 1] || (end > 0 && goes_on[end - 1]);
            if is_open || folded > 0 || kinds[number] == Kind::Underline || in_definition {
                continue;
            }
            let place = match (kinds[number], kinds[number - 1]) {
                (Kind::Heading(_) | Kind::Underlined(_), _) => Place::Heading,
                (_, Kind::Blank) => Place::Paragraph,
                _ => Place::Line,
            };
            places.push((number, place));
        }
        places
    }

    fn part(&self) -> String {
        // What is kept grows with the place, so the last one that fits is found by halving.
        let mut fitting = self.places.partition_point(|(end, _)| self.fits(*end));
        // All but exactly: a definition that is kept where it is takes no line of its own behind the notice.
        while fitting > 0 && !self.fits(self.places[fitting - 1].0) {
            fitting -= 1;
        }
        let places = &self.places[..fitting];
        let last = |most: Place| places.iter().rev().find(|(_, place)| *place <= most).map(|(end, _)| *end);
        let is_enough = |end: &usize| super::length(&self.kept(*end)) >= self.room / 2;
        let chosen =
            [Place::Heading, Place::Paragraph].into_iter().find_map(|most| last(most).filter(is_enough));
        self.with_notice(chosen.or_else(|| last(Place::Line)).unwrap_or(0))
    }

    fn fits(&self, end: usize) -> bool {
        super::length(&self.with_notice(end)) <= self.room
    }

    /// The lines before `end`, without a heading that nothing follows.
    fn kept(&self, end: usize) -> String {
        self.text.lines[..self.kept_end(end)].join("\n")
    }

    fn kept_end(&self, end: usize) -> usize {
        self.text.kinds[..end].iter().rposition(|kind| is_text(*kind)).map_or(0, |last| last + 1)
    }

    fn with_notice(&self, end: usize) -> String {
        let end = self.kept_end(end);
        let links = needed(&self.text.lines, &self.definitions, 0..end);
        let kept = self.text.lines[..end].join("\n");
        let pieces = [kept.trim_end(), self.notice, &links.concat().join("\n")].map(str::to_owned);
        pieces.into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}

/// Whether a text may end with such a line.
const fn is_text(kind: Kind) -> bool {
    !matches!(kind, Kind::Blank | Kind::Heading(_) | Kind::Underlined(_) | Kind::Underline | Kind::Rule)
}

#[cfg(test)]
mod tests;
