//! Secrets and packers: what a release must not carry, found while the members passed.

use super::super::dist::Dist;
use super::super::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use super::{file, files, is_for_tests};
use crate::archive::scan::MarkKind;
use crate::report::{Rule, Severity};

const YARA: &str = "PyPI, rules for scanning uploads (2026)";
const LEAKS: &str = "GitHub, patterns of secret scanning";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "contents/index-token",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a text holds an upload token of PyPI",
            explain: "Whoever unpacks the file can upload in the name of the token's owner. PyPI refuses sources with \
                      such a token, and a published one is found by others within minutes.",
            fix: "revoke the token on PyPI at once, take it out of the sources, and upload by trusted publishing",
            sources: &[YARA],
            since: "0.1.0",
        },
        run: Run::File {
            check: index_token,
            specimen: || {
                specimen_wheel(|wheel| {
                    let text = format!("TOKEN = 'pypi-AgEIcHlwaS5vcmcC{}{}'\n", "J", "q7Rz0mKx4T".repeat(15));
                    wheel.member("sample/settings.py", text);
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/packed-code",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a module is encrypted",
            explain: "PyArmor and SourceDefender hide what code does, which malware likes and PyPI's terms forbid: \
                      an upload with such a module is refused.",
            fix: "ship the module as plain source, or compile it to an extension module",
            sources: &[YARA],
            since: "0.1.0",
        },
        run: Run::File {
            check: packed_code,
            specimen: || {
                specimen_wheel(|wheel| {
                    let text = format!("__pyarmor{}(__name__, __file__, b'PY')\n", "__");
                    wheel.member("sample/hidden.py", text);
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/private-key",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a text holds a private key that is not encrypted",
            explain: "A published key is everybody's key. Keys below folders for tests, examples and documentation are \
                      not told.",
            fix: "replace the key wherever it is trusted, and take it out of the sources; move a test's key below `tests`",
            sources: &["textual encodings of keys and certificates (RFC 7468)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: private_key,
            specimen: || {
                specimen_sdist(|sdist| {
                    let key = "q7Rz0mKx4Tn9Bw2Lc8Vj5Hd1Gf6Ys3PaUeQoIiXkWtMbNvCzDlFgJhSrApEyOuZq";
                    sdist.member("deploy/key.pem", format!("-----BEGIN {}-----\n{key}\n", "PRIVATE KEY"));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/credential",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a text holds what looks like an access key of AWS or a token of GitHub",
            explain: "Both are recognised by their form, and published ones are tried by strangers at once. Texts below \
                      folders for tests, examples and documentation are not told.",
            fix: "revoke the key or token at its service, and take it out of the sources",
            sources: &[LEAKS],
            since: "0.1.0",
        },
        run: Run::File {
            check: credential,
            specimen: || {
                specimen_wheel(|wheel| {
                    let text = format!("TOKEN = 'gh{}q7Rz0mKx4Tn9Bw2Lc8Vj5Hd1Gf6Ys3PaUeQo'\n", "p_");
                    wheel.member("sample/settings.py", text);
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/credential-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file has the name of one that holds passwords or keys",
            explain: "`.pypirc`, `.netrc`, `.env` and `id_rsa` lie in a developer's folder and hold what only that \
                      person may know. Whoever unpacks the distribution can read them.",
            fix: "exclude the file from the build, and change what stood in it once it was published",
            sources: &["Python packaging user guide, the .pypirc file", LEAKS],
            since: "0.1.0",
        },
        run: Run::File {
            check: credential_file,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.member(".pypirc", "[distutils]\n");
                })
            },
        },
    },
];

/// Tells each mark of these kinds that `is_told` at its path.
fn tell(dist: &Dist, sink: &mut Sink<'_>, kinds: &[(MarkKind, &str)], is_told: fn(&str) -> bool) {
    for (member, path, insight) in files(dist) {
        for mark in insight.map_or(&[][..], |insight| &insight.marks) {
            if let Some((_, what)) = kinds.iter().find(|(kind, _)| *kind == mark.kind)
                && is_told(path)
            {
                sink.at(member, format_args!("line {} holds {what}", mark.line));
            }
        }
    }
}

fn index_token(dist: &Dist, sink: &mut Sink<'_>) {
    tell(dist, sink, &[(MarkKind::IndexToken, "an upload token of PyPI or TestPyPI")], |_| true);
}

fn packed_code(dist: &Dist, sink: &mut Sink<'_>) {
    let kinds = [
        (MarkKind::PyArmor, "a hook of PyArmor"),
        (MarkKind::SourceDefender, "the begin of code that SourceDefender encrypted"),
    ];
    tell(dist, sink, &kinds, |_| true);
}

fn private_key(dist: &Dist, sink: &mut Sink<'_>) {
    tell(dist, sink, &[(MarkKind::PrivateKey, "a private key")], |path| !is_for_tests(path));
}

fn credential(dist: &Dist, sink: &mut Sink<'_>) {
    let kinds = [
        (MarkKind::CloudKey, "the identifier of an access key of AWS"),
        (MarkKind::ForgeToken, "an access token of GitHub"),
    ];
    tell(dist, sink, &kinds, |path| !is_for_tests(path));
}

fn credential_file(dist: &Dist, sink: &mut Sink<'_>) {
    const NAMES: [&str; 8] =
        [".pypirc", ".netrc", "_netrc", ".env", "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa"];
    for (member, path, _) in files(dist) {
        if NAMES.contains(&file(path)) && !is_for_tests(path) {
            sink.at(member, format_args!("`{}` usually holds what is secret", file(path)));
        }
    }
}
