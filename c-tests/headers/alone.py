#!/usr/bin/env python3
"""Each header compiles alone after qemu/osdep.h, without a warning (R-HDR-1), and all together in
either order and twice (R-HDR-7).

usage: alone.py PROFILE
"""

import concurrent.futures
import sys

import source

profile = sys.argv[1]
headers = source.headers(profile)
# All serve C++ programs too; these are the ones that such programs begin with.
CXX = [name for name in headers if name.startswith('io/') or name in ('qom/object.h', 'qapi/error.h')]

units = [(name, [name], 'c') for name in headers]
units += [(f'{name} (C++)', [name], 'c++') for name in CXX]
units += [
    ('all', headers, 'c'),
    ('all (C++)', headers, 'c++'),
    ('all, backwards and twice', [*reversed(headers), *headers], 'c'),
]


def check(unit):
    title, names, language = unit
    text = source.includes(names)
    return title, source.compile_text(
        profile, text, *source.WARNINGS, '-fsyntax-only', language=language, whole=title.startswith('all')
    )


failed = 0
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for title, run in pool.map(check, units):
        if run.returncode or run.stderr:
            failed += 1
            print(f'{title}:\n{run.stderr}')
print(f'{profile}: {len(units)} translation units, {failed} bad')
sys.exit(failed != 0 or len(headers) < 30)
