//! Inline markup: emphasis, literals, interpreted text, references and the targets among them.

use super::Reader;
use super::chars::{is_before_start, is_behind_end, is_pair, is_space, is_word};
use super::names::{AutoNote, To, normalized, spaced};
use super::roles::Role;

/// What a piece of text held.
#[derive(Debug, Default)]
pub(super) struct Inline {
    /// The text without its markup.
    pub text: String,
    /// It holds what a substitution cannot: anonymous references, references to automatic footnotes, targets.
    pub is_unfit: bool,
    /// The substitutions it uses.
    pub substitutions: Vec<String>,
}

/// The text with a NUL in place of each backslash that escapes, as it is searched.
pub(super) fn escaped(text: &str) -> Vec<char> {
    let mut chars = text.chars();
    let mut escaped = Vec::with_capacity(text.len());
    while let Some(char) = chars.next() {
        if char == '\\' {
            escaped.push('\0');
            escaped.extend(chars.next());
        } else {
            escaped.push(char);
        }
    }
    escaped
}

/// The text that escapes stand for: an escaped blank is nothing.
pub(super) fn unescaped(chars: &[char]) -> String {
    let mut text = String::with_capacity(chars.len());
    let mut chars = chars.iter();
    while let Some(char) = chars.next() {
        if *char != '\0' {
            text.push(*char);
        } else if let Some(next) = chars.next()
            && !matches!(next, ' ' | '\n')
        {
            text.push(*next);
        }
    }
    text
}

/// An address as written, without the blanks that are not escaped.
pub(super) fn address(chars: &[char]) -> String {
    let mut kept = Vec::with_capacity(chars.len());
    let mut at = 0;
    while let Some(char) = chars.get(at) {
        if *char == '\0' && chars.get(at + 1).is_some_and(|next| is_space(*next)) {
            kept.push(' ');
            at += 2;
            continue;
        }
        if !is_space(*char) {
            kept.push(*char);
        }
        at += 1;
    }
    unescaped(&kept)
}

/// Where the simple reference name at `start` ends; `start` if there is none.
pub(super) fn simple_name_end(chars: &[char], start: usize) -> usize {
    let words = |mut at: usize| {
        while chars.get(at).is_some_and(|char| is_word(*char)) {
            at += 1;
        }
        at
    };
    let mut end = words(start);
    while end > start && chars.get(end).is_some_and(|char| matches!(char, '-' | '.' | '_' | '+' | ':')) {
        let next = words(end + 1);
        if next == end + 1 {
            break;
        }
        end = next;
    }
    end
}

/// Whether `name` is a simple reference name as a whole.
pub(super) fn is_simple_name(name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    !chars.is_empty() && simple_name_end(&chars, 0) == chars.len()
}

/// The construct that starts at a place.
enum Start {
    /// A start-string of so many characters.
    Delimited(Delimited, usize),
    /// A reference by simple name that ends here, with so many underscores.
    Reference { name_end: usize, underscores: usize },
    /// A reference to a footnote or citation, up to behind `]_`.
    Note { end: usize },
    /// Interpreted text or a phrase reference; the role before it, and where its text starts.
    Backquote { role: Option<(usize, usize)>, inside: usize },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Delimited {
    Emphasis,
    Strong,
    Literal,
    Target,
    Substitution,
}

impl Delimited {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Emphasis => ("emphasis", "*"),
            Self::Strong => ("strong text", "**"),
            Self::Literal => ("a literal", "``"),
            Self::Target => ("an inline target", "_`"),
            Self::Substitution => ("a substitution", "|"),
        }
    }
}

/// The text being read.
struct Scan {
    chars: Vec<char>,
    /// Where what is left begins: as good as the beginning of the text.
    from: usize,
    /// A run of names and where it ends, as each place in it would find the same end.
    run: (usize, usize),
}

impl Scan {
    fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    fn may_end(&self, at: usize) -> bool {
        self.at(at).is_none_or(is_behind_end)
    }

    /// [`simple_name_end`], which finds the same end from everywhere in a run.
    fn name_end(&mut self, start: usize) -> usize {
        if !self.at(start).is_some_and(is_word) {
            return start;
        }
        if !(self.run.0 <= start && start < self.run.1) {
            self.run = (start, simple_name_end(&self.chars, start));
        }
        self.run.1
    }

    fn is_free(&self, at: usize) -> bool {
        !self.at(at).is_some_and(is_space)
    }

    fn starts(&self, at: usize, what: &str) -> bool {
        what.chars().enumerate().all(|(offset, char)| self.at(at + offset) == Some(char))
    }

