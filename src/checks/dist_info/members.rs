//! What stands in `.dist-info` besides METADATA, WHEEL and RECORD.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Check, Run, Sink};
use super::{DIST_INFO, described};
use crate::archive::document::{Document, TextFault};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "dist-info/installer-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel holds a file that installers write",
            explain: "INSTALLER, REQUESTED and direct_url.json tell how a project came into an environment. In a wheel \
                      they tell it wrongly; it was packed from an installed copy.",
            fix: "build the wheel from sources, not from an environment, and leave the file out",
            sources: &["recording installed projects", DIST_INFO],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: installer_file,
            specimen: |wheel| {
                wheel.member("sample-1.0.dist-info/INSTALLER", "pip\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/signature",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel is signed in a way that nobody checks",
            explain: "RECORD.jws and RECORD.p7s are deprecated, and no installer ever read them. A reader may think \
                      that something was proven.",
            fix: "leave the signature out, and publish with attestations instead",
            sources: &["binary distribution format, signed wheel files (PEP 815)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: signature,
            specimen: |wheel| {
                wheel.member("sample-1.0.dist-info/RECORD.jws", "{}");
                wheel.edit_record(|rows| rows.retain(|row| !row[0].ends_with(".jws")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/unknown-folder",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`.dist-info` has a folder that no specification names",
            explain: "Folders there are reserved: `licenses` and `sboms` have a meaning, others may get one that the \
                      contents do not fit.",
            fix: "move the files into the package, or their metadata into a folder that is specified",
            sources: &[DIST_INFO, "PEP 639", "PEP 770"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: unknown_folder,
            specimen: |wheel| {
                wheel.member("sample-1.0.dist-info/notes/one.txt", "1\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/sbom",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file in `sboms` is no bill of materials",
            explain: "Scanners of vulnerabilities read `.dist-info/sboms` as CycloneDX or SPDX. What is neither leaves \
                      the bundled libraries unseen.",
            fix: "write the bill with a tool for CycloneDX or SPDX, or move the file elsewhere",
            sources: &["PEP 770"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: sbom,
            specimen: |wheel| {
                wheel.member("sample-1.0.dist-info/sboms/bill.cdx.json", "{\"components\": []}");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/top-level",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`top_level.txt` or `namespace_packages.txt` names what the wheel does not install",
            explain: "Tools take these lists for the names that can be imported. A name without a file is left over \
                      from another build, or its package was forgotten.",
            fix: "build again from a clean checkout, without an old `build` folder or `.egg-info`",
            sources: &["setuptools, egg formats"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: top_level,
            specimen: |wheel| {
                wheel.member("sample-1.0.dist-info/top_level.txt", "sample\nforgotten\n");
            },
        },
    },
];

fn installer_file(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, path) in described(wheel) {
        if ["INSTALLER", "REQUESTED", "direct_url.json"].contains(&path) {
            sink.at(&member.path, "installers write it, and no wheel has it");
        }
    }
}

fn signature(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, path) in described(wheel) {
        if ["RECORD.jws", "RECORD.p7s"].contains(&path) {
            sink.at(&member.path, "it is a signature that no installer reads");
        }
    }
}

fn unknown_folder(wheel: &WheelFile, sink: &mut Sink<'_>) {
    const KNOWN: [&str; 4] = ["licenses", "license_files", "LICENSES", "sboms"];
    let mut told = BTreeSet::new();
    for (member, path) in described(wheel) {
        if let Some((folder, _)) = path.split_once('/')
            && !KNOWN.contains(&folder)
            && told.insert(folder)
        {
            sink.at(&member.path, format_args!("no specification names `{}`", shown(folder).escape_debug()));
        }
    }
}

/// Whether the text is a bill in one of the forms that are known, or why not.
/// The usual one, of which nothing else is kept: such files are long.
#[derive(serde::Deserialize)]
struct Bill<'a> {
    #[serde(rename = "bomFormat", borrow)]
    format: Option<Cow<'a, str>>,
}

fn is_bill(text: &str) -> Result<(), &'static str> {
    let start = text.trim_start();
    if start.starts_with('<') {
        let is_known = start.contains("cyclonedx.org/schema/bom") || start.contains("spdx.org/rdf");
        return is_known.then_some(()).ok_or("it is XML, and neither CycloneDX nor SPDX");
    }
    if start.starts_with("SPDXVersion:") {
        return Ok(());
    }
    if serde_json::from_str(text).is_ok_and(|Bill { format }| format.as_deref() == Some("CycloneDX")) {
        return Ok(());
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Err("it is neither JSON nor XML nor SPDX's list of tags");
    };
    let is_cyclone = value.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX");
    let is_spdx = value.get("spdxVersion").is_some()
        || value.get("@context").is_some_and(|context| context.to_string().contains("spdx.org/rdf"));
    (is_cyclone || is_spdx).then_some(()).ok_or("it is JSON, and neither CycloneDX nor SPDX")
}

fn sbom(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(dist_info) = wheel.dist_info() else { return };
    let folder = format!("{dist_info}/sboms/");
    for (path, document) in
        wheel.texts.iter().filter(|(path, _)| path.starts_with(&folder) && !path.ends_with('/'))
    {
        let Document::Read { fault, value, .. } = document else { continue };
        match fault {
            Some(TextFault::NotUtf8 { at }) => {
                sink.at(path, format_args!("it is no UTF-8 from byte {at} on"))
            }
            _ => {
                if let Err(why) = is_bill(value.trim_start_matches('\u{feff}')) {
                    sink.at(path, why);
                }
            }
        }
    }
}

/// Every path of the library and every folder above, with and without what makes a file a module.
fn installed(wheel: &WheelFile) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for member in &wheel.zip.members {
        let mut path = member.path.trim_end_matches('/');
        if let Some((top, rest)) = path.split_once('/')
            && top.ends_with(".data")
        {
            path = rest.split_once('/').map_or("", |(_, path)| path);
        }
        // Deep paths name only their first folders: lists are of tops and of namespaces.
        for (depth, (at, _)) in path.match_indices('/').enumerate() {
            if depth < 4 {
                names.insert(&path[..at]);
            }
        }
        let file = path.rfind('/').map_or(0, |at| at + 1);
        let stem = path[file..].find('.').map_or(path.len(), |dot| file + dot);
        names.insert(&path[..stem]);
    }
    names
}

fn top_level(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(dist_info) = wheel.dist_info() else { return };
    let mut names = None;
    for file in ["top_level.txt", "namespace_packages.txt"] {
        let path = format!("{dist_info}/{file}");
        let Some(text) = wheel.texts.get(&path) else { continue };
        let names = names.get_or_insert_with(|| installed(wheel));
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !names.contains(line.replace('.', "/").as_str()) {
                sink.at(&path, format_args!("the wheel does not install `{}`", shown(line).escape_debug()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_bill;

    #[test]
    fn bills_are_known_by_what_they_say() {
        for good in [
            "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\"}",
            "{\"spdxVersion\": \"SPDX-2.3\"}",
            "{\"@context\": \"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\"}",
            "<?xml version=\"1.0\"?><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/>",
            "SPDXVersion: SPDX-2.3\n",
        ] {
            assert_eq!(is_bill(good), Ok(()), "{good}");
        }
        for bad in ["", "{", "[]", "{\"bomFormat\": 1}", "<bom/>", "text", &"[".repeat(100_000)] {
            assert!(is_bill(bad).is_err(), "{}", &bad[..bad.len().min(20)]);
        }
    }
}
