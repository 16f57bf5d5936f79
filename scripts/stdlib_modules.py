"""Writes data/stdlib_modules.txt: the top-level modules that every supported Python brings.

Needs the package `stdlib-list`, which follows the indexes of modules of Python's own documentation.
"""

import datetime
import importlib.metadata
import pathlib

import stdlib_list

VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]

per_version = [{name.split(".")[0] for name in stdlib_list.stdlib_list(version)} for version in VERSIONS]
names = sorted(name for name in set.intersection(*per_version) if not name.startswith("_"))
header = [
    f"# Top-level modules of the standard library in each of Python {VERSIONS[0]} to {VERSIONS[-1]}, without private ones.",
    f"# Origin: stdlib-list {importlib.metadata.version('stdlib-list')}, {datetime.date.today()}, by scripts/stdlib_modules.py.",
]
path = pathlib.Path(__file__).parent.parent / "data" / "stdlib_modules.txt"
path.write_text("\n".join(header + names) + "\n")