    /// The construct that starts at `at`, if one does.
    fn start(&mut self, at: usize) -> Option<Start> {
        if at > self.from && !is_before_start(self.chars[at - 1]) {
            return None;
        }
        match self.at(at)? {
            '*' if self.at(at + 1) == Some('*') => {
                self.is_free(at + 2).then_some(Start::Delimited(Delimited::Strong, 2))
            }
            '*' => self.is_free(at + 1).then_some(Start::Delimited(Delimited::Emphasis, 1)),
            '|' if self.at(at + 1) != Some('|') => {
                self.is_free(at + 1).then_some(Start::Delimited(Delimited::Substitution, 1))
            }
            '_' if self.at(at + 1) == Some('`') => {
                self.is_free(at + 2).then_some(Start::Delimited(Delimited::Target, 2))
            }
            '`' if self.at(at + 1) == Some('`') => {
                self.is_free(at + 2).then_some(Start::Delimited(Delimited::Literal, 2))
            }
            '`' => self.is_free(at + 1).then_some(Start::Backquote { role: None, inside: at + 1 }),
            ':' => {
                let end = self.name_end(at + 1);
                let is_role = end > at + 1 && self.starts(end, ":`") && self.at(end + 2) != Some('`');
                (is_role && self.is_free(end + 2))
                    .then_some(Start::Backquote { role: Some((at + 1, end)), inside: end + 2 })
            }
            '[' => self.note(at),
            char if is_word(char) => {
                let name_end = self.name_end(at);
                let underscores = if self.starts(name_end, "__") && self.may_end(name_end + 2) {
                    2
                } else if self.at(name_end) == Some('_') && self.may_end(name_end + 1) {
                    1
                } else {
                    return None;
                };
                Some(Start::Reference { name_end, underscores })
            }
            _ => None,
        }
    }

    fn note(&mut self, at: usize) -> Option<Start> {
        let end = match self.at(at + 1)? {
            '*' => at + 2,
            '#' => self.name_end(at + 2),
            _ => self.name_end(at + 1),
        };
        let is_note = end > at + 1 && self.starts(end, "]_") && self.may_end(end + 2);
        is_note.then_some(Start::Note { end: end + 2 })
    }

    /// Whether the start-string from `at` to `end` stands between a pair of quotes, or at the end of the text.
    fn is_quoted(&self, at: usize, end: usize) -> bool {
        at > self.from && self.at(end).is_none_or(|close| is_pair(self.chars[at - 1], close))
    }

    /// Where the end-string lies that closes what starts before `inside`, and where it ends.
    fn end(&self, kind: Delimited, inside: usize) -> Option<(usize, usize)> {
        let close = match kind {
            Delimited::Emphasis => "*",
            Delimited::Strong => "**",
            Delimited::Literal => "``",
            Delimited::Target => "`",
            Delimited::Substitution => "|",
        };
        (inside..self.chars.len()).find_map(|at| {
            let before = (at > inside).then(|| self.chars[at - 1]);
            let is_open = before
                .is_some_and(|before| is_space(before) || (before == '\0' && kind != Delimited::Literal));
            if is_open || !self.starts(at, close) {
                return None;
            }
            let end = at + close.len();
            let mut ends = vec![end];
            if kind == Delimited::Substitution {
                ends = (0..=2)
                    .rev()
                    .filter(|more| self.starts(end, &"__"[..*more]))
                    .map(|more| end + more)
                    .collect();
            }
            ends.into_iter().find(|end| self.may_end(*end)).map(|end| (at, end))
        })
    }

    /// The end of interpreted text: where its text ends, the role behind it, where everything ends, underscores.
    fn backquote_end(&mut self, inside: usize) -> Option<BackquoteEnd> {
        for at in inside..self.chars.len() {
            if self.chars[at] != '`' {
                continue;
            }
            let before = (at > inside).then(|| self.chars[at - 1]);
            let escaped_twice = at > inside + 1 && self.chars[at - 2] == '\0';
            if before.is_some_and(|before| is_space(before) || before == '\0') && !escaped_twice {
                continue;
            }
            let mut tails = Vec::with_capacity(2);
            if self.at(at + 1) == Some(':') {
                let end = self.name_end(at + 2);
                if end > at + 2 && self.at(end) == Some(':') {
                    tails.push((Some((at + 2, end)), end + 1));
                }
            }
            tails.push((None, at + 1));
            for (role, tail) in tails {
                for underscores in (0..=2).rev() {
                    if self.starts(tail, &"__"[..underscores]) && self.may_end(tail + underscores) {
                        return Some(BackquoteEnd {
                            text_end: at,
                            role,
                            end: tail + underscores,
                            underscores,
                        });
                    }
                }
            }
        }
        None
    }
}

