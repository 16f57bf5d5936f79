//! What platform tags of Linux and Android promise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use crate::native::elf::Elf;

/// Who stands behind a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// The GNU C library.
    Manylinux,
    /// The musl C library.
    Musllinux,
    /// The system's own.
    Android,
    /// Nobody: the machine that it was built on.
    Linux,
}

/// A platform tag, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Platform {
    pub(super) family: Family,
    /// The version of the C library; for Android the level of its interface and 0.
    pub(super) level: (u32, u32),
    /// The processor, as tags of Linux call it.
    pub(super) architecture: String,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { family, level: (major, minor), architecture } = self;
        match family {
            Family::Manylinux => write!(f, "manylinux_{major}_{minor}_{architecture}"),
            Family::Musllinux => write!(f, "musllinux_{major}_{minor}_{architecture}"),
            Family::Android => write!(f, "android_{major}_{}", android_name(architecture)),
            Family::Linux => write!(f, "linux_{architecture}"),
        }
    }
}

/// The processors that Android calls otherwise.
const ANDROID: [(&str, &str); 3] = [("arm64_v8a", "aarch64"), ("armeabi_v7a", "armv7l"), ("x86", "i686")];

fn android_name(architecture: &str) -> &str {
    ANDROID.iter().find(|(_, linux)| *linux == architecture).map_or(architecture, |(android, _)| android)
}

impl Platform {
    /// Takes a platform tag apart; `None` for those of other systems.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let (first, rest) = tag.split_once('_')?;
        let of =
            |family, level, architecture: &str| Self { family, level, architecture: architecture.to_owned() };
        let number = |digits: &str| digits.parse().ok();
        match first {
            "linux" => Some(of(Family::Linux, (0, 0), rest)),
            "manylinux" | "musllinux" => {
                let (major, rest) = rest.split_once('_')?;
                let (minor, architecture) = rest.split_once('_')?;
                let family = if first == "manylinux" { Family::Manylinux } else { Family::Musllinux };
                Some(of(family, (number(major)?, number(minor)?), architecture))
            }
            "android" => {
                let (level, name) = rest.split_once('_')?;
                let known = ANDROID.iter().find(|(android, _)| *android == name);
                Some(of(Family::Android, (number(level)?, 0), known.map_or(name, |(_, linux)| linux)))
            }
            _ => {
                let name = POLICIES.aliases.get(first)?;
                let (_, level) = level_of(name)?;
                Some(of(Family::Manylinux, level, rest))
            }
        }
    }

    /// Whether the file is for this platform's processor.
    pub(super) fn fits(&self, elf: &Elf) -> bool {
        // Android passes floating point in general registers on 32-bit ARM.
        let is_android_arm = self.family == Family::Android && self.architecture == "armv7l";
        elf.architecture() == Some(&self.architecture) || is_android_arm && elf.machine == 40 && !elf.is_64
    }
}

fn level_of(policy: &str) -> Option<(Family, (u32, u32))> {
    let platform = Platform::of_tag(&format!("{policy}_x86_64"))?;
    Some((platform.family, platform.level))
}

/// All policies.
pub(super) static POLICIES: LazyLock<Policies> =
    LazyLock::new(|| Policies::parse(include_str!("../../../data/elf-policies.txt")));

type Level = (u32, u32);

