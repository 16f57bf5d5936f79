//! What can be imported once a wheel is installed.

use super::wheel::WheelFile;

/// The modules of a wheel, by their paths without endings (`pkg/__init__`, `pkg/cli`), and all that is installed
/// beside them.
#[derive(Debug)]
pub struct Modules<'a> {
    modules: Vec<&'a str>,
    installed: Vec<&'a str>,
}

impl<'a> Modules<'a> {
    /// The modules of `wheel`, where installers put them: at the top, and in `.data/purelib` and `.data/platlib`.
    pub fn of(wheel: &'a WheelFile) -> Self {
        Self::among(wheel.zip.members.iter().filter_map(|member| installed(&member.path)).collect())
    }

    fn among(mut installed: Vec<&'a str>) -> Self {
        installed.sort_unstable();
        let mut modules: Vec<&str> = installed.iter().copied().filter_map(module).collect();
        modules.sort_unstable();
        modules.dedup();
        Self { modules, installed }
    }

    /// Whether `name` (`pkg.cli`) can be imported: a module, a package, or any folder, which Python takes for a
    /// namespace even when it holds data only.
    pub fn contains(&self, name: &str) -> bool {
        let path = name.replace('.', "/");
        let folder = format!("{path}/");
        let next = self.installed.get(self.installed.partition_point(|found| **found < *folder));
        self.modules.binary_search(&path.as_str()).is_ok()
            || next.is_some_and(|found| found.starts_with(&folder))
    }

    /// The names at the top, sorted.
    pub fn top_level(&self) -> impl Iterator<Item = &'a str> {
        let mut last = None;
        let tops = self.modules.iter().map(|module| module.split('/').next().unwrap_or_default());
        tops.filter(move |top| last.replace(*top) != Some(*top))
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }
}

/// Where a member lies below the folder of packages, if it is installed there.
pub(super) fn installed(path: &str) -> Option<&str> {
    let Some((top, rest)) = path.split_once('/') else { return Some(path) };
    if top.ends_with(".data") {
        rest.strip_prefix("purelib/").or_else(|| rest.strip_prefix("platlib/"))
    } else {
        (!top.ends_with(".dist-info")).then_some(path)
    }
}

/// A module's path without its ending; a native one has the interpreter's name there, too.
fn module(path: &str) -> Option<&str> {
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let (stem, ending) = path[start..].split_once('.')?;
    let is_native = |ending: &str| ending.ends_with("so") || ending.ends_with("pyd");
    let is_module = matches!(ending, "py" | "pyc") || is_native(ending);
    (is_module && !stem.is_empty()).then_some(&path[..start + stem.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_where_installers_put_them() {
        for (path, found) in [
            ("pkg/__init__.py", Some("pkg/__init__")),
            ("mod.py", Some("mod")),
            ("pkg/_native.cpython-313-x86_64-linux-gnu.so", Some("pkg/_native")),
            ("pkg/_native.pyd", Some("pkg/_native")),
            ("foo-1.0.data/purelib/pkg/a.py", Some("pkg/a")),
            ("foo-1.0.data/scripts/run.py", None),
            ("foo-1.0.dist-info/licenses/a.py", None),
            ("pkg/py.typed", None),
            ("pkg/a.b.py", None),
            ("pkg/.py", None),
        ] {
            assert_eq!(installed(path).and_then(module), found, "{path}");
        }
    }

    #[test]
    fn packages_and_folders_of_modules_can_be_imported() {
        let paths =
            ["ns/pkg/__init__.py", "ns/pkg/cli.py", "top.py", "top-level/x.py", "ns/data/a.txt", "b/c.txt"];
        let modules = Modules::among(paths.into());
        for name in ["ns", "ns.pkg", "ns.pkg.cli", "ns.data", "top", "b"] {
            assert!(modules.contains(name), "{name}");
        }
        for name in ["n", "ns.pk", "ns.pkg.cl", "ns.pkg.cli.x", "ns.data.a", "to", "topper", ""] {
            assert!(!modules.contains(name), "{name}");
        }
        assert_eq!(modules.top_level().collect::<Vec<_>>(), ["ns", "top", "top-level"]);
    }
}
