#!/usr/bin/env python3
"""Programs that export their own host run on libqio's io/ through LD_PRELOAD, on that host; and
the limits that docs/preload.md names are where it says.

usage: hosted.py PROFILE PRELOAD-LIBRARY ARCHIVE HOST-ARCHIVE
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import abi
import workshop

profile, preload, archive, host = sys.argv[1:]
check = workshop.Expectations()

with tempfile.TemporaryDirectory() as scratch:
    shop = workshop.Workshop(scratch, profile)
    ours = pathlib.Path(preload).name
    whole_host = ['-Wl,--whole-archive', host, '-Wl,--no-whole-archive']

    # No types of io/ are registered by this one.
    task_only = shop.write('task-only.c', """
        #include "qemu/osdep.h"
        #include "qemu/module.h"
        #undef type_init
        #define type_init(function) void *unused = function;
        #include "%s"
    """ % (workshop.EXAMPLE / 'other-io.c'))  # fmt: skip
    shop.build('libother-task.so', '-shared', task_only)
    executable = ['program.c', *whole_host, '-rdynamic']
    program = shop.build('program', *executable, '-lother-task')
    check.served('without LD_PRELOAD', program, None, 'libother-task.so', 'program')
    check.served('the host is the program', program, preload, ours, 'program')

    shop.build('libother-io.so', '-shared', 'other-io.c')
    program = shop.build('program', *executable, '-lother-io')
    check.served('without LD_PRELOAD, with types', program, None, 'libother-io.so', 'program')
    check.fails('types that the other library registers too', program, preload,
                "Registering `qio-channel' which already exists")  # fmt: skip
    # As docs/preload.md says: in the place of the library, not only in front of it.
    instead = shop.build('libqio-as-other.so', '-shared', '-Wl,-soname,libother-io.so', '-Wl,-z,nodelete',
                         '-Wl,--whole-archive', archive, '-Wl,--no-whole-archive')  # fmt: skip
    check.served('in the place of the other library', program, instead, instead.name, 'program')
    loaded = subprocess.check_output(
        [program], text=True, env={**os.environ, 'LD_PRELOAD': str(instead), 'LD_TRACE_LOADED_OBJECTS': '1'})
    check.expect('which is not loaded', f'{scratch}/libother-io.so' not in loaded, loaded)

    shop.build('libother-host.so', '-shared', *whole_host)
    program = shop.build('program', 'program.c', '-lother-io', '-lother-host')
    check.served('the host is a library', program, instead, instead.name, 'libother-host.so')

    program = shop.build('hidden', *executable[:-1], '-lother-task')
    check.fails('a host that is not exported', program, preload, 'symbol lookup error')

names = workshop.exported(preload)
check.expect('exports', names == abi.exports(profile, 'hosted'), names)
print(f'{check.failed} failed')
sys.exit(check.failed != 0)
