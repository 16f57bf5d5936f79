//! Names of commands that would take the place of an environment's interpreter.
//!
//! The set is uv's, found by asking it: `python2` and `pypy3.10` are not in it, `pypy2` is.

/// Whether a command of this name would be written over the interpreter: `python`, `pythonw`, `python3`,
/// `python3.13`, `python3.13t`, `pypy`, `pypy2`, `pypy3` and `graalpy`, with or without `.exe` or `.py`, in any case.
pub fn is_command(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".exe").or_else(|| lower.strip_suffix(".py")).unwrap_or(&lower);
    if matches!(stem, "python" | "pythonw" | "python3" | "pypy" | "pypy2" | "pypy3" | "graalpy") {
        return true;
    }
    let minor = stem.strip_prefix("python3.").map(|minor| minor.strip_suffix('t').unwrap_or(minor));
    minor.is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_command;

    #[test]
    fn names_of_interpreters_are_known() {
        for name in [
            "python",
            "Python3",
            "python3.13",
            "python3.13t.exe",
            "pythonw.exe",
            "python.py",
            "pypy",
            "pypy2",
            "pypy3.exe",
            "GraalPy",
        ] {
            assert!(is_command(name), "{name}");
        }
        for name in [
            "python2",
            "python2.7",
            "python4.1",
            "pythonw3.13",
            "python3t",
            "python3.",
            "python3.13.1",
            "pypy3.10",
            "pypyw",
            "graalpy3",
            "python-config",
            "pythonista",
            "ipython",
            "python3-config",
            "py",
        ] {
            assert!(!is_command(name), "{name}");
        }
    }
}
