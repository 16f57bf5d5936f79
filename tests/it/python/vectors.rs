//! The texts that are judged: by hand where a grammar has a corner, by chance for all else.

use super::Vector;
use super::corners::BY_HAND;
use crate::support::chance::Chance;

/// How many texts chance makes for each grammar.
const EACH: usize = 2500;

/// What changes a text in a way that may matter.
const ANYWHERE: &[&str] = &[
    " ", "\t", "\n", "\r", "\0", "\x1c", "\u{a0}", "\u{2003}", "\u{200b}", "é", "ß", "١", "K", "\u{301}",
    "x", "X", "0", "1", "_", "-", ".", ",", ";", ":", "!", "+", "*", "(", ")", "[", "]", "<", ">", "=", "~",
    "@", "'", "\"", "\\", "/", "#", "%", "&", "?",
];

/// All vectors, the same on every run.
pub(super) fn all() -> Vec<Vector> {
    let mut vectors: Vec<Vector> = Vec::new();
    for (grammar, texts) in BY_HAND {
        vectors.extend(texts.iter().map(|text| (*grammar, (*text).to_owned())));
    }
    let mut chance = Chance::new(0x5eed_0fc0_de00);
    for (grammar, make) in BY_CHANCE {
        for _ in 0..EACH {
            let text = make(&mut chance);
            vectors.push((grammar, if chance.once_in(2) { chance.mutated(&text, ANYWHERE) } else { text }));
        }
    }
    for _ in 0..2 * EACH {
        vectors.push(("contains", format!("{}\t{}", specifiers(&mut chance), version(&mut chance))));
    }
    vectors
}

/// What makes one text.
type Make = fn(&mut Chance) -> String;

const BY_CHANCE: [(&str, Make); 10] = [
    ("version", version),
    ("specifier", specifiers),
    ("requirement", requirement),
    ("requirement", |chance| format!("x; {}", marker(chance, 0))),
    ("license", license),
    ("email", email),
    ("content_type", content_type),
    ("uri", uri),
    ("wheel", wheel),
    ("sdist", sdist),
];

fn number(chance: &mut Chance) -> &'static str {
    chance.one(&[
        "0",
        "1",
        "2",
        "3",
        "9",
        "10",
        "01",
        "2026",
        "18446744073709551616",
        "99999999999999999999999",
    ])
}

fn release(chance: &mut Chance) -> String {
    let count = 1 + chance.below(3);
    let numbers: Vec<_> = (0..count).map(|_| number(chance)).collect();
    let epoch = if chance.once_in(8) { chance.one(&["0!", "1!", "2!"]) } else { "" };
    format!("{}{epoch}{}", chance.one(&["", "", "", "v", "V"]), numbers.join("."))
}

fn suffix(chance: &mut Chance, words: &[&str]) -> String {
    let (before, word, between) =
        (chance.one(&["", ".", "-", "_"]), chance.one(words), chance.one(&["", "", ".", "-", "_"]));
    format!("{before}{word}{between}{}", chance.one(&["", "0", "1", "02", "7"]))
}

