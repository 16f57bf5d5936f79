"""An index for trying uploads, on a free loopback port, that judges them by the libraries which PyPI itself uses.

What is sent of a file's metadata has to be what the file says, field by field, and `packaging.metadata` has to accept
it; fields that no index knows are refused. Attestations are read by `pypi_attestations` and have to be about the file.
Not judged: signatures (of attestations and of identity tokens), which only the real services can make.

Arguments: the password of the user `__token__`, and the file that takes the log, a line a request: method, path,
status. The port goes to standard output once requests are answered. Ends with its standard input.
"""

import base64
import hashlib
import http.server
import io
import json
import os
import re
import sys
import tarfile
import threading
import urllib.parse
import zipfile

from packaging.metadata import ExceptionGroup, Metadata, parse_email
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from pydantic import TypeAdapter, ValidationError
from pypi_attestations import (
    Attestation,
    AttestationBundle,
    AttestationType,
    Distribution,
    GitHubPublisher,
    Provenance,
)

password, log_path = sys.argv[1:]
log = open(log_path, "a", buffering=1)
lock = threading.Lock()

JSON = "application/vnd.pypi.simple.v1+json"
# What the form says about the file and the request, beside the metadata.
OTHERS = {
    ":action", "protocol_version", "filetype", "pyversion", "sha256_digest", "blake2_256_digest", "attestations",
}
# Fields that are called otherwise in the form than in `packaging`.
SINGULAR = {
    "platform": "platforms",
    "supported_platform": "supported_platforms",
    "license_file": "license_files",
    "import_name": "import_names",
    "import_namespace": "import_namespaces",
}
TEXTS = {
    "metadata_version", "name", "version", "summary", "description", "home_page", "author", "author_email", "license",
    "license_expression", "download_url", "maintainer", "maintainer_email", "requires_python",
    "description_content_type",
}
LISTS = {
    "platforms", "supported_platforms", "classifiers", "requires", "provides", "obsoletes", "requires_dist",
    "provides_dist", "obsoletes_dist", "requires_external", "provides_extra", "dynamic", "license_files",
    "import_names", "import_namespaces",
}

files = {}
minted = {}


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def demand(holds, message):
    if not holds:
        raise Refused(400, message)


def parts(content_type, body):
    """The fields of a form, each with its texts in order, and the file."""
    boundary = re.fullmatch(r"multipart/form-data; ?boundary=\"?([^\";]+)\"?", content_type)
    demand(boundary, f"the type of the body is {content_type!r}")
    mark = b"\r\n--" + boundary[1].encode()
    pieces = (b"\r\n" + body).split(mark)
    demand(pieces[0] == b"" and pieces[-1] in (b"--", b"--\r\n"), "the form has no beginning or no end")
    fields, content = {}, None
    for piece in pieces[1:-1]:
        head, found, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        demand(found, "a part of the form has no end of its head")
        name = re.search(rb'(?:^|[; ])name="([^"]*)"', head)
        demand(name, "a part of the form has no name")
        file_name = re.search(rb'; ?filename="([^"]*)"', head)
        if name[1] == b"content":
            demand(file_name and content is None, "the content is no file, or comes twice")
            demand(re.search(rb"(?i)content-type: application/octet-stream", head), "the content has another type")
            content = file_name[1].decode(), value
        else:
            demand(not file_name, f"the field {name[1]!r} is a file")
            fields.setdefault(name[1].decode(), []).append(value.decode())
    demand(content, "there is no content")
    return fields, content


def metadata_of_form(fields):
    raw = {}
    for field, values in fields.items():
        if field in OTHERS or values == [""]:
            continue
        name = SINGULAR.get(field, field)
        if name in LISTS and field not in SINGULAR.values():
            raw[name] = values
        elif name == "project_urls":
            raw[name] = {label.strip(): url.strip() for label, _, url in (value.partition(",") for value in values)}
        elif name == "keywords" and len(values) == 1:
            raw[name] = [word.strip() for word in values[0].split(",")]
        elif name in TEXTS and len(values) == 1:
            raw[name] = values[0]
        else:
            raise Refused(400, f"the field {field!r} is unknown, or comes {len(values)} times")
    return raw


