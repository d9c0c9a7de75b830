#!/usr/bin/env python3
"""The hosted library goes into a program in the place of its io/ objects, however that is linked
(R-HOST-18, R-HOST-19): its types are registered (R-HOST-15, R-TYPE-2), and a task runs. What it
adds to the program's size is limited.

usage: link.py PROFILE release|dev SOURCE-ROOT ARCHIVE HOST-ARCHIVE EXPORTS
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import abi

GROWTH_MAX = 1.5 * 1024 * 1024

profile, mode = sys.argv[1:3]
source, archive, host, exports = (pathlib.Path(arg).absolute() for arg in sys.argv[3:])
here = source / 'c-tests/link'
compiler = shlex.split(os.environ['CC'])

io = ['-Wl,--whole-archive', str(archive), '-Wl,--no-whole-archive']


def pkg_config(*args):
    return shlex.split(subprocess.check_output(['pkg-config', *args, 'glib-2.0'], text=True))


def run(title, *command, **kwargs):
    """What the command prints. It must succeed and not complain."""
    process = subprocess.run(command, text=True, capture_output=True, **kwargs)
    # A resolver in a static program needs the shared libraries of the C library; this one has none.
    complaints = re.sub(r"(?m)^.*: in function `.*\n|^.*: warning: Using '.*' in statically linked .*\n",
                        '', process.stderr)
    if process.returncode or complaints:
        sys.exit(f'{title}: {shlex.join(command)}\nexit {process.returncode}: {process.stderr}')
    return process.stdout


def is_installed(library):
    path = subprocess.check_output([*compiler, f'-print-file-name={library}'], text=True).strip()
    return os.path.isabs(path)


headers = ''.join(path.read_text() for path in sorted((source / 'include/io').glob('*.h')))
types = set(re.findall(r'^#define TYPE_QIO_\w+ "(qio-[\w-]+)"$', headers, re.M))
assert len(types) >= 5, types

with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)

    def compile_program(output, *args):
        run(output, *compiler, '-std=gnu11', '-O2', '-Wall', '-Werror', f'-D{abi.macro(profile)}',
            f'-I{source}/include', *pkg_config('--cflags'), *args, '-ffunction-sections',
            '-c', str(here / 'program.c'), '-o', output)  # fmt: skip

    compile_program('program.o')
    compile_program('without.o', '-DWITHOUT_LIBRARY')
    run('another Rust library', os.environ['RUSTC'], '--edition=2024', '--crate-type=staticlib',
        '-Cpanic=unwind', str(here / 'other.rs'), '-o', 'libother.a')  # fmt: skip

    def link(title, *args, libraries=pkg_config('--libs')):
        run(title, *compiler, *args, str(host), *libraries, '-o', 'program')

    def link_and_run(title, *args, **kwargs):
        link(title, *args, **kwargs)
        expected = ['none so far', *sorted(types), 'the task has run']
        if 'libother.a' in args:
            expected.append('the other library says 6')
        printed = run(title, './program').splitlines()
        printed[1:1 + len(types)] = sorted(printed[1:1 + len(types)])
        if printed != expected:
            sys.exit(f'{title}: the program prints {printed}, not {expected}')
        print(f'{title}: runs')

    other = ['-Wl,--whole-archive', 'libother.a', '-Wl,--no-whole-archive', '-lm']
    static = {'libraries': pkg_config('--libs', '--static')}

    link_and_run('whole archive', 'program.o', *io)
    link_and_run('not position-independent', '-no-pie', 'program.o', *io)
    link_and_run('--gc-sections', '-Wl,--gc-sections', 'program.o', *io)
    link_and_run('--no-undefined', '-Wl,--no-undefined', '-Wl,-z,now', 'program.o', *io)
    link_and_run('another Rust library before', 'program.o', *other, *io)
    link_and_run('another Rust library after', 'program.o', *io, *other)
    # Not every system has a static GLib; where it is, all of the above is asked again at once.
    if is_installed('libglib-2.0.a'):
        link_and_run('-static-pie', '-static-pie', 'program.o', *io, **static)
        link_and_run('-static-pie and the rest', '-static-pie', '-Wl,--gc-sections',
                     '-Wl,--no-undefined', 'program.o', *other, *io, **static)  # fmt: skip
    else:
        print('-static-pie: not tested without libglib-2.0.a')
    for linker in ['gold', 'lld', 'mold']:
        if shutil.which(f'ld.{linker}'):
            link_and_run(linker, f'-fuse-ld={linker}', '-Wl,--gc-sections', 'program.o', *io, *other)

    def size(title, *args):
        link(title, '-Wl,--gc-sections', '-Wl,--strip-all', *args)
        return os.stat('program').st_size

    # Nothing of the API is dropped.
    used = [f'-Wl,--undefined={name}' for name in exports.read_text().split()]
    growth = size('all of the API', *used, 'program.o', *io) - size('without it', 'without.o')
    print(f'the library adds {growth} bytes to the program; {GROWTH_MAX:.0f} are allowed in a release')
    sys.exit(mode == 'release' and growth > GROWTH_MAX)
