//! The form of a legacy upload: what the metadata says, under the names that indexes know.

use bytes::Bytes;
use sha2::Digest as _;

use super::Upload;
use crate::model::artifact::{Artifact, Distribution};
use crate::remote::error::RemoteError;
use crate::remote::http::call::Part;

/// How often a metadata field may appear.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    One,
    Many,
}

/// Every field of core metadata up to version 2.5, under the name it has in a form. Indexes compare the names
/// exactly and some are irregular plurals. Headers that are not listed here are no metadata, and could otherwise
/// pass for the form's own fields.
const FIELDS: [(&str, &str, Count); 32] = [
    ("Metadata-Version", "metadata_version", Count::One),
    ("Name", "name", Count::One),
    ("Version", "version", Count::One),
    ("Summary", "summary", Count::One),
    ("Description", "description", Count::One),
    ("Description-Content-Type", "description_content_type", Count::One),
    ("Keywords", "keywords", Count::Many),
    ("Home-page", "home_page", Count::One),
    ("Download-URL", "download_url", Count::One),
    ("Author", "author", Count::One),
    ("Author-email", "author_email", Count::One),
    ("Maintainer", "maintainer", Count::One),
    ("Maintainer-email", "maintainer_email", Count::One),
    ("License", "license", Count::One),
    ("License-Expression", "license_expression", Count::One),
    ("License-File", "license_file", Count::Many),
    ("Requires-Python", "requires_python", Count::One),
    ("Classifier", "classifiers", Count::Many),
    ("Project-URL", "project_urls", Count::Many),
    ("Platform", "platform", Count::Many),
    ("Supported-Platform", "supported_platform", Count::Many),
    ("Requires-Dist", "requires_dist", Count::Many),
    ("Provides-Dist", "provides_dist", Count::Many),
    ("Obsoletes-Dist", "obsoletes_dist", Count::Many),
    ("Requires-External", "requires_external", Count::Many),
    ("Provides-Extra", "provides_extra", Count::Many),
    ("Dynamic", "dynamic", Count::Many),
    ("Import-Name", "import_name", Count::Many),
    ("Import-Namespace", "import_namespace", Count::Many),
    ("Requires", "requires", Count::Many),
    ("Provides", "provides", Count::Many),
    ("Obsoletes", "obsoletes", Count::Many),
];

/// A form, ready to be sent; the file is read while it is.
#[derive(Clone)]
pub(super) struct Form {
    /// The value of `content-type`.
    pub(super) content_type: String,
    /// The body.
    pub(super) parts: Vec<Part>,
}

/// The form that uploads the file.
pub(super) fn form(upload: &Upload<'_>) -> Result<Form, RemoteError> {
    let fields = fields(upload)?;
    let Artifact { file_name, size_bytes, sha256, kind: _ } = upload.artifact;
    let boundary = boundary(&fields, sha256.as_bytes());
    let mut head = String::new();
    for (name, value) in &fields {
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    let quoted = file_name.as_str().replace('"', "%22");
    head.push_str(&format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{quoted}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    ));
    Ok(Form {
        content_type: format!("multipart/form-data; boundary={boundary}"),
        parts: vec![
            Part::Bytes(Bytes::from(head)),
            Part::File { path: upload.path.to_owned(), size_bytes: *size_bytes, sha256: *sha256 },
            Part::Bytes(Bytes::from(format!("\r\n--{boundary}--\r\n"))),
        ],
    })
}

