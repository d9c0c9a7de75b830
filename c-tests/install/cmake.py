#!/usr/bin/env python3
"""A program outside of the tree is built by CMake with find_package(qio), which other versions than ours don't
find; and uninstalling leaves no file behind.

usage: cmake.py PROFILE VERSION BUILD-DIR PROGRAM.c
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

import abi

profile, version, build, program_c = sys.argv[1:]
meson = shlex.split(os.environ['MESON'])

PROJECT = '''\
cmake_minimum_required(VERSION 3.18)
project(outside C)
find_package(qio {wanted} REQUIRED)
if(NOT qio_ABI STREQUAL "{profile}")
  message(FATAL_ERROR "the profile is ${{qio_ABI}}")
endif()
add_executable(program "{source}")
target_link_libraries(program PRIVATE qio::qio)
'''

with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch) / 'root'
    subprocess.run([*meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', str(root)], check=True)
    module = next(root.rglob(f'{abi.module(profile)}.pc'))
    text = module.read_text()
    module.write_text(text.replace('prefix=', f'prefix={root}', 1))
    prefix = f'{root}{text.splitlines()[0].removeprefix("prefix=")}'

    def cmake(wanted):
        """CMake's answer for a version, and the folder that it has configured."""
        folder = pathlib.Path(scratch) / f'project-{wanted}'
        folder.mkdir()
        (folder / 'CMakeLists.txt').write_text(PROJECT.format(wanted=wanted, profile=profile, source=program_c))
        # Several architectures' folders are looked into only where CMake knows that they are.
        run = subprocess.run(['cmake', '-S', folder, '-B', folder, f'-DCMAKE_PREFIX_PATH={prefix}',
                              f'-Dqio_DIR={module.parents[1]}/cmake/qio'], text=True, capture_output=True)  # fmt: skip
        return run, folder

    if abi.module(profile) != 'qio':
        print('skipped: only the default profile is found by CMake')
        sys.exit(77)
    if not shutil.which('cmake'):
        print("skipped: there is no CMake here (Debian's package cmake)")
        sys.exit(77)
    major, minor, *_ = version.split('.')
    for wanted in ['', version, f'{major}.{minor}']:
        run, folder = cmake(wanted)
        if run.returncode:
            sys.exit(f'CMake with version {wanted!r}: {run.stdout}{run.stderr}')
    subprocess.run(['cmake', '--build', folder], check=True, stdout=subprocess.DEVNULL)
    printed = subprocess.check_output([folder / 'program'], text=True)
    if printed != 'linked and running\n':
        sys.exit(f'the program prints {printed!r}')
    for wanted in [f'{int(major) + 1}.0', f'{major}.{int(minor) + 1}', f'{version}.1']:
        run, _ = cmake(wanted)
        if run.returncode == 0:
            sys.exit(f'CMake takes version {version} for {wanted}')

    # What was installed since is not the module's text, which is of this test.
    subprocess.run(['ninja', '-C', build, 'uninstall'], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, 'DESTDIR': str(root)})  # fmt: skip
    left = [str(path.relative_to(root)) for path in root.rglob('*') if not path.is_dir()]
    if left:
        sys.exit(f'uninstalling leaves {left}')
    print('a program of CMake runs, and uninstalling leaves nothing')
