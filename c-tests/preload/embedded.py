#!/usr/bin/env python3
"""Programs that are linked to another implementation of io/ and its host run on libqio through
LD_PRELOAD alone, unchanged; and the limits that docs/preload.md names are where it says.

usage: embedded.py PROFILE HOST LIBRARY PRELOAD-LIBRARY ARCHIVE
"""

import pathlib
import sys
import tempfile

import abi
import workshop

profile, host, library, preload, archive = sys.argv[1:]
check = workshop.Expectations()

with tempfile.TemporaryDirectory() as scratch:
    shop = workshop.Workshop(scratch, profile)
    both = ['other-io.c', 'other-host.c']
    ours, ordinary = pathlib.Path(preload).name, pathlib.Path(library).name

    shop.build('libother.so', '-shared', *both)
    program = shop.build('program', 'program.c', '-lother')
    check.served('without LD_PRELOAD', program, None, 'libother.so', 'libother.so')
    check.served('over a library without versions', program, preload, ours, ours)
    check.served('libqio.so over it', program, library, ordinary, ordinary)

    shop.build('libother-host.so', '-shared', 'other-host.c')
    shop.build('libother-io.so', '-shared', 'other-io.c', '-lother-host')
    program = shop.build('program-of-two', 'program.c', '-lother-io', '-lother-host')
    check.served('two libraries', program, None, 'libother-io.so', 'libother-host.so')
    check.served('over two libraries', program, preload, ours, ours)

    shop.build('libsymbolic.so', '-shared', *both, '-Wl,-Bsymbolic')
    program = shop.build('program-symbolic', 'program.c', '-lsymbolic')
    check.served('over a library with symbols bound inside it', program, preload, ours, ours)

    versions = shop.write('other.map', 'OTHER_1 { global: *; };\n')
    shop.build('libversioned.so', '-shared', *both, f'-Wl,--version-script={versions}')
    program = shop.build('program-versioned', 'program.c', '-lversioned')
    check.served('over a library with versions', program, preload, ours, ours)
    check.served('libqio.so over it: no effect', program, library, 'libversioned.so', 'libversioned.so')

    program = shop.build('program-static', 'program.c', *both)
    output = workshop.run(program, preload)
    check.expect('symbols inside the executable stay', output.returncode == 0
                 and output.stdout.startswith('worker: a thread'), output)  # fmt: skip

    # Two of the same name are a mistake as ever, unless another implementation is behind.
    twice = shop.write('twice.c', """
        #include "qemu/osdep.h"
        #include "qom/object.h"
        static const TypeInfo info = { .name = "container", .parent = TYPE_OBJECT };
        static void register_types(void) { type_register_static(&info); }
        type_init(register_types)
        int main(void) { module_call_init(MODULE_INIT_QOM); return 0; }
    """)  # fmt: skip
    program = shop.build('twice', twice, archive, '-lm')
    check.fails('a name taken twice', program, None, "Registering `container' which already exists")

names = workshop.exported(preload)
check.expect('exports', names == abi.exports(profile, host), names)
print(f'{check.failed} failed')
sys.exit(check.failed != 0)
