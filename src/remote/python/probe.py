# What an interpreter is, as JSON. Every Python since 2.7 can run it; those that are too old say nothing.
import json
import os
import platform
import struct
import sys
import sysconfig


def libc():
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
        if name == "glibc":
            return [name, version]
    except (AttributeError, OSError, TypeError, ValueError):
        pass
    # musl says its version only when its loader is run by itself.
    import subprocess

    try:
        with open("/proc/self/maps") as maps:
            loaders = [line.split()[-1] for line in maps if "/ld-musl-" in line]
        if loaders:
            said = subprocess.run([loaders[0]], stderr=subprocess.PIPE, check=False).stderr.decode()
            return ["musl", said.split("Version ", 1)[1].split()[0]]
    except (OSError, IndexError):
        pass
    return None


def abi():
    name = sys.implementation.name
    if name == "cpython":
        threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
        debug = "d" if hasattr(sys, "gettotalrefcount") else ""
        return "cp%d%d%s%s" % (sys.version_info[0], sys.version_info[1], threads, debug)
    suffix = sysconfig.get_config_var("EXT_SUFFIX") or ""
    parts = suffix.split(".")[1].split("-") if suffix.startswith(".") else []
    return "_".join(parts[:2]) or "none"


def has(module):
    import importlib.util

    return importlib.util.find_spec(module) is not None


if sys.version_info >= (3, 8):
    print(
        json.dumps(
            {
                "executable": sys.executable,
                "implementation": sys.implementation.name,
                "major": sys.version_info[0],
                "minor": sys.version_info[1],
                "full_version": platform.python_version().rstrip("+"),
                "abi": abi(),
                "is_free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
                "platform": sysconfig.get_platform(),
                "pointer_bits": struct.calcsize("P") * 8,
                "libc": libc() if sys.platform.startswith("linux") else None,
                "macos": platform.mac_ver()[0] if sys.platform == "darwin" else None,
                "machine": platform.machine(),
                "makes_environments": has("venv") and has("ensurepip"),
            }
        )
    )
