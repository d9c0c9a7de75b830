"""The command `qio`: what it prints, transfers and ends with.

usage: qio_tool.py QIO HAS-TLS
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'peers'))
from certificates import Authority, certtool
from program import Program

qio, has_tls = sys.argv[1], sys.argv[2] == 'true'
# In seconds, on a slow machine: a hang is a failure.
LIMIT = '120'


def run(*arguments, given=b'', status=0, **environment):
    """What a command says; standard output, and standard error."""
    run = subprocess.run(['timeout', LIMIT, qio, *arguments], input=given, capture_output=True,
                         env={**os.environ, **environment})
    assert run.returncode == status, (arguments, run.returncode, run.stdout[:300], run.stderr[:300])
    return run.stdout, run.stderr.decode()


def serve(*arguments):
    """A server, and its address."""
    server = Program(qio, 'serve', '--json', *arguments)
    return server, json.loads(server.out.until(rb'\{"listening".*\n')[0])['listening']


def line(server):
    return json.loads(server.out.until(rb'\{"client".*\n')[0])


def command_line():
    assert b'qio serve' in run('--help')[0]
    assert run('--version')[0].startswith(b'qio ')
    for name in ['cat', 'serve', 'probe']:
        assert b'--websocket' in run(name, '--help')[0]
    for arguments, part in [
        ([], 'usage'), (['dog'], 'no command dog'), (['cat'], 'one address'), (['cat', 'a:1', 'b:1'], 'one address'),
        (['cat', 'x:y:z'], "no kind 'x'"), (['serve', 'unix:x'], 'wants a command'), (['cat', '--nothing', 'a:1'], '--nothing'),
        (['cat', '--timeout', '-1', 'a:1'], 'negative'), (['serve', '--max-clients', '-1', 'unix:x', '--', 'a'], 'negative'),
    ]:
        assert part in run(*arguments, status=2)[1], arguments


def plain(scratch, kind):
    data = os.urandom(3_000_000)
    server, address = serve(kind, '--', 'sh', '-c', 'cat; printf end')
    out, err = run('cat', '--json', address, given=data)
    assert out == data + b'end'
    told = json.loads(err)
    assert (told['sent'], told['received']) == (len(data), len(data) + 3), told
    client = line(server)
    assert (client['received'], client['sent'], client['status']) == (len(data), len(data) + 3, 0), client
    found = json.loads(run('probe', '--json', address)[0])
    assert found['connect']['ok'] and found['connect']['remote'] == address, found
    if address.startswith('unix:'):
        assert found['peer'] == {'pid': server.process.pid, 'uid': os.getuid(), 'gid': os.getgid()}, found
    assert b'connect       yes' in run('probe', address)[0]
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait() == 0


def refused(scratch):
    assert 'refused' in run('cat', '127.0.0.1:1', status=1)[1]
    assert json.loads(run('probe', '--json', '127.0.0.1:1', status=1)[0])['connect']['ok'] is False
    server, address = serve('127.0.0.1:0', '--once', '--', '/nonexistent')
    assert run('cat', address)[0] == b''
    assert 'nonexistent' in line(server)['error']
    assert server.process.wait() == 1


def silent(scratch):
    """A server that says nothing doesn't hold anybody up."""
    server, address = serve('127.0.0.1:0', '--', 'sleep', LIMIT)
    for command in ['cat', 'probe']:
        assert 'within 1 seconds' in run(command, '--websocket', '--timeout', '1', address, status=1)[1]
    # The layer that is missing, and what was found before it.
    for layer in ['websocket', *(['tls'] if has_tls else [])]:
        found = json.loads(run('probe', '--json', f'--{layer}', '--timeout', '1', address, status=1)[0])
        assert found['connect']['ok'] and found['connect']['remote'] == address, found
        assert found[layer]['ok'] is False and 'within 1 seconds' in found[layer]['error'], found
    server.process.kill()
    with socket.socket() as listening:
        # Its queue is full: a connection isn't answered.
        listening.bind(('127.0.0.1', 0))
        listening.listen(0)
        with socket.create_connection(listening.getsockname()):
            found = json.loads(run('probe', '--json', '--timeout', '1', '127.0.0.1:%d' % listening.getsockname()[1],
                                   status=1)[0])
            assert list(found) == ['address', 'connect'] and 'within 1 seconds' in found['connect']['error'], found


def abstract(scratch):
    """A name that is no file."""
    server, address = serve(f'unix:@qio-{os.getpid()}', '--once', '--', 'cat')
    assert address == f'unix:@qio-{os.getpid()}', address
    assert run('cat', address, given=b'x')[0] == b'x'
    assert server.process.wait() == 0


