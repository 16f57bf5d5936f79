//! Which interpreters a line asks for, and which wheels they take.
//!
//! Source: platform compatibility tags (PEP 425), free-threaded and stable interfaces (PEP 703, 803), and
//! `packaging.tags`.

use std::fmt;

/// An implementation of Python whose versions have wheels of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Implementation {
    /// `cp`
    CPython,
    /// `cp…t`: `CPython` without the global lock.
    FreeThreaded,
    /// `pp`
    PyPy,
    /// `graalpy`
    GraalPy,
}

/// An interpreter for one minor version of Python 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interpreter {
    /// Which implementation.
    pub implementation: Implementation,
    /// Which minor version of Python 3.
    pub minor: u8,
}

/// The minor versions of Python 3 that a line may name. What lies far ahead is a mistyped one.
const MINORS: std::ops::RangeInclusive<u8> = 5..=19;

/// The first version that has a free-threaded build.
const FIRST_FREE_THREADED: u8 = 13;

impl Implementation {
    const ALL: [Self; 4] = [Self::CPython, Self::FreeThreaded, Self::PyPy, Self::GraalPy];

    const fn prefix(self) -> &'static str {
        match self {
            Self::CPython | Self::FreeThreaded => "cp",
            Self::PyPy => "pp",
            Self::GraalPy => "graalpy",
        }
    }
}

/// The minor version of `cp312`, `pp311` or `py39`: Python 3 with a number behind.
fn minor(tag: &str, prefix: &str) -> Option<u8> {
    let digits = tag.strip_prefix(prefix)?.strip_prefix('3')?;
    let is_plain = digits == "0" || !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|_| is_plain)
}

impl Interpreter {
    /// Reads `cp312`, `cp313t`, `pp311` or `graalpy311`.
    pub fn read(word: &str) -> Option<Self> {
        let (tag, is_threaded) = word.strip_suffix('t').map_or((word, false), |tag| (tag, true));
        let (implementation, minor) = match is_threaded {
            true => (Implementation::FreeThreaded, minor(tag, "cp")?),
            false => [Implementation::CPython, Implementation::PyPy, Implementation::GraalPy]
                .into_iter()
                .find_map(|implementation| Some((implementation, minor(tag, implementation.prefix())?)))?,
        };
        let is_there = MINORS.contains(&minor) && (!is_threaded || minor >= FIRST_FREE_THREADED);
        is_there.then_some(Self { implementation, minor })
    }

    /// Every interpreter that a line may name.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |implementation| MINORS.map(move |minor| Self { implementation, minor });
        Implementation::ALL.into_iter().flat_map(of).filter(|one| Self::read(&one.to_string()).is_some())
    }

    /// The one that a wheel with these tags was built for, where it was built for one.
    pub fn of_tags(python: &str, abi: &str) -> Option<Self> {
        let tag = |implementation: Implementation| minor(python, implementation.prefix());
        if let Some(minor) = tag(Implementation::CPython) {
            let is_threaded = abi.starts_with("cp") && abi.ends_with('t');
            let implementation =
                if is_threaded { Implementation::FreeThreaded } else { Implementation::CPython };
            return Some(Self { implementation, minor });
        }
        [Implementation::PyPy, Implementation::GraalPy]
            .into_iter()
            .find_map(|implementation| Some(Self { implementation, minor: tag(implementation)? }))
    }

    /// Whether an installer of this interpreter takes a wheel with these tags, as far as the platform is right.
    pub fn takes(self, python: &str, abi: &str) -> bool {
        let Self { implementation, minor: own } = self;
        let is_own = minor(python, implementation.prefix()) == Some(own);
        let is_no_newer = |prefix| minor(python, prefix).is_some_and(|least| least <= own);
        match (abi, implementation) {
            ("none", _) => is_own || python == "py3" || is_no_newer("py"),
            ("abi3", Implementation::CPython) | ("abi3t", Implementation::FreeThreaded) => is_no_newer("cp"),
            (_, Implementation::CPython) => {
                is_own && (abi == python || abi.strip_suffix('m') == Some(python) && own < 8)
            }
            (_, Implementation::FreeThreaded) => is_own && abi.strip_suffix('t') == Some(python),
            (_, Implementation::PyPy) => is_own && abi.starts_with(&format!("pypy3{own}_")),
            (_, Implementation::GraalPy) => is_own && abi.starts_with("graalpy"),
        }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.implementation == Implementation::FreeThreaded { "t" } else { "" };
        write!(f, "{}3{}{end}", self.implementation.prefix(), self.minor)
    }
}

