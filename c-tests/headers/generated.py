#!/usr/bin/env python3
"""The headers in include/io/ are those that the Rust source says, and qio-profile.h that of the table.

usage: generated.py GENERATED-DIR
"""

import difflib
import pathlib
import subprocess
import sys

import source

generated = pathlib.Path(sys.argv[1]) / 'io'
checked_in = source.INCLUDE / 'io'

bad = False
names = {path.name for base in (generated, checked_in) if base.is_dir() for path in base.iterdir()}
for name in sorted(names):
    old, new = checked_in / name, generated / name
    diff = list(
        difflib.unified_diff(
            old.read_text().splitlines(True) if old.exists() else [],
            new.read_text().splitlines(True) if new.exists() else [],
            f'include/io/{name}', f'generated/io/{name}',
        )
    )  # fmt: skip
    bad = bad or bool(diff)
    sys.stdout.writelines(diff)
    # Rust's links would end up in the C documentation.
    if new.exists() and any(mark in new.read_text() for mark in ('[`', 'crate::', '# Safety')):
        print(f'{name}: the documentation speaks Rust')
        bad = True
from_table = subprocess.run([source.INCLUDE.parent / 'scripts' / 'profile-header'],
                            check=True, text=True, stdout=subprocess.PIPE).stdout  # fmt: skip
if (source.INCLUDE / 'qio-profile.h').read_text() != from_table:
    print('include/qio-profile.h: differs from crates/abi/profiles.toml')
    bad = True
if bad:
    sys.exit('include/ differs: run scripts/update-headers')
