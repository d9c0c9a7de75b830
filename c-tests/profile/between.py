#!/usr/bin/env python3
"""Writes the combination of switches of a tree between two profiles, as 10.0.7 is one.

usage: between.py FILE
"""

import pathlib
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / 'scripts'))
import abi  # noqa: E402
import tree  # noqa: E402

parts = tree.facts('qemu-10.0.13')
del parts['functions']['qio_task_free']
with tempfile.TemporaryDirectory() as scratch:
    tree.write(pathlib.Path(scratch), parts)
    done = subprocess.run([abi.ROOT / 'scripts' / 'abi-profile', scratch, '--switches', sys.argv[1]],
                          text=True, capture_output=True)  # fmt: skip
    print(done.stderr)
    # No profile fits.
    sys.exit(done.returncode != 1 or not pathlib.Path(sys.argv[1]).is_file())
