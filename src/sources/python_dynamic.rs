//! A version that `pyproject.toml` leaves to its build backend: followed to the file that states it where the backend
//! says which one that is, named where it comes from elsewhere.

use super::document::{Document, Lines, Text};
use super::finds::Finds;
use super::tree::{TreeError, folder};
use super::{Found, Role, Statement, cargo, read as read_version};
use crate::model::name::PackageName;
use crate::model::version::Spelling;

/// Packages that make a version from git or the like, by the name under which a build requires them.
const MAKERS: &[&str] = &[
    "hatch-vcs",
    "setuptools-scm",
    "setuptools-git-versioning",
    "uv-dynamic-versioning",
    "poetry-dynamic-versioning",
    "versioningit",
    "versioneer",
    "dunamai",
    "incremental",
    "vcs-versioning",
    "pbr",
];

/// Where in a file the version stands.
enum Place<'p> {
    /// A text that is assigned to one of these names at the start of a line, in any case where `any_case`.
    Assigned { names: &'p [&'p str], any_case: bool },
    /// The named group of a regular expression, or else its only one.
    Matched { pattern: &'p str, group: &'p str },
    /// All of it.
    Whole,
}

/// Reads where the version of `document` comes from, which has `version` among `dynamic`.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read(
    finds: &mut Finds<'_>,
    document: &Document<'_>,
    dynamic: Text<'_>,
    package: Option<&str>,
) -> Result<(), TreeError> {
    let backend =
        document.text("build-system.build-backend").map_or("setuptools.build_meta", |text| text.value);
    let module = backend.split(['.', ':']).next().unwrap_or_default();
    let mut follow = Follow { finds, document, dynamic, package };
    match module {
        "maturin" => follow.maturin(),
        "hatchling" => follow.hatch(),
        "setuptools" => follow.setuptools(),
        "flit_core" => follow.flit(),
        "pdm" => follow.pdm(),
        "scikit_build_core" => follow.scikit_build(),
        // The statement of poetry's own table is read by itself.
        "poetry" if document.value("tool.poetry.version").is_some() => Ok(()),
        _ => {
            follow.left_to(backend);
            Ok(())
        }
    }
}

/// Who makes the version of a project that has no `project` table, and the byte that says so.
pub(super) fn undeclared(document: &Document<'_>) -> Option<(&'static str, usize)> {
    let settings = document.value("tool.setuptools_scm").map(|table| ("setuptools-scm", table.span().start));
    settings.or_else(|| maker(document))
}

/// The package that a build requires to make the version, and where it does.
fn maker(document: &Document<'_>) -> Option<(&'static str, usize)> {
    document.texts("build-system.requires").iter().find_map(|text| {
        let end = text.value.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
        let name: PackageName = text.value[..end.unwrap_or(text.value.len())].parse().ok()?;
        MAKERS.iter().find(|maker| **maker == name.normal()).map(|maker| (*maker, text.at))
    })
}

struct Follow<'f, 'w, 'd, 't> {
    finds: &'f mut Finds<'w>,
    document: &'d Document<'t>,
    dynamic: Text<'d>,
    package: Option<&'d str>,
}

impl Follow<'_, '_, '_, '_> {
    /// maturin takes the version of the crate, which is found in its own right.
    fn maturin(&mut self) -> Result<(), TreeError> {
        let manifest =
            self.document.text("tool.maturin.manifest-path").map_or("Cargo.toml", |text| text.value);
        match self.path(manifest) {
            Some(file) if self.finds.text(&file)?.is_some() => cargo::read(self.finds, &file),
            _ => {
                self.missing(manifest);
                Ok(())
            }
        }
    }

    fn hatch(&mut self) -> Result<(), TreeError> {
        let source = self.document.text("tool.hatch.version.source").map_or("regex", |text| text.value);
        let path = self.document.text("tool.hatch.version.path");
        match (source, path) {
            ("vcs", _) => self.say("hatch-vcs"),
            ("regex", Some(path)) => {
                let pattern = self.document.text("tool.hatch.version.pattern");
                let place = match &pattern {
                    Some(pattern) => Place::Matched { pattern: pattern.value, group: "version" },
                    None => Place::Assigned { names: &["__version__", "VERSION"], any_case: true },
                };
                return self.follow(path.value, &place, "hatchling");
            }
            ("regex", None) => self.left_to("hatchling"),
            (other, _) => self.say(other),
        }
        Ok(())
    }