def limited(scratch):
    """The second client waits for the first one's end; a first signal lets clients end."""
    server, address = serve('127.0.0.1:0', '--max-clients', '1', '--', 'cat')
    first = Program(qio, 'cat', address)
    first.process.stdin.write(b'one')
    first.out.until(b'one')
    second = Program(qio, 'cat', address)
    second.process.stdin.write(b'two')
    assert not second.out.text
    first.process.stdin.close()
    assert first.process.wait() == 0
    second.out.until(b'two')
    server.process.send_signal(signal.SIGTERM)
    second.process.stdin.write(b'three')
    second.out.until(b'three')
    second.process.stdin.close()
    assert second.process.wait() == 0 and server.process.wait() == 0


def unread(scratch, kind):
    """What a command says arrives, though it reads but the first byte, and the client sends on."""
    server, address = serve(kind, '--', 'sh', '-c', 'head -c 1 >/dev/null; head -c 5000000 /dev/zero')
    assert run('cat', address, given=bytes(20_000_000))[0] == bytes(5_000_000)
    client = line(server)
    assert (client['sent'], client['status']) == (5_000_000, 0), client
    server.process.kill()


def refusing(scratch):
    """A server that wants no more says why: it is heard, and the client's failure told."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f'{scratch}/refusing')
        listening.listen()

        def refuse():
            connection = listening.accept()[0]
            connection.shutdown(socket.SHUT_RD)
            # So that a write has failed by then, as a rule.
            time.sleep(0.5)
            connection.sendall(b'why' * 50_000)
            connection.close()
        thread = threading.Thread(target=refuse)
        thread.start()
        out, err = run('cat', f'unix:{scratch}/refusing', given=bytes(3_000_000), status=1)
        thread.join()
    assert out == b'why' * 50_000, len(out)
    assert 'Broken pipe' in err, err


def frames(data):
    """The payload of a server's binary frames, and that of its Close frame, None without one."""
    payload, close = b'', None
    while data:
        length, head = data[1], 2
        if length > 125:
            head = {126: 4, 127: 10}[length]
            length = int.from_bytes(data[2:head], 'big')
        if data[0] == 0x82:
            payload += data[head:head + length]
        else:
            assert data[0] == 0x88, data[:2]
            close = data[head:head + length]
        data = data[head + length:]
    return payload, close


def patient(scratch):
    """The last bytes of a WebSocket, and its Close frame, wait for a client that reads late. They are many, and as much as
    a socket takes, or a bit more: that is where some are left over."""
    script = 'read length; head -c $length /dev/zero'
    server, address = serve(f'unix:{scratch}/patient', '--websocket', '--', 'sh', '-c', script)
    room = 212_992
    lengths = range(room - 5_000, room + 13_000, 600)
    clients = []
    for length in lengths:
        client = socket.socket(socket.AF_UNIX)
        client.connect(f'{scratch}/patient')
        client.sendall(b'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                       b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: binary\r\n'
                       b'Sec-WebSocket-Version: 13\r\n\r\n')  # fmt: skip
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            head += client.recv(1)
        # Masked with zeros.
        client.sendall(b'\x82\x87\0\0\0\0%d\n' % length)
        clients.append(client)
    # So that the commands are over by then, as a rule.
    time.sleep(2)
    for length, client in zip(lengths, clients):
        data = b''
        while piece := client.recv(1 << 20):
            data += piece
        payload, close = frames(data)
        assert (len(payload), close) == (length, b'\x03\xe8'), (length, len(payload), close)
        client.close()
        assert line(server)['status'] == 0
    server.process.kill()


def websocket(scratch, *layers):
    data = bytes(1000) + os.urandom(500_000)
    server, address = serve('127.0.0.1:0', '--websocket', *layers, '--', 'cat')
    assert run('cat', '--websocket', '--quit', '5', *layers, address, given=data)[0] == data
    assert line(server)['received'] == len(data)
    found = json.loads(run('probe', '--json', '--websocket', *layers, address)[0])
    assert found['websocket']['ok'] and found['websocket']['protocol'] == 'binary', found
    found = json.loads(run('probe', '--json', '--websocket', '--path', '/x', *layers, address, status=1)[0])
    assert '404 Not Found' in found['websocket']['error'], found
    server.process.kill()


