//! Whom a release serves, compared with whom the one before it served. Names in, differences out.
//!
//! What moves from release to release is no loss: a Python is added, a wheel asks for a newer manylinux, one wheel
//! for the stable ABI or for every platform stands in for many. A loss is a system, a machine or an interpreter that
//! had a wheel, that `Requires-Python` still admits, and that no wheel is for any more.

mod tags;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use self::tags::{Family, Interpreter, LAST_MINOR, Minor, System, Threads, platforms};
use crate::archive::shown;
use crate::model::version::Version;
use crate::model::wheel_name::WheelName;
use crate::python::specifier::SpecifierSet;

/// The files of one release of one project, as far as their names tell.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// Its wheels.
    pub wheels: Vec<WheelName>,
    /// The name of its sdist.
    pub sdist: Option<String>,
    /// The Pythons that it is for; `None` when that is not known.
    pub requires_python: Option<String>,
}

/// What became of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What it had and has no more.
    pub vanished: Vec<Vanished>,
    /// What it asks for now and did not before.
    pub raised: Vec<String>,
}

/// Something that the earlier release had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// What is missing now: a sentence without an end.
    pub what: String,
    /// The files that were it, in the order of their names.
    pub files: Vec<String>,
}

/// No release has so many wheels, and no wheel so many tags: others are passed over.
const MOST_WHEELS: usize = 5_000;
const MOST_TAGS: usize = 500;

/// Compares a release with the one before it.
pub fn compare(before: &Release, now: &Release) -> Changes {
    let admitted = Admitted::read(now.requires_python.as_deref());
    let (old, new) = (Offers::of(&before.wheels), Offers::of(&now.wheels));
    let mut vanished = old.vanished(&new, &admitted);
    if let Some(sdist) = before.sdist.as_ref().filter(|_| now.sdist.is_none()) {
        let files = vec![sdist.clone()];
        vanished.push(Vanished { what: "there is no sdist any more".into(), files });
    }
    let narrowed = narrowed(before.requires_python.as_deref(), now.requires_python.as_deref());
    Changes { vanished, raised: narrowed.into_iter().chain(old.raised(&new)).collect() }
}

/// One kind of interpreter that a user may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    CPython(Minor, Threads),
    /// Those that came after every version that either release names.
    Later(Threads),
    Any(Minor),
    PyPy(Minor),
    Other(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CPython((major, minor), threads) => {
                write!(f, "CPython {major}.{minor}{}", threads.suffix())
            }
            Self::Later(Threads::Locked) => f.write_str("later versions of CPython"),
            Self::Later(Threads::Free) => f.write_str("later versions of free-threaded CPython"),
            Self::Any((major, 0)) => write!(f, "every Python {major}"),
            Self::Any((major, minor)) => write!(f, "every Python from {major}.{minor} on"),
            Self::PyPy((major, minor)) => write!(f, "PyPy {major}.{minor}"),
            Self::Other(tag) => write!(f, "`{tag}`"),
        }
    }
}

/// The Pythons that `Requires-Python` admits.
struct Admitted(Option<SpecifierSet>);

/// No Python has had so many micro releases.
const LAST_MICRO: u32 = 30;
/// Nobody writes so many conditions by hand, and each costs time.
const MOST_SPECIFIERS: usize = 64;

impl Admitted {
    /// What is missing, makes no sense or is endless admits every Python.
    fn read(text: Option<&str>) -> Self {
        let read = text.and_then(|text| text.parse::<SpecifierSet>().ok());
        Self(read.filter(|set| !set.is_empty() && set.specifiers.len() <= MOST_SPECIFIERS))
    }

    /// Whether any release of this minor version is admitted.
    fn has(&self, (major, minor): Minor) -> bool {
        self.0.as_ref().is_none_or(|set| {
            let version = |micro| Version::from_pep440(&format!("{major}.{minor}.{micro}"));
            (0..=LAST_MICRO).any(|micro| version(micro).is_ok_and(|version| set.contains(&version)))
        })
    }

    /// Whether any minor version from `from` on, before `end`, is admitted.
    fn has_any(&self, (major, from): Minor, end: u32) -> bool {
        (from..end).any(|minor| self.has((major, minor)))
    }
}