struct BackquoteEnd {
    text_end: usize,
    role: Option<(usize, usize)>,
    end: usize,
    underscores: usize,
}

impl Reader {
    /// Reads the inline markup of `text`, whose first line is `line`.
    pub(super) fn inline(&mut self, text: &str, line: usize) -> Inline {
        let mut scan = Scan { chars: escaped(text), from: 0, run: (0, 0) };
        let mut inline = Inline::default();
        let mut plain: Vec<char> = Vec::new();
        let mut at = 0;
        let mut line = line;
        let mut counted = 0;
        while at < scan.chars.len() && !self.troubles.is_full() {
            let Some(start) = scan.start(at) else {
                plain.push(scan.chars[at]);
                at += 1;
                continue;
            };
            line += scan.chars[counted..at].iter().filter(|char| **char == '\n').count();
            counted = at;
            let end = match start {
                Start::Delimited(kind, length) => {
                    self.delimited(&scan, kind, (at, at + length), line, &mut inline, &mut plain)
                }
                Start::Reference { name_end, underscores } => {
                    let name: String = scan.chars[at..name_end].iter().collect();
                    plain.extend(name.chars());
                    if underscores == 2 {
                        self.names.anonymous_references += 1;
                        inline.is_unfit = true;
                    } else {
                        self.names.references.push((normalized(&name), line));
                    }
                    name_end + underscores
                }
                Start::Note { end } => {
                    let label: String = scan.chars[at + 1..end - 2].iter().collect();
                    self.note_reference(&label, line, &mut inline, &mut plain);
                    end
                }
                Start::Backquote { role, inside } => {
                    self.backquote(&mut scan, at, role, inside, line, &mut inline, &mut plain)
                }
            };
            at = end;
            scan.from = end;
        }
        inline.text = unescaped(&plain);
        inline
    }

    /// Reads what has one start-string and one end-string; the answer is where to go on.
    fn delimited(
        &mut self,
        scan: &Scan,
        kind: Delimited,
        (at, inside): (usize, usize),
        line: usize,
        inline: &mut Inline,
        plain: &mut Vec<char>,
    ) -> usize {
        if scan.is_quoted(at, inside) {
            plain.extend(&scan.chars[at..inside]);
            return inside;
        }
        let Some((text_end, end)) = scan.end(kind, inside).filter(|(text_end, _)| *text_end > inside) else {
            let (what, mark) = kind.words();
            self.troubles.push(line, format!("{what} starts with `{mark}` and does not end"));
            plain.extend(&scan.chars[at..inside]);
            return inside;
        };
        let text = &scan.chars[inside..text_end];
        match kind {
            // What a literal shows is what stands in the source.
            Delimited::Literal => {
                plain.extend(text.iter().map(|char| if *char == '\0' { '\\' } else { *char }))
            }
            _ => plain.extend(text),
        }
        match kind {
            Delimited::Target => {
                let name = normalized(&unescaped(text));
                self.names.explicit(&name, None, line, &mut self.troubles);
                inline.is_unfit = true;
            }
            Delimited::Substitution => {
                let name = unescaped(text);
                match end - text_end {
                    2 => self.names.references.push((normalized(&name), line)),
                    3 => {
                        self.names.anonymous_references += 1;
                        inline.is_unfit = true;
                    }
                    _ => {}
                }
                let name = spaced(&name);
                inline.substitutions.push(name.clone());
                self.names.substitution_references.push((name, line));
            }
            _ => {}
        }
        end
    }

