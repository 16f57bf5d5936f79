//! The core metadata that the form carries, checked as PyPI checks it.
//!
//! Left out because they need knowledge that changes without us: the list of classifiers (their first word is
//! checked), rendering of the description, and the grammars of requirements and licence expressions.

use std::str::FromStr as _;

use super::form::Form;
use super::refusal::{Checked, Refusal};
use crate::model::name::PackageName;
use crate::model::version::Version;

/// The metadata versions that are taken; there never was a 2.0.
const VERSIONS: [&str; 8] = ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"];

/// Fields that are given once, by their names on the wire.
const SINGLE: [&str; 17] = [
    "metadata_version",
    "name",
    "version",
    "summary",
    "description",
    "description_content_type",
    "keywords",
    "home_page",
    "download_url",
    "author",
    "author_email",
    "maintainer",
    "maintainer_email",
    "license",
    "license_expression",
    "requires_python",
    "comment",
];

/// The metadata version that brought a field, by the field's name on the wire.
const SINCE: [(&str, &str); 20] = [
    ("supported_platform", "1.1"),
    ("download_url", "1.1"),
    ("classifiers", "1.1"),
    ("requires", "1.1"),
    ("provides", "1.1"),
    ("obsoletes", "1.1"),
    ("maintainer", "1.2"),
    ("maintainer_email", "1.2"),
    ("requires_dist", "1.2"),
    ("requires_python", "1.2"),
    ("requires_external", "1.2"),
    ("project_urls", "1.2"),
    ("provides_dist", "1.2"),
    ("obsoletes_dist", "1.2"),
    ("provides_extra", "2.1"),
    ("description_content_type", "2.1"),
    ("dynamic", "2.2"),
    ("license_expression", "2.4"),
    ("license_file", "2.4"),
    ("import_name", "2.5"),
];

/// The first words of classifiers.
const CLASSIFIERS: [&str; 10] = [
    "Development Status",
    "Environment",
    "Framework",
    "Intended Audience",
    "License",
    "Natural Language",
    "Operating System",
    "Programming Language",
    "Topic",
    "Typing",
];

/// What the metadata says of the release.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    /// The version.
    pub(super) version: Version,
    /// Files inside the distribution that hold licences.
    pub(super) license_files: Vec<String>,
}

/// Checks the form's metadata.
///
/// # Errors
/// The first rule that does not hold, in PyPI's order: metadata version, name, version, then the rest.
pub(super) fn check(form: &Form) -> Checked<Metadata> {
    let metadata_version = metadata_version(form)?;
    let version = version(form)?;
    single_fields_are_single(form)?;
    fields_are_known_to(metadata_version, form)?;
    summary(form)?;
    description_content_type(form)?;
    requires_python(form)?;
    no_direct_dependencies(form)?;
    urls(form)?;
    project_urls(form)?;
    emails(form)?;
    classifiers(form)?;
    extras(form)?;
    dynamic(form)?;
    if form.get("license").is_some() && form.get("license_expression").is_some() {
        return Err(invalid(
            "License is deprecated when License-Expression is present. Only License-Expression should be present",
        ));
    }
    let license_files = form.all("license_file").map(str::to_owned).collect();
    Ok(Metadata { version, license_files })
}

fn invalid(rule: impl std::fmt::Display) -> Refusal {
    Refusal::bad(format!("{rule}. See the core metadata specification for more information."))
}

fn shown(text: &str) -> String {
    text.chars().take(120).collect()
}

fn metadata_version(form: &Form) -> Checked<&'static str> {
    let text = form.get("metadata_version").unwrap_or_default();
    VERSIONS
        .into_iter()
        .find(|version| *version == text)
        .ok_or_else(|| invalid(format_args!("'{}' is not a valid metadata version", shown(text))))
}

fn version(form: &Form) -> Checked<Version> {
    let text = form.get("version").ok_or_else(|| invalid("'version' is a required field"))?;
    let version = Version::from_pep440(text)
        .map_err(|_source| invalid(format_args!("'{}' is invalid for 'version'", shown(text))))?;
    if version.is_local() {
        return Err(invalid(format_args!("The use of local versions in '{text}' is not allowed")));
    }
    Ok(version)
}

fn single_fields_are_single(form: &Form) -> Checked<()> {
    match SINGLE.into_iter().find(|name| form.all(name).count() > 1) {
        Some(name) => Err(invalid(format_args!("'{name}' has invalid data"))),
        None => Ok(()),
    }
}

fn fields_are_known_to(metadata_version: &str, form: &Form) -> Checked<()> {
    let rank = |version: &str| VERSIONS.iter().position(|known| *known == version);
    let too_new = |(field, since): &(&str, &str)| {
        rank(since) > rank(metadata_version) && form.all(field).any(|value| !value.is_empty())
    };
    match SINCE.iter().find(|row| too_new(row)) {
        Some((field, since)) => {
            let field = field.replace('_', "-");
            Err(invalid(format_args!(
                "{field} introduced in metadata version {since}, not {metadata_version}"
            )))
        }
        None => Ok(()),
    }
}