/// Who is served: interpreters on families of platforms, each with the wheels that do it.
struct Offers<'a> {
    wheels: BTreeMap<Family, BTreeMap<Interpreter, Vec<&'a WheelName>>>,
    oldest: BTreeMap<Family, Minor>,
    /// The newest minor version of Python 3 that a tag names.
    newest: u32,
}

impl<'a> Offers<'a> {
    fn of(wheels: &'a [WheelName]) -> Self {
        let mut offers = Self { wheels: BTreeMap::new(), oldest: BTreeMap::new(), newest: 0 };
        for wheel in wheels.iter().filter(|wheel| wheel.tag_count() <= MOST_TAGS).take(MOST_WHEELS) {
            let interpreters: BTreeSet<_> = Interpreter::of(wheel).collect();
            for (family, from) in platforms(wheel) {
                if let Some(from) = from {
                    let oldest = offers.oldest.entry(family.clone()).or_insert(from);
                    *oldest = from.min(*oldest);
                }
                let here = offers.wheels.entry(family).or_default();
                for interpreter in &interpreters {
                    here.entry(interpreter.clone()).or_default().push(wheel);
                }
            }
            offers.newest = interpreters.iter().map(newest).fold(offers.newest, u32::max);
        }
        offers
    }

    /// What these offer and `new` does not, the larger losses first.
    fn vanished(&self, new: &Offers<'_>, admitted: &Admitted) -> Vec<Vanished> {
        let newest = self.newest.max(new.newest);
        let mut losses = Losses::default();
        for (family, interpreters) in &self.wheels {
            for (interpreter, wheels) in interpreters {
                for python in pythons(interpreter, newest) {
                    if new.serve(family, &python, admitted) {
                        losses.kept.insert(python);
                    } else if is_admitted(&python, newest, admitted) {
                        losses.lost.entry((family.clone(), python)).or_default().extend(wheels);
                    }
                }
            }
        }
        losses.tell(&new.wheels.keys().collect());
        losses.told
    }

    fn serve(&self, family: &Family, python: &Target, admitted: &Admitted) -> bool {
        let everywhere = Family { system: System::Any, machine: String::new() };
        let here = [family, &everywhere].into_iter().filter_map(|family| self.wheels.get(family));
        here.flat_map(BTreeMap::keys).any(|interpreter| serves(interpreter, python, admitted))
    }

    /// The families whose wheels ask for a newer system than before.
    fn raised(&self, new: &Offers<'_>) -> Vec<String> {
        let both =
            self.oldest.iter().filter_map(|(family, old)| Some((family, old, new.oldest.get(family)?)));
        let newer = both.filter(|(_, old, new)| new > old);
        newer
            .map(|(family, (major, minor), (new_major, new_minor))| {
                format!("wheels for {family} ask for {new_major}.{new_minor}, and asked for {major}.{minor}")
            })
            .collect()
    }
}

/// What was lost, pair by pair, until it is told: each wheel's loss once, by the largest that explains it.
#[derive(Default)]
struct Losses<'a> {
    lost: BTreeMap<(Family, Target), Vec<&'a WheelName>>,
    /// Those that some wheel is still for.
    kept: BTreeSet<Target>,
    told: Vec<Vanished>,
}

impl Losses<'_> {
    /// All wheels, whole systems, machines, interpreters everywhere, and then what is left of each family. One pass
    /// for each of them: the names are strangers', and there may be many.
    fn tell(&mut self, new: &BTreeSet<&Family>) {
        if new.is_empty() {
            self.take("there is no wheel any more", |_, _| None);
        }
        let systems: BTreeSet<&System> = new.iter().map(|family| &family.system).collect();
        self.take("there is no wheel for {} any more", |family, _| {
            (!systems.contains(&family.system)).then(|| family.system.to_string())
        });
        self.take("there is no wheel for {} any more", |family, _| {
            (!new.contains(family)).then(|| family.to_string())
        });
        let mut families: BTreeMap<Target, usize> = BTreeMap::new();
        for (_, python) in self.lost.keys().filter(|(_, python)| !self.kept.contains(python)) {
            *families.entry(python.clone()).or_default() += 1;
        }
        self.take("there is no wheel for {} any more", |_, python| {
            families.get(python).is_some_and(|families| *families > 1).then(|| python.to_string())
        });
        for family in new {
            let what = format!("there is no wheel for {{}} on {family} any more");
            self.take(&what, |other, python| (other == *family).then(|| python.to_string()));
        }
    }

    /// Tells of the pairs that have a `name`, if there are any, and lets go of them; the names stand for `{}`. A
    /// sentence without is about all pairs.
    fn take(&mut self, what: &str, name: impl Fn(&Family, &Target) -> Option<String>) {
        let is_about_all = !what.contains("{}");
        let (mut names, mut files, mut seen) = (Vec::new(), BTreeSet::new(), HashSet::new());
        self.lost.retain(|(family, python), wheels| {
            let name = name(family, python);
            let is_taken = is_about_all || name.is_some();
            if is_taken {
                files.extend(wheels.iter().map(ToString::to_string));
            }
            names.extend(name.filter(|name| seen.insert(name.clone())));
            !is_taken
        });
        if !files.is_empty() {
            let what = what.replace("{}", &listed(&names));
            self.told.push(Vanished { what, files: files.into_iter().collect() });
        }
    }
}

