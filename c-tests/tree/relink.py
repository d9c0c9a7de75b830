#!/usr/bin/env python3
"""scripts/relink: programs of a built tree get libqio, nothing else changes, and what can't be done
has one clear reason.

usage: relink.py PROFILE ARCHIVE HOST-ARCHIVE
"""

import os
import pathlib
import re
import shlex
import struct
import subprocess
import tempfile

import abi
import small_tree
import specified_traces
import tree
from checked import archive, check, finish, host, host_objects, meson, profile, run

script = abi.ROOT / 'scripts' / 'relink'


def relink(*arguments, cwd=None):
    return run(script, *arguments, cwd=cwd)


def files(root):
    """All files below a directory, with what tells a changed one."""
    paths = (path for path in root.rglob('*') if path.name != '.gitignore')
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in paths if path.is_file()}


def build(root, change=None, *options, traces=None):
    small_tree.write(root, profile, host_objects, change, traces)
    # Response files for all, as the links of large programs have.
    environment = {**os.environ, 'MESON_RSP_THRESHOLD': '0'}
    small_tree.run([*meson, 'setup', *options, root / 'out', root], env=environment)
    return root / 'out'


def make(directory, *programs):
    small_tree.run([*meson, 'compile', '-C', directory, *programs])


def trace_of(program, wanted):
    """The names of the events that the tree's log shows, in order."""
    # What is registered once is never freed.
    environment = {**os.environ, 'TREE_TRACE': wanted, 'ASAN_OPTIONS': 'detect_leaks=0'}
    _, printed, traces = run(program, env=environment)
    assert printed == 'libqio\n', (printed, traces)
    return [line.split(' ')[0] for line in traces.splitlines()]


