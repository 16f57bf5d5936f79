//! The long description: whether the index takes it, and what would show broken there.

use super::dist::Dist;
use super::{Check, Run, Sink, specimen_wheel};
use crate::archive::metadata::Metadata;
use crate::archive::shown;
use crate::markup::{RelativeLink, markdown, rst};
use crate::python::content_type::{ContentType, Media};
use crate::report::{Rule, Severity};

const CORE_METADATA: &str = "core metadata specification, Description and Description-Content-Type";
const RENDERER: &str = "readme_renderer 46.0, the index's renderer";

pub(super) const TABLES: &[&[Check]] = &[CHECKS];

const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "description/content-type",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the description's content type is not one that an index renders",
            explain: "`Description-Content-Type` is `text/plain`, `text/x-rst` or `text/markdown`; a charset is \
                      `UTF-8`, and a variant of Markdown is `GFM` or `CommonMark`, spelled so.",
            fix: "set `readme` in `pyproject.toml` to a file that ends in `.md`, `.rst` or `.txt`",
            sources: &[CORE_METADATA, "packaging 26.3, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: content_type,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Description-Content-Type", "text/html");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "description/no-content-type",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the description does not say in which format it is",
            explain: "Without `Description-Content-Type` an index takes every description for reStructuredText: \
                      Markdown then shows as one heap of text, or the upload is refused.",
            fix: "state the format: `readme = { file = \"README.md\", content-type = \"text/markdown\" }`",
            sources: &[CORE_METADATA, "twine check"],
            since: "0.1.0",
        },
        run: Run::File {
            check: no_content_type,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.without_metadata("Description-Content-Type");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "description/missing",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "there is no description",
            explain: "The project's page on an index stays empty. Old build backends write `UNKNOWN` where they \
                      know none.",
            fix: "set `readme` in `pyproject.toml`, and check that the build sees the file",
            sources: &[CORE_METADATA, "twine check"],
            since: "0.1.0",
        },
        run: Run::File {
            check: missing,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.description("UNKNOWN\n");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "description/twice",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the description stands both among the headers and behind them",
            explain: "METADATA has one description: behind its headers, or in old files as the header `Description`. \
                      With both, readers do not agree on which one counts.",
            fix: "let one tool write the metadata, and do not add a `Description` header to it",
            sources: &[CORE_METADATA, "packaging 26.3, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: twice,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Description", "Another one.");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "description/not-rendered",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "the index refuses the description, as it is no clean reStructuredText",
            explain: "An index renders reStructuredText with docutils and refuses the upload at its first warning: \
                      roles and directives of Sphinx, titles that are longer than their lines, markup that does \
                      not end, references to nothing. Markdown and plain text cannot fail.",
            fix: "correct the lines that are named, and run `twine check dist/*` to see what docutils says",
            sources: &[RENDERER, "docutils 0.22"],
            since: "0.1.0",
        },
        run: Run::File {
            check: not_rendered,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Description-Content-Type", "text/x-rst");
                    wheel.description("Sample\n======\n\nSee :func:`sample.run`.\n");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "description/relative-link",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a link or image of the description leads nowhere on the index's page",
            explain: "A relative target is looked for beside the page that shows it. On the index's page there are \
                      no files of the project, so the link breaks and the image is missing.",
            fix: "write the whole address of the file, at the tag of the release",
            sources: &[RENDERER],
            since: "0.1.0",
        },
        run: Run::File {
            check: relative_link,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Description-Content-Type", "text/markdown");
                    wheel.description("# Sample\n\nSee [the guide](docs/guide.md).\n");
                })
            },
        },
    },
];

/// How many links that break are named.
const RELATIVE_LINKS_SHOWN: usize = 3;

fn read(dist: &Dist) -> Option<(&str, &Metadata)> {
    let document = dist.document()?;
    Some((document.member()?, document.value()?))
}

/// The text behind the headers, if it says anything.
fn body(metadata: &Metadata) -> Option<&str> {
    metadata.body().filter(|body| !matches!(body.trim(), "" | "UNKNOWN"))
}

/// The text behind the headers in the format that an index takes it for.
fn text(metadata: &Metadata) -> Option<(&str, Media)> {
    let stated = metadata.get("Description-Content-Type").map(str::trim).filter(|value| !value.is_empty());
    let media =
        stated.map_or(Some(Media::Rst), |value| value.parse::<ContentType>().ok().map(|told| told.media))?;
    Some((body(metadata)?, media))
}

fn content_type(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let Some(value) = metadata.get("Description-Content-Type").filter(|value| !value.trim().is_empty())
    else {
        return;
    };
    if let Err(error) = value.parse::<ContentType>() {
        let told = shown(value);
        let (told, what) = (told.escape_debug(), shown(&error.what));
        sink.at(
            member,
            format_args!("the content type of the description is `{told}`: {}", what.escape_debug()),
        );
    }
}

fn no_content_type(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && metadata.description().is_some_and(|text| !matches!(text.trim(), "" | "UNKNOWN"))
        && metadata.get("Description-Content-Type").is_none_or(|value| value.trim().is_empty())
    {
        sink.at(member, "`Description-Content-Type` is missing, and there is a description");
    }
}

fn missing(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    match metadata.description().map(str::trim) {
        None | Some("") => sink.at(member, "the description is empty"),
        Some("UNKNOWN") => sink.at(member, "the description is `UNKNOWN`"),
        Some(_) => {}
    }
}

fn twice(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && metadata.get("Description").is_some()
        && metadata.body().is_some_and(|body| !body.trim().is_empty())
    {
        sink.at(member, "there is a `Description` header, and a text behind the headers too");
    }
}

fn not_rendered(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let Some((text, Media::Rst)) = text(metadata) else { return };
    let reading = rst::read(text);
    for trouble in &reading.troubles {
        let (line, what) = (trouble.line, shown(&trouble.what));
        sink.at(member, format_args!("line {line} of the description: {}", what.escape_debug()));
    }
    if reading.troubles.is_empty() && reading.is_empty {
        sink.at(member, "nothing of the description would show");
    }
}

fn relative_link(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let links = match text(metadata) {
        Some((text, Media::Rst)) => rst::read(text).relative_links,
        Some((text, Media::Markdown)) => markdown::relative_links(text),
        Some((_, Media::Plain)) | None => return,
    };
    let Some(first) = links.first() else { return };
    let shown_links = links.iter().take(RELATIVE_LINKS_SHOWN).map(|RelativeLink { line, target }| {
        let target = shown(target);
        format!("`{}` (line {line})", target.escape_debug())
    });
    let shown_links = shown_links.collect::<Vec<_>>().join(", ");
    match links.len() {
        1 => sink.at(member, format_args!("line {} of the description leads to {}", first.line, shown_links)),
        count => sink.at(
            member,
            format_args!("{count} links of the description lead to files beside it, such as {shown_links}"),
        ),
    }
}
