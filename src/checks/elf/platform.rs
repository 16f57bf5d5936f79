//! Which platform a wheel claims, and which it supports in fact.

use super::policy::{Family, POLICIES, Platform, is_libpython};
use super::reach::{Found, Tree};
use super::{Object, objects};
use crate::archive::wheel::WheelFile;
use crate::native::elf::Elf;

/// The platforms of Linux and Android that the file name claims.
pub(super) fn claims(wheel: &WheelFile) -> Vec<Platform> {
    let name = wheel.name.as_ref().ok();
    name.into_iter().flat_map(|name| name.platform()).filter_map(|tag| Platform::of_tag(tag)).collect()
}

/// The C library that a file is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Libc {
    Glibc,
    Musl,
    /// `libc.so`: musl's by its linker's name, or Android's.
    Plain,
}

impl Libc {
    pub(super) fn of(elf: &Elf) -> Option<Self> {
        let interpreter = elf.interpreter.as_deref().map(|path| path.rsplit('/').next().unwrap_or_default());
        interpreter.into_iter().chain(elf.needed.iter().map(String::as_str)).find_map(|name| {
            if name.starts_with("libc.musl-") || name.starts_with("ld-musl-") {
                Some(Self::Musl)
            } else if name == "libc.so.6" || name.starts_with("ld-linux") || name.starts_with("ld64.so.") {
                Some(Self::Glibc)
            } else if name == "libc.so" || name == "linker" || name == "linker64" {
                Some(Self::Plain)
            } else {
                None
            }
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Glibc => "the GNU C library",
            Self::Musl => "musl",
            Self::Plain => "a C library called `libc.so`, as musl's and Android's are",
        }
    }

    pub(super) const fn fits(self, family: Family) -> bool {
        match family {
            Family::Manylinux => matches!(self, Self::Glibc),
            Family::Musllinux => matches!(self, Self::Musl | Self::Plain),
            Family::Android => matches!(self, Self::Plain),
            Family::Linux => true,
        }
    }
}

/// The native files that are for a claimed platform, each with the oldest one that it is for. Others are no part of
/// what the tag promises: data, or help for other systems.
pub(super) fn judged(wheel: &WheelFile) -> Vec<(Object<'_>, Platform)> {
    let claims = claims(wheel);
    let oldest = |object: &Object<'_>| {
        let libc = Libc::of(object.elf);
        let fits =
            |claim: &&Platform| claim.fits(object.elf) && libc.is_none_or(|libc| libc.fits(claim.family));
        claims.iter().filter(fits).min().cloned()
    };
    objects(wheel).filter_map(|object| oldest(&object).map(|platform| (object, platform))).collect()
}

/// The most compatible platform tag that a wheel with native files of Linux or Android could have, such as
/// `manylinux_2_17_x86_64`; `linux_x86_64` where no policy fits, and `None` where there are no such files.
///
/// The version of musl and the level of Android cannot be seen in a file: the claimed one is taken, or the newest
/// version of musl that there is a policy for.
pub fn actual_platform(wheel: &WheelFile) -> Option<String> {
    actual(wheel).map(|platform| platform.to_string())
}

pub(super) fn actual(wheel: &WheelFile) -> Option<Platform> {
    let claimed = claims(wheel).into_iter().min();
    let all: Vec<Object<'_>> = objects(wheel).collect();
    let architecture = match &claimed {
        Some(claimed) => claimed.architecture.clone(),
        None => all.iter().find_map(|object| object.elf.architecture())?.to_owned(),
    };
    let family = claimed.as_ref().map(|claimed| claimed.family).filter(|family| *family != Family::Linux);
    let family = family.unwrap_or_else(|| match all.iter().find_map(|object| Libc::of(object.elf)) {
        Some(Libc::Musl | Libc::Plain) => Family::Musllinux,
        // A static program runs with any C library.
        Some(Libc::Glibc) | None => Family::Manylinux,
    });
    let of = |level| Platform { family, level, architecture: architecture.clone() };
    let levels: Vec<_> = match (family, &claimed) {
        (Family::Musllinux | Family::Android, Some(claimed)) if claimed.family == family => {
            vec![claimed.level]
        }
        (Family::Musllinux, _) => {
            POLICIES.levels(family, &architecture).into_iter().next_back().into_iter().collect()
        }
        _ => POLICIES.levels(family, &architecture),
    };
    let fits = |object: &Object<'_>| {
        of((0, 0)).fits(object.elf) && Libc::of(object.elf).is_none_or(|libc| libc.fits(family))
    };
    let fitting: Vec<_> = all.into_iter().filter(fits).collect();
    if fitting.is_empty() {
        return None;
    }
    let tree = Tree::of(wheel);
    let supports = |platform: &Platform| fitting.iter().all(|object| supports(&tree, object, platform));
    let best = levels.into_iter().map(of).find(supports);
    Some(best.unwrap_or(Platform { family: Family::Linux, level: (0, 0), architecture }))
}

fn supports(tree: &Tree<'_>, object: &Object<'_>, platform: &Platform) -> bool {
    let elf = object.elf;
    // Bits above the lowest are instructions that the first processors of the architecture lack.
    elf.x86_isa_needed & !1 == 0
        && !elf.watched.iter().any(|name| name.starts_with("PyFPE_"))
        && !elf.python_undefined.iter().any(|name| name.starts_with("PyUnicodeUCS2_"))
        && missing_versions(tree, object, platform).next().is_none()
        && forbidden_symbols(object, platform).next().is_none()
        && missing_libraries(object, platform)
            .all(|name| matches!(tree.find(object, name), Found::Here | Found::Sibling))
}

/// The versions of symbols that the platform does not promise, each with its library. What a library in the wheel
/// has is not the platform's business.
pub(super) fn missing_versions<'a>(
    tree: &Tree<'_>,
    object: &Object<'a>,
    platform: &Platform,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let versions = object.elf.versions.iter().map(|(library, version)| (&**library, &**version));
    versions.filter(|(library, version)| {
        !library.starts_with("ld-linux")
            && !library.starts_with("ld64.so.")
            && !POLICIES.has_version(platform, version)
            && (POLICIES.has_library(platform, library) || tree.find(object, library) != Found::Here)
    })
}

/// The libraries that the platform does not promise.
pub(super) fn missing_libraries<'a>(
    object: &Object<'a>,
    platform: &Platform,
) -> impl Iterator<Item = &'a str> {
    let needed = object.elf.needed.iter().map(String::as_str);
    needed.filter(|name| !POLICIES.has_library(platform, name))
}

/// The symbols that the platform's libraries may lack, each with its library.
pub(super) fn forbidden_symbols<'a>(
    object: &Object<'a>,
    platform: &Platform,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let elf = object.elf;
    elf.watched.iter().filter_map(|symbol| {
        let library = elf.needed.iter().find(|library| POLICIES.forbids(platform, library, symbol))?;
        Some((&**library, &**symbol))
    })
}

/// The libraries outside of the wheel that no platform promises: the interpreter's own is another matter.
pub(super) fn external_libraries<'a>(
    tree: &Tree<'_>,
    object: &Object<'a>,
    platform: &Platform,
    found: Found,
) -> Vec<&'a str> {
    let missing = missing_libraries(object, platform).filter(|name| !is_libpython(name));
    missing.filter(|name| tree.find(object, name) == found).collect()
}
