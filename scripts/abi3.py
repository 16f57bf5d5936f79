"""Writes data/abi3.txt: what the stable ABI has, and since which Python.

    pip install abi3info==2026.9.25
    python scripts/abi3.py > data/abi3.txt
"""

from importlib.metadata import version

import abi3info

print("# Python's stable ABI (abi3): each function and each datum, and the Python 3 that first had it.")
print(f"# Origin: abi3info {version('abi3info')} (MIT), of CPython's Misc/stable_abi.toml.")
print("# Written by scripts/abi3.py.")
rows = {entry.symbol.name: entry.added for table in (abi3info.FUNCTIONS, abi3info.DATAS) for entry in table.values()}
for name, added in sorted(rows.items()):
    assert added.major == 3, name
    print(name, added.minor)
