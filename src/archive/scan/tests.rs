use super::*;

fn scan(path: &str, text: &[u8], step: usize) -> Vec<(MarkKind, usize)> {
    let mut scanner = Scanner::of(path);
    text.chunks(step).for_each(|chunk| scanner.update(chunk));
    scanner.finish().into_iter().map(|mark| (mark.kind, mark.line)).collect()
}

/// Put together here, so that no scanner of secrets takes this file for a leak.
fn secrets() -> Vec<(MarkKind, String)> {
    let random = "q7Rz0mKx4Tn9Bw2Lc8Vj5Hd1Gf6Ys3PaUeQoIiXkWtMbNvCzDlFgJhSrApEyOuZq".repeat(3);
    let letters = |count: usize| &random[..count];
    let key = |label: &str, end: &str| format!("-----BEGIN {label}PRIVATE KEY{end}-----\n{}\n", letters(64));
    vec![
        (MarkKind::IndexToken, format!("pypi-AgEIcHlwaS5vcmcC{}{}", "J", letters(150))),
        (MarkKind::IndexToken, format!("pypi-AgENdGVzdC5weXBpLm9yZw{}{}", "Ik", letters(160))),
        (MarkKind::PyArmor, format!("__pyarmor{}(__name__, __file__, b'')", "__")),
        (MarkKind::PyArmor, format!("__pyarmor{}enter__()", "_")),
        (MarkKind::PrivateKey, key("", "")),
        (MarkKind::PrivateKey, key("RSA ", "").replace('\n', "\\n")),
        (MarkKind::PrivateKey, key("OPENSSH ", "").replace('\n', "\\n\"\n    \"")),
        (MarkKind::PrivateKey, key("PGP ", " BLOCK").replace("-----\n", "-----\n\n")),
        (MarkKind::CloudKey, format!("id = \"AKI{}\"", "AQ7RZ2MKX4TN6BW2L")),
        (MarkKind::ForgeToken, format!("token=ghp{}{}", "_", letters(36))),
        (MarkKind::ForgeToken, format!("github{}{}_{}", "_pat_", letters(22), letters(59))),
    ]
}

#[test]
fn marks_are_found_wherever_a_chunk_ends() {
    for (kind, secret) in secrets() {
        let text = format!("{}\n\n  {secret} \n{}", "a line\n".repeat(90), "more\n".repeat(120));
        for step in [1, 2, 7, 64, 319, 320, 321, 639, 640, 641, text.len()] {
            assert_eq!(scan("a/b.py", text.as_bytes(), step), [(kind, 93)], "{secret:?} by {step}");
        }
        assert_eq!(scan("a.py", secret.as_bytes(), secret.len()), [(kind, 1)], "{secret:?} alone");
    }
    let pye = format!("---BEGIN PYE{0}\n{1}\n---END PYE{0}\n", " FILE---", "x".repeat(5000));
    for step in [1, 400, 6000] {
        assert_eq!(scan("a.py", pye.as_bytes(), step), [(MarkKind::SourceDefender, 1)]);
    }
}

#[test]
fn words_about_secrets_are_none() {
    let akia = format!("AKI{}", "A");
    for text in [
        "pypi-AgEIcHlwaS5vcmcCJ… is how a token begins".to_owned(),
        "START = b\"-----BEGIN OPENSSH PRIVATE KEY-----\"\nEND = b\"-----END OPENSSH PRIVATE KEY-----\""
            .to_owned(),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
        format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{}", "q7Rz0mKx".repeat(8)),
        format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}", "q7Rz0mKx".repeat(8)),
        format!("-----BEGIN CERTIFICATE-----\n{}", "q7Rz0mKx".repeat(8)),
        format!(
            "{akia}IOSFODNN7EXAMPLE {akia}XXXXXXXXXXXXXXXX x{akia}Q7RZ2MKX4TN6BW2L {akia}Q7RZ2MKX4TN6BW2L/a"
        ),
        format!("ghp_{} ghp_abcdefghijklmnopqrstuvwxyz0123456789", "x".repeat(36)),
        "---BEGIN PYE FILE---".to_owned(),
        "from pyarmor import __pyarmor__; __pyarmor__(__name__, path)".to_owned(),
    ] {
        assert_eq!(scan("a.py", text.as_bytes(), 100), [], "{text}");
    }
}

#[test]
fn only_texts_are_looked_at() {
    let token = &secrets()[9].1;
    for (path, count) in [("a.md", 1), ("LICENSE", 1), (".env", 1), ("A.PY", 1), ("a.so", 0), ("a.png", 0)] {
        assert_eq!(scan(path, token.as_bytes(), 50).len(), count, "{path}");
    }
    // Only what Python runs can be packed.
    assert_eq!(scan("a.md", secrets()[3].1.as_bytes(), 50), []);
    assert_eq!(scan("a.py", token.repeat(100).replace("token", "\ntoken").as_bytes(), 50).len(), MOST_MARKS);
}
