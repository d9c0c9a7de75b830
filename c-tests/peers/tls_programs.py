"""Both ends of TLS connections: the tools of OpenSSL and GnuTLS, and tls-peer."""

from program import Program


def _identity(options, directory, role):
    """The options for a certificate, if there is one."""
    certificate, key = directory / f'{role}-cert.pem', directory / f'{role}-key.pem'
    return [options[0], certificate, options[1], key] if certificate.exists() else []


def _key(directory):
    return (directory / 'keys.psk').read_text().split(':')[1].strip()


def _openssl(role, version, kind, directory):
    options = [f'-tls{version.replace(".", "_")}']
    if kind == 'psk':
        options += ['-psk', _key(directory), '-psk_identity', 'qemu']
        # GnuTLS's server is content with the first of the client's ciphers that it knows.
        return options + (['-nocert'] if role == 'server' else ['-cipher', 'PSK'])
    return [*options, '-CAfile', directory / 'ca-cert.pem', '-verify_return_error',
            *_identity(['-cert', '-key'], directory, role)]  # fmt: skip


def _gnutls(role, version, kind, directory):
    priority = f'NORMAL:-VERS-ALL:+VERS-TLS{version}'
    if kind == 'psk':
        if role == 'server':
            return ['--priority', f'{priority}:-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK',
                    '--pskpasswd', directory / 'keys.psk']  # fmt: skip
        # gnutls-cli 3.7 crashes when it is to tell of a TLS 1.2 exchange with a group.
        exchange = '+PSK' if version == '1.2' else '+ECDHE-PSK'
        return ['--priority', f'{priority}:-KX-ALL:{exchange}',
                '--pskusername', 'qemu', '--pskkey', _key(directory)]  # fmt: skip
    return ['--priority', priority, '--x509cafile', directory / 'ca-cert.pem',
            *_identity(['--x509certfile', '--x509keyfile'], directory, role)]  # fmt: skip


def openssl_client(port, version, kind, directory, *options):
    checks = ['-verify_hostname', 'localhost'] if kind == 'x509' else []
    return Program('openssl', 's_client', '-connect', f'127.0.0.1:{port}', *checks, *options,
                   *_openssl('client', version, kind, directory))  # fmt: skip


def gnutls_client(port, version, kind, directory, *options):
    return Program('gnutls-cli', '--port', port, '--verify-hostname=localhost', *options,
                   *_gnutls('client', version, kind, directory), '127.0.0.1')  # fmt: skip


def plain_client(tool, port, version, kind, directory):
    """One that writes nothing but the data to its standard output."""
    if tool == 'openssl':
        return openssl_client(port, version, kind, directory, '-quiet', '-no_ign_eof', '-nocommands')
    return gnutls_client(port, version, kind, directory, '--logfile=/dev/null')


def openssl_server(version, kind, directory, *options):
    """For one client."""
    return Program('openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', '1', *options,
                   *_openssl('server', version, kind, directory))  # fmt: skip


def gnutls_server(version, kind, directory, *options):
    """One that echoes."""
    return Program('gnutls-serv', '--echo', '--port', '0', *options,
                   *_gnutls('server', version, kind, directory))  # fmt: skip


def plain_server(tool, version, kind, directory, wants_certificate):
    """OpenSSL's writes nothing but the data to its standard output, and GnuTLS's echoes them."""
    if tool == 'openssl':
        options = ['-quiet'] + (['-Verify', '1'] if wants_certificate else [])
        return openssl_server(version, kind, directory, *options)
    options = [] if kind == 'psk' else ['--disable-client-cert']
    if wants_certificate:
        options = ['--require-client-cert', '--verify-client-cert']
    return gnutls_server(version, kind, directory, *options)


class Ours(Program):
    """tls-peer."""

    def expect_handshake(self):
        told = self.err.until(rb'(handshake|refused).*\n')
        assert told[1] == b'handshake', told[0]

    def expect_refusal(self, text=''):
        """By a handshake that fails, or by a peer that goes when this end is content already."""
        told = self.err.until(rb'(handshake|refused)(.*)\n')
        if told[1] == b'handshake':
            assert not text, told[0]
            return self.expect_failure()
        assert text in told[2].decode(), told[0]

    def expect_end(self, received=None):
        """Of what the peer has to say, by its own word."""
        told = self.err.until(rb'(end|failed) (\d+).*\n')
        assert told[1] == b'end', told[0]
        assert received is None or int(told[2]) == received, (told[0], received)

    def expect_any_end(self):
        self.err.until(rb'(end|failed) (\d+).*\n')

    def expect_failure(self):
        told = self.err.until(rb'(end|failed) (\d+).*\n')
        assert told[1] == b'failed', told[0]


class Tls:
    """Starts tls-peer."""

    def __init__(self, program):
        self.program = program

    def server(self, kind, directory, *options):
        """With `port`."""
        server = Ours(self.program, *options, 'server', kind, directory)
        server.port = int(server.err.until(rb'port (\d+)\n')[1])
        return server

    def client(self, port, kind, directory, *options, host='localhost'):
        return Ours(self.program, '--port', port, '--host', host, *options, 'client', kind, directory)
