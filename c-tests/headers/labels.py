#!/usr/bin/env python3
"""No installed header cites a label of the specification, which is not installed (docs/spec)."""

import re
import sys

import source

# What is required, what callers keep, weaknesses; and rows of the properties page, which comments put in parentheses.
LABEL = re.compile(r'\b[RP]-[A-Z]+(?:-[A-Z]+)*-?\d+|\bW-?\d+\b|\([A-Z]{1,2}\d+\)')

names = source.headers()
complaints = [
    f'include/{name}:{number}: {found[0]}'
    for name in names
    for number, line in enumerate((source.INCLUDE / name).read_text().splitlines(), start=1)
    if (found := LABEL.search(line))
]
print('\n'.join(complaints) or f'{len(names)} headers without labels')
sys.exit(bool(complaints) or not names)