def tls(scratch):
    authority = Authority(scratch, 'ca')
    authority.sign(scratch, 'server', 'cn = "localhost"\ndns_name = "localhost"\nip_address = "127.0.0.1"')
    server, address = serve('127.0.0.1:0', '--tls-dir', scratch, '--', 'cat')
    data = os.urandom(2_000_000)
    assert run('cat', '--tls-dir', scratch, address, given=data)[0] == data
    assert line(server)['status'] == 0
    found = json.loads(run('probe', '--json', '--tls-dir', scratch, address)[0])['tls']
    assert found['accepted'] and found['version'] == 'TLS1.3', found
    # Servers of libqio ask, and with verify-peer=no take whatever comes.
    assert found['client_certificate'] == {'asked': True, 'sent': False, 'refused': None}, found
    assert found['certificates'][0]['names'] == 'localhost, 127.0.0.1', found
    # Not for this name, nor from an authority of the system.
    found = json.loads(run('probe', '--json', '--tls-dir', scratch, '--tls-name', 'example.com', address, status=3)[0])
    assert 'does not match' in found['tls']['reason'], found
    assert b'issuer is unknown' in run('probe', '--tls', address, status=3)[0]
    assert b'TLS1.3' in run('probe', '--insecure', address)[0]
    assert run('cat', '--tls', address, status=1)[1].startswith('qio: ')
    assert run('cat', '--insecure', address, given=b'x')[0] == b'x'
    # Where a system has no authorities.
    none = {'SSL_CERT_FILE': f'{scratch}/nothing'}
    assert run('cat', '--insecure', address, given=b'x', **none)[0] == b'x'
    found = json.loads(run('probe', '--json', '--insecure', address, **none)[0])
    assert found['tls']['ok'] and not found['tls']['accepted'], found
    assert f'no authorities to trust in {scratch}/nothing' in run('cat', '--tls', address, status=1, **none)[1]
    server.process.kill()
    websocket(scratch, '--tls-dir', scratch)
    certificates_of_clients(scratch, authority)
    hostile(scratch)
    documented(scratch)


