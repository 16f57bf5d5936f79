"""Prints the platform tag that auditwheel finds for each wheel, as JSON: `python auditwheel_show.py WHEEL...`.

No folder of this machine is searched for libraries, so that the answer is the same on all machines.
"""

import json
import logging
import pathlib
import sys

from auditwheel.error import WheelToolsError
from auditwheel.wheel_abi import analyze_wheel_abi
from auditwheel.wheeltools import get_wheel_architecture, get_wheel_libc


def libc(name: str):
    try:
        return get_wheel_libc(name)
    except WheelToolsError:  # `linux_…` names none.
        return None


def show(path: pathlib.Path) -> str:
    found = analyze_wheel_abi(
        libc(path.name),
        get_wheel_architecture(path.name),
        path,
        frozenset(),
        disable_isa_ext_check=False,
        allow_graft=False,
        args_ldpaths="",
    )
    return found.overall_policy.name


logging.disable()
paths = [pathlib.Path(argument) for argument in sys.argv[1:]]
print(json.dumps({path.name: show(path) for path in paths}))