    fn note_reference(&mut self, label: &str, line: usize, inline: &mut Inline, plain: &mut Vec<char>) {
        inline.is_unfit = true;
        if label == "*" {
            self.names.symbol_references.push(line);
        } else if let Some(name) = label.strip_prefix('#') {
            let name = (!name.is_empty()).then(|| normalized(name));
            self.names.auto_note_references.push(AutoNote { name, line });
        } else {
            plain.extend(label.chars());
            self.names.references.push((normalized(label), line));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one scan, spread over its parts")]
    fn backquote(
        &mut self,
        scan: &mut Scan,
        at: usize,
        role: Option<(usize, usize)>,
        inside: usize,
        line: usize,
        inline: &mut Inline,
        plain: &mut Vec<char>,
    ) -> usize {
        if role.is_none() && scan.is_quoted(at, inside) {
            plain.extend(&scan.chars[at..inside]);
            return inside;
        }
        let Some(end) = scan.backquote_end(inside).filter(|end| end.text_end > inside) else {
            let what = "interpreted text or a reference starts with a backquote and does not end";
            self.troubles.push(line, what.to_owned());
            plain.extend(&scan.chars[at..inside]);
            return inside;
        };
        let text = &scan.chars[inside..end.text_end];
        let name = |(from, to): (usize, usize)| scan.chars[from..to].iter().collect::<String>();
        if role.is_some() && end.role.is_some() {
            self.troubles
                .push(line, "interpreted text has a role before and another one behind it".to_owned());
        } else if end.underscores > 0 {
            match role.or(end.role) {
                Some(role) => {
                    let role = name(role);
                    self.troubles.push(line, format!("a reference cannot have a role, here `{role}`"));
                }
                None => self.phrase_reference(text, end.underscores, line, inline, plain),
            }
        } else {
            let role = role.or(end.role).map(name).unwrap_or_default();
            self.interpreted(&role, text, line, plain);
        }
        end.end
    }

    fn interpreted(&mut self, role: &str, text: &[char], line: usize, plain: &mut Vec<char>) {
        let plain_text = unescaped(text);
        let number = |text: &str| super::options::integer(text);
        match self.roles.get(role) {
            None => self.troubles.push(line, format!("there is no role `{role}` outside of Sphinx")),
            Some(Role::Text | Role::Code) => plain.extend(text),
            Some(Role::Pep) => match number(&plain_text) {
                Some(0..=9999) => plain.extend("PEP ".chars().chain(text.iter().copied())),
                _ => self.troubles.push(line, format!("`{plain_text}` is no number of a PEP")),
            },
            Some(Role::Rfc) => match number(plain_text.split('#').next().unwrap_or_default()) {
                Some(1..) => plain.extend("RFC ".chars().chain(text.iter().copied())),
                _ => self.troubles.push(line, format!("`{plain_text}` is no number of an RFC")),
            },
            Some(Role::Raw) => {
                self.troubles.push(line, "the role `raw` is switched off on an index".to_owned())
            }
            Some(Role::Missing) => {
                self.troubles.push(line, format!("the role `{role}` does not work in docutils"))
            }
        }
    }

    fn phrase_reference(
        &mut self,
        text: &[char],
        underscores: usize,
        line: usize,
        inline: &mut Inline,
        plain: &mut Vec<char>,
    ) {
        let Some((before, alias)) = embedded(text) else {
            plain.extend(text);
            if underscores == 2 {
                self.names.anonymous_references += 1;
                inline.is_unfit = true;
            } else {
                self.names.references.push((normalized(&unescaped(text)), line));
            }
            return;
        };
        let is_escaped = alias.ends_with(&['\0', '_']);
        let is_name = alias.ends_with(&['_']) && !is_escaped && !looks_like_address(alias);
        let to = if is_name {
            To::Name(normalized(&unescaped(&alias[..alias.len() - 1])))
        } else {
            To::Address(address(alias))
        };
        let shown: Vec<char> = if before.is_empty() {
            match &to {
                To::Name(name) => name.chars().collect(),
                To::Address(address) => address.chars().collect(),
            }
        } else {
            before.to_vec()
        };
        let name = normalized(&unescaped(&shown));
        plain.extend(shown);
        match &to {
            To::Name(target) => {
                self.names.references.push((target.clone(), line));
                if underscores < 2 {
                    self.names.indirect.push((target.clone(), line));
                }
            }
            To::Address(address) => self.link(address, line),
        }
        if underscores < 2 {
            self.names.implicit(&name, Some(to));
            inline.is_unfit = true;
        }
    }
}

/// The text before `<address>` at the end of a phrase, and what stands between the brackets.
fn embedded(text: &[char]) -> Option<(&[char], &[char])> {
    let close = text.len().checked_sub(1)?;
    let is_escaped = |at: usize| at > 0 && text[at - 1] == '\0';
    if text[close] != '>' || close == 0 || is_escaped(close) || is_space(text[close - 1]) {
        return None;
    }
    let open = (0..close).rev().find(|at| matches!(text[*at], '<' | '>') && !is_escaped(*at))?;
    let alias = &text[open + 1..close];
    if text[open] == '>' || alias.is_empty() || is_space(alias[0]) {
        return None;
    }
    let blanks = text[..open].iter().rev().take_while(|char| matches!(char, ' ' | '\n')).count();
    (open == 0 || blanks > 0).then(|| (&text[..open - blanks], alias))
}

fn looks_like_address(alias: &[char]) -> bool {
    let scheme =
        alias.iter().take_while(|char| char.is_ascii_alphanumeric() || "+.-".contains(**char)).count();
    scheme > 0 && alias.get(scheme) == Some(&':') || alias.contains(&'@')
}
