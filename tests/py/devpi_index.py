"""A real devpi on a free loopback port, with one index, `release/stable`, that keeps what it took.

Arguments: a folder for its state, the password of the user `release`, and the file that takes the log, a line a request:
method, path, status. The port goes to standard output once the index is there. Ends with its standard input.
"""

import base64
import json
import os
import sys
import threading
import urllib.request

import waitress
from devpi_server.init import init
from devpi_server.main import main

folder, password, log_path = sys.argv[1:]
# What it derives its secret by takes many seconds otherwise.
CHEAP = ["--argon2-memory-cost", "64", "--argon2-parallelism", "1", "--argon2-time-cost", "1"]
log = open(log_path, "a", buffering=1)
# The server itself writes its log to standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def put(port, path, login, settings):
    """Asks the server's own interface; `login` is a user and what its log-in gave."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", method="PUT")
    request.add_header("content-type", "application/json")
    request.add_header("accept", "application/json")
    if login:
        request.add_header("x-devpi-auth", base64.b64encode(":".join(login).encode()).decode())
    with urllib.request.urlopen(request, json.dumps(settings).encode()) as answer:
        return json.load(answer)


def log_in(port, user, word):
    token = urllib.request.Request(f"http://127.0.0.1:{port}/+login", method="POST")
    token.add_header("content-type", "application/json")
    body = json.dumps({"user": user, "password": word}).encode()
    with urllib.request.urlopen(token, body) as answer:
        return user, json.load(answer)["result"]["password"]


def furnish(port):
    put(port, "release", log_in(port, "root", "root"), {"password": password})
    stable = {"type": "stage", "bases": [], "volatile": False, "acl_upload": ["release"]}
    put(port, "release/stable", log_in(port, "release", password), stable)
    print(port, file=answers, flush=True)
    sys.stdin.read()
    os._exit(0)


def serve(application, **settings):
    def logged(environ, start_response):
        def start(status, *more):
            print(environ["REQUEST_METHOD"], environ["PATH_INFO"], status.split()[0], file=log)
            return start_response(status, *more)

        return application(environ, start)

    server = waitress.create_server(logged, host="127.0.0.1", port=0, threads=settings["threads"])
    threading.Thread(target=furnish, args=[server.effective_port], daemon=True).start()
    server.run()


waitress.serve = serve
init(argv=["devpi-init", "--serverdir", folder, "--no-root-pypi", "--root-passwd", "root"])
main(argv=["devpi-server", "--serverdir", folder, "--offline-mode", *CHEAP])