    fn setuptools(&mut self) -> Result<(), TreeError> {
        let version = "tool.setuptools.dynamic.version";
        if let Some(attribute) = self.document.text(&format!("{version}.attr")) {
            let Some((module, name)) = attribute.value.rsplit_once('.') else {
                self.say("setuptools");
                return Ok(());
            };
            let by = format!("setuptools by `{}`", shown(attribute.value));
            return self.follow_module(module, &Place::Assigned { names: &[name], any_case: false }, &by);
        }
        let file = self.document.value(&format!("{version}.file"));
        let one = file.and_then(|file| self.document.text_of(file));
        let many = file.map_or_else(Vec::new, |file| self.document.texts_of(file));
        match one.or_else(|| many.first().copied().filter(|_| many.len() == 1)) {
            Some(file) => {
                return self.follow(file.value, &Place::Whole, "setuptools");
            }
            None if self.document.table("tool.setuptools_scm").is_some() => self.say("setuptools-scm"),
            None => self.left_to("setuptools, by `setup.cfg` or `setup.py`"),
        }
        Ok(())
    }

    fn flit(&mut self) -> Result<(), TreeError> {
        let own = self.package.map(|name| name.replace('-', "_"));
        let module = self.document.text("tool.flit.module.name").map(|text| text.value.to_owned()).or(own);
        let place = Place::Assigned { names: &["__version__"], any_case: false };
        match module {
            Some(module) => self.follow_module(&module, &place, "flit"),
            None => {
                self.say("flit");
                Ok(())
            }
        }
    }

    fn pdm(&mut self) -> Result<(), TreeError> {
        let source = self.document.text("tool.pdm.version.source").map(|text| text.value);
        let path = self.document.text("tool.pdm.version.path");
        match (source, path) {
            (Some("file"), Some(path)) => {
                let place = Place::Assigned { names: &["__version__", "VERSION"], any_case: false };
                return self.follow(path.value, &place, "pdm-backend");
            }
            (Some(source), _) => self.say(&format!("pdm-backend by its source `{}`", shown(source))),
            (None, _) => self.left_to("pdm-backend"),
        }
        Ok(())
    }

    fn scikit_build(&mut self) -> Result<(), TreeError> {
        let text = |key: &str| self.document.text(&format!("tool.scikit-build.metadata.version.{key}"));
        match (text("provider").map(|text| text.value), text("input")) {
            (Some("scikit_build_core.metadata.regex"), Some(input)) => {
                let place = match text("regex") {
                    Some(regex) => Place::Matched { pattern: regex.value, group: "value" },
                    None => Place::Assigned { names: &["__version__", "VERSION"], any_case: true },
                };
                return self.follow(input.value, &place, "scikit-build-core");
            }
            (Some("scikit_build_core.metadata.setuptools_scm"), _) => self.say("setuptools-scm"),
            (Some(provider), _) => self.say(provider),
            (None, _) => self.left_to("scikit-build-core"),
        }
        Ok(())
    }

    /// Names who decides: a package that the build requires for that, or else `backend`.
    fn left_to(&mut self, backend: &str) {
        self.say(maker(self.document).map_or(backend, |(maker, _)| maker));
    }

    fn say(&mut self, by: &str) {
        self.finds.add(Found::Dynamic {
            file: self.document.file.to_owned(),
            line: self.document.line(self.dynamic.at),
            by: shown(by),
        });
    }

    fn missing(&mut self, path: &str) {
        let why = format!("its version is that of `{}`, and there is no such file", shown(path));
        self.finds.add(self.document.unreadable(self.dynamic.at, why));
    }

    fn path(&self, path: &str) -> Option<String> {
        self.finds.path(folder(self.document.file), path)
    }

    /// Follows a module to its file: beside the project file, in `src`, or where setuptools is told to look.
    fn follow_module(&mut self, module: &str, place: &Place<'_>, by: &str) -> Result<(), TreeError> {
        let path = module.replace('.', "/");
        let roots = self.document.texts("tool.setuptools.packages.find.where");
        let told = self.root_of_packages().into_iter().chain(roots.iter().map(|root| root.value));
        let roots: Vec<String> = told.chain(["", "src"]).map(str::to_owned).collect();
        for root in roots {
            for file in [format!("{root}/{path}/__init__.py"), format!("{root}/{path}.py")] {
                let file = file.trim_start_matches('/');
                let found = self.path(file);
                if let Some(found) = found
                    && self.finds.text(&found)?.is_some()
                {
                    return self.follow(file, place, by);
                }
            }
        }
        self.say(by);
        Ok(())
    }

