#!/usr/bin/env python3
"""libqio makes the system calls that a loop written by hand makes, no more: compares what strace
writes down of a program that does the same thing in both ways.

usage: compare.py PROGRAM CASE=CALL,CALL...

CASE are the names of the program's cases, with calls that are made there if it tests anything.
"""

import collections
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77

# The allocator asks for much at the beginning, so that it isn't heard of amid a transfer: when it
# would be depends on what else the process has.
ENVIRONMENT = {**os.environ, 'LC_ALL': 'C', 'MALLOC_TOP_PAD_': str(64 << 20),
               'MALLOC_TRIM_THRESHOLD_': str(1 << 30), 'MALLOC_MMAP_THRESHOLD_': str(32 << 20)}  # fmt: skip

program, *expected = sys.argv[1:]


def trace(file, *command):
    return subprocess.run(
        ['strace', '--output', file, '--no-abbrev', '-s', '24', '-e', 'signal=none', *command],
        stdin=subprocess.DEVNULL, text=True, capture_output=True, env=ENVIRONMENT,
    )  # fmt: skip


def cases(path):
    """The system calls between the marks: case -> lines."""
    found, current = collections.defaultdict(list), None
    for line in path.read_text().splitlines():
        marked = re.match(r'write\(-1, "(begin (\S+)|end)"\.*, \d+\) += -1 EBADF', line)
        if not marked:
            # A thread that waits is known by its number, which it asks for once.
            if current and not line.startswith('gettid()'):
                # What is encrypted looks different each time, and memory is elsewhere.
                line = re.sub(r'iov_base="(\\.|[^"\\])*"(\.\.\.)?', 'iov_base=...', line)
                found[current].append(re.sub(r'\b0x7f[0-9a-f]+', '...', line))
        elif marked[2]:
            current = marked[2]
            # That a case exists is seen even if nothing is called in it.
            found[current].append('begin')
        else:
            found[current].append('end')
            current = None
    assert current is None, f'{current} does not end'
    return found


def main():
    if not shutil.which('strace'):
        sys.exit('strace is missing: scripts/setup check installs it')
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / 'calls'
        permitted = trace(file, 'true')
        if permitted.returncode:
            if 'not permitted' in permitted.stderr or 'denied' in permitted.stderr:
                print('skipped: ptrace is not permitted here:', permitted.stderr.strip().splitlines()[0])
                return SKIPPED
            sys.exit(f'strace: {permitted.stderr}')

        made = {}
        for way in 'by-hand', 'by-library':
            run = trace(file, program, way)
            if run.returncode:
                sys.exit(f'{way}: exit code {run.returncode}\n{run.stdout}{run.stderr}')
            made[way] = cases(file)

    failed = False
    for name, calls in (text.split('=') for text in expected):
        hand, library = (made[way].pop(name, []) for way in ('by-hand', 'by-library'))
        for call in calls.split(','):
            # As a word: a call, what it returned, or what it was told.
            if not any(re.search(rf'\b{call}\b', line) for line in hand):
                print(f'{name}: no {call}, so the case tests nothing')
                failed = True
        if hand != library:
            print(f'{name}: the library calls differently')
            print('\n'.join(difflib.unified_diff(hand, library, 'by hand', 'by library', lineterm='', n=2)))
            failed = True
        else:
            print(f'{name}: {len(hand) - 2} equal calls')
    for way in made:
        for name in made[way]:
            print(f'{name}: not known to meson.build')
            failed = True
    return failed


if __name__ == '__main__':
    sys.exit(main())
