"""The WebSocket channel against the clients of Python's websockets.

usage: websock.py [--tls] SERVER [SEED]

With --tls, they speak through TLS. Messages of random sizes, whole and in fragments, with pings in between, come back through an echo
server; connections end in all the ways that clients and servers have.
"""

import asyncio
import pathlib
import random
import ssl
import subprocess
import sys
import tempfile
import time

import websockets

from certificates import Authority

arguments = sys.argv[1:]
has_tls = arguments[0] == '--tls'
server_program, *seeds = arguments[has_tls:]
seed = int(seeds[0]) if seeds else random.SystemRandom().getrandbits(31)
LARGEST = 200_000
# In seconds, for the closing handshake: clients wait so long for the server to end the connection.
CLOSE_LIMIT = 20
# In seconds, for all of it, on a slow machine: a hang is a failure.
LIMIT = 60


def size_of(rng):
    """Sizes near the borders of the three forms of a length, and of any other kind."""
    return rng.choice([
        rng.choice([0, 1, 3, 4, 125, 126, 127, 4096, 8191, 8192, 8193, 65535, 65536, LARGEST]),
        rng.randrange(300),
        rng.randrange(20_000),
        rng.randrange(LARGEST + 1),
    ])


def pieces_of(rng, message):
    """The message in fragments, some of them empty."""
    cuts = sorted(rng.randrange(len(message) + 1) for _ in range(rng.randrange(1, 12)))
    return [message[a:b] for a, b in zip([0] + cuts, cuts + [len(message)])]


async def open_at(server, path='', headers=(), **options):
    port, context = server
    # Since websockets 14 the client has another name for them, and a proxy unless told.
    if int(websockets.__version__.split('.')[0]) < 14:
        options |= {'extra_headers': headers}
    else:
        options |= {'additional_headers': headers, 'proxy': None}
    scheme, secure = ('wss', {'ssl': context}) if context else ('ws', {})
    return await websockets.connect(f'{scheme}://127.0.0.1:{port}/{path}', open_timeout=None,
                                    **secure, **options)


async def connect(server, *path, **options):
    connection = await open_at(server, *path, subprotocols=['binary'], max_size=None, max_queue=None,
                               ping_interval=None, close_timeout=CLOSE_LIMIT, **options)
    assert connection.subprotocol == 'binary', connection.subprotocol
    # Since websockets 14 the connection of asyncio has them in its protocol.
    extensions = getattr(connection, 'protocol', connection).extensions
    assert extensions == [], extensions
    return connection


async def exact_ping(rng, connection):
    """A ping whose pong has exactly its payload: the library matches them by that."""
    pong = await connection.ping(rng.randbytes(rng.randrange(126)))
    await pong


async def expect(connection, expected):
    """These bytes come, in any messages."""
    got = bytearray()
    while len(got) < len(expected):
        piece = await connection.recv()
        assert isinstance(piece, bytes) and piece, piece
        got += piece
    assert got == expected, 'other bytes came back'


async def echoes(rng, server):
    """Whatever goes out comes back, in the same order."""
    connection = await connect(server)
    messages = [rng.randbytes(size_of(rng)) for _ in range(12)]

    async def send():
        for message in messages:
            if rng.random() < 0.5:
                await connection.send(message)
                continue

            async def fragments():
                for piece in pieces_of(rng, message):
                    yield piece
                    if rng.random() < 0.3:
                        await exact_ping(rng, connection)

            await connection.send(fragments())
            if rng.random() < 0.3:
                await exact_ping(rng, connection)

    await asyncio.gather(send(), expect(connection, b''.join(messages)))
    await connection.close()


async def close(connection, *why):
    """Closes, and the server ends the connection before the client loses its patience."""
    begun = time.monotonic()
    await connection.close(*why)
    assert time.monotonic() - begun < CLOSE_LIMIT / 2, 'the server has not ended the connection'


async def idle_server(rng, server):
    """The server's program does nothing at the end: its channel ends the connection by itself."""
    connection = await connect(server)
    await connection.send(b'STAY!')
    await close(connection)
    assert connection.close_code == 1000, connection.close_code
    connection = await connect(server)
    await connection.send(b'STAY!')
    await connection.send('no')
    await expect_end(connection, 1003)
    await close(connection)


