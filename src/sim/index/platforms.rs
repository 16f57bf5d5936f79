//! The platform tags that PyPI takes in a wheel's file name; others have no agreed meaning.

const FIXED: [&str; 18] = [
    "any",
    "win32",
    "win_arm64",
    "win_amd64",
    "win_ia64",
    "manylinux1_x86_64",
    "manylinux1_i686",
    "manylinux2010_x86_64",
    "manylinux2010_i686",
    "manylinux2014_x86_64",
    "manylinux2014_i686",
    "manylinux2014_aarch64",
    "manylinux2014_armv7l",
    "manylinux2014_ppc64",
    "manylinux2014_ppc64le",
    "manylinux2014_s390x",
    "linux_armv6l",
    "linux_armv7l",
];
const LINUX: [&str; 7] = ["x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64"];
const MACOS: [&str; 11] =
    ["ppc", "ppc64", "i386", "x86_64", "arm64", "intel", "fat", "fat3", "fat64", "universal", "universal2"];
const MACOS_MAJORS: [&str; 6] = ["11", "12", "13", "14", "15", "26"];
const IOS: [&str; 2] = ["arm64", "x86_64"];
const ANDROID: [&str; 4] = ["armeabi_v7a", "arm64_v8a", "x86", "x86_64"];

/// Whether wheels for the platform `tag` are taken.
pub(super) fn supported(tag: &str) -> bool {
    FIXED.contains(&tag) || versioned(tag) == Some(true)
}

fn versioned(tag: &str) -> Option<bool> {
    let (system, rest) = tag.split_once('_')?;
    let (major, rest) = number(rest)?;
    if system == "android" {
        return Some(ANDROID.contains(&rest));
    }
    let (minor, machine) = number(rest)?;
    Some(match system {
        "manylinux" => LINUX.contains(&machine) || machine == "ppc64",
        "musllinux" => LINUX.contains(&machine),
        // Only 10 counted its minor version up; later systems are named by the major version alone.
        "macosx" => {
            (major == "10" || MACOS_MAJORS.contains(&major) && minor == "0") && MACOS.contains(&machine)
        }
        "ios" => ["_iphoneos", "_iphonesimulator"]
            .iter()
            .any(|suffix| machine.strip_suffix(suffix).is_some_and(|machine| IOS.contains(&machine))),
        // Emscripten's platform is versioned by year: `pyemscripten_2026_0_wasm32`.
        "pyemscripten" => machine == "wasm32",
        _ => false,
    })
}

/// A number up to the next underscore.
fn number(text: &str) -> Option<(&str, &str)> {
    let (number, rest) = text.split_once('_')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pypi_takes_is_supported_and_nothing_else() {
        for good in [
            "any",
            "win_amd64",
            "manylinux_2_28_x86_64",
            "manylinux2014_aarch64",
            "musllinux_1_2_armv7l",
            "macosx_10_9_universal2",
            "macosx_15_0_arm64",
            "ios_13_0_arm64_iphoneos",
            "android_21_arm64_v8a",
            "manylinux_2_17_ppc64",
        ] {
            assert!(supported(good), "{good}");
        }
        for bad in [
            "linux_x86_64",
            "manylinux_2_28_sparc",
            "musllinux_1_2_ppc64",
            "macosx_15_1_arm64",
            "macosx_16_0_arm64",
            "macosx_10_9_arm65",
            "manylinux_2_x86_64",
            "win_x86_64",
            "",
            "android_21",
        ] {
            assert!(!supported(bad), "{bad}");
        }
    }
}
