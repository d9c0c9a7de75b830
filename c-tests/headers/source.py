"""C code over the project's headers, for the tests that ask the compiler."""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import threading

import abi

ROOT = abi.ABI.parent
INCLUDE = ROOT / 'include'
# R-HDR-1
WARNINGS = ['-Wall', '-Wextra', '-Wcast-qual', '-Wconversion', '-Wsign-conversion', '-Wshadow', '-Wundef',
            '-Wwrite-strings', '-Werror']
LANGUAGES = {'c': ('CC', 'cc', 'gnu11'), 'c++': ('CXX', 'c++', 'gnu++17')}
# Of a cross build, it knows the other architecture's libraries.
PKG_CONFIG = shlex.split(os.environ.get('PKG_CONFIG', 'pkg-config'))
GLIB_CFLAGS = shlex.split(subprocess.check_output([*PKG_CONFIG, '--cflags', 'glib-2.0'], text=True))


def headers(profile=None):
    """The headers that C code of a profile, or of any, may include, as it would name them."""
    found = sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob('*.h'))
    return [name for name in found if profile is None or name not in abi.absent_headers(profile)]


def includes(names):
    return ''.join(f'#include "{name}"\n' for name in ['qemu/osdep.h', *names])


def c_name(struct):
    """How C code names a measured struct."""
    return 'struct iovec' if struct == 'iovec' else struct


def command(profile, *args, language='c'):
    """The compiler, set up for a C program of a profile."""
    variable, default, standard = LANGUAGES[language]
    return [
        *shlex.split(os.environ.get(variable, default)), '-x', language, f'-std={standard}',
        '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64', f'-D{abi.macro(profile)}', f'-I{INCLUDE}',
        *GLIB_CFLAGS, *args,
    ]  # fmt: skip


# With these a unit is compiled as osdep.h was.
SAME_BEGINNING = {'-fsyntax-only', '-fmax-errors=0', *WARNINGS}
BEGINNING = '#include "qemu/osdep.h"\n'
scratch = tempfile.TemporaryDirectory()
prepared = {}
preparing = threading.Lock()


def prepare(profile, language):
    """Options for the compiler to find what a unit begins with compiled, in which it spends nine tenths of its time; None
    where it can't."""
    compiler = command(profile, language=language)
    macros = subprocess.run([*compiler, '-dM', '-E', os.devnull], capture_output=True, text=True).stdout
    if '__clang__' in macros:
        return None
    header = pathlib.Path(scratch.name, f'{profile}-{language}', 'beginning.h')
    header.parent.mkdir()
    header.write_text(BEGINNING)
    compiler[compiler.index('-x') + 1] = {'c': 'c-header', 'c++': 'c++-header'}[language]
    run = subprocess.run([*compiler, str(header), '-o', f'{header}.gch'], capture_output=True)
    return [f'-I{header.parent}'] if run.returncode == 0 else None


def compile_text(profile, text, *args, language='c', whole=False):
    """Compiles one translation unit; the result has the compiler's output. What it says of osdep.h itself it says only
    where the @whole unit is compiled."""
    options = None
    if not whole and SAME_BEGINNING.issuperset(args) and text.startswith(BEGINNING):
        with preparing:
            if (profile, language) not in prepared:
                prepared[profile, language] = prepare(profile, language)
            options = prepared[profile, language]
    if options is not None:
        text = '#include "beginning.h"\n' + text.removeprefix(BEGINNING)
    return subprocess.run(
        command(profile, *(options or []), *args, '-', language=language),
        input=text, text=True, capture_output=True, env={**os.environ, 'LC_ALL': 'C'},
    )  # fmt: skip


def refused(profile, prelude, probes):
    """Which of the probes, one line of C each, does the compiler refuse?"""
    for probe in probes:
        assert '\n' not in probe
    start = prelude.count('\n') + 1
    run = compile_text(profile, prelude + '\n'.join(probes) + '\n', '-fsyntax-only', '-fmax-errors=0')
    bad = set()
    for line in run.stderr.splitlines():
        match = re.match(r'<stdin>:(\d+):\d+: (?:fatal )?error: ', line)
        if match:
            number = int(match[1]) - start
            if number < 0:
                raise SystemExit(f'the headers do not compile:\n{run.stderr}')
            bad.add(number)
        elif re.match(r'.*: (?:fatal )?error: ', line):
            raise SystemExit(f'the headers do not compile:\n{run.stderr}')
    return {probes[number] for number in bad}
