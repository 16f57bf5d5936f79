"""Pins the programs of a release in bin/checksums.txt, from which bin/fetch.sh takes what it may run.

    python3 scripts/pin_programs.py v1.2.0 FOLDER            writes the file
    python3 scripts/pin_programs.py --check v1.2.0 FOLDER    says whether the file is what would be written

FOLDER holds `release-action-TARGET` (with `.exe` on Windows) for each of the targets below, and nothing else of that
name. Standard library only.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

FILES = [
    "release-action-aarch64-apple-darwin",
    "release-action-aarch64-unknown-linux-musl",
    "release-action-x86_64-apple-darwin",
    "release-action-x86_64-pc-windows-gnu.exe",
    "release-action-x86_64-unknown-linux-musl",
]

PREFACE = """\
# The programs of the release whose tag is on this commit: SHA-256, two spaces, and tag/name of the release's file.
# `scripts/pin_programs.py` writes this file; `bin/fetch.sh` runs nothing that is not listed here.
"""


def pins(tag: str, folder: Path) -> str:
    """The text of the file."""
    if not re.fullmatch(r"v[0-9][A-Za-z0-9._-]*", tag):
        sys.exit(f"`{tag}` is no tag of a release, such as v1.2.0")
    found = sorted(path.name for path in folder.glob("release-action-*"))
    if found != FILES:
        sys.exit(f"{folder} holds {found}, but a release has {FILES}")
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    return PREFACE + "".join(f"{digest}  {tag}/{name}\n" for name, digest in digests.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--file", type=Path, default=Path(__file__).parent.parent / "bin" / "checksums.txt")
    parser.add_argument("tag")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    text = pins(given.tag, given.folder)
    if not given.check:
        given.file.write_bytes(text.encode())
    elif given.file.read_bytes() != text.encode():
        sys.exit(f"{given.file} does not pin the programs in {given.folder} for {given.tag}")


if __name__ == "__main__":
    main()
