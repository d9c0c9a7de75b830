"""TLS channels against the tools of OpenSSL and GnuTLS.

usage: tls.py bye|no-bye TLS-PEER [WORD]

The first word is whether the library can end a session by itself (qio_channel_tls_bye).

Only the cases whose names have WORD in them run, if it is given.
"""

import base64
import contextlib
import errno
import faulthandler
import itertools
import os
import re
import shutil
import socket
import sys
import tempfile

from certificates import Files
from tls_programs import (
    Tls, gnutls_client, openssl_client, openssl_server, plain_client, plain_server,
)  # fmt: skip

bye, tls_peer, *words = sys.argv[1:]
tls = Tls(tls_peer)
has_bye = {'bye': True, 'no-bye': False}[bye]

TOOLS = 'openssl', 'gnutls'
VERSIONS = '1.2', '1.3'
MODES = {'blocking': [], 'main loop': ['--main-loop']}
# Bytes that are under way at a time: less than sockets hold, so that nobody has to read meanwhile.
WINDOW = 1 << 18
SMALL, LARGE = 200_000, 32_000_000
# In seconds, for all cases: a hang is a failure.
LIMIT = 280

cases = {}


def case(*parts):
    """Notes a case, whose function gets the files."""
    def note(function):
        name = ', '.join(map(str, parts))
        assert name not in cases
        cases[name] = function
        return function
    return note