fn summary(form: &Form) -> Checked<()> {
    let Some(summary) = form.get("summary") else { return Ok(()) };
    if summary.contains('\n') {
        return Err(invalid("'summary' must be a single line"));
    }
    if summary.chars().count() > 512 {
        return Err(invalid("'summary' field must be 512 characters or less"));
    }
    Ok(())
}

fn description_content_type(form: &Form) -> Checked<()> {
    let Some(text) = form.get("description_content_type") else { return Ok(()) };
    let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media = parts.next().unwrap_or_default();
    let good = ["text/plain", "text/x-rst", "text/markdown"].contains(&media.as_str())
        && parts.all(|parameter| match parameter.split_once('=') {
            Some(("charset", charset)) => charset == "utf-8",
            Some(("variant", variant)) => {
                media != "text/markdown" || ["gfm", "commonmark"].contains(&variant)
            }
            _ => false,
        });
    if good {
        return Ok(());
    }
    let types = "text/plain, text/x-rst, text/markdown";
    Err(invalid(format_args!("'description-content-type' must be one of {types}, not '{}'", shown(text))))
}

fn requires_python(form: &Form) -> Checked<()> {
    match form.get("requires_python") {
        Some(text) if pep440_rs::VersionSpecifiers::from_str(text).is_err() => {
            Err(invalid(format_args!("'{}' is invalid for 'requires-python'", shown(text))))
        }
        _ => Ok(()),
    }
}

fn no_direct_dependencies(form: &Form) -> Checked<()> {
    for field in ["requires_dist", "provides_dist", "obsoletes_dist"] {
        for requirement in form.all(field) {
            let name_end = requirement
                .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_'))
                .unwrap_or(requirement.len());
            let (name, rest) = requirement.split_at(name_end);
            if name.parse::<PackageName>().is_err() {
                let field = field.replace('_', "-");
                return Err(invalid(format_args!("'{}' is invalid for '{field}'", shown(requirement))));
            }
            let rest = rest.trim_start();
            let rest = rest
                .strip_prefix('[')
                .and_then(|extras| extras.split_once(']'))
                .map_or(rest, |(_, rest)| rest);
            if rest.trim_start().starts_with('@') {
                return Err(invalid(format_args!("Can't have direct dependency: {}", shown(requirement))));
            }
        }
    }
    Ok(())
}

fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn urls(form: &Form) -> Checked<()> {
    for field in ["home_page", "download_url"] {
        if let Some(bad) = form.get(field).filter(|url| !is_web_address(url)) {
            return Err(invalid(format_args!("'{}' is not a valid url", shown(bad))));
        }
    }
    Ok(())
}

fn project_urls(form: &Form) -> Checked<()> {
    let mut labels = Vec::new();
    for text in form.all("project_urls") {
        let (label, url) = text.split_once(',').unwrap_or((text, ""));
        let (label, url) = (label.trim(), url.trim());
        if labels.contains(&label) {
            return Err(invalid("'project_urls' has invalid data"));
        }
        labels.push(label);
        if label.is_empty() {
            return Err(invalid("Must have a label"));
        }
        if label.chars().count() > 32 {
            return Err(invalid(format_args!("'{}' must be 32 characters or less", shown(label))));
        }
        if url.is_empty() {
            return Err(invalid("Must have a URL"));
        }
        if !is_web_address(url) {
            return Err(invalid(format_args!("'{}' is not a valid url", shown(url))));
        }
    }
    Ok(())
}

fn emails(form: &Form) -> Checked<()> {
    for field in ["author_email", "maintainer_email"] {
        let Some(text) = form.get(field) else { continue };
        let first = text.split(',').next().unwrap_or_default();
        let address =
            first.rsplit_once('<').map_or(first, |(_, address)| address.trim_end().trim_end_matches('>'));
        let good = address.trim().split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !host.contains(['@', ' ']) && !host.ends_with('.')
        });
        if !good {
            return Err(invalid(format_args!("'{}' is not a valid email address", shown(address.trim()))));
        }
    }
    Ok(())
}

fn classifiers(form: &Form) -> Checked<()> {
    let good = |text: &str| text.split_once(" :: ").is_some_and(|(first, _)| CLASSIFIERS.contains(&first));
    match form.all("classifiers").find(|classifier| !good(classifier)) {
        Some(bad) => Err(invalid(format_args!("'{}' is not a valid classifier", shown(bad)))),
        None => Ok(()),
    }
}

fn extras(form: &Form) -> Checked<()> {
    match form.all("provides_extra").find(|extra| extra.parse::<PackageName>().is_err()) {
        Some(bad) => Err(invalid(format_args!("'{}' is invalid for 'provides-extra'", shown(bad)))),
        None => Ok(()),
    }
}

fn dynamic(form: &Form) -> Checked<()> {
    let forbidden = ["name", "version", "metadata-version", "dynamic"];
    match form.all("dynamic").find(|field| forbidden.contains(&field.to_ascii_lowercase().as_str())) {
        Some(bad) => {
            Err(invalid(format_args!("Dynamic field '{}' is not a valid dynamic field", shown(bad))))
        }
        None => Ok(()),
    }
}
