"""What other tools say of the released files that the tests use: a table in Markdown.

    python3 scripts/compare_peers.py [TOOL...]

Needs `target/corpus` and `target/tools/python`, which the tests fetch and install. Several minutes: it is run by hand,
and what it prints is recorded in `docs/peers.md` with a reason for each row that this program has no finding for.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / "target/tools/python/bin/python"
PEERS = ROOT / "tests/py/peers.py"


def tools():
    listed = [PYTHON, "-c", "import peers; print(*peers.TOOLS)"]
    return subprocess.check_output(listed, cwd=PEERS.parent, text=True).split()


def cases(folder):
    """Each released file alone in a folder of its own, so that it is a case of `peers.py`."""
    files = [path for path in sorted((ROOT / "target/corpus").glob("*/*")) if path.suffix in (".whl", ".gz")]
    for path in files:
        case = Path(folder, path.name)
        case.mkdir()
        (case / path.name).symlink_to(path)
    return len(files)


def main():
    with tempfile.TemporaryDirectory() as folder:
        count = cases(folder)
        print(f"{count} files\n\n| tool | complaint | files | times |\n|---|---|---:|---:|")
        for tool in sys.argv[1:] or tools():
            said = json.loads(subprocess.check_output([PYTHON, PEERS, tool, folder, "--large"], text=True))
            times, files = Counter(), defaultdict(set)
            for case, complaints in said.items():
                for kind, _ in complaints:
                    times[kind] += 1
                    files[kind].add(case)
            for kind, number in sorted(times.items()):
                print(f"| {tool} | {kind} | {len(files[kind])} | {number} |")
            if not times:
                print(f"| {tool} | none | 0 | 0 |")


if __name__ == "__main__":
    main()
