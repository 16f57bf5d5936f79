//! Requirements on a version, as far as packages that are released together have them: `>=1.2.0,<2.0`, `^1.2`, `=1.2.0`.
//!
//! Three grammars: cargo's, that of Python's specifiers, and poetry's, which is the latter with `^` and `~`.

use std::ops::Range;

use super::{Disagreement, read};
use crate::model::pep440::{Number, Pep440};
use crate::model::version::{Spelling, Version};
use crate::python::specifier::SpecifierSet;

/// One condition: what stands between commas.
struct Part<'r> {
    operator: &'r str,
    /// What stands behind it, without blanks and without `.*`.
    version: &'r str,
    is_wildcard: bool,
    /// Where the version starts in the requirement, in bytes.
    at: usize,
}

/// Conditions of one requirement; more are no requirement that people write.
const MOST_PARTS: usize = 32;

fn parts(requirement: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for written in requirement.split(',') {
        let part = written.trim();
        let start = from + (written.len() - written.trim_start().len());
        from += written.len() + 1;
        if part.is_empty() {
            continue;
        }
        let digits = part.trim_start_matches(['=', '<', '>', '!', '~', '^']);
        let operator = &part[..part.len() - digits.len()];
        let version = digits.trim_start();
        let at = start + (part.len() - version.len());
        let bare = version.strip_suffix(".*").or_else(|| version.strip_suffix('*')).unwrap_or(version);
        // Poetry has alternatives (`||`) and blanks for commas: they are nobody's lockstep.
        if parts.len() == MOST_PARTS || bare.contains(|c: char| c.is_whitespace() || c == '|') {
            return None;
        }
        parts.push(Part { operator, version: bare, is_wildcard: bare.len() < version.len(), at });
    }
    Some(parts)
}

/// The bytes of the version at which a requirement starts: the one that follows the package that is required.
pub(super) fn floor(requirement: &str) -> Option<Range<usize>> {
    let parts = parts(requirement)?;
    let floor = parts.iter().find(|part| is_floor(part))?;
    Some(floor.at..floor.at + floor.version.len())
}

fn is_floor(part: &Part<'_>) -> bool {
    matches!(part.operator, "" | "=" | "==" | "===" | "~" | "~=" | "^" | ">=")
        && part.version.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
}

/// How a requirement does not agree with the version of the package that it is on.
pub(super) fn disagreement(requirement: &str, spelling: Spelling, version: &Version) -> Option<Disagreement> {
    if !admits(requirement, spelling, version) {
        return Some(Disagreement::Refused);
    }
    let floor = &requirement[floor(requirement)?];
    let agrees = match read(floor, spelling) {
        Ok(floor) if floor == *version => true,
        // A part of a version agrees with each that starts so.
        _ => Pep440::read(floor).is_some_and(|floor| {
            is_plain(&floor)
                && floor.release.len() < 3.max(version.parts().release.len())
                && release(version.parts(), floor.release.len()) == floor.release
        }),
    };
    (!agrees).then_some(Disagreement::Behind)
}

/// Whether a requirement admits a version.
pub(super) fn admits(requirement: &str, spelling: Spelling, version: &Version) -> bool {
    let admits = match spelling {
        Spelling::Semver => admits_cargo(requirement, version),
        Spelling::Pep440 => admits_python(requirement, version),
    };
    admits.unwrap_or(false)
}

fn admits_cargo(requirement: &str, version: &Version) -> Option<bool> {
    // `-alpha.3` and `-alpha3` are one version to us, and two to cargo.
    let parts = parts(requirement)?.into_iter().map(|part| {
        let normal = Version::from_semver(part.version).ok().and_then(|version| normal(&version));
        let version = normal.unwrap_or_else(|| part.version.to_owned());
        let wildcard = match (part.is_wildcard, part.version) {
            (true, "") => "*",
            (true, _) => ".*",
            (false, _) => "",
        };
        format!("{}{version}{wildcard}", part.operator)
    });
    let requirement = semver::VersionReq::parse(&parts.collect::<Vec<_>>().join(",")).ok()?;
    Some(requirement.matches(&semver::Version::parse(&normal(version)?).ok()?))
}

/// The one spelling in SemVer that all spellings of a version have in common.
fn normal(version: &Version) -> Option<String> {
    Version::from_pep440(&version.pep440()).ok()?.semver()
}

