//! Descriptions: the same is said of them whatever their lines end in.

use release_action::markup::{markdown, rst as restructured};

pub(super) fn rst(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let reading = restructured::read(&text);
    let lines = text.matches(LINE_ENDS).count() + 1;
    assert!(reading.troubles.len() <= 20 && reading.troubles.is_sorted_by_key(|trouble| trouble.line));
    let told = reading.troubles.iter().map(|trouble| trouble.line);
    for line in told.chain(reading.relative_links.iter().map(|link| link.line)) {
        assert!((1..=lines).contains(&line), "line {line} of {lines}");
    }
    if !text.contains('\r') {
        assert_eq!(restructured::read(&text.replace('\n', "\r\n")), reading);
    }
}

/// What Python's `str.splitlines` splits at.
const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

pub(super) fn markdown(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let links = markdown::relative_links(&text);
    let lines = text.lines().count();
    for link in &links {
        assert!((1..=lines).contains(&link.line) && text.contains(&link.target), "{link:?}");
    }
    if !text.contains('\r') {
        assert_eq!(markdown::relative_links(&text.replace('\n', "\r\n")), links);
    }
}

fn owned(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn rsts() -> Vec<Vec<u8>> {
    owned(&[
        "Title\n=====\n\nA *word*, **two**, ``code``, `link <https://example.org>`_ and `other`_.\n\n.. _other: x\n",
        "=====\n Top\n=====\n\n* a\n\n  1. b\n  #. c\n\n     (i) d\n\n- e\n\n:field: x\n:other:\n   y\n",
        "+---+---+\n| a | b |\n+===+===+\n| c     |\n+---+---+\n\n== ==\na  b\n== ==\nc  d\n== ==\n",
        ".. note:: x\n   :class: y\n\n   z\n\n.. image:: a.png\n   :alt: b\n   :target: c_\n\n.. |s| replace:: t\n\n|s|\n",
        ".. code-block:: python\n   :linenos:\n\n   x = 1\n\n::\n\n   literal\n\n> quoted\n\n| line\n| block\n\n>>> 1\n1\n",
        ".. list-table::\n   :header-rows: 1\n\n   * - a\n     - b\n   * - c\n     - d\n\n.. csv-table:: x\n   :header: a, \"b\"\n\n   1, 2\n",
        "[1]_ [#]_ [#a]_ [*]_ [C]_ |x| `a`__ b__ _`t` :pep:`8` :role:`x`\n\n.. [1] f\n.. [#] g\n.. [C] c\n__ x\n.. __: y\n",
        "-a, --all=X  option\n/V  other\n\nterm : class\n   text\n\n----\n\n.. raw:: html\n\n   <x>\n\n.. include:: y\n",
        "`open *open ``open |open [x\n\n\\\\ \\* \\\n\n.. bad::\n.. contents::\n.. sectnum::\n.. role:: r(code)\n",
    ])
}

pub(super) fn markdowns() -> Vec<Vec<u8>> {
    owned(&[
        "# Title\n\n[a](b.md) ![c](d.png \"title\") [e](<f g>) [h]: i.md\n\n```\n[code](x)\n```\n",
        "<a href=\"docs/x\">y</a> <img src='z.png'>\n<!-- <a href=\"no\"> -->\n\n    [code](y)\n\n`[code](z)`\n",
        "> [q](r) \\[s](t) [u](v(w)x) [mailto](mailto:a@b) [#](#frag) [/](/root)\n~~~~\n[no](no)\n~~~~~\n[label]:\n  next.md\n",
        "<!--\n[x](y)\n``` `` ` ``` [a](b)\n--> [c](d)\n",
    ])
}
