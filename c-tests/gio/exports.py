#!/usr/bin/env python3
"""libqio-gio has what gio/exports.txt lists for everybody to see, and nothing else (R-GIO-1).

usage: exports.py ARCHIVE [LIBRARY]
"""

import pathlib
import subprocess
import sys

listed = set((pathlib.Path(__file__).resolve().parents[2] / 'gio' / 'exports.txt').read_text().split())
bad = 0
for path, of in zip(sys.argv[1:], ['--extern-only', '--dynamic']):
    run = subprocess.run(['nm', of, '--defined-only', '--format=posix', path], check=True, stdout=subprocess.PIPE, text=True)
    found = {line.split()[0] for line in run.stdout.splitlines() if len(line.split()) > 2}
    for name in sorted(found ^ listed):
        print(f'{path}: {name} is {"not listed" if name in found else "missing"}')
        bad += 1
    print(f'{path}: {len(found)} names')
sys.exit(bad != 0)