def metadata_of_file(name, bytes_):
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(bytes_)) as wheel:
            path = next(path for path in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", path))
            text = wheel.read(path)
    else:
        with tarfile.open(fileobj=io.BytesIO(bytes_)) as sdist:
            path = next(path for path in sdist.getnames() if re.fullmatch(r"[^/]+/PKG-INFO", path))
            text = sdist.extractfile(path).read()
    raw, unparsed = parse_email(text)
    demand(not unparsed, f"the file has fields that cannot be read: {unparsed}")
    return raw


def check_metadata(fields, name, bytes_):
    sent, written = metadata_of_form(fields), metadata_of_file(name, bytes_)
    for key in sorted(sent.keys() | written.keys()):
        one, other = sent.get(key), written.get(key)
        if key == "description":
            one, other = ((text or "").replace("\r\n", "\n").strip("\n") for text in (one, other))
        demand(one == other, f"the form says {key} {one!r}, and the file {other!r}")
    try:
        return Metadata.from_raw(sent, validate=True)
    except ExceptionGroup as group:
        raise Refused(400, "; ".join(str(one) for one in group.exceptions)) from group


def check_file(fields, name, bytes_, metadata):
    def one(field):
        values = fields.get(field, [])
        demand(len(values) == 1, f"{field} comes {len(values)} times")
        return values[0]

    demand(one(":action") == "file_upload" and one("protocol_version") == "1", "this is no upload")
    demand(one("sha256_digest") == hashlib.sha256(bytes_).hexdigest(), "the SHA-256 is another one")
    blake = hashlib.blake2b(bytes_, digest_size=32).hexdigest()
    demand(one("blake2_256_digest") == blake, "the BLAKE2 is another one")
    if name.endswith(".whl"):
        project, version, _, tags = parse_wheel_filename(name)
        pythons = {tag.interpreter for tag in tags}
        demand(one("filetype") == "bdist_wheel" and set(one("pyversion").split(".")) == pythons, "the type is wrong")
    else:
        project, version = parse_sdist_filename(name)
        demand((one("filetype"), one("pyversion")) == ("sdist", "source"), "the type is wrong")
    demand(canonicalize_name(metadata.name) == project, "the file is called after another project")
    demand(metadata.version == version, "the file is called after another version")
    return project, version


def attestations_of(fields, name, bytes_, publisher):
    if "attestations" not in fields:
        return None
    demand(publisher, "attestations come with a workflow's token only")
    try:
        found = TypeAdapter(list[Attestation]).validate_json(fields["attestations"][0])
        ours = Distribution(name=name, digest=hashlib.sha256(bytes_).hexdigest())
    except ValidationError as error:
        raise Refused(400, f"malformed attestations: {error}") from error
    demand(0 < len(found) <= 2, f"there are {len(found)} attestations")
    kinds = [AttestationType(attestation.statement["predicateType"]) for attestation in found]
    demand(len(set(kinds)) == len(kinds), "two attestations are of one type")
    for attestation in found:
        subjects = attestation.statement["subject"]
        expected = [{"name": ours.name, "digest": {"sha256": ours.digest}}]
        demand(subjects == expected, f"the attestation is about {subjects}")
    return Provenance(attestation_bundles=[AttestationBundle(publisher=publisher, attestations=found)])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", content_type="application/json"):
        print(self.command, self.path, status, file=log)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, status, value, content_type="application/json"):
        self.answer(status, json.dumps(value).encode(), content_type)

    def origin(self):
        return f"http://{self.headers['Host']}"

    def publisher(self):
        """Who uploads: nobody in particular, or a workflow."""
        user, _, given = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode().partition(":")
        if user == "__token__" and given == password:
            return None
        if user == "__token__" and given in minted:
            return minted[given]
        raise Refused(403, "Invalid or non-existent authentication information.")

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path.split("/")[1:]
        match path:
            case ["_", "oidc", "audience"]:
                self.json(200, {"audience": "pypi"})
            case ["simple", project, ""] if any(one["project"] == project for one in files.values()):
                self.listing(project)
            case ["files", name] if name in files:
                self.answer(200, files[name]["bytes"], "application/octet-stream")
            case ["integrity", _, _, name, "provenance"] if name in files and files[name]["provenance"]:
                body = files[name]["provenance"].model_dump_json().encode()
                self.answer(200, body, "application/vnd.pypi.integrity.v1+json")
            case _:
                self.json(404, {"message": "Not Found"})

    def listing(self, project):
        entries = []
        for name, file in files.items():
            if file["project"] != project:
                continue
            address = f"{self.origin()}/integrity/{project}/{file['version']}/{name}/provenance"
            entries.append({
                "filename": name,
                "url": f"{self.origin()}/files/{name}",
                "hashes": {"sha256": hashlib.sha256(file["bytes"]).hexdigest()},
                "size": len(file["bytes"]),
                "provenance": address if file["provenance"] else None,
                "yanked": False,
            })
        self.json(200, {"meta": {"api-version": "1.4"}, "name": project, "files": entries}, JSON)

    def do_POST(self):
        length = self.headers.get("Content-Length")
        if length is None:
            return self.json(411, {"message": "Length Required"})
        body = self.rfile.read(int(length))
        try:
            if self.path == "/legacy/":
                with lock:
                    self.upload(body)
                self.answer(200)
            elif self.path == "/_/oidc/mint-token":
                self.json(200, self.mint(body))
            else:
                self.json(404, {"message": "Not Found"})
        except Refused as refused:
            line = f"{refused.status} {refused}"
            self.json(refused.status, {"message": str(refused), "code": line, "title": "Refused"})

    def upload(self, body):
        publisher = self.publisher()
        fields, (name, bytes_) = parts(self.headers.get("Content-Type", ""), body)
        metadata = check_metadata(fields, name, bytes_)
        project, version = check_file(fields, name, bytes_, metadata)
        if name in files:
            demand(files[name]["bytes"] == bytes_, "File already exists.")
            return
        provenance = attestations_of(fields, name, bytes_, publisher)
        files[name] = {"project": project, "version": version, "bytes": bytes_, "provenance": provenance}

    def mint(self, body):
        claims = json.loads(body)["token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        if claims["aud"] != "pypi":
            raise Refused(422, "the audience is another one")
        workflow = claims["job_workflow_ref"].split("@")[0].rsplit("/", 1)[1]
        token = f"pypi-of-a-workflow-{len(minted)}"
        minted[token] = GitHubPublisher(repository=claims["repository"], workflow=workflow)
        return {"success": True, "token": token, "expires": claims["exp"] + 900}


def end_with_input():
    sys.stdin.read()
    os._exit(0)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=end_with_input, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
