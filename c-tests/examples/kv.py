"""The server that is written twice: both give the same answers to the same clients, and say how to ask
them in a line that works as it stands.

usage: kv.py SERVER...
"""

import contextlib
import os
import re
import select
import socket
import subprocess
import sys
import tempfile

CLIENTS = 20
TIMEOUT = 60


class Client:
    """A connection that sends lines and reads answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT)
        self.answers = self.socket.makefile('r', newline='\n')

    def send(self, text):
        self.socket.sendall(text.encode())

    def answer(self):
        return self.answers.readline()

    def ask(self, line):
        self.send(line + '\n')
        return self.answer()

    def close(self):
        self.answers.close()
        self.socket.close()


@contextlib.contextmanager
def server(program, clients):
    """A server that ends by itself after so many clients, and its port."""
    with running(program, '--clients', str(clients)) as greeting:
        yield int(re.fullmatch(r'listening at tcp:127\.0\.0\.1:(\d+)', greeting[0])[1])


@contextlib.contextmanager
def running(program, *arguments):
    """A server that ends by itself, and the lines that it greets with."""
    process = subprocess.Popen([program, *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield [process.stdout.readline().rstrip('\n') for _ in range(4)]
        _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, f'{program} ended with {process.returncode}: {errors}'
    finally:
        process.kill()
        process.wait()


def conversation(program):
    """All clients are connected at once, and none waits for another one."""
    said = []
    with server(program, CLIENTS) as port:
        clients = [Client(port) for _ in range(CLIENTS)]
        said.append(clients[0].ask('get colour'))
        for number, client in enumerate(clients):
            client.send(f'set key{number} value {number}\nget key{number}\nse')
        for number, client in reversed(list(enumerate(clients))):
            said += [client.answer(), client.answer()]
        # The rest of a line that came in two parts.
        for client in clients:
            client.send('t colour green\n')
            said.append(client.answer())
        said += [clients[1].ask(line) for line in ('get colour', 'get key7', 'get', 'halt', '')]
        for client in clients:
            client.close()
    return said


def pipelined(program):
    """More answers than the connection takes before any is read."""
    count = 20000
    received = b''
    with server(program, 1) as port:
        with socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT) as client:
            client.setblocking(False)
            rest = b'set k ' + b'v' * 200 + b'\n' + b'get k\n' * count
            while len(received) < 3 + 201 * count:
                readable, writable, _ = select.select([client], [client] if rest else [], [], TIMEOUT)
                assert readable or writable, 'the server has stopped answering'
                if writable:
                    rest = rest[client.send(rest):]
                if readable and (not rest or not writable):
                    received += client.recv(1 << 16)
    return received


def too_long(program):
    with server(program, 1) as port:
        client = Client(port)
        client.send('x' * 4096)
        ended = client.answer()
        client.close()
    return ended


def pasted(program):
    """The greeting: what it is, and a command that somebody pastes into a shell."""
    with tempfile.TemporaryDirectory(prefix='with space ') as folder:
        for where, listening in (('tcp:127.0.0.1:0', r'tcp:127\.0\.0\.1:\d+'), ('tcp:[::1]:0', r'tcp:\[::1\]:\d+'),
                                 (f'unix:{folder}/socket', f'unix:{folder}/socket')):
            with running(program, '--clients', '2', '--address', where) as greeting:
                assert re.fullmatch(f'listening at {listening}', greeting[0]), greeting
                thread = {'kv-task': 'a task, on a worker thread',
                          'kv-coroutine': "a coroutine, on the main loop's thread"}[os.path.basename(program)]
                assert f'served by {thread}.' in greeting[1], greeting
                assert greeting[3].startswith('    '), greeting
                ran = subprocess.run(greeting[3], shell=True, text=True, capture_output=True, timeout=TIMEOUT)
                assert ran.returncode == 0 and ran.stdout == 'ok\ngreen\n', (greeting, ran)
                address = greeting[0].removeprefix('listening at ')
                ran = subprocess.run([program, '--ask', address, 'get colour', 'hm'], text=True,
                                     capture_output=True, timeout=TIMEOUT)
                assert ran.stdout == 'green\nerror: get KEY, or set KEY VALUE\n', ran
        for wrong, reason in ((['--ask', f'unix:{folder}/nobody', 'get x'], f'{folder}/nobody'),
                              (['tcp:127.0.0.1:0'], "argument 'tcp:127.0.0.1:0': --address says where"),
                              (['get x'], 'lines to send want --ask'),
                              (['--ask', 'tcp:127.0.0.1:1'], '--ask tcp:127.0.0.1:1 wants lines')):
            ran = subprocess.run([program, *wrong], text=True, capture_output=True, timeout=TIMEOUT)
            assert ran.returncode == 1 and reason in ran.stderr and not ran.stdout, (wrong, ran)


for test in (conversation, pipelined, too_long):
    results = [test(program) for program in sys.argv[1:]]
    assert len(results) > 1 and all(result == results[0] for result in results), \
        '\n'.join(f'{os.path.basename(program)}: {str(result)[:2000]}'
                  for program, result in zip(sys.argv[1:], results))
    if test is conversation:
        assert results[0][0] == 'none\n' and results[0].count('ok\n') == 2 * CLIENTS, results[0]
        assert results[0][-5:-3] == ['green\n', 'value 7\n'], results[0][-5:]
    elif test is pipelined:
        assert results[0] == b'ok\n' + (b'v' * 200 + b'\n') * 20000
    else:
        assert results[0] == '', results[0]
for program in sys.argv[1:]:
    pasted(program)