/// The newest minor version of Python 3 that an interpreter names.
const fn newest(interpreter: &Interpreter) -> u32 {
    match interpreter {
        Interpreter::CPython((3, minor), _)
        | Interpreter::Stable((3, minor), _)
        | Interpreter::Any((3, minor))
        | Interpreter::PyPy((3, minor)) => *minor,
        _ => 0,
    }
}

/// Those that an offer is for, as far as they can be told apart.
fn pythons(interpreter: &Interpreter, newest: u32) -> Vec<Target> {
    match interpreter {
        Interpreter::CPython(version, threads) => vec![Target::CPython(*version, *threads)],
        Interpreter::Stable((major, minor), threads) => {
            let named = (*minor..=newest.max(*minor)).map(|minor| Target::CPython((*major, minor), *threads));
            named.chain([Target::Later(*threads)]).collect()
        }
        Interpreter::Any(version) => vec![Target::Any(*version)],
        Interpreter::PyPy(version) => vec![Target::PyPy(*version)],
        Interpreter::Other(tag) => vec![Target::Other(tag.clone())],
    }
}

fn is_admitted(python: &Target, newest: u32, admitted: &Admitted) -> bool {
    match python {
        Target::CPython(version, _) | Target::PyPy(version) => admitted.has(*version),
        Target::Later(_) => admitted.has_any((3, newest + 1), LAST_MINOR + 1),
        Target::Any(version) => admitted.has_any(*version, LAST_MINOR + 1),
        Target::Other(_) => true,
    }
}

fn serves(interpreter: &Interpreter, python: &Target, admitted: &Admitted) -> bool {
    let reaches = |from: Minor, to: Minor| from.0 == to.0 && from.1 <= to.1;
    match (interpreter, python) {
        (Interpreter::CPython(version, threads), Target::CPython(wanted, other)) => {
            version == wanted && threads == other
        }
        (Interpreter::Stable(from, threads), Target::CPython(wanted, other)) => {
            threads == other && reaches(*from, *wanted)
        }
        (Interpreter::Stable(_, threads), Target::Later(other)) => threads == other,
        (Interpreter::PyPy(version), Target::PyPy(wanted)) => version == wanted,
        (Interpreter::Other(tag), Target::Other(wanted)) => tag == wanted,
        (Interpreter::Any(from), Target::CPython(wanted, _) | Target::PyPy(wanted)) => {
            reaches(*from, *wanted)
        }
        // A wheel for a later language serves the same people when no earlier one is admitted.
        (Interpreter::Any(from), Target::Any(wanted)) => {
            reaches(*from, *wanted) || from.0 == wanted.0 && !admitted.has_any(*wanted, from.1)
        }
        (Interpreter::Any((major, _)), Target::Later(_) | Target::Other(_)) => *major == 3,
        _ => false,
    }
}

/// The Pythons that were admitted and are no more; nothing where one of both sides is not known.
fn narrowed(before: Option<&str>, now: Option<&str>) -> Option<String> {
    let (old, new) = (Admitted::read(before), Admitted::read(now));
    old.0.as_ref().and(new.0.as_ref())?;
    let versions = (0..=LAST_MINOR).map(|minor| (3, minor));
    let out: Vec<u32> = versions.filter(|v| old.has(*v) && !new.has(*v)).map(|(_, minor)| minor).collect();
    let (before, now) = (shown(before?), shown(now?));
    let runs = out.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [only] => format!("3.{only}"),
        [first, .., LAST_MINOR] => format!("3.{first} and later"),
        [first, .., last] => format!("3.{first} to 3.{last}"),
        [] => String::new(),
    });
    let runs: Vec<_> = runs.collect();
    (!runs.is_empty()).then(|| {
        format!(
            "`Requires-Python` is `{}` and was `{}`: Python {} is left out",
            now.escape_debug(),
            before.escape_debug(),
            listed(&runs)
        )
    })
}

