"""What another tool says of distributions: `peers.py TOOL FOLDER [--large]`, where FOLDER/<case>/<file> are the files.

Prints a JSON object: case → the complaints of TOOL about its files, each a list of two texts, what kind of complaint
it is and what was said. The tools run in this process, since most of the time of one of them is its start. No tool
asks a network. `TOOLS` is the list; what a tool calls by a name of its own (`W002`) is the kind, otherwise the kind
is the text without numbers and names of files.
"""

import contextlib
import io
import json
import logging
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Complaint(Exception):
    """One or more complaints, each of a kind that the tool itself names."""

    def __init__(self, said):
        super().__init__(said)
        self.said = said


def only(suffix):
    """Limits a tool to files that it would take at all."""

    def limited(tool):
        def ask(path):
            if path.name.lower().endswith(suffix):
                tool(path)

        return ask

    return limited


def twine(path):
    from twine.commands.check import _check_file, _WarningStream

    stream = _WarningStream()
    said, rendered = _check_file(str(path), stream)
    if not rendered:
        said.append(f"description is not rendered: {stream}")
    if said:
        raise Complaint([(kind_of(text, path), text) for text in said])


@only(".whl")
def check_wheel_contents(path):
    from check_wheel_contents.checker import NO_CONFIG, WheelChecker
    from check_wheel_contents.contents import WheelContents

    checker = WheelChecker()
    checker.configure_options(configpath=NO_CONFIG)
    failures = checker.check_contents(WheelContents.from_wheel(path))
    if failures:
        raise Complaint([(failure.check.name, failure.show()) for failure in failures])


@only(".whl")
def auditwheel(path):
    """A complaint is a policy that is stricter than a tag of the name, or what keeps it from finding one.

    No folder of this machine is searched for libraries, so that the answer is the same on all machines.
    """
    from auditwheel.error import NonPlatformWheelError, WheelToolsError
    from auditwheel.wheel_abi import analyze_wheel_abi
    from auditwheel.wheeltools import get_wheel_architecture, get_wheel_libc, get_wheel_platforms

    def deduced(find):
        try:
            return find(path.name)
        except (WheelToolsError, NonPlatformWheelError):
            return None

    try:
        found = analyze_wheel_abi(
            deduced(get_wheel_libc),
            deduced(get_wheel_architecture),
            path,
            frozenset(),
            disable_isa_ext_check=False,
            allow_graft=False,
            args_ldpaths="",
        )
    except NonPlatformWheelError:
        # A wheel without code for Linux, which says nothing about the wheel being right.
        return
    overall = found.overall_policy
    for platform in get_wheel_platforms(path.name):
        try:
            claimed = found.policies.get_policy_by_name(platform)
        except LookupError:
            continue
        if overall.priority < claimed.priority:
            kind = "consistent with a stricter tag only"
            raise Complaint([(kind, f"{platform} claimed, {overall.name} found")])


@only(".whl")
def abi3audit(path):
    from abi3audit._audit import audit
    from abi3audit._extract import WheelExtractor, WheelSpec

    if "-abi3-" not in path.name:
        return
    for found in WheelExtractor(WheelSpec(str(path))):
        result = audit(found)
        if result.non_abi3_symbols:
            raise Complaint([("not of the stable ABI", str(sorted(s.name for s in result.non_abi3_symbols)))])
        if result.computed > result.baseline:
            raise Complaint([("newer than the tag", f"{result.computed} > {result.baseline}")])


def pydistcheck(path):
    """Without its check for debugging symbols, which asks the machine's own tools."""
    from pydistcheck.cli import check

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        arguments = ["--ignore", "compiled-objects-have-debug-symbols", str(path)]
        with contextlib.suppress(SystemExit):
            check.main(arguments, standalone_mode=False)
    found = re.findall(r"^\d+\. \[([a-z-]+)\] (.*)$", said.getvalue(), re.MULTILINE)
    if found:
        raise Complaint(found)
    if "errors found while checking: 0" not in said.getvalue():
        raise Complaint([("no distribution", said.getvalue())])


@only(".whl")
def wheel_unpack(path):
    from wheel._commands.unpack import unpack

    with tempfile.TemporaryDirectory() as folder:
        unpack(str(path), folder)


def pkginfo(path):
    from pkginfo import SDist, Wheel

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (Wheel if path.name.lower().endswith(".whl") else SDist)(str(path))


