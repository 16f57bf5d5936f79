"""Which libraries delvewheel would put into wheels: a JSON object of wheel tags → names, of the names on stdin."""

import json
import re
import sys

from delvewheel import _dll_list as lists


def is_others(name: str, abi: str, python: str, platform: str) -> bool:
    if any(pattern.fullmatch(name) for pattern in lists.ignore_regexes):
        return True
    if name in lists.ignore_names[lists.MachineType.platform_tag_to_type(platform)]:
        return True
    table, tag = (lists.ignore_abi3, python) if abi.startswith("abi3") else (lists.ignore_by_abi_platform, abi)
    return any(re.fullmatch(tags, f"{tag}-{platform}") and name in names for tags, names in table.items())


asked = json.load(sys.stdin)
judged = {}
for tags in asked["tags"]:
    python, abi, platform = tags.split("-")
    judged[tags] = sorted(name for name in asked["names"] if not is_others(name, abi, python, platform))
json.dump(judged, sys.stdout)
