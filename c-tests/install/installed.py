"""The tree that `meson install` makes, as programs outside of it see it."""

import os
import pathlib
import shlex
import subprocess

import abi


class Installed:
    """An installed tree, in a directory of its own."""

    def __init__(self, profile, build, directory):
        meson = shlex.split(os.environ['MESON'])
        subprocess.run([*meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', directory], check=True)
        (module,) = pathlib.Path(directory).rglob(f'{abi.module(profile)}.pc')
        for path in module.parent.iterdir():
            path.write_text(path.read_text().replace('prefix=', f'prefix={directory}', 1))
        # The module of libqio-gio, if it is built.
        gio = module.with_name(module.name.replace('qio', 'qio-gio', 1))
        self.gio = gio.stem if gio.exists() else None
        self.root = pathlib.Path(directory)
        (self.headers,) = self.root.rglob(f'include/qio-{profile}')
        self.compiler = shlex.split(os.environ['CC'])
        self.module = module.stem
        self.environment = {
            **os.environ,
            'PKG_CONFIG_PATH': str(module.parent),
            'LD_LIBRARY_PATH': str(module.parent.parent),
        }

    def flags(self, *modules):
        """What pkg-config says, of the library's own module unless others are named."""
        text = subprocess.check_output(
            ['pkg-config', '--cflags', '--libs', *(modules or [self.module])], text=True, env=self.environment)
        return shlex.split(text)

    def compile(self, source, program, what, *arguments):
        """Ends the test unless @source compiles without a word."""
        command = [*self.compiler, *arguments, '-Wall', '-Wextra', '-Werror', '-Werror=implicit-function-declaration',
                   str(source), '-o', str(program), *self.flags()]
        run = subprocess.run(command, text=True, capture_output=True)
        if run.returncode or run.stderr:
            raise SystemExit(f'{what}: {run.stderr}')
