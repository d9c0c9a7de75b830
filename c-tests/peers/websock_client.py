"""A client's WebSocket channel against the servers of Python's websockets.

usage: websock_client.py [--tls] CLIENT [SEED]

With --tls, they speak through TLS. The server of a path does what it is called: sends back what it gets, in fragments and with pings in
between; closes; sends text; refuses.
"""

import asyncio
import http
import pathlib
import random
import ssl
import sys
import tempfile

import websockets

from certificates import Authority

arguments = sys.argv[1:]
has_tls = arguments[0] == '--tls'
client_program, *seeds = arguments[has_tls:]
seed = int(seeds[0]) if seeds else random.SystemRandom().getrandbits(31)
# In seconds, for all of it, on a slow machine: a hang is a failure.
LIMIT = 60

# What the client says for each path.
EXPECTED = {
    '/echo': 'echoed',
    '/closes': 'The WebSocket peer has closed the connection',
    '/text': 'The WebSocket peer broke the protocol: only binary frames are supported',
    '/nowhere': 'The WebSocket server refused the request: 404 Not Found',
    '/protected': 'The WebSocket server refused the request: 401 Unauthorized',
}
# With what codes connections end, as the server sees it.
CODES = {'/echo': 1000, '/closes': 1000, '/text': 1003}


def path_of(connection):
    # Since websockets 14 the path is in the request.
    return connection.request.path if hasattr(connection, 'request') else connection.path


def headers_of(connection):
    return connection.request.headers if hasattr(connection, 'request') else connection.request_headers


async def fragments(rng, message):
    while message:
        cut = rng.randrange(1, len(message) + 1)
        yield message[:cut]
        message = message[cut:]


async def serve(rng, ended, connection):
    path = path_of(connection)
    assert headers_of(connection)['X-Test'] == 'value'
    assert connection.subprotocol == 'binary', connection.subprotocol
    try:
        async for message in connection:
            assert isinstance(message, bytes) and message, message
            if path == '/closes':
                await connection.close(1000, 'enough')
                break
            if path == '/text':
                await connection.send('text')
                continue
            await (await connection.ping(rng.randbytes(rng.randrange(126))))
            await connection.send(message if rng.random() < 0.5 else fragments(rng, message))
    except websockets.ConnectionClosed:
        pass
    await connection.wait_closed()
    ended.put_nowait((path, connection.close_code))


def refusing(path):
    return {'/nowhere': http.HTTPStatus.NOT_FOUND, '/protected': http.HTTPStatus.UNAUTHORIZED}.get(path)


# Before websockets 14 with a path and headers, since then with a connection and a request.
def judge(first, second):
    if isinstance(first, str):
        status = refusing(first)
        return status and (status, [], b'')
    status = refusing(second.path)
    return status and first.respond(status, '')


async def run(rng, context, directory):
    ended = asyncio.Queue()

    async def handler(connection, *_path):
        await serve(rng, ended, connection)

    async def process(first, second):
        return judge(first, second)

    # Since websockets 14 the server stops reading at 16 messages that wait, while this one awaits the pong behind them.
    async with websockets.serve(handler, '127.0.0.1', 0, subprotocols=['binary'], process_request=process,
                                ssl=context, max_size=None, max_queue=None) as server:
        port = server.sockets[0].getsockname()[1]
        for path, expected in EXPECTED.items():
            client = await asyncio.create_subprocess_exec(
                client_program, str(port), path, str(seed), *([directory] if directory else []),
                stdout=asyncio.subprocess.PIPE)
            out, _ = await client.communicate()
            assert client.returncode == 0, (path, client.returncode)
            assert out.decode().strip() == expected, (path, out)
            if path in CODES:
                at_end = await ended.get()
                assert at_end == (path, CODES[path]), at_end


def main():
    rng = random.Random(seed)
    print(f'seed {seed}', flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        context = directory = None
        if has_tls:
            directory = pathlib.Path(scratch)
            Authority(directory, 'ca').sign(directory, 'server', 'cn = "localhost"\nip_address = "127.0.0.1"')
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(directory / 'server-cert.pem', directory / 'server-key.pem')
        asyncio.run(asyncio.wait_for(run(rng, context, directory and str(directory)), LIMIT))


main()
