#!/usr/bin/env python3
"""A hosted library needs nothing of the program but what io/ needs (A.2), and defines nothing of
the host (R-HOST-1).

usage: imports.py PROFILE ARCHIVE
"""

import os
import re
import shlex
import subprocess
import sys

import abi

profile, archive = sys.argv[1:]
facts = abi.facts(profile)
complaints = []


def symbols(*args):
    text = subprocess.check_output(['nm', '--format=posix', *args], text=True)
    fields = (line.split() for line in text.splitlines())
    # What is weak need not be there: newer functions of the C library.
    symbols = ((line[0], line[1]) for line in fields if len(line) > 1)
    return {name.split('@')[0] for name, kind in symbols if kind not in 'wv'}


def library(name):
    """Where a shared library of the system is."""
    compiler = shlex.split(os.environ['CC'])
    return subprocess.check_output([*compiler, f'-print-file-name={name}'], text=True).strip()


# Every architecture has another name for its loader.
needed = subprocess.check_output(['readelf', '--dynamic', library('libc.so.6')], text=True)
loader = re.search(r'\(NEEDED\).*\[(.*)\]', needed)[1]
system = set()
for name in ['libc.so.6', 'libm.so.6', loader, 'libgcc_s.so.1', 'libglib-2.0.so.0']:
    found = symbols('--dynamic', '--defined-only', library(name))
    # Less would mean that nm or the path is wrong.
    assert len(found) > 10, name
    system |= found

# What the release's io/ imports (R-801-3, R-90-3, R-91-2). The trace machinery of the host stays in the host (R-HOST-14,
# R-101-5).
tracing = {'qemu_log', 'qemu_loglevel', 'message_with_timestamp', 'qemu_get_thread_id'}
allowed = set(facts['imports']) - tracing

undefined = symbols('--undefined-only', archive)
# These come from the linker and the compiler's start files.
undefined -= {'_GLOBAL_OFFSET_TABLE_', '__dso_handle'}
host = undefined - system
complaints += [f'imported, but not by io/: {name}' for name in sorted(host - allowed)]
complaints += [
    f'trace machinery: {name}'
    for name in sorted(undefined)
    if name.startswith(('trace_', '_TRACE_')) or name in tracing
]

# What all objects with USDT probes share is hidden in a program.
defined = symbols('--extern-only', '--defined-only', archive) - {'_.stapsdt.base'}
complaints += [f'defines what is not io/: {name}' for name in sorted(defined) if not name.startswith('qio_')]

print(f'{profile}: {len(undefined)} undefined symbols, {len(host)} of the host')
print('\n'.join(complaints))
sys.exit(bool(complaints) or len(undefined) < 50 or len(host & allowed) < 15)
