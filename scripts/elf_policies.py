"""Writes `data/elf-policies.txt` from the policies of auditwheel: `python scripts/elf_policies.py FOLDER`.

FOLDER is where `pip install --target FOLDER auditwheel` put it. The policies are nested: what an old one allows, all
newer ones allow. So each fact needs one line, with the first policy (for what is forbidden, the last) that has it. The
script stops where that is not so.
"""

import datetime
import importlib.metadata
import json
import pathlib
import sys

HEADER = """\
# What the platforms of Linux and Android promise: libraries, versions of their symbols, symbols that may not be used.
# Origin: auditwheel {version} (MIT licence), its policies; written by `scripts/elf_policies.py` on {date}.
#
# policy NAME ARCHITECTURE...          the oldest of each family first
# alias OLD-NAME NAME
# library NAME FAMILY FIRST-POLICY     every process can load it
# version ARCHITECTURE SYMBOL-VERSION FIRST-POLICY
# forbidden LIBRARY SYMBOL FAMILY LAST-POLICY
"""


def number(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("_")[1:])


def oldest_first(policies: list[dict]) -> list[dict]:
    return sorted((policy for policy in policies if policy["priority"]), key=lambda policy: number(policy["name"]))


def first_with(policies: list[dict], has, what: str) -> str:
    found = [has(policy) for policy in policies]
    start = found.index(True)
    assert all(found[start:]), f"{what} is not in all newer policies"
    return policies[start]["name"]


def last_with(policies: list[dict], has, what: str) -> str:
    found = [has(policy) for policy in policies]
    end = len(found) - found[::-1].index(True)
    assert all(found[:end]), f"{what} is not in all older policies"
    return policies[end - 1]["name"]


def lines(family: str, policies: list[dict]):
    for policy in policies:
        yield f"policy {policy['name']} {' '.join(sorted(policy['symbol_versions']))}"
    for policy in policies:
        for alias in policy["aliases"]:
            yield f"alias {alias} {policy['name']}"
    for library in sorted({name for policy in policies for name in policy["lib_whitelist"]}):
        first = first_with(policies, lambda policy: library in policy["lib_whitelist"], library)
        yield f"library {library} {family} {first}"
    architectures = sorted({name for policy in policies for name in policy["symbol_versions"]})
    for architecture in architectures:
        of = [policy for policy in policies if architecture in policy["symbol_versions"]]
        versions = {}
        for policy in of:
            names = policy["symbol_versions"][architecture]
            versions[policy["name"]] = {f"{prefix}_{text}" for prefix, texts in names.items() for text in texts}
        for version in sorted(set().union(*versions.values())):
            first = first_with(of, lambda policy: version in versions[policy["name"]], version)
            yield f"version {architecture} {version} {first}"
    pairs = {(lib, name) for policy in policies for lib, names in policy["blacklist"].items() for name in names}
    for library, symbol in sorted(pairs):
        has = lambda policy: symbol in policy["blacklist"].get(library, ())
        yield f"forbidden {library} {symbol} {family} {last_with(policies, has, symbol)}"


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    (found,) = [each for each in importlib.metadata.distributions(path=[str(folder)]) if each.name == "auditwheel"]
    text = HEADER.format(version=found.version, date=datetime.date.today())
    for family in ["manylinux", "musllinux", "android"]:
        policies = json.loads((folder / "auditwheel/policy" / f"{family}-policy.json").read_text())
        text += "\n" + "\n".join(lines(family, oldest_first(policies))) + "\n"
    target = pathlib.Path(__file__).parent.parent / "data/elf-policies.txt"
    target.write_text(text)


main()
