//! What the platform tags for Apple's systems promise.

use std::collections::BTreeMap;

use crate::archive::wheel::WheelFile;
use crate::native::macho::{Machine, Platform};

/// The processors and systems that a wheel is installed for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Promise {
    /// The system, with the oldest release for each processor.
    pub(super) systems: Vec<(Platform, Releases)>,
    /// Whether every tag could be read; where not, more may be promised.
    pub(super) complete: bool,
}

/// For each processor the oldest release, major and minor.
type Releases = BTreeMap<Machine, (u16, u16)>;

impl Promise {
    /// What the wheel's tags promise; nothing when none of them is for Apple's systems.
    pub(super) fn of(wheel: &WheelFile) -> Option<Self> {
        Self::of_tags(wheel.name.as_ref().ok()?.platform())
    }

    fn of_tags(tags: &[String]) -> Option<Self> {
        let mut promise = Self { systems: Vec::new(), complete: true };
        let apples: Vec<&String> =
            tags.iter().filter(|tag| tag.starts_with("macosx_") || tag.starts_with("ios_")).collect();
        for tag in &apples {
            match read(tag) {
                Some((platform, oldest, machines)) => promise.add(platform, oldest, machines),
                None => promise.complete = false,
            }
        }
        (!apples.is_empty()).then_some(promise)
    }

    fn add(&mut self, platform: Platform, oldest: (u16, u16), machines: &[Machine]) {
        if !self.systems.iter().any(|(found, _)| *found == platform) {
            self.systems.push((platform, BTreeMap::new()));
        }
        for (_, releases) in self.systems.iter_mut().filter(|(found, _)| *found == platform) {
            for machine in machines {
                // No Mac with such a processor has an older system.
                let floor =
                    if (platform, *machine) == (Platform::MacOs, Machine::Arm64) { (11, 0) } else { (0, 0) };
                let promised = oldest.max(floor);
                releases
                    .entry(*machine)
                    .and_modify(|found| *found = promised.min(*found))
                    .or_insert(promised);
            }
        }
    }

    /// All promised processors.
    pub(super) fn machines(&self) -> impl Iterator<Item = Machine> {
        self.systems.iter().flat_map(|(_, releases)| releases.keys().copied())
    }
}

/// What one tag says: `macosx_10_13_universal2`, `ios_13_0_arm64_iphoneos`.
fn read(tag: &str) -> Option<(Platform, (u16, u16), &'static [Machine])> {
    let (system, rest) = tag.split_once('_')?;
    let (major, rest) = rest.split_once('_')?;
    let (minor, rest) = rest.split_once('_')?;
    let (platform, machine) = match system {
        "macosx" => (Platform::MacOs, rest),
        _ => match rest.rsplit_once('_')? {
            (machine, "iphoneos") => (Platform::Ios, machine),
            (machine, "iphonesimulator") => (Platform::IosSimulator, machine),
            _ => return None,
        },
    };
    let machines: &[Machine] = match machine {
        "x86_64" => &[Machine::X86_64],
        "arm64" => &[Machine::Arm64],
        "universal2" => &[Machine::X86_64, Machine::Arm64],
        "i386" => &[Machine::X86],
        // No Python of the last ten years runs on the other one, 32-bit x86.
        "intel" => &[Machine::X86_64],
        _ => return None,
    };
    Some((platform, (major.parse().ok()?, minor.parse().ok()?), machines))
}

/// What people call a processor.
pub(super) fn machine_name(machine: Machine) -> String {
    match machine {
        Machine::X86 => "i386".to_owned(),
        Machine::X86_64 => "x86_64".to_owned(),
        Machine::Arm64 => "arm64".to_owned(),
        Machine::Arm64E => "arm64e".to_owned(),
        Machine::PowerPc => "ppc".to_owned(),
        Machine::PowerPc64 => "ppc64".to_owned(),
        Machine::Other(number) => format!("processor {number:#x}"),
    }
}

/// What people call a system.
pub(super) fn platform_name(platform: Platform) -> String {
    match platform {
        Platform::MacOs => "macOS".to_owned(),
        Platform::Ios => "iOS".to_owned(),
        Platform::IosSimulator => "the iOS simulator".to_owned(),
        Platform::Catalyst => "Mac Catalyst".to_owned(),
        Platform::Other(number) => format!("system {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promise(tags: &[&str]) -> Option<Promise> {
        Promise::of_tags(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tags_promise_processors_and_systems() {
        let universal = promise(&["macosx_10_13_universal2"]).expect("a tag of macOS");
        let releases = BTreeMap::from([(Machine::X86_64, (10, 13)), (Machine::Arm64, (11, 0))]);
        assert_eq!(universal, Promise { systems: vec![(Platform::MacOs, releases)], complete: true });
        let two =
            promise(&["macosx_14_0_arm64", "macosx_12_0_arm64", "linux_x86_64"]).expect("tags of macOS");
        assert_eq!(two.systems[0].1, BTreeMap::from([(Machine::Arm64, (12, 0))]));
        let simulator = promise(&["ios_13_0_x86_64_iphonesimulator"]).expect("a tag of iOS");
        assert_eq!(simulator.systems[0].0, Platform::IosSimulator);
        assert_eq!(simulator.machines().collect::<Vec<_>>(), [Machine::X86_64]);
    }

    #[test]
    fn other_tags_promise_nothing_here() {
        assert_eq!(promise(&["win_amd64", "any"]), None);
        for tag in [
            "macosx_10_6_fat64",
            "macosx_10",
            "macosx_x_y_arm64",
            "ios_13_0_arm64_tv",
            "macosx_10_9999999_arm64",
        ] {
            let found = promise(&[tag]).expect("it begins like one");
            assert!(!found.complete && found.systems.is_empty(), "{tag}");
        }
    }
}
