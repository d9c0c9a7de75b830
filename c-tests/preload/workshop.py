"""Compiles the programs and libraries of examples/preload, and more of their kind."""

import os
import pathlib
import shlex
import subprocess
import sys

import abi

EXAMPLE = abi.ABI.parent / 'examples' / 'preload'


def pkg_config(*arguments):
    return shlex.split(subprocess.check_output(['pkg-config', *arguments, 'glib-2.0'], text=True))


class Workshop:
    """A directory to build in, for one profile."""

    def __init__(self, directory, profile):
        self.directory = pathlib.Path(directory)
        self.compiler = [
            *shlex.split(os.environ.get('CC') or 'cc'), '-std=gnu11', '-fPIC', '-D_GNU_SOURCE',
            f'-D{abi.macro(profile)}', f'-I{abi.ABI.parent}/include', *pkg_config('--cflags'),
        ]  # fmt: skip

    def build(self, output, *arguments):
        """Links a program or library; arguments without a directory are the example's sources."""
        path = self.directory / output
        arguments = [str(EXAMPLE / a) if a in ('program.c', 'other-io.c', 'other-host.c') else str(a)
                     for a in arguments]  # fmt: skip
        command = [*self.compiler, *arguments, '-o', str(path), f'-L{self.directory}',
                   f'-Wl,-rpath,{self.directory}', *pkg_config('--libs'), '-ldl']  # fmt: skip
        done = subprocess.run(command, text=True, capture_output=True)
        if done.returncode or done.stderr:
            sys.exit(f'{output}: {done.stderr}')
        return path

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path


class Expectations:
    """Runs programs and counts what went otherwise than expected."""

    def __init__(self):
        self.failed = 0

    def expect(self, title, good, explanation=''):
        print('ok' if good else 'FAILED', title, '' if good else explanation)
        self.failed += not good

    def served(self, title, program, preload, io, host):
        """The program runs, and says that these files serve it."""
        output = run(program, preload)
        wanted = f'worker: a thread of the task\nio/: {io}\nhost: {host}\n'
        self.expect(title, (output.returncode, output.stdout, output.stderr) == (0, wanted, ''), output)

    def fails(self, title, program, preload, line):
        """The program does not run, and the one line that it prints has these words."""
        output = run(program, preload)
        good = output.returncode != 0 and line in output.stderr and output.stderr.count('\n') == 1
        self.expect(title, good, output)


def run(program, preload, **variables):
    environment = {**os.environ, **variables}
    if preload:
        environment['LD_PRELOAD'] = str(preload)
    return subprocess.run([program], text=True, capture_output=True, env=environment)


def exported(library):
    """The names that a shared library defines, with their versions."""
    text = subprocess.check_output(
        ['nm', '--dynamic', '--extern-only', '--defined-only', '--format=posix', library], text=True)
    return {line.split()[0] for line in text.splitlines()}
