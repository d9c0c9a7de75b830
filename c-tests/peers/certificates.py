"""Certificates and keys for tests, made by GnuTLS's certtool where they are wanted."""

import pathlib
import subprocess

PSK = '6c69627320616e64206b657973206f6e'

VALID = 'expiration_days = 2\n'
EXPIRED = 'activation_date = "2001-01-01 00:00:00"\nexpiration_date = "2002-01-01 00:00:00"\n'


def certtool(*arguments):
    run = subprocess.run(['certtool', *map(str, arguments)], stdin=subprocess.DEVNULL,
                         text=True, capture_output=True)  # fmt: skip
    if run.returncode:
        raise AssertionError(f'certtool: {run.stderr}')


class Authority:
    """One that signs certificates."""

    def __init__(self, scratch, name):
        self.certificate = scratch / f'{name}-cert.pem'
        self._key = scratch / f'{name}-key.pem'
        self._scratch = scratch
        template = scratch / 'template'
        template.write_text(f'cn = "{name}"\nca\ncert_signing_key\n{VALID}')
        certtool('--generate-privkey', '--key-type=ecdsa', '--outfile', self._key)
        certtool('--generate-self-signed', '--load-privkey', self._key, '--template', template,
                 '--outfile', self.certificate)  # fmt: skip

    def sign(self, directory, role, names, validity=VALID):
        """A certificate and its key for "client" or "server", as credentials are named."""
        key, template = directory / f'{role}-key.pem', self._scratch / 'template'
        template.write_text(f'{names}\nsigning_key\ntls_www_{role}\n{validity}')
        certtool('--generate-privkey', '--key-type=ecdsa', '--outfile', key)
        certtool('--generate-certificate', '--load-privkey', key, '--template', template,
                 '--load-ca-certificate', self.certificate, '--load-ca-privkey', self._key,
                 '--outfile', directory / f'{role}-cert.pem')  # fmt: skip


class Files:
    """Directories of credentials: attributes with paths."""

    def __init__(self, scratch):
        scratch = pathlib.Path(scratch)
        self.trusted = Authority(scratch, 'trusted')
        self.other = Authority(scratch, 'other')
        self.psk_file = scratch / 'psk' / 'keys.psk'
        self.server_names = 'cn = "localhost"\ndns_name = "localhost"\nip_address = "127.0.0.1"'
        self.client_names = 'cn = "the client"\norganization = "peers"'
        self._scratch = scratch
        # Both roles are in one directory.
        self.good = self._directory('good', self.trusted, self.trusted)
        self.expired = self._directory('expired', self.trusted, self.trusted, EXPIRED)
        # Certificates of an authority that the others don't know; one that doesn't know theirs.
        self.foreign = self._directory('foreign', self.other, self.trusted)
        self.ignorant = self._directory('ignorant', self.trusted, self.other)
        self.anonymous = self._directory('anonymous', None, self.trusted)
        self.psk = self._keys('psk', f'qemu:{PSK}')
        self.wrong_psk = self._keys('wrong-psk', f'qemu:{PSK[::-1]}')

    def _directory(self, name, signer, trusted, validity=VALID):
        directory = self._scratch / name
        directory.mkdir()
        (directory / 'ca-cert.pem').write_bytes(trusted.certificate.read_bytes())
        if signer:
            signer.sign(directory, 'server', self.server_names, validity)
            signer.sign(directory, 'client', self.client_names, validity)
        return directory

    def _keys(self, name, line):
        directory = self._scratch / name
        directory.mkdir()
        (directory / 'keys.psk').write_text(f'{line}\n')
        return directory