def metadata_text(path):
    if path.name.lower().endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            return archive.read(names[0])
    with tarfile.open(path) as archive:
        names = [name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/PKG-INFO")]
        return archive.extractfile(names[0]).read()


def packaging(path):
    from packaging.metadata import Metadata
    from packaging.utils import parse_sdist_filename, parse_wheel_filename

    if path.name.lower().endswith(".whl"):
        parse_wheel_filename(path.name, validate_order=True)
    else:
        parse_sdist_filename(path.name)
    try:
        text = metadata_text(path)
    except Exception:  # Reading archives is no work of this tool.
        return
    try:
        Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        raise Complaint([(type(error).__name__, str(error)) for error in group.exceptions]) from None


def pip(path):
    """Its own functions for what follows the choice of a file, so that a wheel for another system is looked into."""
    if path.name.lower().endswith(".whl"):
        from oracle import pip_wheel

        pip_wheel(path)
    else:
        from pip._internal.utils.unpacking import unpack_file

        with tempfile.TemporaryDirectory() as folder:
            unpack_file(str(path), folder)
            if not any(Path(folder, name).exists() for name in ("pyproject.toml", "setup.py")):
                raise Complaint([("nothing to build", "neither setup.py nor pyproject.toml found")])


UV_PLATFORMS = [
    (r"musllinux.*x86_64", "x86_64-unknown-linux-musl"),
    (r"musllinux.*aarch64", "aarch64-unknown-linux-musl"),
    (r"linux.*x86_64", "x86_64-manylinux_2_40"),
    (r"linux.*aarch64", "aarch64-manylinux_2_40"),
    (r"macosx.*(arm64|universal2)", "aarch64-apple-darwin"),
    (r"macosx", "x86_64-apple-darwin"),
    (r"win_arm64", "aarch64-pc-windows-msvc"),
    (r"win32", "i686-pc-windows-msvc"),
    (r"win_amd64", "x86_64-pc-windows-msvc"),
]


# What uv says of a file for a system or an interpreter that is not this one, which says nothing about the file.
UV_ELSEWHERE = re.compile(r"not compatible with|incompatible with the current|no wheels with a matching|does not satisfy")


def uv(path):
    """Installs a wheel as on the system that its name tells; of an sdist it reads the static metadata."""
    program = Path(sys.executable).parent / "uv"
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps", "--no-config"]
        # The cache knows files by their paths; what it saves is to ask Python for its version each time.
        command += ["--cache-dir", UV_CACHE.name, "--python", sys.executable, "--target", folder]
        if path.name.lower().endswith(".whl"):
            platform = [name for pattern, name in UV_PLATFORMS if re.search(pattern, path.name)]
            command += ["--python-platform", platform[0]] if platform else []
            python = re.search(r"-cp3(\d+)[-.]", path.name)
            command += ["--python-version", f"3.{python[1]}"] if python else []
        else:
            command += ["--dry-run", "--no-build-isolation"]
        ran = subprocess.run([*command, path], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = re.sub(r"\s+", " ", ran.stderr.replace(folder, "").replace(UV_CACHE.name, ""))
    if ran.returncode and not UV_ELSEWHERE.search(said):
        raise Complaint([(kind_of(said, path), said)])


UV_CACHE = tempfile.TemporaryDirectory()

# Tools that have a rule about sizes. Without `--large` the others are not shown large files, on which they spend
# minutes.
WEIGHERS = (pydistcheck,)
LARGE_BYTES = 16 << 20

TOOLS = {
    "twine": twine,
    "check-wheel-contents": check_wheel_contents,
    "auditwheel": auditwheel,
    "abi3audit": abi3audit,
    "pydistcheck": pydistcheck,
    "wheel": wheel_unpack,
    "pkginfo": pkginfo,
    "packaging": packaging,
    "pip": pip,
    "uv": uv,
}


def kind_of(text, path):
    for name in (str(path), path.name, path.name.removesuffix(".whl").removesuffix(".tar.gz")):
        text = text.replace(name, "FILE")
    return re.sub(r"/tmp/\S+", "FOLDER", re.sub(r"\d+", "N", text))[:160]


def complaints(tool, path):
    """What a tool says of a file: pairs of kind and text."""
    if path.stat().st_size > LARGE_BYTES and tool not in WEIGHERS and "--large" not in sys.argv:
        return []
    quiet = io.StringIO()
    try:
        redirected = (lambda: contextlib.ExitStack()) if tool is uv else lambda: contextlib.redirect_stdout(quiet)
        with redirected():
            tool(path)
    except Complaint as complaint:
        return [(kind, text[:300]) for kind, text in complaint.said]
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        return [(kind_of(text, path), text[:300])]
    return []


def ask(name, folder):
    """What the tool of this name says of each case of a folder."""
    logging.disable()
    warnings.simplefilter("ignore")
    tool = TOOLS[name]
    # Listed once: a tool that runs beside this one may keep temporary folders beside the files.
    cases = {
        case.name: sorted(path for path in case.iterdir() if path.is_file())
        for case in Path(folder).iterdir()
        if case.is_dir()
    }
    paths = [path for files in cases.values() for path in files]
    # Only uv runs beside this process; the others would share its standard output.
    with ThreadPoolExecutor(2 if name == "uv" else 1) as pool:
        said = dict(zip(paths, pool.map(lambda path: complaints(tool, path), paths)))
    return {case: [pair for path in files for pair in said[path]] for case, files in sorted(cases.items())}


if __name__ == "__main__":
    # A tool may print what it likes, at its end too.
    output, sys.stdout = sys.stdout, sys.stderr
    folder = Path(sys.argv[2]).resolve()
    # No file of a working directory configures a tool.
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        said = ask(sys.argv[1], folder)
        os.chdir(folder)
    json.dump(said, output)