fn public(chance: &mut Chance) -> String {
    let mut text = release(chance);
    if chance.once_in(3) {
        text += &suffix(chance, &["a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "RC", "Alpha"]);
    }
    if chance.once_in(4) {
        text += &if chance.once_in(3) {
            format!("-{}", number(chance))
        } else {
            suffix(chance, &["post", "rev", "r", "POST"])
        };
    }
    if chance.once_in(4) {
        text += &suffix(chance, &["dev", "DEV"]);
    }
    text
}

fn version(chance: &mut Chance) -> String {
    let mut text = public(chance);
    if chance.once_in(4) {
        text += chance.one(&["+1", "+abc", "+Abc.1", "+a-b_c", "+01.x", "+1.2"]);
    }
    text
}

fn specifier(chance: &mut Chance) -> String {
    let operator = chance.one(&["==", "!=", "<=", ">=", "<", ">", "~=", "==="]);
    let blank = chance.one(&["", "", " ", "  ", "\n"]);
    let version = match operator {
        "==" | "!=" if chance.once_in(2) => format!("{}.*", release(chance)),
        "==" | "!=" => version(chance),
        "~=" if chance.once_in(8) => public(chance),
        "~=" => format!(
            "1.{}",
            public(chance).trim_start_matches(['v', 'V']).rsplit('!').next().unwrap_or_default()
        ),
        "===" => chance.one(&["1.0", "1", "any-thing", "1.0+Local", "", "a/b"]).to_owned(),
        _ if chance.once_in(12) => format!("{}.*", release(chance)),
        _ => public(chance),
    };
    format!("{operator}{blank}{version}")
}

fn specifiers(chance: &mut Chance) -> String {
    let count = chance.below(4);
    let all: Vec<_> = (0..count).map(|_| specifier(chance)).collect();
    all.join(chance.one(&[",", ", ", " ,", ",,"]))
}

fn name(chance: &mut Chance) -> &'static str {
    chance.one(&[
        "foo",
        "Foo.Bar",
        "a",
        "a-b_c",
        "x1",
        "zope.interface",
        "foo_",
        "foo-",
        "-foo",
        "3to2",
        "fo--o",
    ])
}

fn requirement(chance: &mut Chance) -> String {
    let mut text = format!("{}{}", chance.one(&["", "", " "]), name(chance));
    text += chance.one(&["", "", " "]);
    if chance.once_in(3) {
        text += chance.one(&["[a]", "[a,b]", "[ a , B.c ]", "[]", "[ ]", "[a b]", "[a,]", "[socks]"]);
    }
    text += chance.one(&["", " ", "\t"]);
    text += &match chance.below(8) {
        0 => String::new(),
        1 => format!("({})", specifiers(chance)),
        2 => format!(
            "@{}",
            chance.one(&[" https://example.org/x.whl", "file:///a", " ", " a;b", "git+ssh://x@y/z#egg=1"])
        ),
        _ => specifiers(chance),
    };
    text += chance.one(&["", "", " "]);
    if chance.once_in(3) {
        text += &format!(";{}{}", chance.one(&["", " "]), marker(chance, 0));
    }
    text
}

fn operand(chance: &mut Chance) -> &'static str {
    chance.one(&[
        "python_version",
        "python_full_version",
        "os_name",
        "os.name",
        "sys_platform",
        "sys.platform",
        "platform_machine",
        "platform.machine",
        "platform_release",
        "platform.release",
        "platform_system",
        "platform_version",
        "platform.version",
        "platform_python_implementation",
        "platform.python_implementation",
        "python_implementation",
        "implementation_name",
        "implementation_version",
        "extra",
        "extras",
        "dependency_groups",
        "python",
        "'3.9'",
        "\"3.12\"",
        "'nt'",
        "\"Foo_Bar\"",
        "''",
        "\"it's\"",
        "'\\x41\\u00e9'",
        "'a\\q\\101\\n'",
        "\"C:\\\\\"",
        "\"C:\\\"",
        "'\\x4'",
        "'é'",
        "'a.-_b'",
    ])
}

fn marker(chance: &mut Chance, depth: usize) -> String {
    let atom = if depth < 4 && chance.once_in(4) {
        let (open, close) = (chance.one(&["(", "( "]), chance.one(&[")", " )"]));
        format!("{open}{}{close}", marker(chance, depth + 1))
    } else {
        let blank = chance.one(&[" ", " ", "", "\t"]);
        let operator = chance
            .one(&["==", "!=", "<", ">=", "<=", ">", "~=", "===", " in ", " not in ", "not  in", "in", "="]);
        format!("{}{blank}{operator}{blank}{}", operand(chance), operand(chance))
    };
    if depth < 4 && chance.once_in(3) {
        let joint = chance.one(&[" and ", " or ", " and ", "and", " or", " AND "]);
        return format!("{atom}{joint}{}", marker(chance, depth + 1));
    }
    atom
}

fn license(chance: &mut Chance) -> String {
    let identifier = |chance: &mut Chance| {
        chance.one(&[
            "MIT",
            "mit",
            "Apache-2.0",
            "GPL-2.0+",
            "gpl-3.0-or-later",
            "0BSD",
            "LGPL-2.1",
            "BSD-3-Clause+",
            "LicenseRef-My.Own",
            "licenseref-my.own",
            "LicenseRef-",
            "LicenseRef-a_b",
            "LicenseRef-x+",
            "NOASSERTION",
            "CC-BY-4.0",
            "Unknown",
            "Knuth-CTAN",
        ])
    };
    let exception = |chance: &mut Chance| {
        chance.one(&["Classpath-exception-2.0", "llvm-exception", "Nokia-Qt-exception-1.1", "MIT", "odd"])
    };
    let mut text = String::new();
    let mut depth = 0;
    for index in 0..=chance.below(4) {
        if index > 0 {
            text += chance.one(&[" AND ", " OR ", " or ", " and ", "\tOr\n", " "]);
        }
        while chance.once_in(5) {
            depth += 1;
            text += chance.one(&["(", "( "]);
        }
        text += identifier(chance);
        if chance.once_in(4) {
            text += &format!("{}{}", chance.one(&[" WITH ", " with ", " WITH"]), exception(chance));
        }
        while depth > 0 && chance.once_in(2) {
            depth -= 1;
            text.push(')');
        }
    }
    if chance.once_in(20) { text } else { text + &")".repeat(depth) }
}