def text(size):
    """Lines of so many bytes and some more: what all tools pass on as they are."""
    return base64.encodebytes(os.urandom(size * 3 // 4))


def exchange(writer, reader, size):
    """What is sent to the input of one program is on the output of another; how much it was."""
    data = text(size)
    for at in range(0, len(data), WINDOW):
        piece = data[at:at + WINDOW]
        writer.send(piece)
        assert reader.out.take(len(piece)) == piece, 'other bytes arrived'
    return len(data)


@contextlib.contextmanager
def connection_to(tool, version, kind, peer, ours, *options, wants_certificate=True):
    """A client of ours at a server; who echoes."""
    with plain_server(tool, version, kind, peer, wants_certificate) as theirs:
        with tls.client(theirs.listens_at(), kind, ours, *options) as client:
            client.expect_handshake()
            yield client, theirs
            # It serves others, too.
            if tool == 'gnutls':
                theirs.kill()


@contextlib.contextmanager
def connection_from(tool, version, kind, peer, ours, *options):
    """A server of ours and a client."""
    with tls.server(kind, ours, *options) as server:
        with plain_client(tool, server.port, version, kind, peer) as theirs:
            server.expect_handshake()
            yield server, theirs


# What works -----------------------------------------------------------------------------------------

# With the certificate of a client, without one, and with keys instead.
WAYS = {
    'certificates': ('x509', 'good', 'good'),
    'anonymous client': ('x509', 'anonymous', 'good'),
    'keys': ('psk', 'psk', 'psk'),
}


def both_ways(tool, version, way, options, size):
    kind, client, server = WAYS[way]
    is_anonymous = way == 'anonymous client'

    def at_their_server(files):
        with connection_to(tool, version, kind, getattr(files, server), getattr(files, client), *options,
                           wants_certificate=way == 'certificates') as (ours, theirs):  # fmt: skip
            if tool == 'gnutls':
                exchange(ours, ours, size)
                if has_bye:
                    ours.end_input()
                    ours.expect_end()
                return
            exchange(ours, theirs, size)
            received = exchange(theirs, ours, size)
            theirs.end_input()
            ours.expect_end(received)

    def at_our_server(files):
        trust = ['--trust-all'] if is_anonymous else []
        with connection_from(tool, version, kind, getattr(files, client), getattr(files, server),
                             *options, '--echo', *trust) as (ours, theirs):  # fmt: skip
            received = exchange(theirs, theirs, size)
            theirs.end_input()
            ours.expect_end(received)

    return at_their_server, at_our_server


for tool, version, way, mode in itertools.product(TOOLS, VERSIONS, WAYS, MODES):
    client, server = both_ways(tool, version, way, MODES[mode], SMALL)
    case(f'{tool} server', version, way, mode)(client)
    case(f'{tool} client', version, way, mode)(server)

for version, mode in itertools.product(VERSIONS, MODES):
    client, server = both_ways('openssl', version, 'certificates', MODES[mode], LARGE)
    case('large', 'openssl server', version, mode)(client)
    case('large', 'openssl client', version, mode)(server)


# What is refused ------------------------------------------------------------------------------------

def refuses_server(tool, version, mode, peer, text, kind='x509', ours='good', host='localhost'):
    def run(files):
        with plain_server(tool, version, kind, getattr(files, peer), False) as theirs:
            with tls.client(theirs.listens_at(), kind, getattr(files, ours), *MODES[mode],
                            host=host) as client:  # fmt: skip
                client.expect_refusal(text)
            theirs.kill()
    return run


def refuses_client(tool, version, mode, peer, text, kind='x509', ours='good', options=()):
    def run(files):
        with tls.server(kind, getattr(files, ours), *MODES[mode], *options) as server:
            with plain_client(tool, server.port, version, kind, getattr(files, peer)):
                server.expect_refusal(text)
    return run


for tool, version, mode in itertools.product(TOOLS, VERSIONS, MODES):
    setting = version, mode
    refusals = {
        'wrong host': refuses_server(*[tool, *setting], 'good', 'does not match the hostname',
                                     host='elsewhere.example'),
        'unknown authority': refuses_server(tool, *setting, 'foreign', 'known issuer'),
        'expired': refuses_server(tool, *setting, 'expired', 'cert'),
        'other key': refuses_server(tool, *setting, 'wrong_psk', '', kind='psk', ours='psk'),
    }  # fmt: skip
    for name, function in refusals.items():
        case('refused', f'{tool} server', *setting, name)(function)
    refusals = {
        'no certificate': refuses_client(tool, *setting, 'anonymous', 'No certificate was found'),
        'unknown authority': refuses_client(tool, *setting, 'foreign', 'known issuer'),
        'expired': refuses_client(tool, *setting, 'expired', 'cert'),
        'not on the list': refuses_client(tool, *setting, 'good', 'O=peers,CN=the client is denied',
                                          options=['--authz', 'nobody']),
        # The peer is the one that refuses.
        'ignorant client': refuses_client(tool, *setting, 'ignorant', ''),
        'other key': refuses_client(tool, *setting, 'wrong_psk', '', kind='psk', ours='psk'),
    }  # fmt: skip
    for name, function in refusals.items():
        case('refused', f'{tool} client', *setting, name)(function)

    def on_the_list(files, tool=tool, version=version, mode=mode):
        with connection_from(tool, version, 'x509', files.good, files.good, '--echo', '--authz', 'peers',
                             *MODES[mode]) as (ours, theirs):  # fmt: skip
            received = exchange(theirs, theirs, 1000)
            theirs.end_input()
            ours.expect_end(received)

    case('on the list', f'{tool} client', *setting)(on_the_list)


def not_tls(words, mode):
    """One that speaks something else, or nothing."""
    def run(files):
        with tls.server('x509', files.good, *MODES[mode]) as server:
            with socket.create_connection(('127.0.0.1', server.port)) as plain:
                plain.sendall(words)
                try:
                    plain.shutdown(socket.SHUT_WR)
                except OSError as problem:
                    # The server has refused it already, and reset the connection.
                    assert problem.errno == errno.ENOTCONN, problem
                server.expect_refusal()
    return run


for mode in MODES:
    case('refused', 'plain text', mode)(not_tls(b'GET / HTTP/1.1\r\n\r\n', mode))
    case('refused', 'silence', mode)(not_tls(b'', mode))
    case('refused', 'half a record', mode)(not_tls(b'\x16\x03\x01\x02\x00\x01', mode))


# How it ends ----------------------------------------------------------------------------------------

# What the tools say of an end, with the word that ends TLS and without.
CLEAN = {'openssl': rb'closed', 'gnutls': rb'Peer has closed the GnuTLS connection'}
CUT = {'openssl': rb'unexpected eof', 'gnutls': rb'non-properly terminated'}


def ends(tool, version, mode, cut):
    """This end is the first to say that it is done, or the connection is cut."""
    def run(files):
        client = openssl_client if tool == 'openssl' else gnutls_client
        with tls.server('x509', files.good, *MODES[mode], *(['--cut'] if cut else [])) as server:
            with client(server.port, version, 'x509', files.good) as theirs:
                server.expect_handshake()
                server.send(b'there it is\n')
                theirs.out.until(rb'there it is\n')
                server.end_input()
                (theirs.err if cut else theirs.out).until((CUT if cut else CLEAN)[tool])
                server.expect_any_end()
    return run


def killed(tool, version, mode, is_server, under_way):
    """The peer dies, with or without anything under way."""
    def run(files):
        arguments = tool, version, 'x509', files.good, files.good, *MODES[mode]
        connect = connection_to if is_server else connection_from
        with connect(*arguments) as (ours, theirs):
            ours.send(b'to whom it may concern\n')
            # GnuTLS's server sends it back.
            (ours if is_server and tool == 'gnutls' else theirs).out.until(rb'concern\n')
            if under_way:
                ours.send(text(WINDOW))
            theirs.kill()
            ours.expect_failure()
    return run


for tool, version, mode in itertools.product(TOOLS, VERSIONS, MODES):
    if has_bye:
        case('bye', f'{tool} client', version, mode)(ends(tool, version, mode, False))
    case('cut', f'{tool} client', version, mode)(ends(tool, version, mode, True))
    for is_server, under_way in itertools.product([True, False], repeat=2):
        name = f'{tool} {"server" if is_server else "client"}'
        case('killed', name, version, mode, 'at work' if under_way else 'idle')(
            killed(tool, version, mode, is_server, under_way))


# New keys -------------------------------------------------------------------------------------------

def new_keys(mode, is_server):
    """OpenSSL changes its keys, and has this end change its own, between and amid data."""
    def run(files):
        with contextlib.ExitStack() as stack:
            if is_server:
                theirs = stack.enter_context(openssl_server('1.3', 'x509', files.good, '-Verify', '1'))
                ours = stack.enter_context(
                    tls.client(theirs.listens_at(), 'x509', files.good, '--echo', *MODES[mode]))
            else:
                ours = stack.enter_context(tls.server('x509', files.good, '--echo', *MODES[mode]))
                theirs = stack.enter_context(openssl_client(ours.port, '1.3', 'x509', files.good))
            ours.expect_handshake()
            for number in range(6):
                line = b'line %d\n' % number
                theirs.send_alone(line)
                theirs.out.until(line)
                # Its own keys, or both.
                theirs.send_alone(b'k\n' if number % 2 else b'K\n')
                theirs.send_alone(b'.' + text(5000))
                theirs.send_alone(line)
                theirs.out.until(line)
            theirs.send_alone(b'Q\n')
            # OpenSSL's server doesn't say that it does.
            ours.expect_any_end()
            said = theirs.out.whole() + theirs.err.whole()
        assert len(re.findall('SSL_do_handshake -> 1|KEYUPDATE', said)) == 6, said
    return run


for mode in MODES:
    case('new keys', 'openssl server', mode)(new_keys(mode, True))
    case('new keys', 'openssl client', mode)(new_keys(mode, False))


def new_keys_gnutls(mode):
    def run(files):
        with tls.server('x509', files.good, '--echo', *MODES[mode]) as ours:
            with gnutls_client(ours.port, '1.3', 'x509', files.good, '--inline-commands') as theirs:
                ours.expect_handshake()
                for number in range(6):
                    theirs.send(b'^rekey^\n')
                    theirs.send(b'line %d\n' % number)
                    theirs.out.until(b'line %d\n' % number)
                theirs.end_input()
                ours.expect_end()
    return run


for mode in MODES:
    case('new keys', 'gnutls client', mode)(new_keys_gnutls(mode))


def main():
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    for tool in 'openssl', 'gnutls-cli', 'gnutls-serv', 'certtool', 'setpriv':
        if not shutil.which(tool):
            sys.exit(f'{tool} is missing: scripts/setup check installs it')
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        files = Files(scratch)
        for name, function in cases.items():
            if not all(word in name for word in words):
                continue
            try:
                function(files)
                print('ok', name, flush=True)
            except (AssertionError, OSError) as problem:
                print('not ok', name, '-', problem, flush=True)
                failed += 1
    print(f'{failed} failed')
    sys.exit(failed > 0)


main()
