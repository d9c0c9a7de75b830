#!/usr/bin/env python3
"""docs/tls.md works as it stands: its shell blocks make the certificates and keys, its pieces of C
run with them, and examples/echo-tls, built against the installed tree, serves those who may be served
whatever others do. With valgrind, the client has nothing to be told of but what the installed
suppressions name.

usage: echo-tls.py PROFILE BUILD-DIR [VALGRIND]
"""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import abi
import installed
import pages

profile, build, *valgrind = sys.argv[1:]
PAGE = abi.ROOT / 'docs/tls.md'
# Far longer than anything takes, for a test that would hang.
FOR_EVER = 240
socket.setdefaulttimeout(FOR_EVER)


def blocks(language):
    """The blocks of the page in that language."""
    found = [block for block in pages.of(PAGE) if block.language == language]
    if not found:
        sys.exit(f'{PAGE.name} has no block in {language}')
    return found


def expect(fact, text):
    if not fact:
        sys.exit(text)


def sockets(pid):
    """How many a process has."""
    descriptors = pathlib.Path(f'/proc/{pid}/fd')
    count = 0
    for descriptor in os.listdir(descriptors):
        # It may be closed meanwhile.
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(descriptors / descriptor).startswith('socket:')
    return count


@contextlib.contextmanager
def server(directory, *arguments):
    """The example's server: where it listens, its log, and how many sockets it has."""
    with socket.create_server(('localhost', 0)) as listening:
        port = listening.getsockname()[1]
    # The server has the same offset, which reading moves: only what is appended stands where it should.
    log = open(directory / 'log', 'a+')
    log.truncate(0)
    process = subprocess.Popen(
        [directory / 'server', 'certs', f'tcp:localhost:{port}', *arguments], cwd=directory,
        stdout=subprocess.PIPE, stderr=log, text=True, env=tree.environment)
    try:
        line = process.stdout.readline()
        log.seek(0)
        expect(line == 'listening\n', f'the server says {line!r} and {log.read()!r}')
        yield port, log, lambda: sockets(process.pid)
        expect(process.poll() is None, f'the server has ended with {process.returncode}')
    finally:
        process.kill()
        process.wait()
        log.close()


def client(directory, port, text='some text', name='localhost', certificates='certs', under=()):
    return subprocess.run(
        [*under, directory / 'client', certificates, f'tcp:localhost:{port}', name, text], cwd=directory,
        text=True, capture_output=True, timeout=FOR_EVER, env=tree.environment)


def served(run, text='some text'):
    expect((run.returncode, run.stdout, run.stderr) == (0, text + '\n', ''), f'a client: {run}')


def in_log(log, text):
    """Waits for the server to say it."""
    end = time.monotonic() + FOR_EVER
    while time.monotonic() < end:
        log.seek(0)
        if text in log.read():
            return
        time.sleep(0.05)
    log.seek(0)
    sys.exit(f'not in the log: {text!r}: {log.read()!r}')


def everybody(directory):
    """A server for whoever comes."""
    with server(directory) as (port, log, _):
        served(client(directory, port))
        # More than a record and more than the server's buffer.
        long = 'x' * 100_000
        served(client(directory, port, long), long)
        wrong = client(directory, port, name='wrong.host')
        expect(wrong.returncode == 1 and 'does not match the hostname wrong.host' in wrong.stderr, str(wrong))

        context = ssl.create_default_context(cafile=directory / 'certs/ca-cert.pem')
        with contextlib.ExitStack() as others:
            silent = others.enter_context(socket.create_connection(('localhost', port)))
            half = others.enter_context(socket.create_connection(('localhost', port)))
            half.sendall(b'\x16\x03\x01\x02')
            # Sends and never reads what comes back, until no more can be sent.
            deaf = others.enter_context(context.wrap_socket(
                socket.create_connection(('localhost', port)), server_hostname='localhost'))
            deaf.setblocking(False)
            quiet = 0
            while quiet < 20:
                try:
                    deaf.send(b'y' * 4096)
                    quiet = 0
                except ssl.SSLWantWriteError:
                    quiet += 1
                    time.sleep(0.01)
            # None of them stops it,
            served(client(directory, port))
            # and those without a handshake go.
            for waiting in [silent, half]:
                waiting.settimeout(FOR_EVER)
                try:
                    expect(waiting.recv(100) == b'', 'a client without a handshake got an answer')
                except ConnectionResetError:
                    pass
            in_log(log, 'handshake: The TLS handshake timed out\n' * 2)
            served(client(directory, port))


def leaving(directory):
    """A server whose clients leave in the middle, and of whom nothing stays."""
    context = ssl.create_default_context(cafile=directory / 'certs/ca-cert.pem')
    with server(directory) as (port, log, open_sockets):
        # Before its first client: one that was served may still be there.
        alone = open_sockets()
        served(client(directory, port))
        with socket.create_connection(('localhost', port)) as in_handshake:
            in_handshake.sendall(b'\x16\x03\x01\x02')
        in_log(log, 'handshake: TLS handshake failed: The TLS connection was non-properly terminated.\n')
        # Closed without TLS's goodbye, which unwrap() would say.
        with context.wrap_socket(socket.create_connection(('localhost', port)), server_hostname='localhost') as talking:
            talking.sendall(b'half')
            expect(talking.recv(4) == b'half', 'the server does not echo')
            expect(open_sockets() > alone, 'a client that is there has no socket')
        in_log(log, 'client: Cannot read from TLS channel: The TLS connection was non-properly terminated.\n')
        served(client(directory, port))
        end = time.monotonic() + FOR_EVER
        while open_sockets() > alone:
            expect(time.monotonic() < end, f'{open_sockets()} sockets of a server that had {alone} before its clients')
            time.sleep(0.05)


