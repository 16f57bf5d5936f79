"""Records what the real cargo says of a crate when it publishes it, for the tests of `remote::cargo`.

For each folder of sources in SHAPES, `cargo publish` sends the crate to a registry on loopback, and into
`tests/data/cargo_publish` go `NAME.json` (what it said), `NAME.toml` (the manifest in the crate) and `NAME.md` (the
readme, where the crate has one). Needs cargo with its registry, and nothing but Python's standard library.

    python3 scripts/record_cargo_publish.py
"""

import hashlib
import http.server
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import tarfile
import tempfile
import threading

HOST = "127.0.0.1:18999"
# What cargo calls the index of crates.io. The records say `CRATES.IO` instead: addresses stand in one place.
ROOT = pathlib.Path(__file__).parent.parent
ENDPOINTS = (ROOT / "src/model/endpoints.rs").read_text()
CRATES_IO = re.search(r'CRATES_IO_GIT_INDEX: &str = "(.+)"', ENDPOINTS).group(1)
TARGET = ROOT / "tests/data/cargo_publish"

EVERY = """
[package]
name = "Every-thing_1"
version = "1.2.3-rc.1+build.5"
edition = "2021"
authors = ["A B <a@example.org>", "C"]
description = "All that a manifest can say."
documentation = "https://example.org/docs"
homepage = "https://example.org/"
repository = "https://example.org/repo"
readme = "docs/ReadMe.md"
license-file = "LICENCE.txt"
keywords = ["one", "two-2"]
categories = ["command-line-utilities"]
links = "everything"
rust-version = "1.74"
build = "build.rs"
include = ["src", "docs", "build.rs", "LICENCE.txt"]
publish = ["ours"]

[badges]
maintenance = { status = "experimental" }
codecov = { repository = "a/b", branch = "main" }

[features]
default = ["std", "fast"]
std = []
fast = ["dep:memchr", "renamed?/use_std", "itoa/no-panic"]
renamed = ["dep:renamed"]
"with-num" = ["renamed", "std"]

[dependencies]
itoa = "1"
memchr = { version = ">=2.5, <3", default-features = false, optional = true }
renamed = { package = "either", version = "~1.8", optional = true, default-features = false }
helper = { version = "0.3.1", registry = "ours", features = ["x", "a"] }
alien = { package = "helper", version = "=0.3.1", registry = "other" }
libc = "*"

[dependencies.cfg-if]
version = "1.0"
optional = true

[build-dependencies]
autocfg = "1.1"
helper = { version = "^0.3", registry = "ours" }

[dev-dependencies]
either = "1"
itoa = { version = "1.0.1", features = ["no-panic"] }

[target.'cfg( any(unix,windows, target_os="macos") )'.dependencies]
memchr = "2"

[target.x86_64-pc-windows-msvc.build-dependencies]
autocfg = { version = "1", optional = false }

[target.'cfg(unix)'.dev-dependencies]
libc = { version = "0.2", default-features = false, features = ["std"] }
"""

INHERITS = """
[workspace]
members = ["inner", "sibling"]
resolver = "2"

[workspace.package]
version = "0.4.0"
edition = "2024"
license = "MIT OR Apache-2.0"
description = "Inherits."
repository = "https://example.org/repo"
rust-version = "1.85.0"
keywords = ["inherited"]
publish = ["ours"]

[workspace.dependencies]
itoa = { version = "1.0.2", default-features = false }
helper = { version = "0.3.1", registry = "ours", path = "sibling" }
"""

INNER = """
[package]
name = "inherits"
version.workspace = true
edition.workspace = true
license.workspace = true
description.workspace = true
repository.workspace = true
rust-version.workspace = true
keywords.workspace = true
publish.workspace = true

[dependencies]
itoa = { workspace = true, features = ["no-panic"] }
helper.workspace = true

[dev-dependencies]
only-here = { path = "../only-here", package = "only_here" }

[features]
no-std = []
"""

HELPER = '[package]\nname = "helper"\nversion = "0.3.1"\nedition = "2021"\n[features]\nx = []\na = []\n'
ONLY_HERE = '[package]\nname = "only_here"\nversion = "0.1.0"\nedition = "2021"\n'
PLAIN = '[package]\nname = "plain"\nversion = "0.1.0"\n[dependencies]\nitoa = "1"\n'

# What to publish, and from which folder of these files.
SHAPES = {
    "everything": (".", {
        "Cargo.toml": EVERY,
        "src/lib.rs": "",
        "build.rs": "fn main() {}\n",
        "LICENCE.txt": "Do as you like.\n",
        "docs/ReadMe.md": "# Everything\n\nWith “quotes”, a \\ and a\ttab.\r\n",
    }),
    "inherits": ("inner", {
        "Cargo.toml": INHERITS,
        "inner/Cargo.toml": INNER,
        "inner/src/lib.rs": "",
        "inner/README.md": "Found by itself.\n",
        "sibling/Cargo.toml": HELPER,
        "sibling/src/lib.rs": "",
        "only-here/Cargo.toml": ONLY_HERE,
        "only-here/src/lib.rs": "",
    }),
    "plain": (".", {"Cargo.toml": PLAIN, "src/lib.rs": ""}),
}

published = {}


class Registry(http.server.BaseHTTPRequestHandler):
    """Two registries, `/ours/` and `/other/`, which know one crate and take every other."""

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        if name == "config.json":
            root = f"http://{HOST}/{self.path.split('/')[1]}"
            return self.reply(200, json.dumps({"dl": root, "api": root}).encode())
        if name == "helper":
            line = {"name": "helper", "vers": "0.3.1", "deps": [], "cksum": "0" * 64, "yanked": False}
            line["features"] = {"x": [], "a": []}
            return self.reply(200, json.dumps(line).encode())
        lines = [json.dumps(line) for line in published.values() if line["name"].lower() == name]
        return self.reply(200 if lines else 404, "\n".join(lines).encode())

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        (length,) = struct.unpack_from("<I", body)
        said, crate = json.loads(body[4:4 + length]), body[8 + length:]
        line = {"name": said["name"], "vers": said["vers"], "deps": [], "features": {}, "yanked": False}
        line["cksum"] = hashlib.sha256(crate).hexdigest()
        published[said["name"]] = line
        Registry.last = said, crate
        self.reply(200, b"{}")

    def log_message(self, *_):
        pass


def main():
    address, port = HOST.split(":")
    server = http.server.ThreadingHTTPServer((address, int(port)), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = dict(os.environ)
    for name in ["ours", "other"]:
        environment[f"CARGO_REGISTRIES_{name.upper()}_INDEX"] = f"sparse+http://{HOST}/{name}/"
        environment[f"CARGO_REGISTRIES_{name.upper()}_TOKEN"] = "token"
    for name, (package, files) in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                path = pathlib.Path(folder, path)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            command = ["cargo", "publish", "--registry", "ours", "--no-verify", "--allow-dirty"]
            subprocess.run(command, cwd=pathlib.Path(folder, package), env=environment, check=True)
        said, crate = Registry.last
        stem = f"{said['name']}-{said['vers']}"
        archive = tarfile.open(fileobj=io.BytesIO(crate))
        text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (TARGET / f"{name}.json").write_text(text.replace(CRATES_IO, "CRATES.IO"))
        (TARGET / f"{name}.toml").write_bytes(archive.extractfile(f"{stem}/Cargo.toml").read())
        if said["readme_file"]:
            (TARGET / f"{name}.md").write_bytes(archive.extractfile(f"{stem}/{said['readme_file']}").read())


if __name__ == "__main__":
    main()
