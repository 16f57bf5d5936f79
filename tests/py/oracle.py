"""Judges wheels as the index, pip and uv do: one JSON object a line, with the reason of each judge that refuses.

Usage: oracle.py FOLDER, where FOLDER/<number>/<wheel> are the files. The index's rules are coded here from their
description and share nothing with the program that is tested; pip's own functions install each file into a folder
that is thrown away; uv's binary does the same.
"""

import csv
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.metadata import Metadata
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
END, END64, LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
ZIP64, UNICODE_PATH = 0x0001, 0x7075
WIDE = 0xFFFFFFFF


class Refused(Exception):
    pass


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise Refused("malformed: cut short")
        self.at += count
        return part

    def unpack(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))


def member_name(raw):
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("name is not Unicode") from None
    if not name or any(unicodedata.category(char)[0] == "C" for char in name):
        raise Refused("name is empty or has invisible characters")
    return name


def extra_fields(raw, method, packed, size):
    """The sizes after ZIP64 substitution."""
    reader, seen = Reader(raw), set()
    while reader.at < len(raw):
        kind, length = reader.unpack("HH")
        field = reader.take(length)
        if kind in (ZIP64, UNICODE_PATH):
            if kind in seen:
                raise Refused("duplicate extra field")
            seen.add(kind)
        if kind == ZIP64:
            if length not in (0, 8, 16, 24, 28):
                raise Refused("ZIP64 field of a bad length")
            if length == 0 and WIDE in (packed, size):
                raise Refused("ZIP64 field is missing a size")
            if length == 8:
                if method != 0:
                    raise Refused("ZIP64 field with one size")
                packed = size = struct.unpack("<Q", field)[0]
            elif length >= 16:
                if size == WIDE:
                    size = struct.unpack("<Q", field[:8])[0]
                if packed == WIDE:
                    packed = struct.unpack("<Q", field[8:16])[0]
        if kind == UNICODE_PATH:
            member_name(field[5:])
    return packed, size


def index_container(data):
    """Every byte of the archive belongs to a record, and both directories agree."""
    reader = Reader(data)
    local, central = {}, {}
    central_at = central_end = end64_at = end64 = None
    while True:
        at = reader.at
        signature = reader.take(4)
        if signature == LOCAL:
            _, flags, method, _, _, packed, size, name, extra = reader.unpack("HHHIIIIHH")
            if central:
                raise Refused("local header behind the central directory")
            if flags & 8:
                raise Refused("data descriptor")
            name = member_name(reader.take(name))
            if name in local:
                raise Refused("duplicate name")
            local[name] = extra_fields(reader.take(extra), method, packed, size)
            reader.take(local[name][0])
        elif signature == CENTRAL:
            central_at = at if central_at is None else central_at
            fields = reader.unpack("HHHHIIIIHHHHHII")
            method, packed, size, name, extra, comment = fields[3], *fields[6:11]
            name = member_name(reader.take(name))
            if name in central:
                raise Refused("duplicate name")
            central[name] = extra_fields(reader.take(extra), method, packed, size)
            if comment:
                raise Refused("comment in central directory")
            central_end = reader.at
        elif signature == END64:
            end64_at = at
            length, _, _, _, _, *end64 = reader.unpack("QHHIIQQQQ")
            if length != 44:
                raise Refused("extensible data")
        elif signature == LOCATOR:
            _, record_at, _ = reader.unpack("IQI")
            if record_at != end64_at:
                raise Refused("locator points elsewhere")
        elif signature == END:
            _, _, here, count, length, offset, comment = reader.unpack("HHHHIIH")
            comment = reader.take(comment)
            if END in comment or any(1 <= byte <= 8 for byte in comment):
                raise Refused("archive in the archive's comment")
            if reader.at != len(data):
                raise Refused("trailing data")
            break
        else:
            raise Refused("unknown record signature")
    stated = [here, count, length, offset]
    if end64 is not None:
        sentinels = [0xFFFF, 0xFFFF, WIDE, WIDE]
        stated = [wide if short == full else short for short, full, wide in zip(stated, sentinels, end64)]
    if central_at is None or stated != [len(central)] * 2 + [central_end - central_at, central_at]:
        raise Refused("end record states other numbers")
    if local != central:
        raise Refused("headers disagree about names or sizes")


def index_wheel(path):
    data = path.read_bytes()
    index_container(data)
    name, version, _, _ = parse_wheel_filename(path.name)
    stem = "-".join(path.name.split("-")[:2])
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if any(info.compress_type not in (0, 8) for info in infos):
            raise Refused("unsupported compression")
        total = sum(info.file_size for info in infos)
        if total > 64 << 20 and total > 50 * len(data):
            raise Refused("bomb")
        names = {info.filename for info in infos}
        tops = {info.filename.split("/")[0] for info in infos}
        if len([top for top in tops if top.endswith(".dist-info")]) != 1:
            raise Refused("several .dist-info")
        texts = {file: archive.read(f"{stem}.dist-info/{file}") for file in ("METADATA", "WHEEL", "RECORD")}
    metadata = Metadata.from_email(texts["METADATA"], validate=True)
    if canonicalize_name(metadata.name) != name or metadata.version != version:
        raise Refused("METADATA has another name or version")
    if any(requirement.url for requirement in metadata.requires_dist or []):
        raise Refused("a requirement names an address")
    if Version(metadata.metadata_version) >= Version("2.4"):
        for file in metadata.license_files or []:
            if f"{stem}.dist-info/licenses/{file}" not in names:
                raise Refused("a licence file is not there")
    for row in csv.reader(texts["RECORD"].decode("utf-8").splitlines()):
        if len(row) != 3:
            raise Refused("RECORD is no table")


def pip_wheel(path):
    from pip._internal.metadata import FilesystemWheel, get_wheel_distribution
    from pip._internal.models.scheme import Scheme
    from pip._internal.models.wheel import Wheel
    from pip._internal.operations.install.wheel import install_wheel
    from pip._vendor.packaging.version import Version

    wheel = Wheel(path.name)
    name = canonicalize_name(wheel.name)
    distribution = get_wheel_distribution(FilesystemWheel(str(path)), name)
    if distribution.canonical_name != name or distribution.version != Version(wheel.version):
        raise Refused("metadata is inconsistent")
    list(distribution.iter_dependencies())
    str(distribution.requires_python)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        folders = {key: f"{folder}/{key}" for key in ("platlib", "purelib", "headers", "scripts", "data")}
        install_wheel(name, str(path), Scheme(**folders), name, pycompile=False, warn_script_location=False)


def uv_wheel(path):
    target = path.parent / "uv"
    # The cache knows files by their paths, which are new; what it saves is to ask Python for its version each time.
    cache = path.parent.parent / "cache"
    uv = Path(sys.executable).parent / "uv"
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps", "--no-config"]
    command += ["--cache-dir", cache, "--python", sys.executable, "--target", target, path]
    ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    shutil.rmtree(target, ignore_errors=True)
    if ran.returncode:
        raise Refused(re.sub(r"\s+", " ", ran.stderr))


def ask(judge, path):
    try:
        judge(path)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def main():
    warnings.simplefilter("ignore")
    paths = sorted(Path(sys.argv[1]).glob("*/*.whl"), key=lambda path: int(path.parent.name))
    with ThreadPoolExecutor(4) as pool:
        by_uv = pool.map(lambda path: ask(uv_wheel, path), paths)
        others = [{"index": ask(index_wheel, path), "pip": ask(pip_wheel, path)} for path in paths]
        for judged, uv in zip(others, by_uv):
            print(json.dumps({**judged, "uv": uv}))


if __name__ == "__main__":
    main()