def chosen(directory):
    """A server for some, by their names."""
    anonymous = directory / 'anonymous'
    anonymous.mkdir()
    shutil.copy(directory / 'certs/ca-cert.pem', anonymous)
    with server(directory, 'CN=alice*') as (port, log, _):
        served(client(directory, port))
        # TLS 1.3: a client learns of it when it reads.
        refused = client(directory, port, certificates='anonymous')
        expect(refused.returncode == 1 and not refused.stdout, str(refused))
        in_log(log, 'handshake: Verify failed: No certificate was found.')
    with server(directory, 'CN=bob') as (port, log, _):
        refused = client(directory, port)
        expect(refused.returncode == 1 and not refused.stdout, str(refused))
        in_log(log, 'handshake: TLS x509 authz check for CN=alice is denied')


def under_valgrind(directory):
    """Some workers still wait when the client ends."""
    (own,) = tree.root.rglob('libqio.supp')
    glib = pathlib.Path('/usr/share/glib-2.0/valgrind/glib.supp')
    files = [f'--suppressions={file}' for file in [own, glib] if file.exists()]
    kinds = 'definite,indirect,possible'
    command = [*valgrind, '-s', '--leak-check=full', f'--errors-for-leak-kinds={kinds}', '--error-exitcode=9', *files]
    with server(directory) as (port, _, _):
        run = client(directory, port, under=command)
    expect(run.returncode == 0 and run.stdout == 'some text\n', f'{run.returncode}\n{run.stderr}')
    used = re.findall(r'used_suppression: +\d+ (libqio: .*?) /', run.stderr)
    expect('libqio: a waiting worker, its control block' in used, f'not needed? used were {used}')
    print(f'valgrind: {len(used)} suppressions')


def silent_server(directory):
    with socket.create_server(('localhost', 0)) as listening:
        run = client(directory, listening.getsockname()[1])
    expect(run.returncode == 1 and run.stderr.endswith('The TLS handshake timed out\n'), str(run))


def shell(block, directory):
    run = subprocess.run(
        ['sh', '-e', '-c', block], cwd=directory, text=True, env=tree.environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect(run.returncode == 0, f'{block}\n{run.stdout}')


with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    tree = installed.Installed(profile, build, str(root / 'tree'))
    commands = [block.text for block in blocks('sh')]
    (compile,) = [block for block in commands if block.startswith('cc ')]
    # Here the sources are in the directory already.
    recipes = [block.removeprefix('cd examples/echo-tls\n') for block in commands if 'ca-cert.pem' in block]
    (_,) = [block for block in commands if block.startswith('./server')]
    (keys,) = [block for block in commands if 'keys.psk' in block]
    expect(len(commands) == 3 + len(recipes), 'a shell block that this test does not know')
    tools = {line.split()[0] for line in '\n'.join(recipes).split('\n') if line.startswith(('openssl', 'certtool'))}
    expect(tools == {'openssl', 'certtool'}, f'certificates are made with {tools}')

    # The page's own `cc`, with the compiler and the module that are tested.
    compile = re.sub(r'^cc ', ' '.join(tree.compiler) + ' -Wall -Wextra -Werror ', compile, flags=re.M)
    compile = compile.replace('--libs qio)', f'--libs {tree.module})')
    for number, recipe in enumerate(recipes):
        directory = root / str(number)
        directory.mkdir()
        for source in (abi.ROOT / 'examples/echo-tls').glob('*.c'):
            shutil.copy(source, directory)
        shell(compile, directory)
        shell(recipe, directory)
        everybody(directory)
        leaving(directory)
        chosen(directory)
        tool = re.search('openssl|certtool', recipe)[0]
        print(f'{tool}: certificates, server and clients')
    silent_server(directory)
    if valgrind:
        # Under valgrind nothing is in time.
        patient = directory / 'patient'
        patient.mkdir()
        shutil.copytree(directory / 'certs', patient / 'certs')
        for source in directory.glob('*.c'):
            text = source.read_text()
            expect(text.count(' 2000') == 1, f'{source.name} has no time limit')
            (patient / source.name).write_text(text.replace(' 2000', f' {FOR_EVER * 1000}'))
        shell(compile, patient)
        under_valgrind(patient)

    shell(keys, directory)
    for piece in blocks('c'):
        (directory / 'piece.c').write_text(piece.source)
        tree.compile(directory / 'piece.c', directory / 'piece', piece)
        run = subprocess.run([directory / 'piece'], cwd=directory, text=True, capture_output=True, env=tree.environment)
        expect(run.returncode == 0 and not run.stderr, f'{piece}\n{run}')
    print(f'{len(blocks("c"))} pieces of C')
