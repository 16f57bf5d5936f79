"""A real pypiserver on a free loopback port.

Arguments: the folder of the packages, the file of the users who may upload (`.` where everybody may), the file that takes
the log, a line a request: method, path, status; the digest that its links state (`none` for none); and a folder of files
that somebody else brings in the moment before the next upload is taken. The port goes to standard output once requests
are answered. Ends with its standard input, so that no server outlives the test that started it.
"""

import os
import socketserver
import sys
import threading
import wsgiref.simple_server

import pypiserver

folder, users, log_path, digest, rival = sys.argv[1:]
application = pypiserver.app(
    roots=[folder],
    password_file=users,
    authenticate=[] if users == "." else ["update"],
    disable_fallback=True,
    hash_algo=None if digest == "none" else digest,
)
log = open(log_path, "a", buffering=1)


def logged(environ, start_response):
    def start(status, *more):
        print(environ["REQUEST_METHOD"], environ["PATH_INFO"], status.split()[0], file=log)
        return start_response(status, *more)

    if environ["REQUEST_METHOD"] == "POST":
        for name in os.listdir(rival):
            os.replace(os.path.join(rival, name), os.path.join(folder, name))
    return application(environ, start)


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


server = wsgiref.simple_server.make_server("127.0.0.1", 0, logged, Server, Quiet)
threading.Thread(target=end_with_input, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
