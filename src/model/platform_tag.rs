//! Platform tags: which ones there are, and on which systems a wheel of one runs.
//!
//! Source: platform compatibility tags (PEP 425, 600, 656), and `packaging.tags`.

/// The platform tags that the index takes, one pattern a line.
const ACCEPTED: &str = include_str!("../../data/platform-tags.txt");

/// Tags of the machine that a wheel was built on. No public index takes them; one of your own may.
const LOCAL: [&str; 6] =
    ["linux_x86_64", "linux_i686", "linux_aarch64", "linux_ppc64le", "linux_s390x", "linux_riscv64"];

/// The old names of manylinux platforms and what they are called since PEP 600.
pub const ALIASES: [(&str, &str); 3] = [
    ("manylinux1_", "manylinux_2_5_"),
    ("manylinux2010_", "manylinux_2_12_"),
    ("manylinux2014_", "manylinux_2_17_"),
];

fn accepted() -> impl Iterator<Item = &'static str> {
    ACCEPTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Every form that a platform tag has; `N` stands for any number.
pub fn patterns() -> impl Iterator<Item = &'static str> {
    accepted().chain(LOCAL)
}

/// Whether the index takes wheels for the platform `tag`.
pub fn is_accepted(tag: &str) -> bool {
    accepted().any(|pattern| has_form(tag, pattern))
}

/// Whether the tag is one that some index takes.
pub fn is_known(tag: &str) -> bool {
    patterns().any(|pattern| has_form(tag, pattern))
}

