#!/usr/bin/env bash
# Fetches the program for the runner's system, and proves it before anything can run it.
#
#   bash bin/fetch.sh
#
# Which bytes are good stands in checksums.txt beside this file, so whoever pins this action by commit pins the
# program too. It needs no token and knows none. Reads RUNNER_OS, RUNNER_ARCH, RUNNER_TEMP, GITHUB_SERVER_URL and
# ACTION_REPOSITORY; writes the output `program`, the path of the program, to the file GITHUB_OUTPUT.
#
# Written for the oldest bash on a runner, which is 3.2 on macOS.
set -euo pipefail

fail() {
    printf '::error title=release-action::%s\n' "$1"
    exit 2
}

# The Rust target whose program runs here.
target_of_runner() {
    case "$RUNNER_OS/$RUNNER_ARCH" in
        Linux/X64) echo x86_64-unknown-linux-musl ;;
        Linux/ARM64) echo aarch64-unknown-linux-musl ;;
        macOS/X64) echo x86_64-apple-darwin ;;
        macOS/ARM64) echo aarch64-apple-darwin ;;
        Windows/X64) echo x86_64-pc-windows-gnu ;;
    esac
}

# The repository of this action. The runner does not promise to tell it to composite actions; the folder into which
# it unpacked the action tells it too (`…/_actions/OWNER/NAME/REF/bin`). An action of the job's own checkout
# (`uses: ./bin`) is of the job's repository.
repository_of_action() {
    local below=${here##*/_actions/} owner
    if [ -n "${ACTION_REPOSITORY:-}" ]; then
        echo "$ACTION_REPOSITORY"
    elif [ "$below" != "$here" ]; then
        owner=${below%%/*}
        below=${below#*/}
        echo "$owner/${below%%/*}"
    else
        echo "$GITHUB_REPOSITORY"
    fi
}

# Through standard input: before a name with a backslash, sha256sum puts one in front of the digest.
sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    else
        shasum -a 256 <"$1"
    fi | cut -d ' ' -f 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(target_of_runner)
[ -n "$target" ] || fail "there is no program for $RUNNER_OS on $RUNNER_ARCH"

suffix=
[ "$RUNNER_OS" != Windows ] || suffix=.exe
asset=release-action-$target$suffix

sum=
path=
while read -r first second || [ -n "$first" ]; do
    if [ "${second##*/}" = "$asset" ]; then
        [ -z "$sum" ] || fail "bin/checksums.txt lists $asset twice"
        sum=$first
        path=$second
    fi
done < <(grep -v '^#' "$here/checksums.txt" || true)
[ -n "$sum" ] || fail "bin/checksums.txt of this commit lists no $asset; use the action at the tag of a release"
[[ $sum =~ ^[0-9a-f]{64}$ && $path =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]] ||
    fail "bin/checksums.txt has no SHA-256 and path for $asset"

# Forward slashes on Windows, where both the shell and curl understand them.
folder=${RUNNER_TEMP//\\//}/release-action/$sum
program=$folder/release-action$suffix
partial=$folder/partial
trap 'rm -f "$partial"' EXIT

# An earlier step of the job may have fetched it already.
if [ ! -f "$program" ] || [ "$(sha256 "$program")" != "$sum" ]; then
    url=$GITHUB_SERVER_URL/$(repository_of_action)/releases/download/$path
    mkdir -p "$folder"
    rm -f "$program"
    curl --fail --location --proto '=https,http' --silent --show-error --retry 3 \
        --connect-timeout 30 --speed-limit 1000 --speed-time 30 --max-time 300 --max-filesize 200000000 \
        --output "$partial" "$url" || fail "$url could not be fetched"
    found=$(sha256 "$partial")
    [ "$found" = "$sum" ] || fail "$url has the SHA-256 $found, but bin/checksums.txt says $sum; it was not run"
    chmod +x "$partial"
    mv "$partial" "$program"
fi
printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"