fn admits_python(requirement: &str, version: &Version) -> Option<bool> {
    let mut specifiers = Vec::new();
    for part in parts(requirement)? {
        let Part { operator, version, is_wildcard, at: _ } = part;
        if version.is_empty() && is_wildcard {
            continue;
        }
        let wildcard = if is_wildcard { ".*" } else { "" };
        match operator {
            "^" | "~" => {
                let floor = Pep440::read(version)?;
                let last = floor.release.len().saturating_sub(1);
                let changes = if operator == "~" {
                    last.min(1)
                } else {
                    floor.release.iter().position(|number| *number != Number::default()).unwrap_or(last)
                };
                let ceiling = next(&floor, changes, changes + 1)?;
                specifiers.push(format!(">={version},<{ceiling}"));
            }
            "" | "=" => specifiers.push(format!("=={version}{wildcard}")),
            operator => specifiers.push(format!("{operator}{version}{wildcard}")),
        }
    }
    let specifiers: SpecifierSet = specifiers.join(",").parse().ok()?;
    Some(specifiers.contains(version))
}

/// The requirement that starts at `to` and admits it, with as few other changes as possible.
///
/// A version of fewer numbers stays one where that admits `to`; a bound above that shuts `to` out moves up to the
/// next number of the same place: `<1.0` becomes `<2.0`, and `<0.17` becomes `<0.18`.
pub(super) fn moved(requirement: &str, spelling: Spelling, to: &Version) -> Result<String, String> {
    let full = super::spelled(to, spelling)?;
    let read = parts(requirement).ok_or_else(|| format!("`{requirement}` is no requirement"))?;
    let floor = read.iter().find(|part| is_floor(part));
    let Some(floor) = floor else { return Ok(requirement.to_owned()) };
    let count = floor.version.split('.').take_while(|part| part.bytes().all(|b| b.is_ascii_digit())).count();
    let is_bare = count == floor.version.split('.').count()
        && (floor.is_wildcard || count < to.parts().release.len().max(3));
    let short = dotted(&release(to.parts(), count));
    for (start, may_shorten) in [(&short, is_bare), (&full, !floor.is_wildcard)] {
        if !may_shorten {
            continue;
        }
        let mut moved = String::with_capacity(requirement.len() + 16);
        let mut copied = 0;
        for part in &read {
            let own =
                if std::ptr::eq(part, floor) { Some(start.clone()) } else { raised(part, spelling, to) };
            let Some(own) = own else { continue };
            moved.push_str(&requirement[copied..part.at]);
            moved.push_str(&own);
            copied = part.at + part.version.len();
        }
        moved.push_str(&requirement[copied..]);
        if admits(&moved, spelling, to) {
            return Ok(moved);
        }
    }
    Err(format!("`{requirement}` shuts it out"))
}

/// What a bound above becomes for `to` to be below it; nothing where it is already.
fn raised(part: &Part<'_>, spelling: Spelling, to: &Version) -> Option<String> {
    let bound = Pep440::read(part.version)?;
    match part.operator {
        "<" if admits_python(&format!("<{}", part.version), to)? => None,
        "<" => {
            let last = bound.release.iter().rposition(|number| *number != Number::default()).unwrap_or(0);
            next(to.parts(), last, bound.release.len())
        }
        "<=" if *to.parts() <= bound => None,
        "<=" => super::spelled(to, spelling).ok(),
        _ => None,
    }
}

/// A version without anything but release numbers.
fn is_plain(version: &Pep440) -> bool {
    let Pep440 { epoch, release: _, pre, post, dev, local } = version;
    *epoch == Number::default() && pre.is_none() && post.is_none() && dev.is_none() && local.is_empty()
}

/// The first `count` numbers of a version, with zeros where it has fewer.
fn release(version: &Pep440, count: usize) -> Vec<Number> {
    version.release.iter().cloned().chain(std::iter::repeat(Number::default())).take(count).collect()
}