fn email(chance: &mut Chance) -> String {
    let local = chance.one(&[
        "ada", "a.b", "a+b", "o'x", "żółw", "a..b", ".a", "a b", "\"a b\"", "a\\@b", "", "x&y", "a_b-c",
    ]);
    let domain = chance.one(&[
        "example.org",
        "mail.example.co.uk",
        "localhost",
        "x.test",
        "x.invalid",
        "ex_ample.org",
        "-a.org",
        "a-.org",
        "bücher.de",
        "xn--bcher-kva.de",
        "xn--a.org",
        "example.1",
        "a..org",
        "EXAMPLE.ORG",
        "[127.0.0.1]",
        "ab--cd.org",
        "пример.рф",
        "♥.org",
        "",
        "example.org.",
        "straße.de",
        "日本.jp",
        "xn--ls8h.la",
    ]);
    let address = format!("{local}{}{domain}", chance.one(&["@", "@", "@", "@", " at ", "@@", " @ "]));
    match chance.below(10) {
        0 => format!("Ada Lovelace <{address}>"),
        1 => format!("\"L., Ada\" <{address}>"),
        2 => format!("{address} (Ada (L.))"),
        3 => format!("Ada <{address}>, Bob <bob@example.org>"),
        4 => format!("<{address}"),
        5 => format!("A. D. A. < {address} >"),
        6 => format!("Group: {address};"),
        _ => address,
    }
}

fn content_type(chance: &mut Chance) -> String {
    let mut text = chance
        .one(&[
            "text/markdown",
            "text/x-rst",
            "text/plain",
            "Text/Markdown",
            "text/html",
            " text/plain ",
            "markdown",
        ])
        .to_owned();
    for _ in 0..chance.below(4) {
        text += chance.one(&[";", "; ", " ; ", ";;", " "]);
        text += chance.one(&[
            "charset=UTF-8",
            "charset=utf-8",
            "Charset = \"UTF-8\"",
            "charset=latin-1",
            "variant=GFM",
            "variant=CommonMark",
            "variant=gfm",
            "variant=\"GFM\"",
            "x=y",
            "x=\"a b\\\"c\"",
            "(note) x=y",
            "charset",
            "charset=",
            "x=\"",
            "x='y'",
            "q=a%20b",
        ]);
    }
    text
}

fn uri(chance: &mut Chance) -> String {
    let (scheme, host) = (
        chance.one(&["http", "https", "HTTPS", "ftp", "", "git+https", "mailto"]),
        chance.one(&[
            "example.org",
            "user:pw@example.org",
            "[::1]",
            "[::1%25eth0]",
            "1.2.3.4",
            "1.2.3.400",
            "exa mple.org",
            "é.org",
            "",
            "[x]",
        ]),
    );
    let (port, path, query) = (
        chance.one(&["", "", ":80", ":", ":65535", ":65536", ":99999", ":100000", ":x"]),
        chance.one(&["", "/", "/a/b", "/a b", "/é", "/[a]", "/%20%zz", "//x", "/../..", "\\x"]),
        chance.one(&["", "", "?", "?a=b", "?a[]=1", "?é ü", "#x", "#[x]", "?a#b[", "?a?b"]),
    );
    format!("{scheme}{}{host}{port}{path}{query}", chance.one(&["://", "://", "://", ":", ":/", "//"]))
}

fn wheel(chance: &mut Chance) -> String {
    let mut parts = vec![chance.one(&["foo", "Foo.Bar", "foo_bar", "a__b", "f1"]).to_owned()];
    parts.push(version(chance).replace('-', "_"));
    if chance.once_in(3) {
        parts.push(chance.one(&["1", "1abc", "x", "007_z", "1.2"]).to_owned());
    }
    parts.push(chance.one(&["py3", "py2.py3", "cp312", "3py", "CP313", "", "py2..py3"]).to_owned());
    parts.push(chance.one(&["none", "abi3", "cp312", "abi3.abi3t", ""]).to_owned());
    parts.push(
        chance.one(&["any", "win_amd64", "manylinux_2_28_x86_64.manylinux2014_x86_64", "3x", ""]).to_owned(),
    );
    format!("{}{}", parts.join("-"), chance.one(&[".whl", ".whl", ".whl", ".whl", ".WHL", ".zip"]))
}

fn sdist(chance: &mut Chance) -> String {
    let extension = chance.one(&[".tar.gz", ".tar.gz", ".tar.gz", ".tgz", ".tar.bz2", ""]);
    format!("{}-{}{extension}", chance.one(&["foo", "foo-bar", "Foo.Bar", "f-1.0", "a_b"]), version(chance))
}