def certificates_of_clients(scratch, authority):
    """Whether a server wants a certificate of the client, which it may refuse when the client's handshake is over."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(scratch / 'server-cert.pem', scratch / 'server-key.pem')
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED

    def serve_openssl(listening):
        with listening.accept()[0] as accepted:
            try:
                with context.wrap_socket(accepted, server_side=True) as connection:
                    if serve_openssl.reads:
                        connection.recv(1)
            except OSError:
                pass
    serve_openssl.reads = True

    def probe(directory, *options, status):
        with socket.create_server(('127.0.0.1', 0)) as listening:
            threading.Thread(target=serve_openssl, args=[listening], daemon=True).start()
            address = f'127.0.0.1:{listening.getsockname()[1]}'
            return run('probe', *options, '--tls-dir', directory, address, status=status)[0].decode()

    none, known, unknown = (scratch / name for name in ('none', 'known', 'unknown'))
    for directory in none, known, unknown:
        directory.mkdir()
        shutil.copy(authority.certificate, directory / 'ca-cert.pem')
    authority.sign(known, 'client', 'cn = "client"')
    Authority(scratch, 'other').sign(unknown, 'client', 'cn = "client"')
    for directory, status, sent, refused in (none, 1, False, 'Certificate is required'), (known, 0, True, None), (
            unknown, 1, True, 'CA is unknown'):  # fmt: skip
        found = json.loads(probe(directory, '--json', status=status))['tls']
        assert found['ok'] and found['accepted'], found
        assert found['client_certificate'] == {'asked': True, 'sent': sent, 'refused': refused}, found
    assert re.search('^asks +for a certificate of the client: sent, not refused$', probe(known, status=0), re.M)
    assert re.search('^asks +for a certificate of the client: none sent, refused: Certificate is required$',
                     probe(none, status=1), re.M)  # fmt: skip
    # Others close without a word, and so do servers of libqio.
    context.verify_mode, serve_openssl.reads = ssl.CERT_OPTIONAL, False
    found = json.loads(probe(none, '--json', status=1))['tls']['client_certificate']
    assert found == {'asked': True, 'sent': False, 'refused': 'it has closed without a word'}, found
    context.verify_mode, serve_openssl.reads = ssl.CERT_REQUIRED, True
    # In TLS 1.2 the handshake itself fails.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    found = json.loads(probe(none, '--json', status=1))['tls']
    assert not found['ok'] and 'alert' in found['error'], found
    assert found['client_certificate'] == {'asked': True, 'sent': False, 'refused': None}, found
    assert re.search('^asks +for a certificate of the client: none sent$', probe(none, status=1), re.M)

    # One that asks and is silent holds nobody up, and is no layer that hasn't answered.
    server, address = serve('127.0.0.1:0', '--tls-dir', scratch, '--', 'sleep', '100')
    found = json.loads(run('probe', '--json', '--timeout', '2', '--tls-dir', scratch, address)[0])['tls']
    assert found['ok'] and found['client_certificate']['refused'] is None, found
    server.process.kill()


def hostile(scratch):
    """What a certificate says is shown as text, all of it and nothing else: no subject, a name with a line of its own in
    it, one of 1100 letters, one with a NUL, an address of five bytes."""
    def der(tag, content):
        length = bytes([len(content)]) if len(content) < 128 else b'\x82' + len(content).to_bytes(2, 'big')
        return bytes([tag]) + length + content

    long = b'a' * 1100
    names = der(0x30, der(0x82, b'a\naccepted      yes\x1b[2J') + der(0x82, long) + der(0x82, b'a.example\0.b')
                + der(0x87, b'12345') + der(0x87, bytes([127, 0, 0, 1])))  # fmt: skip
    (scratch / 'template').write_text(f'add_extension = "2.5.29.17 0x{names.hex()}"\nexpiration_days = 2\n')
    certificate, key = scratch / 'hostile-cert.pem', scratch / 'hostile-key.pem'
    certtool('--generate-privkey', '--key-type=ecdsa', '--outfile', key)
    certtool('--generate-self-signed', '--load-privkey', key, '--template', scratch / 'template',
             '--outfile', certificate)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def probe(*arguments):
        with socket.create_server(('127.0.0.1', 0)) as listening:
            def shake():
                with context.wrap_socket(listening.accept()[0], server_side=True) as connection:
                    connection.recv(1)
            thread = threading.Thread(target=shake)
            thread.start()
            address = f'127.0.0.1:{listening.getsockname()[1]}'
            out = run('probe', '--tls', *arguments, address, status=3)[0].decode()
            thread.join()
            return out

    found = json.loads(probe('--json'))['tls']['certificates'][0]
    shown = ['a\naccepted      yes\x1b[2J', long.decode(), 'a.example\\x00.b', '?', '127.0.0.1']
    assert (found['subject'], found['names']) == (None, ', '.join(shown)), found
    said = probe()
    assert re.search(r'^certificate   no name\n +for a\\x0aaccepted      yes\\x1b\[2J, a+, a\.example\\x00\.b, \?, 127\.0\.0\.1, '
                     r'issued by no name$', said, re.M), said  # fmt: skip
    assert len(re.findall('^accepted', said, re.M)) == 1, said


def standard_streams(scratch):
    """Those that are closed fail, rather than to be the first socket; so does an output that takes nothing."""
    server, address = serve('127.0.0.1:0', '--', 'cat')
    for redirection, text in [('<&-', 'Bad file descriptor'), ('>&-', 'Bad file descriptor'), ('>/dev/full', 'No space')]:
        ended = subprocess.run(['sh', '-c', f'echo x | timeout {LIMIT} "$0" cat "$1" {redirection}', qio, address],
                               capture_output=True, text=True)  # fmt: skip
        assert ended.returncode == 1 and text in ended.stderr, (redirection, ended)
    for redirection in ['>&-', '>/dev/full']:
        for arguments in [['probe', address], ['probe', '--json', address], ['--version']]:
            ended = subprocess.run(['sh', '-c', f'"$0" "$@" {redirection}', qio, *arguments], capture_output=True, text=True)
            assert ended.returncode == 1 and 'standard output' in ended.stderr, (redirection, arguments, ended)
    server.process.kill()


def reset(scratch):
    """A server for one client tells that its connection broke."""
    server, address = serve('127.0.0.1:0', '--once', '--', 'cat')
    client = socket.create_connection(('127.0.0.1', int(address.rsplit(':', 1)[1])))
    client.sendall(b'x')
    assert client.recv(1) == b'x'
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.close()
    assert line(server)['received'] == 1
    assert server.process.wait() == 1


def documented(scratch):
    """docs/tool.md shows what is printed, but for numbers."""
    page = (pathlib.Path(__file__).parents[2] / 'docs/tool.md').read_text()
    shown = re.search(r'^```text of=qio\n(.*?)^```', page, re.M | re.S)[1]
    server, address = serve('localhost:0', '--websocket', '--tls-dir', scratch, '--', 'cat')
    port = address.rsplit(':', 1)[1]
    said = run('probe', '--tls', '--websocket', f'localhost:{port}', status=3)[0].decode()

    def without_numbers(text):
        return [re.sub(r'\d+', '0', line).rstrip() for line in text.replace('[::1]', '127.0.0.1').splitlines()]
    assert without_numbers(said) == without_numbers(shown), said
    server.process.kill()


with tempfile.TemporaryDirectory() as folder:
    scratch = pathlib.Path(folder)
    command_line()
    plain(scratch, f'unix:{scratch}/socket')
    plain(scratch, '127.0.0.1:0')
    refused(scratch)
    abstract(scratch)
    silent(scratch)
    limited(scratch)
    unread(scratch, f'unix:{scratch}/unread')
    unread(scratch, '127.0.0.1:0')
    refusing(scratch)
    patient(scratch)
    standard_streams(scratch)
    reset(scratch)
    websocket(scratch)
    if has_tls:
        tls(scratch)
