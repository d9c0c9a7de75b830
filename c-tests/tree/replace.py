#!/usr/bin/env python3
"""What docs/qemu.md says puts the hosted library into a tree that is built like QEMU, and takes it
out again.

usage: replace.py PROFILE ARCHIVE HOST-ARCHIVE
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import abi
import tree

profile, archive, host = sys.argv[1:]
meson = shlex.split(os.environ['MESON'])
root = abi.ABI.parent

# The facts of docs/spec/README.md ("How a tree uses io/"). Two ways to make the dependency `io`.
TOP = """
project('tree', 'c', default_options: 'c_std=gnu11')
add_project_arguments('-D_GNU_SOURCE', '-D{macro}', language: 'c')
glib = dependency('glib-2.0')
fs = import('fs')
io_ss = import('sourceset').source_set()
subdir('io')
io_ss = io_ss.apply({{}})
# The headers in this tree are complete, the others can be programmed with.
headers = fs.exists('io/libqio-abi.c') ? ['-I{tree}/include', '-I{tree}/build'] : '-I{include}'
libio = static_library('io', io_ss.sources(), dependencies: glib, build_by_default: false,
                       c_args: headers)
libqom = static_library('qom', objects: {objects})
qom = declare_dependency(link_with: libqom, dependencies: glib)

io = declare_dependency(link_whole: libio, dependencies: [qom])
chardev = declare_dependency(dependencies: [io])
executable('whole', 'program.c', dependencies: [chardev, io, qom], c_args: '-I{include}')

io = declare_dependency(dependencies: [qom])
chardev = declare_dependency(dependencies: [io])
executable('extracted', 'program.c', dependencies: [chardev, io, qom], c_args: '-I{include}',
           objects: libio.extract_all_objects(recursive: false))
"""

PROGRAM = """
#include "qemu/osdep.h"
#include "io/task.h"
#include "qom/object.h"

int main(void)
{
    module_call_init(MODULE_INIT_QOM);
    qio_task_set_error(qio_task_new(NULL, NULL, NULL, NULL), NULL);
    /* The other implementation has no more types than it needs. */
    puts(object_class_by_name("qio-channel-file") ? "libqio" : "its own");
    return 0;
}
"""

documented = re.findall(r'```meson\n(.*?)```', (root / 'docs' / 'qemu.md').read_text(), re.S)
in_io, in_top = documented
assert '/opt/libqio/lib/libqio-hosted.a' in in_io

with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    build = scratch / 'out'
    top, io = scratch / 'meson.build', scratch / 'io' / 'meson.build'
    tree.write(scratch, tree.facts(profile))
    io.parent.mkdir()
    top.write_text(TOP.format(
        macro=abi.macro(profile), tree=scratch, include=root / 'include',
        objects=[str(path) for path in sorted(pathlib.Path(f'{host}.p').resolve().glob('*.o'))]))
    io.write_text("io_ss.add(files('other-io.c'))\n")
    (scratch / 'program.c').write_text(PROGRAM)
    shutil.copy(root / 'examples' / 'preload' / 'other-io.c', scratch / 'io')
    before = top.read_text(), io.read_text()

    def check(expected):
        """Builds, runs, and looks for the symbol of the profile."""
        done = subprocess.run([*meson, 'compile', '-C', build], text=True, capture_output=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        for program in 'whole', 'extracted':
            printed = subprocess.check_output([build / program], text=True)
            symbols = subprocess.check_output(['nm', build / program], text=True)
            if printed != f'{expected}\n':
                sys.exit(f'{program}: io/ is {printed}, not {expected}')
            # The other implementation defines it as well.
            if f' {abi.symbol(profile)}\n' not in symbols:
                sys.exit(f'{program}: no {abi.symbol(profile)}')
            print(f'{program}: io/ is {expected}')

    subprocess.run([*meson, 'setup', build, scratch], check=True, stdout=subprocess.DEVNULL)
    check('its own')

    written = subprocess.check_output(
        [root / 'scripts' / 'abi-profile', '--assertions', scratch / 'io' / 'libqio-abi.c', scratch],
        text=True)  # fmt: skip
    assert written == f'{profile}\n', written
    io.write_text(in_io.replace('/opt/libqio/lib/libqio-hosted.a', os.path.abspath(archive)))
    top.write_text(before[0].replace('dependencies: [qom]', in_top.strip() + ' qom]'))
    assert top.read_text() != before[0]
    check('libqio')

    top.write_text(before[0])
    io.write_text(before[1])
    (scratch / 'io' / 'libqio-abi.c').unlink()
    check('its own')
