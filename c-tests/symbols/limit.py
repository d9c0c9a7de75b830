#!/usr/bin/env python3
"""Each public function of io/ is called where no descriptor is left (row C8 of docs/spec/properties.md).

usage: limit.py PROFILE

Names of the profile's list of exports that no test-properties-limit*.c calls, nor a header that it
includes, are complained of.
"""

import re
import sys

import abi

TESTS = abi.ROOT / 'c-tests'


def code(path, seen):
    """The text of a test and of its own headers, without comments and strings."""
    if path in seen:
        return
    seen.add(path)
    text = path.read_text()
    for name in re.findall(r'^#include "([\w.-]+)"', text, re.M):
        if (TESTS / name).exists():
            yield from code(TESTS / name, seen)
    yield re.sub(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', '', text, flags=re.S)


profile = sys.argv[1]
exported = (abi.ROOT / 'abi/exports' / f'{profile}.txt').read_text().split()
programs = sorted(TESTS.glob('test-properties-limit*.c'))
seen = set()
text = ''.join(part for program in programs for part in code(program, seen))
missing = [name for name in exported if not re.search(rf'\b{name}\s*\(', text)]
if not exported or not programs:
    sys.exit('there is nothing to compare')
for name in missing:
    print(f'{name} is called by no test at the descriptor limit')
sys.exit(bool(missing))
