//! What the smoke test has to know of a distribution, taken from what the checks read.

use std::path::{Path, PathBuf};

use crate::archive::document::Document;
use crate::archive::modules::Modules;
use crate::archive::sdist::SdistFile;
use crate::archive::wheel::WheelFile;
use crate::checks::Dist;
use crate::model::artifact::Distribution;
use crate::model::digest::Sha256;
use crate::model::wheel_name::WheelName;
use crate::remote::python::trial::{BuildSystem, Source};

/// A distribution that may be tried out.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The file.
    pub(crate) path: PathBuf,
    /// As the user knows it.
    pub(crate) place: String,
    /// Its bytes.
    pub(crate) sha256: Sha256,
    /// What its name says.
    pub(crate) distribution: Distribution,
    /// The versions of Python that it is for.
    pub(crate) requires_python: Option<String>,
    /// The names of what it needs without any extra.
    pub(crate) dependencies: Vec<String>,
    /// What it is made of.
    pub(crate) source: Source,
}

impl Subject {
    /// What is to be known of `dist`, which lies at `path`.
    pub(crate) fn of(path: &Path, dist: &Dist) -> Option<Self> {
        let source = match dist {
            Dist::Wheel(wheel) => Source::Wheel { modules: modules(wheel) },
            Dist::Sdist(sdist) => Source::Sdist(build_system(sdist)),
            Dist::Crate(_) | Dist::Unreadable { .. } => return None,
        };
        let metadata = dist.metadata();
        let requires = |name: &str| metadata.and_then(|metadata| metadata.get(name)).map(str::to_owned);
        Some(Self {
            path: path.to_owned(),
            place: path.display().to_string(),
            sha256: dist.hashes()?.sha256,
            distribution: dist.distribution()?,
            requires_python: requires("Requires-Python").filter(|text| !text.trim().is_empty()),
            dependencies: metadata
                .map(|metadata| metadata.all("Requires-Dist").filter_map(dependency).collect())
                .unwrap_or_default(),
            source,
        })
    }

    /// `wheel` or `sdist`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.distribution {
            Distribution::Wheel(_) => "wheel",
            Distribution::Sdist(_) => "sdist",
        }
    }

    /// The wheel's name, if it is one.
    pub(crate) const fn wheel(&self) -> Option<&WheelName> {
        match &self.distribution {
            Distribution::Wheel(name) => Some(name),
            Distribution::Sdist(_) => None,
        }
    }
}

/// The top-level modules that can be imported: those that are declared, else those that are there.
fn modules(wheel: &WheelFile) -> Vec<String> {
    let declared: Vec<_> = wheel
        .metadata
        .value()
        .map(|metadata| {
            let names =
                metadata.all("Import-Name").map(|value| value.split(';').next().unwrap_or_default().trim());
            names.filter(|name| is_dotted_name(name)).map(str::to_owned).collect()
        })
        .unwrap_or_default();
    if !declared.is_empty() {
        return declared;
    }
    let found = Modules::of(wheel);
    found.top_level().filter(|name| is_dotted_name(name)).map(str::to_owned).collect()
}

/// Whether `import` takes the name; a folder of data or of stubs has others.
fn is_dotted_name(name: &str) -> bool {
    name.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
            && chars.all(unicode_ident::is_xid_continue)
    })
}

/// The name of a requirement, unless only an extra needs it.
fn dependency(requirement: &str) -> Option<String> {
    let (requirement, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-'));
    let name = &requirement[..end.unwrap_or(requirement.len())];
    (!name.is_empty() && !marker.contains("extra")).then(|| name.to_owned())
}

/// `[build-system]`, as far as it is of the right form; installers assume setuptools where there is none.
fn build_system(sdist: &SdistFile) -> BuildSystem {
    let table = match &sdist.pyproject {
        Document::Read { value, .. } => value.parse::<toml::Table>().unwrap_or_default(),
        Document::Absent | Document::Unread { .. } => return BuildSystem::default(),
    };
    let Some(system) = table.get("build-system").and_then(toml::Value::as_table) else {
        return BuildSystem::default();
    };
    let texts = |key: &str| -> Option<Vec<String>> {
        let texts = system.get(key)?.as_array()?.iter().filter_map(toml::Value::as_str);
        Some(texts.map(str::to_owned).collect())
    };
    let usual = BuildSystem::default();
    let backend = system.get("build-backend").and_then(toml::Value::as_str).map(str::to_owned);
    BuildSystem {
        requires: texts("requires").unwrap_or(usual.requires),
        backend: backend.unwrap_or(usual.backend),
        backend_path: texts("backend-path").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::{SdistBuilder, WheelBuilder};
    use crate::checks::{Candidate, judge};

    fn subject((name, bytes): (crate::model::artifact::FileName, Vec<u8>)) -> Subject {
        let dists = judge(vec![Candidate::of(name.as_str(), bytes)]);
        Subject::of(Path::new(name.as_str()), &dists[0]).expect("it can be read")
    }

    #[test]
    fn a_wheel_says_what_it_is_for_and_what_can_be_imported() {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        builder.member("other.py", "").member("no-name.py", "").member("data/x.txt", "");
        builder.metadata("Requires-Python", ">=3.9").add_metadata("Requires-Dist", "cffi >=1.15");
        builder.add_metadata("Requires-Dist", "pytest; extra == 'test'");
        let found = subject(builder.build());
        assert_eq!(found.source, Source::Wheel { modules: vec!["other".into(), "sample".into()] });
        assert_eq!(
            (found.requires_python.as_deref(), found.dependencies),
            (Some(">=3.9"), vec!["cffi".into()])
        );
        builder.add_metadata("Import-Name", "sample ; private").add_metadata("Import-Name", "space.tool");
        let declared = vec!["sample".into(), "space.tool".into()];
        assert_eq!(subject(builder.build()).source, Source::Wheel { modules: declared });
    }

    #[test]
    fn an_sdist_says_how_it_is_built() {
        let built = |pyproject: &str| {
            let mut builder = SdistBuilder::new("sample", "1.0");
            builder.member("pyproject.toml", pyproject);
            match subject(builder.build()).source {
                Source::Sdist(system) => system,
                Source::Wheel { .. } | Source::Index(_) => panic!("it is an sdist"),
            }
        };
        let declared =
            "[build-system]\nrequires = [\"a >1\"]\nbuild-backend = \"b\"\nbackend-path = [\".\"]\n";
        let expected = BuildSystem {
            requires: vec!["a >1".into()],
            backend: "b".into(),
            backend_path: vec![".".into()],
        };
        assert_eq!(built(declared), expected);
        for none in ["", "[project]\n", "no TOML [", "build-system = 1\n"] {
            assert_eq!(built(none), BuildSystem::default(), "{none}");
        }
    }
}