const MOST_LISTED: usize = 8;

/// `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] if items.len() <= MOST_LISTED => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", items[..MOST_LISTED].join(", "), items.len() - MOST_LISTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(tags: &[&str], requires_python: Option<&str>) -> Release {
        let wheels = tags.iter().map(|tags| format!("a-1-{tags}.whl").parse().expect("a wheel's name"));
        let requires_python = requires_python.map(str::to_owned);
        Release { wheels: wheels.collect(), sdist: Some("a-1.tar.gz".into()), requires_python }
    }

    /// What vanished between two lists of tags, and what was asked for anew.
    #[track_caller]
    fn check(old: &[&str], new: &[&str], vanished: &[&str]) {
        let changes = compare(&release(old, None), &release(new, None));
        let found: Vec<_> = changes.vanished.iter().map(|vanished| vanished.what.as_str()).collect();
        assert_eq!(found, vanished);
    }

    const LINUX: &str = "cp312-cp312-manylinux_2_17_x86_64";

    #[test]
    fn what_moves_is_no_loss() {
        check(&[LINUX], &[LINUX], &[]);
        check(&[LINUX], &[LINUX, "cp313-cp313-manylinux_2_28_x86_64"], &[]);
        check(&[LINUX], &["cp312-cp312-manylinux_2_28_x86_64"], &[]);
        check(&["cp312-cp312-manylinux2014_x86_64"], &["cp312-cp312-manylinux_2_34_x86_64"], &[]);
        check(&["cp312-cp312-macosx_10_9_x86_64"], &["cp312-cp312-macosx_14_0_x86_64"], &[]);
        check(&["cp311-cp311-win_amd64", "cp312-cp312-win_amd64"], &["cp39-abi3-win_amd64"], &[]);
        check(&[LINUX, "cp39-abi3-win_amd64", "pp311-pypy311_pp73-win32"], &["py3-none-any"], &[]);
        let slices = ["cp312-cp312-macosx_11_0_arm64", "cp312-cp312-macosx_10_9_x86_64"];
        check(&slices, &["cp312-cp312-macosx_10_9_universal2"], &[]);
        check(&["cp312-cp312-macosx_10_9_universal2"], &slices, &[]);
        check(&["py2.py3-none-any"], &["py2-none-any", "py3-none-any"], &[]);
        check(&["cp313-none-any"], &["cp313-cp313-any", "cp313-cp313t-any"], &[]);
        check(&[], &[], &[]);
    }

    #[test]
    fn a_system_a_machine_or_an_interpreter_that_is_gone_is_told_once() {
        let all = ["cp311-cp311", "cp312-cp312"].map(|python| {
            ["manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "musllinux_1_2_x86_64", "win_amd64", "win32"]
                .map(|platform| format!("{python}-{platform}"))
        });
        let all: Vec<&str> = all.iter().flatten().map(String::as_str).collect();
        let without = |gone: &[&str]| -> Vec<&str> {
            all.iter().copied().filter(|tags| !gone.iter().any(|part| tags.contains(part))).collect()
        };
        check(&all, &without(&["win"]), &["there is no wheel for Windows any more"]);
        check(&all, &without(&["win32"]), &["there is no wheel for Windows on x86 any more"]);
        check(&all, &without(&["musl"]), &["there is no wheel for Linux with musl (musllinux) any more"]);
        check(&all, &without(&["cp311"]), &["there is no wheel for CPython 3.11 any more"]);
        check(
            &all,
            &without(&["cp311-win32"]),
            &["there is no wheel for CPython 3.11 on Windows on x86 any more"],
        );
        check(
            &all,
            &without(&["cp311", "win"]),
            &["there is no wheel for Windows any more", "there is no wheel for CPython 3.11 any more"],
        );
        check(&all, &[], &["there is no wheel any more"]);
        let changes = compare(&release(&all, None), &release(&without(&["win32"]), None));
        assert_eq!(changes.vanished[0].files, ["a-1-cp311-cp311-win32.whl", "a-1-cp312-cp312-win32.whl"]);
    }

    #[test]
    fn other_builds_and_interpreters_are_told_apart() {
        check(
            &["cp314-cp314-win32", "cp314-cp314t-win32"],
            &["cp314-cp314-win32"],
            &["there is no wheel for CPython 3.14t on Windows on x86 any more"],
        );
        check(
            &["cp314-cp314t-win32"],
            &["cp39-abi3-win32"],
            &["there is no wheel for CPython 3.14t on Windows on x86 any more"],
        );
        check(
            &["pp311-pypy311_pp73-win32", "cp311-cp311-win32"],
            &["cp39-abi3-win32"],
            &["there is no wheel for PyPy 3.11 on Windows on x86 any more"],
        );
        check(
            &["cp311-abi3-win32"],
            &["cp312-abi3-win32"],
            &["there is no wheel for CPython 3.11 on Windows on x86 any more"],
        );
        check(
            &["cp311-abi3-win32"],
            &["cp311-cp311-win32", "cp312-cp312-win32"],
            &["there is no wheel for later versions of CPython on Windows on x86 any more"],
        );
        check(
            &["py3-none-any"],
            &["cp312-cp312-win32"],
            &["there is no wheel for every platform (`any`) any more"],
        );
        check(
            &["py3-none-win32"],
            &["cp312-cp312-win32"],
            &["there is no wheel for every Python 3 on Windows on x86 any more"],
        );
        check(
            &["py3-none-any"],
            &["py39-none-any"],
            &["there is no wheel for every Python 3 on every platform (`any`) any more"],
        );
    }

    #[test]
    fn a_python_that_is_not_admitted_any_more_is_a_note_and_no_loss() {
        let old = release(&["cp38-cp38-win32", "cp39-abi3-win32", "py3-none-any"], Some(">=3.8"));
        let mut new = release(&["cp310-abi3-win32", "py310-none-any"], Some(">=3.10,<3.15"));
        let changes = compare(&old, &new);
        assert_eq!(changes.vanished, []);
        assert_eq!(
            changes.raised,
            [
                "`Requires-Python` is `>=3.10,<3.15` and was `>=3.8`: Python 3.8 to 3.9 and 3.15 and later is left out"
            ]
        );
        new.requires_python = Some(">=3.9".into());
        let changes = compare(&old, &new);
        assert_eq!(changes.vanished.len(), 2, "{changes:?}");
        for unknown in [None, Some("nonsense"), Some(""), Some(&*">=3.10,".repeat(100))] {
            new.requires_python = unknown.map(str::to_owned);
            assert_eq!(compare(&old, &new).raised, Vec::<String>::new(), "{unknown:?}");
        }
    }

    #[test]
    fn the_sdist_and_newer_systems_are_noticed() {
        let old = release(&[LINUX, "cp312-cp312-macosx_10_9_x86_64"], None);
        let mut new =
            release(&["cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-macosx_10_9_universal2"], None);
        let raised = "wheels for Linux with glibc (manylinux) on x86_64 ask for 2.28, and asked for 2.17";
        assert_eq!(compare(&old, &new).raised, [raised]);
        assert_eq!(compare(&new, &old).raised, Vec::<String>::new());
        new.sdist = None;
        let vanished = compare(&old, &new).vanished;
        let expected =
            Vanished { what: "there is no sdist any more".into(), files: vec!["a-1.tar.gz".into()] };
        assert_eq!(vanished, [expected]);
        let again = release(&["cp312-cp312-macosx_10_9_universal2", LINUX], None);
        assert_eq!(compare(&new, &again).vanished, [], "a new sdist is no loss");
    }

    #[test]
    fn endless_sets_of_tags_are_passed_over() {
        let many: Vec<String> = (0..60).map(|at| format!("t{at}")).collect();
        let tags = format!("{0}-{0}-{0}", many.join("."));
        check(&[&tags], &[LINUX], &[]);
        let wheels: Vec<_> = (0..20_000).map(|at| format!("t{at}-none-any")).collect();
        let wheels: Vec<&str> = wheels.iter().map(String::as_str).collect();
        let changes = compare(&release(&wheels, None), &release(&[LINUX], None));
        assert_eq!(changes.vanished.len(), 1);
        assert_eq!(changes.vanished[0].files.len(), MOST_WHEELS);
    }
}
