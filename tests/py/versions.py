"""What PyPI's `packaging` says of versions.

Argument: a file with one JSON text on each line. Printed: a JSON list with null for a text that is no version, else
its normal form, its parts, and its place among all versions of the file; equal ones share a place. Numbers are texts,
because they have no end.
"""

import json
import sys

from packaging.version import InvalidVersion, Version


def read(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def number(found):
    return None if found is None else str(found)


def told(version, place):
    return {
        "normal": str(version),
        "epoch": str(version.epoch),
        "release": [str(one) for one in version.release],
        "pre": None if version.pre is None else [version.pre[0], str(version.pre[1])],
        "post": number(version.post),
        "dev": number(version.dev),
        "local": version.local,
        "is_prerelease": version.is_prerelease,
        "place": place,
    }


with open(sys.argv[1], encoding="utf-8") as lines:
    versions = [read(json.loads(line)) for line in lines]

places, last = {}, None
for version in sorted(version for version in versions if version is not None):
    if last is None or version != last:
        places[version] = len(places)
    last = version

print(json.dumps([None if version is None else told(version, places[version]) for version in versions]))
