"""TLS in front of a server on loopback.

Arguments: the file of the certificate, the file of its key, and the server's port. Its own port goes to standard
output once it listens. Ends with its standard input, so that none outlives the test that started it.
"""

import asyncio
import os
import ssl
import sys
import threading

certificate, key, upstream = sys.argv[1:]


async def pass_on(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # Either side may hang up whenever it likes.
    finally:
        writer.close()


async def front(reader, writer):
    try:
        answers, questions = await asyncio.open_connection("127.0.0.1", int(upstream))
    except OSError:
        writer.close()
        return
    await asyncio.gather(pass_on(reader, questions), pass_on(answers, writer))


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(front, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main())