/// Whether `tag` has the form of `pattern`, where `N` is any number.
fn has_form(tag: &str, pattern: &str) -> bool {
    let (mut tag, mut pattern) = (tag.split('_'), pattern.split('_'));
    loop {
        match (tag.next(), pattern.next()) {
            (None, None) => return true,
            (Some(part), Some("N")) if is_number(part) => {}
            (Some(part), Some(wanted)) if part == wanted => {}
            _ => return false,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The version and the machine of a tag such as `manylinux_2_28_x86_64`.
pub fn versioned<'a>(tag: &'a str, system: &str) -> Option<((u32, u32), &'a str)> {
    let (major, rest) = tag.strip_prefix(system)?.strip_prefix('_')?.split_once('_')?;
    let (minor, machine) = rest.split_once('_')?;
    // A number that does not fit is larger than any version.
    let number = |text: &str| is_number(text).then(|| text.parse().unwrap_or(u32::MAX));
    Some(((number(major)?, number(minor)?), machine))
}

/// The tag under its name of today.
pub fn modern(tag: &str) -> String {
    let renamed = ALIASES.iter().find_map(|(old, new)| Some(format!("{new}{}", tag.strip_prefix(old)?)));
    renamed.unwrap_or_else(|| tag.to_owned())
}

/// A system that wheels are made for, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    /// What the system is called, or the whole tag where it has no version.
    pub system: String,
    /// The oldest version that will do: of the C library, or of the system.
    pub least: (u32, u32),
    /// The machine; empty where the tag has no version.
    pub machine: String,
}

impl Platform {
    /// Takes a tag apart. Every text is one.
    pub fn of(tag: &str) -> Self {
        let tag = modern(tag);
        let systems = ["manylinux", "musllinux", "macosx", "ios", "pyemscripten"];
        let found = systems.into_iter().find_map(|system| Some((system, versioned(&tag, system)?)));
        match found {
            Some((system, (least, machine))) => {
                Self { system: system.to_owned(), least, machine: machine.to_owned() }
            }
            None => Self { system: tag, least: (0, 0), machine: String::new() },
        }
    }

    /// The systems by processor, whatever their version: a wheel for two kinds of Mac stands for both.
    pub fn kinds(&self) -> Vec<(String, String)> {
        let machines = match (&*self.system, &*self.machine) {
            ("macosx", fat) => slices(fat),
            (_, machine) => vec![machine],
        };
        machines.into_iter().map(|machine| (self.system.clone(), machine.to_owned())).collect()
    }

    /// Whether the processor and the system are those of `other`, whatever the versions.
    pub fn is_kin(&self, other: &Self) -> bool {
        let kinds = self.kinds();
        self.machine == other.machine && self.system == other.system
            || other.kinds().iter().all(|kind| kinds.contains(kind))
    }

    /// Whether a wheel for this platform runs wherever one for `other` does.
    pub fn serves(&self, other: &Self) -> bool {
        // A new major version of musl would be another library; macOS counts on.
        let is_same_library = self.system != "musllinux" || self.least.0 == other.least.0;
        self.is_kin(other) && self.least <= other.least && is_same_library
    }
}

/// The processors that a Mac's module of several slices is for.
fn slices(machine: &str) -> Vec<&str> {
    match machine {
        "universal2" => vec!["arm64", "x86_64"],
        "intel" => vec!["i386", "x86_64"],
        "fat" => vec!["i386", "ppc"],
        "fat3" => vec!["i386", "ppc", "x86_64"],
        "fat64" => vec!["ppc64", "x86_64"],
        "universal" => vec!["i386", "ppc", "ppc64", "x86_64"],
        machine => vec![machine],
    }
}

/// Whether a text that `glob` matches has the form of `pattern`: in the one, `*` is any text and `?` any character; in
/// the other, `N` is any number. A tag is a pattern without numbers to fill in, as it has no capitals.
pub fn glob_meets(glob: &str, pattern: &str) -> bool {
    let (glob, pattern) = (glob.as_bytes(), pattern.as_bytes());
    // `meets[j]` says whether the rest of the glob meets the pattern from `j` on; the glob is walked from its end.
    let mut meets = vec![false; pattern.len() + 1];
    meets[pattern.len()] = true;
    for &wanted in glob.iter().rev() {
        let mut now = vec![false; pattern.len() + 1];
        for at in (0..=pattern.len()).rev() {
            let one = pattern.get(at).copied();
            now[at] = match (wanted, one) {
                (b'*', None) => meets[at],
                (b'*', Some(_)) => meets[at] || now[at + 1],
                (_, None) => false,
                // A digit may be the last of the number or not.
                (b'?' | b'0'..=b'9', Some(b'N')) => meets[at + 1] || meets[at],
                (wanted, Some(one)) => (wanted == b'?' || wanted == one) && meets[at + 1],
            };
        }
        meets = now;
    }
    meets[0]
}

/// Known tags that a mistyped one may have been meant to be, with the numbers or the `*` that it has.
pub fn spellings(typed: &str) -> Vec<String> {
    let runs = typed.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let numbers: Vec<&str> = runs.collect();
    let fill = |pattern: &str| {
        if typed.contains('*') {
            return pattern.replace("N_N", "*").replace('N', "*");
        }
        let mut numbers = numbers.iter();
        let part = |part| if part == "N" { numbers.next().copied().unwrap_or("0") } else { part };
        pattern.split('_').map(part).collect::<Vec<_>>().join("_")
    };
    patterns().chain(["macosx_N_N_arm64", "macosx_N_N_x86_64", "macosx_N_N_universal2"]).map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serves(wheel: &str, system: &str) -> bool {
        Platform::of(wheel).serves(&Platform::of(system))
    }

    #[test]
    fn older_systems_of_the_same_machine_serve() {
        for (wheel, system) in [
            ("manylinux_2_17_x86_64", "manylinux_2_28_x86_64"),
            ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
            ("manylinux1_i686", "manylinux2010_i686"),
            ("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
            ("musllinux_1_1_aarch64", "musllinux_1_2_aarch64"),
            ("macosx_10_9_x86_64", "macosx_11_0_x86_64"),
            ("macosx_11_0_universal2", "macosx_11_0_arm64"),
            ("macosx_10_9_universal2", "macosx_10_13_x86_64"),
            ("macosx_10_9_universal2", "macosx_10_9_universal2"),
            ("win_amd64", "win_amd64"),
            ("android_21_x86", "android_21_x86"),
            ("any", "any"),
        ] {
            assert!(serves(wheel, system), "{wheel} {system}");
        }
        for (wheel, system) in [
            ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64"),
            ("manylinux_2_17_aarch64", "manylinux_2_28_x86_64"),
            ("manylinux_2_17_x86_64", "musllinux_1_2_x86_64"),
            ("musllinux_1_2_x86_64", "musllinux_2_0_x86_64"),
            ("macosx_12_0_arm64", "macosx_11_0_arm64"),
            ("macosx_11_0_arm64", "macosx_11_0_universal2"),
            ("any", "win_amd64"),
            ("win32", "win_amd64"),
            ("linux_x86_64", "manylinux_2_28_x86_64"),
        ] {
            assert!(!serves(wheel, system), "{wheel} {system}");
        }
    }

    #[test]
    fn globs_meet_tags_and_forms() {
        for (glob, pattern) in [
            ("macosx_*_universal2", "macosx_10_9_universal2"),
            ("manylinux_*_x86_64", "manylinux_N_N_x86_64"),
            ("manylinux_2_2?_x86_64", "manylinux_N_N_x86_64"),
            ("manylinux_2_2*_x86_64", "manylinux_N_N_x86_64"),
            ("win_*", "win_amd64"),
            ("*", "any"),
            ("**", "any"),
        ] {
            assert!(glob_meets(glob, pattern), "{glob} {pattern}");
        }
        for (glob, pattern) in [
            ("macosx_*_universal", "macosx_10_9_universal2"),
            ("manylinux_*_x86_46", "manylinux_N_N_x86_64"),
            ("manylinux_a*_x86_64", "manylinux_N_N_x86_64"),
            ("win_?", "win_amd64"),
            ("", "any"),
        ] {
            assert!(!glob_meets(glob, pattern), "{glob} {pattern}");
        }
        let stars = "*a".repeat(500);
        assert!(!glob_meets(&stars, &"a".repeat(400)));
    }

    #[test]
    fn the_index_takes_these_platforms() {
        for good in [
            "any",
            "win_amd64",
            "manylinux_2_28_x86_64",
            "manylinux2014_aarch64",
            "manylinux_2_17_ppc64",
            "musllinux_1_2_armv7l",
            "macosx_10_9_universal2",
            "macosx_26_0_arm64",
            "ios_13_0_arm64_iphoneos",
            "android_21_arm64_v8a",
            "pyemscripten_2026_0_wasm32",
        ] {
            assert!(is_accepted(good), "{good}");
        }
        for bad in [
            "",
            "N",
            "linux_x86_64",
            "manylinux_2_28_sparc",
            "manylinux_2_28_loongarch64",
            "manylinux_2_x86_64",
            "musllinux_1_2_ppc64",
            "macosx_15_1_arm64",
            "macosx_16_0_arm64",
            "macosx_N_0_arm64",
            "win_x86_64",
            "android_21",
            "freebsd_14_amd64",
        ] {
            assert!(!is_accepted(bad), "{bad}");
        }
    }

    #[test]
    fn versions_are_read_from_tags() {
        assert_eq!(versioned("manylinux_2_28_x86_64", "manylinux"), Some(((2, 28), "x86_64")));
        assert_eq!(versioned("manylinux_2_99999999999_x86_64", "manylinux"), Some(((2, u32::MAX), "x86_64")));
        for bad in ["manylinux2014_x86_64", "manylinux_2_x86_64", "any", "manylinux_2"] {
            assert_eq!(versioned(bad, "manylinux"), None, "{bad}");
        }
    }
}