/// A boundary that neither the fields nor the file can hold: it is a digest of both.
fn boundary(fields: &[(&'static str, String)], file: &[u8]) -> String {
    let mut hasher = sha2::Sha256::new();
    for (name, value) in fields {
        hasher.update(format!("{name}\0{value}\0"));
    }
    hasher.update(file);
    let digest: [u8; 32] = hasher.finalize().into();
    digest[..16].iter().fold("release-action-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// All fields but the file, in the order they are sent.
fn fields(upload: &Upload<'_>) -> Result<Vec<(&'static str, String)>, RemoteError> {
    let Upload { project: _, artifact, blake2b256, path: _, metadata, description, attestations } = upload;
    let Some(distribution) = artifact.distribution() else {
        return Err(RemoteError::Missing {
            what: format!(
                "`{}` is neither a wheel nor an sdist, and an index takes nothing else",
                artifact.file_name
            ),
            hint: "files of other kinds go to the release page".into(),
        });
    };
    let (file_type, python) = match distribution {
        Distribution::Wheel(wheel) => ("bdist_wheel", wheel.python().join(".")),
        Distribution::Sdist(_) => ("sdist", "source".to_owned()),
    };
    let mut fields = vec![
        (":action", "file_upload".to_owned()),
        ("protocol_version", "1".to_owned()),
        ("filetype", file_type.to_owned()),
        ("pyversion", python),
        ("sha256_digest", artifact.sha256.to_string()),
        ("blake2_256_digest", blake2b256.to_string()),
    ];
    for (header, field, count) in FIELDS {
        let values = values(metadata, header);
        match (field, count) {
            ("description", _) => {
                let body = description.map(str::to_owned).filter(|text| is_stated(text));
                fields.extend(body.or_else(|| values.into_iter().next()).map(|value| (field, value)));
            }
            ("keywords", _) => fields.extend(keywords(&values).map(|value| (field, value))),
            // Old setuptools wrote the field before it existed, and indexes would refuse it.
            ("license_file", _) if !has_license_files(metadata) => {}
            // GitLab's index demands the field even where there is nothing to say.
            ("requires_python", _) => fields.push((field, values.into_iter().next().unwrap_or_default())),
            (_, Count::One) => fields.extend(values.into_iter().take(1).map(|value| (field, value))),
            (_, Count::Many) => fields.extend(values.into_iter().map(|value| (field, value))),
        }
    }
    fields.extend(attestations.map(|attestations| ("attestations", attestations.to_owned())));
    Ok(fields)
}

fn values(metadata: &[(String, String)], header: &str) -> Vec<String> {
    metadata
        .iter()
        .filter(|(name, value)| name.eq_ignore_ascii_case(header) && is_stated(value))
        .map(|(_, value)| value.clone())
        .collect()
}

/// `UNKNOWN` is how old tools wrote nothing.
fn is_stated(value: &str) -> bool {
    !matches!(value.trim(), "" | "UNKNOWN")
}

fn keywords(values: &[String]) -> Option<String> {
    let words: Vec<_> = values
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Whether the metadata's version knows `License-File`: 2.4 and later.
fn has_license_files(metadata: &[(String, String)]) -> bool {
    let version = values(metadata, "Metadata-Version").into_iter().next().unwrap_or_default();
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u32>().ok());
    let mut parts = version.split('.');
    (number(parts.next()), number(parts.next())) >= (Some(2), Some(4))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::artifact::{ArtifactKind, FileName};
    use crate::model::digest::{Blake2b256, Hashes};

    fn artifact(name: &str) -> Artifact {
        let file_name: FileName = name.parse().expect("good");
        let kind =
            Distribution::of_file_name(&file_name).map_or(ArtifactKind::Other, ArtifactKind::Distribution);
        Artifact::new(file_name, Hashes::of(b"abc"), kind)
    }

    fn sent(name: &str, metadata: &[(&str, &str)], description: Option<&str>) -> Vec<String> {
        let metadata: Vec<_> =
            metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let project = "foo".parse().expect("good");
        let artifact = artifact(name);
        let upload = Upload {
            project: &project,
            artifact: &artifact,
            blake2b256: Blake2b256::of(b"abc"),
            path: Path::new("x"),
            metadata: &metadata,
            description,
            attestations: None,
        };
        let fields = fields(&upload).expect("a distribution");
        fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_wheels_form_has_every_field_under_the_name_that_indexes_know() {
        let metadata = [
            ("Metadata-Version", "2.4"),
            ("Name", "Foo"),
            ("Version", "1.0"),
            ("Summary", "It is."),
            ("Keywords", "a,b ,  c d"),
            ("home-page", "UNKNOWN"),
            ("License-Expression", "MIT"),
            ("License-File", "LICENSE"),
            ("License-File", "NOTICE"),
            ("Classifier", "A :: B"),
            ("Classifier", "C :: D"),
            ("Project-URL", "Docs, https://docs.invalid"),
            ("Platform", "any"),
            ("Supported-Platform", "linux"),
            ("Requires-Python", ">=3.9"),
            ("Requires-Dist", "x>=1"),
            ("Provides-Extra", "e"),
            ("Dynamic", "Version"),
            ("Import-Name", "foo"),
            ("Description-Content-Type", "text/markdown"),
            (":action", "remove"),
            ("Content", "theirs"),
            ("sha256_digest", "0"),
        ];
        let expected = [
            ":action=file_upload",
            "protocol_version=1",
            "filetype=bdist_wheel",
            "pyversion=cp311.cp312",
            "sha256_digest=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "blake2_256_digest=bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
            "metadata_version=2.4",
            "name=Foo",
            "version=1.0",
            "summary=It is.",
            "description=# Foo\n",
            "description_content_type=text/markdown",
            "keywords=a, b, c d",
            "license_expression=MIT",
            "license_file=LICENSE",
            "license_file=NOTICE",
            "requires_python=>=3.9",
            "classifiers=A :: B",
            "classifiers=C :: D",
            "project_urls=Docs, https://docs.invalid",
            "platform=any",
            "supported_platform=linux",
            "requires_dist=x>=1",
            "provides_extra=e",
            "dynamic=Version",
            "import_name=foo",
        ];
        assert_eq!(sent("foo-1.0-cp311.cp312-abi3-win32.whl", &metadata, Some("# Foo\n")), expected);
    }

    #[test]
    fn an_old_sdist_keeps_to_what_its_metadata_version_knows() {
        let metadata = [
            ("Metadata-Version", "2.1"),
            ("Name", "foo"),
            ("Version", "1.0"),
            ("Description", "Old."),
            ("License-File", "LICENSE"),
            ("Keywords", "UNKNOWN"),
        ];
        let fields = sent("foo-1.0.tar.gz", &metadata, None);
        assert_eq!(fields[2..4], ["filetype=sdist", "pyversion=source"]);
        assert_eq!(
            fields[6..],
            ["metadata_version=2.1", "name=foo", "version=1.0", "description=Old.", "requires_python="]
        );
        assert!(
            sent("foo-1.0.tar.gz", &[("Metadata-Version", "10.0"), ("License-File", "L")], None)
                .contains(&"license_file=L".into())
        );
    }

    #[test]
    fn a_version_to_come_is_sent_as_it_is_without_what_nobody_knows() {
        let metadata = [
            ("Metadata-Version", "2.6"),
            ("Name", "foo"),
            ("Version", "1.0"),
            ("License-File", "L"),
            ("Import-Name", "foo"),
            ("Import-Name", "foo_extra ; private"),
            ("Import-Namespace", "ns"),
            ("Novel-Field", "x"),
            ("Attestations", "[]"),
        ];
        let fields = sent("foo-1.0-py2.py3-none-any.whl", &metadata, None);
        assert_eq!(fields[3], "pyversion=py2.py3");
        assert_eq!(
            fields[6..],
            [
                "metadata_version=2.6",
                "name=foo",
                "version=1.0",
                "license_file=L",
                "requires_python=",
                "import_name=foo",
                "import_name=foo_extra ; private",
                "import_namespace=ns",
            ]
        );
    }

    #[test]
    fn a_licence_file_is_sent_from_the_version_on_that_knows_it() {
        let known = |version: &str| {
            let metadata = [("Metadata-Version", version), ("License-File", "L")];
            sent("foo-1.0.tar.gz", &metadata, None).contains(&"license_file=L".to_owned())
        };
        for old in ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "", "x"] {
            assert!(!known(old), "{old}");
        }
        for new in ["2.4", "2.5", "2.10", "3.0"] {
            assert!(known(new), "{new}");
        }
    }

    #[test]
    fn attestations_are_one_field_and_none_where_there_are_none() {
        let (project, artifact) = ("foo".parse().expect("good"), artifact("foo-1.0.tar.gz"));
        let of = |attestations| {
            let (path, blake2b256) = (Path::new("x"), Blake2b256::of(b"abc"));
            let upload = Upload {
                project: &project,
                artifact: &artifact,
                blake2b256,
                path,
                metadata: &[],
                description: None,
                attestations,
            };
            let fields = fields(&upload).expect("an sdist");
            fields
                .into_iter()
                .filter(|(name, _)| *name == "attestations")
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(None), Vec::<String>::new());
        assert_eq!(of(Some(r#"[{"version":1}]"#)), [r#"[{"version":1}]"#]);
    }

    #[test]
    fn other_files_have_no_form() {
        let (project, artifact) = ("foo".parse().expect("good"), artifact("tool"));
        let upload = Upload {
            project: &project,
            artifact: &artifact,
            blake2b256: Blake2b256::of(b"abc"),
            path: Path::new("x"),
            metadata: &[],
            description: None,
            attestations: None,
        };
        assert!(fields(&upload).is_err());
    }

    #[test]
    fn the_same_file_gives_the_same_form_and_another_one_another_boundary() {
        let boundary = |value: &str, file: &[u8]| boundary(&[("name", value.to_owned())], file);
        assert_eq!(boundary("a", b"x"), boundary("a", b"x"));
        assert_ne!(boundary("a", b"x"), boundary("b", b"x"));
        assert_ne!(boundary("a", b"x"), boundary("a", b"y"));
    }
}
