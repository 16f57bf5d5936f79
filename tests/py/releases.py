"""A hand on the releases page: PyGithub does one thing and says what it sees.

Arguments: look TAG | draft TAG FILE... | add TAG FILE | publish TAG | words TAG TITLE BODY | rename TAG OLD NEW |
drop TAG NAME | delete TAG. Environment: API_URL, TOKEN, REPOSITORY.
Standard output: one JSON object, of `look` what there is.
"""

import hashlib
import json
import os
import sys
import tempfile

import github

verb, tag, *rest = sys.argv[1:]
token = github.Auth.Token(os.environ["TOKEN"])
client = github.Github(base_url=os.environ["API_URL"], auth=token, retry=None)
repository = client.get_repo(os.environ["REPOSITORY"])


def found():
    return [release for release in repository.get_releases() if release.tag_name == tag]


def latest():
    try:
        return repository.get_latest_release().tag_name
    except github.UnknownObjectException:
        return None


def sha256_of(asset):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "asset")
        asset.download_asset(path)
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def look():
    releases = found()
    if not releases:
        return {"releases": 0}
    release = releases[0]
    return {
        "releases": len(releases),
        "draft": release.draft,
        "prerelease": release.prerelease,
        "title": release.name,
        "body": release.body,
        "assets": {
            asset.name: {"digest": asset.digest, "downloaded": sha256_of(asset)} for asset in release.get_assets()
        },
        "latest": latest(),
    }


def act():
    if verb == "look":
        return look()
    if verb == "draft":
        # Its default would ask for a draft to be the latest.
        release = repository.create_git_release(tag, "By hand", "By hand.", draft=True, make_latest="legacy")
        for path in rest:
            release.upload_asset(path)
        return {}
    release = found()[0]
    assets = {asset.name: asset for asset in release.get_assets()}
    if verb == "add":
        release.upload_asset(rest[0])
    elif verb == "publish":
        release.update_release(release.name, release.body, draft=False, make_latest="true")
    elif verb == "words":
        release.update_release(*rest, draft=release.draft, prerelease=release.prerelease)
    elif verb == "rename":
        assets[rest[0]].update_asset(name=rest[1], label="")
    elif verb == "drop":
        assets[rest[0]].delete_asset()
    elif verb == "delete":
        release.delete_release()
    else:
        raise SystemExit(f"there is no {verb}")
    return {}


print(json.dumps(act()))