/// What a line asks of the first two tags of a wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Python {
    /// A wheel that this interpreter takes.
    Interpreter(Interpreter),
    /// A wheel with a stable interface, from this version of `CPython` on or an older one.
    Stable { abi: &'static str, floor: Option<u8> },
    /// A wheel for every implementation: `py3`, `py39`.
    Generic { major: u8, minor: Option<u8> },
    /// A wheel with exactly these tags.
    Tags { python: String, abi: String },
}

/// The stable interfaces.
const STABLE: [&str; 2] = ["abi3", "abi3t"];

impl Python {
    /// Reads one word of the first list of a line: no range.
    pub(super) fn read(word: &str) -> Option<Self> {
        if let Some((python, abi)) = word.split_once('-') {
            return Self::of_tags(python, abi);
        }
        if let Some(abi) = STABLE.into_iter().find(|abi| *abi == word) {
            return Some(Self::Stable { abi, floor: None });
        }
        Interpreter::read(word).map(Self::Interpreter).or_else(|| generic(word))
    }

    /// Reads a Python tag and an ABI tag that go together.
    pub(super) fn of_tags(python: &str, abi: &str) -> Option<Self> {
        if abi == "none"
            && let Some(generic) = generic(python)
        {
            return Some(generic);
        }
        let interpreter = Interpreter::read(python)?;
        let is_cpython = interpreter.implementation == Implementation::CPython;
        if let Some(abi) = STABLE.into_iter().find(|stable| *stable == abi && is_cpython) {
            return Some(Self::Stable { abi, floor: Some(interpreter.minor) });
        }
        // The tag of a free-threaded build has its `t` in the ABI only.
        let threaded = Interpreter { implementation: Implementation::FreeThreaded, ..interpreter };
        let goes = interpreter.takes(python, abi)
            || is_cpython && interpreter.minor >= FIRST_FREE_THREADED && threaded.takes(python, abi);
        let is_tag = interpreter.implementation != Implementation::FreeThreaded;
        (goes && is_tag).then(|| Self::Tags { python: python.to_owned(), abi: abi.to_owned() })
    }

    /// Whether a wheel with these tags is one that was asked for.
    pub(super) fn accepts(&self, python: &str, abi: &str) -> bool {
        match self {
            Self::Interpreter(interpreter) => interpreter.takes(python, abi),
            Self::Stable { abi: stable, floor } => {
                let least = minor(python, "cp");
                *stable == abi && least.is_some_and(|least| floor.is_none_or(|floor| least <= floor))
            }
            Self::Generic { major, minor: own } => {
                let is_no_newer = |own: u8| minor(python, "py").is_some_and(|least| least <= own);
                abi == "none" && (python == format!("py{major}") || own.is_some_and(is_no_newer))
            }
            Self::Tags { python: own, abi: own_abi } => own == python && own_abi == abi,
        }
    }
}

