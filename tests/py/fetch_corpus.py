"""Fetches released files by exact name from the index that pip itself is set up to use.

Arguments: the folder that takes the files. Standard input: lines of project, file name and sha256. A file appears
whole and checked, or not at all. pip's own session is used, so its certificates, proxies and passwords count.
"""

import concurrent.futures
import hashlib
import html.parser
import os
import pathlib
import sys
import threading
import urllib.parse

from pip._internal.commands import create_command

PARALLEL = 4
LONGEST_WAIT_S = 60

command = create_command("download")
options, _ = command.parse_args([])
sessions = threading.local()


def get(url, **more):
    """One request; each thread has a session of its own, because sessions are not shared safely."""
    if not hasattr(sessions, "own"):
        sessions.own = command._build_session(options)
    answer = sessions.own.get(url, timeout=LONGEST_WAIT_S, **more)
    answer.raise_for_status()
    return answer


class Links(html.parser.HTMLParser):
    """The links of a simple page: file name to address."""

    def __init__(self, page_url):
        super().__init__()
        self.page_url, self.found, self.href = page_url, {}, None

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.href = dict(attrs).get("href")

    def handle_data(self, data):
        if self.href:
            self.found[data.strip()] = urllib.parse.urljoin(self.page_url, self.href).split("#")[0]
            self.href = None


def links(project):
    page = get(f"{options.index_url.rstrip('/')}/{project}/", headers={"Accept": "text/html"})
    parser = Links(page.url)
    parser.feed(page.text)
    return parser.found


def fetch(folder, url, name, sha256):
    # Without this header a server may send an sdist unpacked, because it is compressed.
    answer = get(url, headers={"Accept-Encoding": "identity"}, stream=True)
    part = folder / f".{name}.{os.getpid()}"
    digest = hashlib.sha256()
    with part.open("wb") as file:
        for chunk in answer.iter_content(1 << 20):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != sha256:
        part.unlink()
        sys.exit(f"{name}: expected sha256 {sha256}, the index sent {digest.hexdigest()}")
    part.replace(folder / name)


def main():
    folder = pathlib.Path(sys.argv[1])
    wanted = [line.split() for line in sys.stdin]
    pages = {project: links(project) for project in {project for project, _, _ in wanted}}
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        jobs = [pool.submit(fetch, folder, pages[project][name], name, sha256) for project, name, sha256 in wanted]
        for job in jobs:
            job.result()


main()
