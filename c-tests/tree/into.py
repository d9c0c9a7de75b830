#!/usr/bin/env python3
"""scripts/into-tree: with its edits a tree builds both ways, and without them it is what it was.

usage: into.py PROFILE ARCHIVE HOST-ARCHIVE
"""

import os
import pathlib
import shutil
import tempfile

import abi
import small_tree
from checked import archive, check, finish, host, host_objects, meson, profile, run

script = abi.ROOT / 'scripts' / 'into-tree'


def sources(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob('*')
            if path.is_file() and path.relative_to(root).parts[0] not in ('out', 'other')}  # fmt: skip


def fails(title, outcome, *said):
    check(title, outcome[0] != 0 and all(text in outcome[1] + outcome[2] for text in said), outcome)


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    top = scratch / 'tree'
    own, other = top / 'out', top / 'other'
    small_tree.write(top, profile, host_objects)
    with open(top / 'meson.build', 'a') as text:
        text.write("# A path is no use of it: /home/somebody/libqio/build/libqio-hosted.a\n")
    before = sources(top)

    def into(*arguments):
        return run(script, '--build', own, top, *arguments)

    def programs_are(expected, build):
        outcome = run(*meson, 'compile', '-C', build, 'whole', 'extracted')
        check(f'{build.name} builds', outcome[0] == 0, outcome)
        for name in 'whole', 'extracted':
            outcome = run(build / name)
            check(f'{build.name}/{name} is {expected}', outcome[1] == f'{expected}\n', outcome)

    def refused(title, *said):
        """One line, and nothing changes."""
        now = sources(top)
        outcome = into()
        fails(title, outcome, *said)
        check(f'{title}: one line, nothing changes', outcome[2].count('\n') == 1 and sources(top) == now, outcome)

    small_tree.run([*meson, 'setup', own, top])
    programs_are('its own', own)

    # There, both ways, and as a patch.
    code, patch, problems = into('--patch')
    check('a patch changes nothing', code == 0 and problems == '' and sources(top) == before, problems)
    code, printed, problems = into()
    check('the option is there', code == 0 and problems == '' and f'has {profile}' in printed, (printed, problems))
    after = sources(top)
    changed = {str(path) for path in after if after[path] != before.get(path)}
    check('three files change, one is new',
          changed == {'meson.build', 'meson_options.txt', 'io/meson.build', 'io/libqio-abi.c'}, changed)  # fmt: skip
    copy = scratch / 'copy'
    shutil.copytree(top, copy, ignore=shutil.ignore_patterns('out', 'other'))
    check('the patch undoes the same', run('patch', '-R', '-p1', '-d', copy, input=patch)[0] == 0 and sources(copy) == before)
    check('the patch does the same', run('patch', '-p1', '-d', copy, input=patch)[0] == 0 and sources(copy) == after)
    code, printed, problems = into()
    check('twice is once', code == 0 and sources(top) == after, (printed, problems))

    small_tree.run([*meson, 'setup', f'-Dlibqio={archive}', other, top])
    programs_are('libqio', other)
    programs_are('its own', own)
    traced = run(other / 'whole', env={**os.environ, 'TREE_TRACE': 'qio_task_complete'})[2]
    check('the traces fire', traced.startswith('qio_task_complete task=0x') and traced.count('\n') == 1, traced)

    # Nothing links unchecked.
    header = top / 'include' / 'io' / 'channel-file.h'
    text = header.read_text()
    header.write_text(text.replace('struct QIOChannelFile {', 'struct QIOChannelFile { int more;'))
    fails('other headers', run(*meson, 'compile', '-C', other, 'whole'), f'in libqio for {profile}')
    header.write_text(text)
    small_tree.run([*meson, 'configure', other, f'-Dlibqio={os.path.abspath(host)}'])
    fails('no library of the profile', run(*meson, 'compile', '-C', other, 'whole'), abi.symbol(profile))
    for number, wrong in enumerate(('/nope.a', 'libqio-hosted.a', '/')):
        fails(f'no library at {wrong}', run(*meson, 'setup', f'-Dlibqio={wrong}', top / 'other' / f'wrong-{number}', top),
              f'ERROR: Problem encountered: the option libqio is to be the path of libqio-hosted.a, from / on, and there'
              f' is no such file: {wrong}\n')  # fmt: skip
    assertions = top / 'io' / 'libqio-abi.c'
    text = assertions.read_text()
    assertions.unlink()
    fails('no assertions', run(*meson, 'setup', f'-Dlibqio={archive}', top / 'other' / 'again', top),
          'io/libqio-abi.c is missing')  # fmt: skip
    shutil.rmtree(other)
    programs_are('its own', own)
    assertions.write_text(text)

    # And back, whatever the next pull has brought meanwhile.
    io = top / 'io' / 'meson.build'
    io.write_text(io.read_text().replace("  'task.c',\n", "  'task.c',\n  # pulled\n"))
    code, printed, problems = into('--undo')
    check('undone', code == 0 and problems == '', (printed, problems))
    check('with what was pulled', io.read_text() == small_tree.IO.replace("  'task.c',\n", "  'task.c',\n  # pulled\n"))
    io.write_text(small_tree.IO)
    check('as it was', sources(top) == before, sources(top).keys() ^ before.keys())
    programs_are('its own', own)
    fails('nothing to undo', into('--undo'), 'has no libqio')

    # Trees that are otherwise, and what is none.
    for options in [], ['--undo'], ['--patch']:
        code, printed, problems = outcome = run(script, *options, scratch)
        check(f'no tree {options}', code == 1 and not printed and problems
              == f'into-tree: {scratch}: no QEMU source tree: include/qemu/osdep.h is missing\n', outcome)
    fails('no such directory', run(script, scratch / 'none'), f"into-tree: {scratch / 'none'}: no such directory\n")
    io.rename(scratch / 'meson.build')
    refused('no io/', 'tree: no QEMU source tree: io/meson.build is missing')
    io.write_text("other_ss.add(files('task.c'))\n")
    refused('no io_ss', 'adds no C files to io_ss')
    io.write_text(small_tree.IO + "libqio = 'by hand'\n")
    refused('by hand', 'has libqio already')
    io.write_text(small_tree.IO + '# libqio: begin\n')
    refused('a mark too many', 'in disorder')
    io.write_text(small_tree.IO)
    (top / 'meson.build').write_text("project('none')\n")
    refused('no dependency', 'makes no dependency io')
    (top / 'meson.build').write_bytes(before[pathlib.Path('meson.build')])
    assertions.write_text('int other;\n')
    refused('another file of that name', 'is not of libqio')
    assertions.unlink()
    header.write_text(header.read_text().replace('struct QIOChannelFile {', 'struct QIOChannelFile { int more;'))
    refused('no profile', 'no profile fits')

finish()