    /// Where `package-dir` has all packages, which it says under an empty name.
    fn root_of_packages(&self) -> Option<&str> {
        let packages = self.document.table("tool.setuptools.package-dir")?;
        self.document.text_of(packages.get("")?).map(|text| text.value)
    }

    /// Reads the version of a file that was named.
    fn follow(&mut self, path: &str, place: &Place<'_>, by: &str) -> Result<(), TreeError> {
        let file = self.path(path);
        let text = match &file {
            Some(file) => self.finds.text(file)?,
            None => None,
        };
        let Some((file, text)) = file.zip(text) else {
            self.missing(path);
            return Ok(());
        };
        let (key, range) = match place.find(&text) {
            Ok(Some(found)) => found,
            // Code that works it out, or a pattern that only Python knows.
            Ok(None) => {
                self.say(&format!("{by}, from `{}`", shown(path)));
                return Ok(());
            }
            Err((at, why)) => {
                let line = Some(Lines::of(&text).line(at));
                self.finds.add(Found::Unreadable { file, line, why });
                return Ok(());
            }
        };
        let line = Lines::of(&text).line(range.start);
        let stated = &text[range.clone()];
        self.finds.add(match read_version(stated, Spelling::Pep440) {
            Ok(_version) => Found::Statement(Statement {
                line,
                text: stated.to_owned(),
                span: range,
                key,
                spelling: Spelling::Pep440,
                package: self.package.map(str::to_owned),
                role: Role::Version,
                file,
            }),
            Err(error) => Found::Unreadable { file, line: Some(line), why: format!("`{key}`: {error}") },
        });
        Ok(())
    }
}

/// A key and the bytes of the version under it.
type Placed = (String, std::ops::Range<usize>);

impl Place<'_> {
    /// The version's place; nothing where the file works it out, and why where it cannot be told.
    fn find(&self, text: &str) -> Result<Option<Placed>, (usize, String)> {
        match self {
            Self::Whole => {
                let start = text.len() - text.trim_start_matches(is_blank).len();
                let bare = text.trim_matches(is_blank);
                if bare.is_empty() {
                    return Err((0, "it is empty".to_owned()));
                }
                Ok(Some(("version".to_owned(), start..start + bare.len())))
            }
            Self::Matched { pattern, group } => Ok(matched(text, pattern, group)),
            Self::Assigned { names, any_case } => assigned(text, names, *any_case),
        }
    }
}

/// Blanks, and the byte order mark.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn matched(text: &str, pattern: &str, group: &str) -> Option<Placed> {
    let found = super::pattern::hits(text, pattern, Some(group)).ok()?.into_iter().next()?;
    Some((group.to_owned(), found))
}

/// The text literal that is assigned to one of `names` at the start of a line.
///
/// Backends that search for it, in any case, take the first. To those that read Python, twice is once too often.
fn assigned(text: &str, names: &[&str], any_case: bool) -> Result<Option<Placed>, (usize, String)> {
    let mut found: Option<Placed> = None;
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let at = from;
        from += line.len();
        let bare = line.trim_start_matches('\u{feff}');
        let end = bare.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(bare.len());
        let name = &bare[..end];
        let is_named =
            |wanted: &&str| if any_case { wanted.eq_ignore_ascii_case(name) } else { *wanted == name };
        if !names.iter().any(is_named) {
            continue;
        }
        let Some((target, value)) = bare[end..].split_once('=') else { continue };
        // An annotation may stand between; `==` and `+=` are no assignments of a text.
        if !(target.trim().is_empty() || target.trim_start().starts_with(':')) || value.starts_with('=') {
            continue;
        }
        let literal = value.trim_start();
        let quote = if literal.starts_with('"') { '"' } else { '\'' };
        let Some(inner) = literal.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) else {
            continue;
        };
        let behind = inner.1.trim_start();
        let is_all = behind.is_empty() || behind.starts_with(['#', ';']);
        if !is_all || inner.0.is_empty() || inner.0.contains(['\\', '\n']) {
            continue;
        }
        let start = at + (line.len() - literal.len()) + 1;
        if found.is_some() {
            return Err((start, format!("`{name}` is assigned twice")));
        }
        found = Some((name.to_owned(), start..start + inner.0.len()));
        if any_case {
            break;
        }
    }
    Ok(found)
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect::<String>().escape_debug().to_string()
}
