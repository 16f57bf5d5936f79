"""Writes data/spdx.txt and data/classifiers.txt from the packages that Python's indexes and installers use.

Usage: python3 -m venv venv && venv/bin/pip install packaging==26.3 trove-classifiers==2026.9.21.13
       venv/bin/python scripts/python_lists.py

`--check` writes nothing and fails when a list differs. Of a line's fields, which tabs part, the first is what the
line is about; see each list's header.
"""

import pathlib
import sys
from importlib.metadata import version

from packaging.licenses import _spdx
from trove_classifiers import all_classifiers, deprecated_classifiers

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def spdx():
    yield f"# SPDX license list {_spdx.VERSION}: identifiers of licences and exceptions, in their canonical spelling."
    yield f"# Origin: the Python package packaging {version('packaging')}, licenses/_spdx.py. Written by scripts/python_lists.py."
    yield "# license|exception, identifier, and `deprecated` where SPDX says so. Sorted by identifier in lower case."
    for kind, table in (("license", _spdx.LICENSES), ("exception", _spdx.EXCEPTIONS)):
        for key, entry in sorted(table.items()):
            assert key == entry["id"].lower(), key
            yield "\t".join([kind, entry["id"]] + ["deprecated"] * entry["deprecated"])


def classifiers():
    release = version("trove-classifiers")
    year, month, day = map(int, release.split(".")[:3])
    yield f"# date: {year:04}-{month:02}-{day:02}"
    yield f"# Origin: the Python package trove-classifiers {release}. Written by scripts/python_lists.py."
    yield "# A classifier a line, sorted. Behind `deprecated`: those that stand in for it, if any."
    for name in sorted(all_classifiers):
        if name in deprecated_classifiers:
            yield "\t".join([name, "deprecated", *deprecated_classifiers[name]])
        else:
            yield name


def main():
    stale = []
    for name, lines in (("spdx.txt", spdx()), ("classifiers.txt", classifiers())):
        text = "".join(line + "\n" for line in lines)
        path = DATA / name
        if sys.argv[1:] != ["--check"]:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.exit(f"these lists are not what the packages hold: {', '.join(stale)}")


main()
