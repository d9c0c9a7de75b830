"""What the tests of scripts that change or relink a tree share: their arguments, and counting what holds.

usage: TEST PROFILE ARCHIVE HOST-ARCHIVE
"""

import os
import pathlib
import shlex
import subprocess
import sys

profile, archive, host = sys.argv[1:]
archive = os.path.abspath(archive)
meson = shlex.split(os.environ['MESON'])
host_objects = sorted(pathlib.Path(f'{host}.p').resolve().glob('*.o'))
_failed = 0


def check(title, good, shown=''):
    global _failed
    print('ok' if good else 'FAILED', title, '' if good else shown)
    _failed += not good


def run(*command, **arguments):
    done = subprocess.run([*map(str, command)], text=True, capture_output=True, **arguments)
    return done.returncode, done.stdout, done.stderr


def finish():
    sys.exit(bool(_failed))