fn dotted(numbers: &[Number]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// The release of `count` numbers that follows `version` when the number at `changes` goes up by one.
fn next(version: &Pep440, changes: usize, count: usize) -> Option<String> {
    let mut numbers = release(version, changes + 1);
    match numbers.last_mut()? {
        Number::Small(number) => *number = number.checked_add(1)?,
        Number::Large(_) => return None,
    }
    numbers.resize(count.max(changes + 1), Number::default());
    Some(dotted(&numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::from_pep440(text).expect(text)
    }

    #[test]
    fn a_pin_follows_its_package() {
        use Spelling::{Pep440, Semver};
        for (spelling, requirement, to, expected) in [
            (Pep440, ">=0.16.0,<1.0", "0.17.0", ">=0.17.0,<1.0"),
            (Pep440, ">=0.16.0,<1.0", "0.17.0a3", ">=0.17.0a3,<1.0"),
            (Pep440, ">=0.16.0,<1.0", "1.0.0", ">=1.0.0,<2.0"),
            (Pep440, ">=0.16.0,<1.0", "1.0.0rc1", ">=1.0.0rc1,<2.0"),
            (Pep440, " >= 0.16.0 , <0.17.0", "0.17.0", " >= 0.17.0 , <0.18.0"),
            (Pep440, "<=0.16.0,>=0.15", "0.17.0", "<=0.17.0,>=0.17"),
            (Pep440, "==0.16.0", "0.17.0.post1", "==0.17.0.post1"),
            (Pep440, ">=0.16.0", "0.16.0.post1", ">=0.16.0.post1"),
            (Pep440, "==0.16.*", "0.17.0", "==0.17.*"),
            (Pep440, "==1.2.3.*", "1.3", "==1.3.0.*"),
            (Pep440, "~=0.16.0", "1.2.3", "~=1.2.3"),
            (Pep440, "~=0.16", "1.2.3", "~=1.2"),
            (Pep440, "^0.16.0", "0.17.0", "^0.17.0"),
            (Pep440, "^0.16", "0.17.0rc1", "^0.17.0rc1"),
            (Pep440, "~0.16", "0.17.1", "~0.17"),
            (Pep440, "0.16.0", "0.17.1", "0.17.1"),
            (Pep440, "===0.16.0", "0.17.1", "===0.17.1"),
            (Pep440, "<1.0", "0.17.0", "<1.0"),
            (Pep440, "*", "0.17.0", "*"),
            (Semver, "0.16.0", "0.17.0", "0.17.0"),
            (Semver, "0.16", "0.17.2", "0.17"),
            (Semver, "0.16", "0.17.0a3", "0.17.0-alpha3"),
            (Semver, "0.16.0-alpha.3", "0.16.0", "0.16.0"),
            (Semver, "=0.16.0", "0.17.0", "=0.17.0"),
            (Semver, "~0.16", "1.0.0", "~1.0"),
            (Semver, ">=0.16.0, <0.17.0", "0.17.0", ">=0.17.0, <0.18.0"),
            (Semver, "0.16.*", "0.17.0", "0.17.*"),
            (Semver, "1", "2.0.0", "2"),
            (Semver, "*", "2.0.0", "*"),
        ] {
            let moved = moved(requirement, spelling, &version(to));
            assert_eq!(moved.as_deref(), Ok(expected), "{requirement} {to}");
            if floor(requirement).is_some() {
                assert_eq!(disagreement(expected, spelling, &version(to)), None, "{expected} {to}");
                assert_ne!(disagreement(requirement, spelling, &version(to)), None, "{requirement} {to}");
            }
        }
    }

    #[test]
    fn how_a_pin_does_not_agree_is_told() {
        use Disagreement::{Behind, Refused};
        for (spelling, requirement, of, expected) in [
            (Spelling::Pep440, ">=0.16.0,<1.0", "0.17.0", Some(Behind)),
            (Spelling::Pep440, ">=0.16.0,<1.0", "1.0.0", Some(Refused)),
            (Spelling::Pep440, ">=0.16.0,<1.0", "0.15.0", Some(Refused)),
            (Spelling::Pep440, ">=0.16,<1.0", "0.16.4", None),
            (Spelling::Pep440, "^0.16.0", "0.17.0", Some(Refused)),
            (Spelling::Pep440, "^1.2", "1.9", Some(Behind)),
            (Spelling::Pep440, "^0.0.3", "0.0.4", Some(Refused)),
            (Spelling::Pep440, "^0", "0.9", None),
            (Spelling::Pep440, "~1", "1.9", None),
            (Spelling::Pep440, "<1.0", "0.9", None),
            (Spelling::Semver, "0.16", "0.16.9", None),
            (Spelling::Semver, "0.16.0", "0.16.9", Some(Behind)),
            (Spelling::Semver, "=0.16.0", "0.16.9", Some(Refused)),
            (Spelling::Semver, "0.16", "0.16.9rc1", Some(Refused)),
            (Spelling::Semver, "=0.16.0-alpha.3", "0.16.0a3", None),
            (Spelling::Semver, "1.2.3", "1.2.3.post1", Some(Refused)),
        ] {
            assert_eq!(disagreement(requirement, spelling, &version(of)), expected, "{requirement} {of}");
        }
    }

    #[test]
    fn what_cannot_follow_is_told() {
        assert!(moved(">=1.0,!=1.2.0", Spelling::Pep440, &version("1.2.0")).is_err());
        assert!(moved("1.2.3", Spelling::Semver, &version("1.2.3.post1")).is_err());
        assert!(moved(">=1 || >=2", Spelling::Pep440, &version("3")).is_err());
        assert!(moved(&"1,".repeat(100), Spelling::Semver, &version("3")).is_err());
    }
}