/// What each policy allows, by the first that does, and what it forbids, by the last that does.
#[derive(Debug, Default)]
pub(super) struct Policies {
    aliases: BTreeMap<&'static str, &'static str>,
    levels: BTreeMap<(Family, &'static str), BTreeSet<Level>>,
    libraries: BTreeMap<(Family, &'static str), Level>,
    versions: BTreeMap<(&'static str, &'static str), Level>,
    forbidden: BTreeMap<(Family, &'static str, &'static str), Level>,
    prefixes: BTreeSet<&'static str>,
}

/// What a symbol's version is called before its number.
fn prefix(version: &str) -> &str {
    version.split('_').next().unwrap_or_default()
}

/// The number of a version of the GNU C library.
fn glibc_number(version: &str) -> Option<Level> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

impl Policies {
    fn parse(text: &'static str) -> Self {
        let mut policies = Self::default();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
        for line in &lines {
            if let ["alias", old, name] = line[..] {
                policies.aliases.insert(old, name);
            }
        }
        for line in &lines {
            match line[..] {
                ["policy", name, ref architectures @ ..] => {
                    let Some((family, level)) = level_of_new(name) else { continue };
                    for architecture in architectures {
                        policies.levels.entry((family, architecture)).or_default().insert(level);
                    }
                }
                ["library", name, _, first] => {
                    let Some((family, level)) = level_of_new(first) else { continue };
                    policies.libraries.insert((family, name), level);
                }
                ["version", architecture, version, first] => {
                    let Some((_, level)) = level_of_new(first) else { continue };
                    policies.versions.insert((architecture, version), level);
                    policies.prefixes.insert(prefix(version));
                }
                ["forbidden", library, symbol, _, last] => {
                    let Some((family, level)) = level_of_new(last) else { continue };
                    policies.forbidden.insert((family, library, symbol), level);
                }
                _ => {}
            }
        }
        policies
    }

    /// The levels that there are policies for, the oldest first.
    pub(super) fn levels(&self, family: Family, architecture: &str) -> Vec<Level> {
        self.levels.get(&(family, architecture)).into_iter().flatten().copied().collect()
    }

    /// Whether every system of this platform has the library, or it is the loader, which is there anyway.
    pub(super) fn has_library(&self, platform: &Platform, name: &str) -> bool {
        let is_loader = name.contains("ld-linux") || name == "ld64.so.1" || name == "ld64.so.2";
        let first = self.libraries.get(&(platform.family, name));
        is_loader
            || first.is_some_and(|first| *first <= platform.level)
            || match platform.family {
                Family::Manylinux => false,
                Family::Musllinux => name.starts_with("ld-musl-") || name.starts_with("libc.musl-"),
                Family::Android => is_libpython(name),
                Family::Linux => true,
            }
    }

    /// Whether every system of this platform has this version of a library's symbols. Nothing is known about
    /// libraries whose versions no policy names.
    pub(super) fn has_version(&self, platform: &Platform, version: &str) -> bool {
        if platform.family != Family::Manylinux || !self.prefixes.contains(prefix(version)) {
            return true;
        }
        let Some(levels) = self.levels.get(&(Family::Manylinux, &*platform.architecture)) else {
            return true;
        };
        let first = self.versions.get(&(&*platform.architecture, version));
        if levels.contains(&platform.level) {
            return first.is_some_and(|first| *first <= platform.level);
        }
        // There is no policy of that number, but the C library's own versions say what its number means.
        match (glibc_number(version), levels.range(platform.level..).next()) {
            (Some(number), _) => number <= platform.level,
            (None, Some(next)) => first.is_some_and(|first| first <= next),
            (None, None) => prefix(version) != "GLIBC",
        }
    }

    /// Whether systems of this platform may lack a symbol of the library, though all have the library.
    pub(super) fn forbids(&self, platform: &Platform, library: &str, symbol: &str) -> bool {
        let last = self.forbidden.get(&(platform.family, library, symbol));
        last.is_some_and(|last| platform.level <= *last)
    }
}

/// The level of a policy's own name. Does not look at the aliases, which are not there yet.
fn level_of_new(name: &str) -> Option<(Family, Level)> {
    let is_new = ["manylinux_", "musllinux_", "android_"].iter().any(|start| name.starts_with(start));
    if is_new { level_of(name) } else { None }
}

/// Whether it is the library of the interpreter itself.
pub(super) fn is_libpython(name: &str) -> bool {
    let version = name.strip_prefix("libpython").and_then(|rest| rest.split_once(".so"));
    version.is_some_and(|(version, _)| version.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(tag: &str) -> Platform {
        Platform::of_tag(tag).unwrap_or_else(|| panic!("{tag}"))
    }

    #[test]
    fn tags_are_taken_apart_and_put_together() {
        for (tag, normal) in [
            ("manylinux1_i686", "manylinux_2_5_i686"),
            ("manylinux2014_aarch64", "manylinux_2_17_aarch64"),
            ("manylinux_2_28_x86_64", "manylinux_2_28_x86_64"),
            ("musllinux_1_2_armv7l", "musllinux_1_2_armv7l"),
            ("android_24_arm64_v8a", "android_24_arm64_v8a"),
            ("linux_x86_64", "linux_x86_64"),
        ] {
            assert_eq!(platform(tag).to_string(), normal);
        }
        for tag in ["any", "win_amd64", "macosx_11_0_arm64", "manylinux_2_x86_64", "manylinux3_x86_64"] {
            assert_eq!(Platform::of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn versions_are_sets() {
        let has = |tag, version| POLICIES.has_version(&platform(tag), version);
        assert!(has("manylinux_2_17_x86_64", "GLIBC_2.17") && !has("manylinux_2_17_x86_64", "GLIBC_2.18"));
        assert!(has("manylinux_2_17_aarch64", "GLIBC_2.18"), "its C library was patched");
        assert!(!has("manylinux_2_28_x86_64", "GLIBC_PRIVATE"));
        assert!(has("manylinux_2_17_x86_64", "CXXABI_TM_1") && !has("manylinux_2_12_x86_64", "CXXABI_TM_1"));
        assert!(has("manylinux_2_5_x86_64", "OPENSSL_1_1_0"), "no policy speaks of it");
        assert!(has("manylinux_2_36_x86_64", "GLIBC_ABI_DT_RELR"));
        assert!(has("musllinux_1_1_x86_64", "GLIBC_2.99"), "that is another rule's");
    }

    #[test]
    fn a_number_without_a_policy_means_what_it_says() {
        let has = |tag, version| POLICIES.has_version(&platform(tag), version);
        assert!(has("manylinux_2_30_x86_64", "GLIBC_2.30") && !has("manylinux_2_30_x86_64", "GLIBC_2.31"));
        assert!(has("manylinux_2_99_x86_64", "GLIBC_2.98") && !has("manylinux_2_99_x86_64", "GLIBC_PRIVATE"));
    }

    #[test]
    fn libraries_and_symbols_are_known_by_policy() {
        let has = |tag, name| POLICIES.has_library(&platform(tag), name);
        assert!(
            has("manylinux_2_24_x86_64", "libmvec.so.1") && !has("manylinux_2_17_x86_64", "libmvec.so.1")
        );
        assert!(
            has("manylinux_2_17_s390x", "ld64.so.1") && has("musllinux_1_2_x86_64", "libc.musl-x86_64.so.1")
        );
        assert!(has("android_26_arm64_v8a", "libaaudio.so") && !has("android_24_arm64_v8a", "libaaudio.so"));
        let forbids = |tag, library, symbol| POLICIES.forbids(&platform(tag), library, symbol);
        assert!(forbids("manylinux_2_17_x86_64", "libc.so.6", "__cxa_thread_atexit_impl"));
        assert!(!forbids("manylinux_2_24_x86_64", "libc.so.6", "__cxa_thread_atexit_impl"));
        assert!(forbids("musllinux_1_2_x86_64", "libz.so.1", "zcalloc"));
    }
}