def everywhere(program, scratch, task, check):
    """What a task is to the back ends besides the log: a file each, and probes that are in the code."""
    marker, simple = scratch / 'marker', scratch / 'simple'
    environment = {**os.environ, 'TREE_TRACE': 'all', 'TREE_MARKER': str(marker), 'TREE_SIMPLE': str(simple)}
    assert run(program, env=environment)[0] == 0
    late = 'qio_task_thread_source_attach'
    lines = [line for line in marker.read_text().splitlines() if not line.startswith(late)]
    check('ftrace', [line.split(' ')[0] for line in lines] == task, lines)

    names = list(specified_traces.of_profile(profile))
    records = [(names[number], argument) for number, argument in struct.iter_unpack('=QQ', simple.read_bytes())]
    records = [(name, argument) for name, argument in records if name != late]
    check('simple', [name for name, _ in records] == task, records)
    same = {f'task={argument:#x}' for _, argument in records}
    check('both tell the same task', same == {line.split(' ')[1] for line in lines}, (same, lines))

    notes = subprocess.check_output(['readelf', '--notes', '--wide', program], text=True)
    probes = set(re.findall(r'Provider: tree\n\s+Name: (\w+)', notes))
    check('dtrace', probes == set(names) - specified_traces.NEVER_EMITTED, probes ^ set(names))
    marker.unlink()
    simple.unlink()


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    top = scratch / 'tree'
    out = build(top, None, '-Dtrace_backend=log,simple,ftrace,dtrace')
    given = '--build', out, '--library', archive

    def refused(title, outcome, *said):
        """One line, and nothing written."""
        check(title, outcome[0] == 1 and outcome[2].count('\n') == 1 and all(text in outcome[2] for text in said),
              outcome)  # fmt: skip
        check(f'{title}: nothing written', sorted(path.name for path in scratch.iterdir()) == present)

    present = ['tree']
    refused('objects that are not there', relink(*given, 'whole', cwd=scratch), 'whole is not built', 'is missing')
    make(out)
    before = files(top)

    programs = ['whole', 'extracted', 'in-cpp']
    new = scratch / 'new'
    code, printed, problems = relink(*given, '-o', new, '--check', 'whole', out / 'extracted', 'in-cpp')
    check('several programs', code == 0 and problems == '', (code, printed, problems))
    check('nothing else has changed', files(top) == before,
          {path for path, state in files(top).items() if before.get(path) != state})  # fmt: skip
    check('only the programs are written', sorted(path.name for path in new.iterdir()) == sorted(programs))
    for name in programs:
        check(f'{name} has libqio', small_tree.run([new / name]) == 'libqio\n')
        check(f'{name} had its own', small_tree.run([out / name]) == 'its own\n')
        check(f'{name} is in the report', f'linked   {name} (' in printed, printed)
    check('libqio under a loadable module', small_tree.run([new / 'whole', out / 'part.so']) == 'libqio\n')
    check('the version is shown', printed.count('program of a small tree, version 1') == 3, printed)
    check('the symbol is shown', printed.count(f'has {abi.symbol(profile)}') == 3, printed)
    one = relink(*given, '-o', new, 'whole')[1]
    check('five lines for one program', one.count('\n') == 5, one)
    # The tree's own tracing.
    task = ['qio_task_new', 'qio_task_thread_start', 'qio_task_thread_run', 'qio_task_thread_exit',
            'qio_task_thread_result', 'qio_task_complete']  # fmt: skip
    for name in programs:
        seen = trace_of(new / name, 'all')
        # The worker may be late to say that the delivery is armed, even too late (R-TRACE-5).
        seen = [event for event in seen if event != 'qio_task_thread_source_attach']
        check(f'the events of {name} fire', seen == task, seen)
        check(f'those that are switched on in {name}', trace_of(new / name, 'qio_task_complete') == task[-1:])
        check(f'none in {name}', trace_of(new / name, '') == [])
    everywhere(new / 'whole', scratch, task, check)
    check('how many events there are', f'{len(specified_traces.of_profile(profile)) - 1} trace events reach' in one, one)
    present.append('new')
    present.sort()

    def without_an_event(events):
        del events['qio_task_complete']
        events['qio_task_new'].pop()

    # As other trees may be: also with link-time optimisation and sanitizers.
    strange = build(scratch / 'events', None, '-Dtrace_backend=nop', '-Db_lto=true',
                    '-Db_sanitize=address,undefined', '-Db_lundef=false', traces=without_an_event)
    # Its own io/ says it, so only what libqio takes its place of can't be compiled.
    task_c = scratch / 'events' / 'io' / 'task.c'
    task_c.write_text(task_c.read_text().replace('(void *)func, opaque', '(void *)func'))
    make(strange, 'whole')
    code, printed, problems = relink('--build', strange, '--library', archive, '-o', new, 'whole')
    check('a tree without some events', code == 0 and problems == ''
          and 'no such trace events of io/: qio_task_new, qio_task_complete' in printed, (printed, problems))  # fmt: skip
    check('a back end that does nothing', trace_of(new / 'whole', 'all') == [])
    present = sorted([*present, 'events'])

    # What is wrong with a tree, a program, a directory or a library.
    ninja = out / 'build.ninja'
    text = ninja.read_text()
    ninja.write_text(re.sub(r'(build extracted: .*\n(?: .*\n)*? LINK_ARGS = )', r'\1-fsanitize=cfi-icall ', text))
    refused('control-flow integrity', relink(*given, '-o', scratch / 'no', 'extracted'), 'control-flow integrity')
    ninja.write_text(text)
    refused('a program without io/', relink(*given, '-o', scratch / 'no', 'whole', 'without'), 'has nothing of io/')
    refused('no such program', relink(*given, '-o', scratch / 'no', 'qemu-none'), 'links no program',
            'it links extracted, in-cpp, whole, without\n')  # fmt: skip
    refused('named twice', relink(*given, '-o', scratch / 'no', 'whole', './whole', cwd=out), 'named twice')
    refused('in the tree', relink(*given, '-o', out / 'new', 'whole'), 'stays as it is')
    refused('in no directory', relink(*given, '-o', scratch / 'a' / 'b', 'whole'), 'no such directory')
    refused('another tree', relink(*given, '--tree', scratch, '-o', scratch / 'no', 'whole'), 'was configured for')
    for name in 'nowhere', 'qemu-none':
        # The tree's mistake is told before that of the place for programs.
        place = '-o', scratch / 'a' / 'b'
        said = ('nowhere: no such directory',) if name == 'nowhere' else ('links no program qemu-none; it links',)
        refused(f'{name}, and in no directory', relink('--build', out if name == 'qemu-none' else scratch / name, *place, name),
                *said)  # fmt: skip
    refused('no build directory', relink('--build', top / 'io', '-o', scratch / 'no', 'whole'), 'not a build directory')
    refused('no library', relink('--build', out, '--library', host, '-o', scratch / 'no', 'whole'),
            'no hosted library')  # fmt: skip

    other = next(name for name in abi.PROFILES if name != profile)
    for name, has in ('other', abi.symbol(other)), ('embedded', f'{abi.symbol(profile)}, object_new'):
        source, target = scratch / f'{name}.c', scratch / f'{name}.o'
        source.write_text(f'char {has}, qio_task_new;\n')
        subprocess.run([*shlex.split(os.environ['CC']), '-c', '-o', target, source], check=True)
        present = sorted([*present, source.name, target.name])
    refused('the library that has its own host',
            relink('--build', out, '--library', scratch / 'embedded.o', '-o', scratch / 'no', 'whole'),
            'not a hosted library')  # fmt: skip
    refused('the library of another profile',
            relink('--build', out, '--library', scratch / 'other.o', '-o', scratch / 'no', 'whole'),
            f'is for {other}, and the tree has {profile}')  # fmt: skip

    def mutex_debugging(parts):
        parts['structs']['QemuMutex']['fields'][1:1] = [{'name': 'file', 'type': 'const char *'},
                                                        {'name': 'line', 'type': 'int'}]  # fmt: skip

    def unmeasured(parts):
        tree.field(parts, 'QIONetListener', 'connected')['type'] = 'int'
        parts['structs']['QIOChannelFile']['fields'].append({'name': 'flags', 'type': 'int'})

    for name, change, said in ('debugging', mutex_debugging, 'mutex debugging'), ('unmeasured', unmeasured, 'no profile fits'):
        present = sorted([*present, name])
        strange = build(scratch / name, change)
        make(strange, 'whole')
        refused(name, relink('--build', strange, '-o', scratch / 'no', 'whole'), said)

finish()