fn generic(word: &str) -> Option<Python> {
    match word {
        "py2" => Some(Python::Generic { major: 2, minor: None }),
        "py3" => Some(Python::Generic { major: 3, minor: None }),
        _ => {
            let minor = minor(word, "py").filter(|minor| MINORS.contains(minor))?;
            Some(Python::Generic { major: 3, minor: Some(minor) })
        }
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interpreter(interpreter) => interpreter.fmt(f),
            Self::Stable { abi, floor: None } => f.write_str(abi),
            Self::Stable { abi, floor: Some(minor) } => write!(f, "cp3{minor}-{abi}"),
            Self::Generic { major, minor: None } => write!(f, "py{major}"),
            Self::Generic { major, minor: Some(minor) } => write!(f, "py{major}{minor}"),
            Self::Tags { python, abi } => write!(f, "{python}-{abi}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_read_and_written() {
        for word in ["cp39", "cp312", "cp313t", "pp311", "graalpy312"] {
            assert_eq!(Interpreter::read(word).map(|one| one.to_string()).as_deref(), Some(word));
        }
        for word in ["cp", "cp3", "cp31", "cp2", "cp27", "cp0312", "cp3012", "cp312tt", "cp312t", "cp331"] {
            assert_eq!(Interpreter::read(word), None, "{word}");
        }
        for word in ["pp311t", "CP312", "cp3+12", "cp312 ", "py3", "cp3120", "cp399999", ""] {
            assert_eq!(Interpreter::read(word), None, "{word}");
        }
    }

    #[track_caller]
    fn check(word: &str, yes: &[&str], no: &[&str]) {
        let python = Python::read(word).expect(word);
        assert_eq!(python.to_string(), word);
        let accepts = |tags: &str| {
            let (python_tag, abi) = tags.split_once('-').expect("two tags");
            python.accepts(python_tag, abi)
        };
        assert_eq!(
            yes.iter().filter(|tags| !accepts(tags)).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "{word}"
        );
        assert_eq!(no.iter().filter(|tags| accepts(tags)).collect::<Vec<_>>(), Vec::<&&str>::new(), "{word}");
    }

    #[test]
    fn each_word_accepts_the_wheels_that_its_interpreter_takes() {
        check(
            "cp312",
            &["cp312-cp312", "cp312-none", "cp311-abi3", "cp312-abi3", "py3-none", "py39-none"],
            &[
                "cp311-cp311",
                "cp313-abi3",
                "cp312-cp312d",
                "cp312-cp312t",
                "cp312-abi3t",
                "py313-none",
                "py2-none",
            ],
        );
        check(
            "cp313t",
            &["cp313-cp313t", "cp313-none", "py3-none", "cp313-abi3t", "cp39-abi3t"],
            &["cp313-cp313", "cp311-abi3", "cp314-abi3t"],
        );
        check(
            "pp311",
            &["pp311-pypy311_pp73", "py3-none"],
            &["pp310-pypy310_pp73", "cp311-abi3", "cp311-cp311"],
        );
        check("cp37", &["cp37-cp37m"], &["cp37-cp37d"]);
        check("graalpy311", &["graalpy311-graalpy242_311_native"], &["cp311-cp311"]);
        check("abi3", &["cp39-abi3", "cp312-abi3"], &["cp312-cp312", "py3-none", "cp312-abi3t", "py3-abi3"]);
        check("abi3t", &["cp315-abi3t"], &["cp315-abi3"]);
        check("cp311-abi3", &["cp311-abi3", "cp38-abi3"], &["cp312-abi3", "cp311-cp311"]);
        check("py3", &["py3-none"], &["py39-none", "py2-none", "cp312-none"]);
        check("py39", &["py3-none", "py39-none", "py37-none"], &["py310-none", "py2-none"]);
        check("cp312-cp312", &["cp312-cp312"], &["cp311-abi3", "py3-none"]);
        check("cp313-cp313t", &["cp313-cp313t"], &["cp313-cp313"]);
        check("cp312-none", &["cp312-none"], &["py3-none"]);
    }

    #[test]
    fn what_does_not_go_together_is_no_word() {
        for word in
            ["cp312-cp311", "py3-abi3", "cp312-non", "cp313t-cp313t", "pp311-abi3", "abi3-cp311", "abi4"]
        {
            assert_eq!(Python::read(word), None, "{word}");
        }
    }
}
