#!/usr/bin/env python3
"""A project builds libqio as its meson subproject and runs: dependency('qio') finds it under that
name, and under any other with the wrap file.

usage: subproject.py PROFILE SOURCE-ROOT CARGO-TARGET-DIR PROJECT PROGRAM.c
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

profile, root, target, project, program_c = sys.argv[1:]
meson = shlex.split(os.environ['MESON'])

with tempfile.TemporaryDirectory() as scratch:
    user = pathlib.Path(scratch) / 'user'
    shutil.copytree(project, user, ignore=lambda _, names: [n for n in names if n.endswith('.py')])
    shutil.copy(program_c, user / 'program.c')
    (user / 'subprojects').mkdir()
    (user / 'subprojects' / 'libqio').symlink_to(root, target_is_directory=True)
    shutil.copy(pathlib.Path(root) / 'examples' / 'libqio.wrap', user / 'subprojects')

    # What cargo has compiled already need not be compiled again.
    environment = {**os.environ, 'CARGO_TARGET_DIR': os.environ.get('CARGO_TARGET_DIR', target)}
    build = str(user / 'build')
    options = ['--wrap-mode=nodownload', '--force-fallback-for=qio', f'-Dlibqio:abi={profile}']
    subprocess.run([*meson, 'setup', build, str(user), *options], check=True, env=environment)
    # By its own name it needs no wrap; configuring shows it.
    bare = pathlib.Path(scratch) / 'bare'
    shutil.copytree(user, bare, symlinks=True, ignore=lambda _, names: [n for n in names if n in ('build', 'libqio.wrap')])
    (bare / 'subprojects' / 'libqio').rename(bare / 'subprojects' / 'qio')
    options[-1] = f'-Dqio:abi={profile}'
    subprocess.run([*meson, 'setup', str(bare / 'build'), str(bare), *options], check=True, env=environment)

    subprocess.run([*meson, 'compile', '-C', build], check=True, env=environment)
    printed = subprocess.check_output([f'{build}/program'], text=True)
    if printed != 'linked and running\n':
        sys.exit(f'the program prints {printed!r}')