async def pings(rng, server):
    """Each of many pings at once is answered."""
    connection = await connect(server)
    pongs = [await connection.ping(number.to_bytes(2, 'big')) for number in range(300)]
    await asyncio.gather(*pongs)
    await connection.close()


async def proxies(rng, server):
    """What proxies and programs add to the opening handshake."""
    headers = [('Connection', 'keep-alive'), ('Upgrade', 'h2c'), ('Sec-WebSocket-Protocol', 'chat')]
    headers += [('Cookie', 'x' * 150)] * 80
    connection = await connect(server, '?token=a/b', headers=headers)
    message = rng.randbytes(300)
    await connection.send(message)
    await expect(connection, message)
    await connection.close()


async def client_closes(rng, server):
    """The server has one answer to a close, whatever its code, and ends the connection at once."""
    for code in [1000, 1001, 1002, 1003, 1007, 1011, 3000, 4999]:
        connection = await connect(server)
        if rng.random() < 0.5:
            message = rng.randbytes(rng.randrange(1, 500))
            await connection.send(message)
            await expect(connection, message)
        await close(connection, code, rng.choice(['', 'going', 'ä' * 60]))
        assert connection.close_code == 1000, connection.close_code
        assert connection.close_reason == 'peer requested close', connection.close_reason


async def expect_end(connection, code, reason=None):
    try:
        while True:
            await connection.recv()
    except websockets.ConnectionClosed as closed:
        assert closed.rcvd is not None, 'no close frame came'
        assert closed.rcvd.code == code, closed.rcvd
        assert closed.rcvd_then_sent, closed
        if reason is not None:
            assert closed.rcvd.reason == reason, closed.rcvd


async def server_closes(rng, server):
    """A close on the server's side tells the client."""
    connection = await connect(server)
    await connection.send(b'CLOSE')
    await expect_end(connection, 1000, '')


async def text(rng, server):
    """Text is refused, whole or in fragments."""
    connection = await connect(server)
    await connection.send('no')
    await expect_end(connection, 1003)
    connection = await connect(server)

    async def half():
        yield 'n'
        await connection.wait_closed()

    try:
        await connection.send(half())
    except (websockets.ConnectionClosed, websockets.InvalidState):
        pass
    await expect_end(connection, 1008)


async def leaves(rng, server):
    """A client that goes away without a word, in the middle of something."""
    connection = await connect(server)
    await connection.send(rng.randbytes(LARGEST))
    connection.transport.abort()


async def refused(rng, server):
    """Opening handshakes that are refused have a status that clients understand."""
    for options, status in [({'subprotocols': ['chat']}, 400), ({'path': 'other'}, 404),
                            ({'headers': {'Cookie': 'x' * 20_000}}, 431),
                            ({'headers': [('A', 'b')] * 101}, 431)]:
        try:
            await open_at(server, **options)
        except websockets.InvalidHandshake as error:
            got = error.response.status_code if hasattr(error, 'response') else error.status_code
            assert got == status, error
        else:
            raise AssertionError('the opening handshake was accepted')


async def run(server):
    rng = random.Random(seed)
    steps = [client_closes, server_closes, idle_server, pings, proxies, text, leaves, refused]
    steps += [echoes] * 10
    rng.shuffle(steps)
    # Some at a time, each with random numbers of its own.
    for at in range(0, len(steps), 4):
        await asyncio.gather(*(step(random.Random(rng.getrandbits(64)), server)
                               for step in steps[at:at + 4]))
        print(f'{min(at + 4, len(steps))} of {len(steps)} done', flush=True)


def certificates(scratch):
    """A directory for the server, and what a client needs."""
    directory = pathlib.Path(scratch)
    authority = Authority(directory, 'ca')
    authority.sign(directory, 'server', 'cn = "localhost"\nip_address = "127.0.0.1"')
    return ssl.create_default_context(cafile=authority.certificate)


def main():
    # Seen if anything fails, or is stopped.
    print(f'seed: {seed}', flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        command, context = [server_program, str(seed)], None
        if has_tls:
            context = certificates(scratch)
            command.append(scratch)
        # The server says when an opening handshake fails, as it should.
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            try:
                port = int(server.stdout.readline())
                asyncio.run(asyncio.wait_for(run((port, context)), LIMIT))
            finally:
                server.stdin.close()
            status = server.wait()
    if status:
        sys.exit(f'the server ended with status {status}')


main()
