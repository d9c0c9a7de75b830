#!/usr/bin/env python3
"""scripts/abi-profile tells trees apart, which have no version (R-111-2), and says what is wrong with those that fit no
profile.

usage: abi-profile.py
"""

import argparse
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import tomllib

import abi
import contract
import tree

SCRIPT = abi.ABI.parent / 'scripts' / 'abi-profile'
failed = 0


def run(*arguments, **variables):
    """Runs the script; returns what it printed where."""
    done = subprocess.run([SCRIPT, *map(str, arguments)], text=True, capture_output=True,
                          env={**os.environ, **variables})  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def check(title, outcome, code, printed='', *said):
    """Compares what a run came to; `said` stands on standard error, the first in its only line."""
    global failed
    good = outcome[0] == code and outcome[1] == printed
    good = good and all(text in outcome[2] for text in said)
    if said:
        good = good and said[0] in outcome[2].splitlines()[0]
        good = good and 'Traceback' not in outcome[2]
    else:
        good = good and outcome[2] == ''
    print('ok' if good else 'FAILED', title, '' if good else outcome)
    failed += not good


def fits(title, outcome, profile, *said):
    check(title, outcome, 0, f'{profile}\n', *said)


def one_line(title, outcome, *said):
    """What could not be examined at all."""
    check(title, outcome, 1, '', *said)
    check(f'{title}: one line', (outcome[2].count('\n'), '', ''), 1)


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)

    def new_tree(name, profile, change=None):
        """A tree of a profile, or of a release that was compared, after `change` to its facts."""
        parts = tree.facts(profile) if profile in abi.PROFILES else tree.compared(profile)
        if change:
            change(parts)
        (scratch / name).mkdir()
        tree.write(scratch / name, parts)
        return scratch / name

    # The profiles themselves: each its own and no other, which would be one line and an error. Assertions for it are
    # written at once.
    for profile in abi.PROFILES:
        notes = ['is provisional'] if abi.is_provisional(profile) else []
        notes.append('trace events of io/ will not fire: trace/trace-io.h is missing')
        fits(profile, run(new_tree(profile, profile), '--assertions', scratch / f'assertions {profile}.h'), profile, *notes)
    # R-91-7: another name of an enumeration; R-111-19: headers that have moved.
    fits('9.2.0', run(new_tree('9.2.0', '9.2.0')), 'qemu-9.1')
    fits('11.0.0', run(new_tree('11.0.0', '11.0.0')), 'qemu-10.2')

    # Facts that two profiles share, which no facts of ours are.
    loader = importlib.machinery.SourceFileLoader('abi_profile', str(SCRIPT))
    alike = importlib.util.module_from_spec(importlib.util.spec_from_loader('abi_profile', loader))
    loader.exec_module(alike)
    alike.differences = lambda tree, profile: {} if profile in abi.PROFILES[:2] else {'part': ['text']}
    alike.probe.Tree = lambda compiler: None
    try:
        alike.fitting(argparse.Namespace(tree='here', switches=None), None)
        told = 'nothing'
    except SystemExit as problem:
        told = str(problem.code)
    check('two fit', (told.startswith(f'abi-profile: here: {" and ".join(abi.PROFILES[:2])} fit, of which only one can'), '', ''), True)

    # Releases in between: with and without a member in padding (R-801-2), without a function (R-801-7, R-VAR-1); and forks
    # (R-MP-8).
    def with_handshake_tag(parts):
        parts['structs']['QIOChannelTLS']['fields'].append({'name': 'hs_ioc_tag', 'type': 'guint'})

    def without_task_free(parts):
        del parts['functions']['qio_task_free']

    fits('7.2.5 to 7.2.21', run(new_tree('7.2.5', 'qemu-7.2', with_handshake_tag)), 'qemu-7.2',
         'does not use QIOChannelTLS.hs_ioc_tag')  # fmt: skip
    def without_handshake_tag(parts):
        fields = parts['structs']['QIOChannelTLS']['fields']
        fields[:] = [field for field in fields if field['name'] != 'hs_ioc_tag']

    def with_timeout(parts):
        name = 'qio_channel_socket_connect_sync'
        parts['functions'][name] = parts['functions'][name].replace(', Error', ', int64_t, Error')

    def without_wake_read(parts):
        del parts['functions']['qio_channel_wake_read']

    def with_own_function(parts):
        parts['functions']['qio_channel_own'] = 'void qio_channel_own(QIOChannel *)'

    fits('8.0.1 to 8.0.3', run(new_tree('8.0.1', 'qemu-8.0.1', without_handshake_tag)), 'qemu-8.0.1',
         'QIOChannelTLS.hs_ioc_tag of the library is padding')  # fmt: skip
    check('8.0.0', run(new_tree('8.0.0', 'qemu-8.0.1', without_wake_read)), 1, '',
          'closest is qemu-8.0.1, but qio_channel_wake_read is not declared',
          'in switches, each of which is one difference between releases:\n        without wake_read: ', 'all of it is known')  # fmt: skip
    check('10.0.7 and 10.0.8', run(new_tree('10.0.7', 'qemu-10.0.13', without_task_free)), 1, '',
          'no profile fits; closest is qemu-10.0.13, but qio_task_free is not declared',
          'in switches, each of which is one difference between releases:\n        without task_free: ', 'all of it is known',
          '--switches FILE',
          'qemu-10.0 differs in QIOChannelWebsock, QIONetListener\n')  # fmt: skip
    switches = scratch / '10.0.7.toml'
    check('10.0.7, its switches', run(scratch / '10.0.7', '--switches', switches), 1, '',
          'no profile fits', '-Dabi=custom')  # fmt: skip
    row = tomllib.loads(switches.read_text())
    check('what is written', (row, '', ''), {
        'like': 'qemu-10.0.13', 'switches': [], 'without': ['task_free'], 'parts': {'qio_task_free': 'qemu-7.2'}})
    check('a fork of 9.0', run(new_tree('fork', 'qemu-9.0', with_timeout), '--switches', scratch / 'fork.toml'), 1, '',
          'closest is qemu-9.0, but qio_channel_socket_connect_sync is not declared as',
          'no combination of switches is like this tree')  # fmt: skip
    check('nothing is written', ((scratch / 'fork.toml').exists(), '', ''), False)
    check('a new function', run(new_tree('new', 'qemu-10.0', with_own_function)), 1, '',
          'closest is qemu-10.0, but qio_channel_own is declared, which no profile has (like no known profile)')

    # Damage: such a tree is no host of the library's (R-HOST-2).
    def moved(parts):
        fields = parts['structs']['QIOChannelSocket']['fields']
        fields.insert(1, fields.pop())

    def other_type(parts):
        tree.field(parts, 'QIONetListener', 'sioc')['type'] = 'QIOChannel **'

    def in_padding(parts):
        fields = parts['structs']['QIONetListener']['fields']
        position = [field['name'] for field in fields].index('connected')
        fields.insert(position + 1, {'name': 'closing', 'type': '_Bool'})

    def at_the_end(parts):
        parts['structs']['QIOChannelFile']['fields'].append({'name': 'flags', 'type': 'int'})

    def tag_elsewhere(parts):
        parts['structs']['QIOChannelTLS']['fields'].append({'name': 'bye_tag', 'type': 'guint'})

    def mutex_debugging(parts):
        parts['structs']['QemuMutex']['fields'][1:1] = [{'name': 'file', 'type': 'const char *'},
                                                        {'name': 'line', 'type': 'int'}]  # fmt: skip

    def prototype(parts):
        name = 'qio_channel_write_all'
        parts['functions'][name] = parts['functions'][name].replace('size_t', 'int')

    def host_prototype(parts):
        parts['functions']['qemu_close'] = 'void qemu_close(int)'

    def without_host_function(parts):
        del parts['functions']['socket_listen_cleanup']

    def enumerator(parts):
        parts['enums']['QIOChannelFeature']['QIO_CHANNEL_FEATURE_LISTEN'] = 7

    def without_struct(parts):
        del parts['structs']['QIODNSResolver']
        parts['functions'] = {name: text for name, text in parts['functions'].items()
                              if 'QIODNSResolver' not in text}  # fmt: skip

    unknown = ' (like no known profile)'
    for change, profile, said in [
        (moved, 'qemu-10.0', 'QIOChannelSocket has fd at 104, not 96'),
        (other_type, 'qemu-10.0.13', 'QIONetListener has a sioc that is no QIOChannelSocket **'),
        (in_padding, 'qemu-7.2', 'QIONetListener has an unknown member behind connected' + unknown),
        (at_the_end, 'qemu-10.2', 'QIOChannelFile has an unknown member behind fd' + unknown),
        (tag_elsewhere, 'qemu-7.2', 'QIOChannelTLS has an unknown member behind shutdown' + unknown),
        (mutex_debugging, 'qemu-10.0', 'QemuMutex has 56 bytes, not 48; it has initialized at 52'),
        (prototype, 'qemu-7.2.22', 'qio_channel_write_all is not declared as int qio_channel_write'),
        (host_prototype, 'qemu-10.2', 'qemu_close is not declared as int qemu_close(int)' + unknown),
        (without_host_function, 'qemu-10.0', 'socket_listen_cleanup is not declared' + unknown),
        (enumerator, 'qemu-10.0', 'QIOChannelFeature has QIO_CHANNEL_FEATURE_LISTEN = 7, not 2'),
        (without_struct, 'qemu-10.0.13', 'QIODNSResolver is not defined' + unknown),
    ]:
        outcome = run(new_tree(change.__name__, profile, change))
        check(change.__name__, outcome, 1, '', f'no profile fits; closest is {profile}, but', said)

    # What is no tree, or cannot be compiled.
    good = scratch / 'qemu-10.0'
    one_line('no directory', run(scratch / 'nowhere'), 'nowhere: no such directory')
    one_line('no tree', run(abi.ABI), 'no QEMU source tree: include/qemu/osdep.h is missing')
    one_line('no compiler', run(good, CC='/nonexistent/cc'), '/nonexistent/cc: No such file')
    one_line('no C compiler', run(good, CC='false'), 'false: no C compiler')
    one_line('no such build directory', run(good, '--build', '/nonexistent'), '/nonexistent: no such')
    one_line('wrong option', run(good, '--cflags=-std=nonsense'), '-std=nonsense')

    broken = new_tree('missing header', 'qemu-10.0')
    (broken / 'include' / 'io' / 'net-listener.h').unlink()
    one_line('missing header', run(broken), 'io/net-listener.h is missing')
    broken = new_tree('syntax error', 'qemu-10.0')
    with (broken / 'include' / 'io' / 'task.h').open('a') as header:
        header.write('struct {\n')
    one_line('syntax error', run(broken), 'error', 'io/')
    unbuilt = new_tree('unbuilt', 'qemu-10.0')
    (unbuilt / 'build').rename(scratch / 'elsewhere')
    fits('unbuilt', run(unbuilt), 'qemu-10.0', 'the tree is not built')
    for profile in ['qemu-8.2', 'qemu-9.0', 'qemu-10.1.3']:
        bare = new_tree(f'unbuilt {profile}', profile)
        (bare / 'build').rename(scratch / f'build of {profile}')
        fits(f'unbuilt {profile}', run(bare), profile, 'the tree is not built')
    (unbuilt / 'qapi' / 'sockets.json').unlink()
    one_line('unbuilt, no schemas', run(unbuilt), 'config-host.h is missing', 'say --build DIR')
    fits('--build', run(unbuilt, '--build', scratch / 'elsewhere'), 'qemu-10.0')
    fits('--include', run(unbuilt, '--include', scratch / 'elsewhere'), 'qemu-10.0')
    fits('--cflags', run(unbuilt, f'--cflags=-O2 -I{scratch}/elsewhere'), 'qemu-10.0')

    # A build directory says which tree it is of, in meson's words or in an older configure's.
    other = scratch / 'elsewhere'
    (other / 'meson-info').mkdir()
    info = other / 'meson-info' / 'meson-info.json'
    info.write_text(json.dumps({'directories': {'source': str(good), 'build': str(other)}}))
    one_line('build directory of another tree', run(unbuilt, '--build', other),
             f'was configured for {good}, not for {unbuilt}')
    info.write_text(json.dumps({'directories': {'source': str(unbuilt), 'build': str(other)}}))
    fits('build directory of this tree', run(unbuilt, '--build', other), 'qemu-10.0')
    info.unlink()
    (other / 'config-host.mak').write_text(f'# made by configure\nSRC_PATH={good}\n')
    one_line('configured for another tree', run(unbuilt, '--build', other), f'was configured for {good}')
    (other / 'config-host.mak').unlink()

    # The options that the tree is built with.
    recorded = new_tree('recorded', 'qemu-10.0')
    (recorded / 'build' / 'config-host.h').write_text('#ifndef SECRET\n#error no SECRET\n#endif\n')
    one_line('a macro is missing', run(recorded), 'no SECRET')
    glib = subprocess.check_output(['pkg-config', '--cflags', 'glib-2.0'], text=True).strip()
    tree.record_commands(recorded, f'-I. -I../include {glib} -std=gnu11 -DSECRET="a b"')
    fits('compile_commands.json', run(recorded), 'qemu-10.0')
    (recorded / 'build' / 'compile_commands.json').write_text('{"file": 3}')
    one_line('damaged compile_commands.json', run(recorded), 'not a list of compiler commands')

    # Assertions, which refuse the library of another profile (R-VAR-1, R-81-1).
    compiler = [*shlex.split(os.environ.get('CC') or 'cc'), '-Wall', '-Wextra', '-Werror',
                '-D_GNU_SOURCE', *shlex.split(glib), '-x', 'c']  # fmt: skip

    def compiled(name, header, *options):
        """Compiles the assertions in a tree."""
        directories = [f'-I{scratch}/{name}/include', f'-I{scratch}/{name}/build']
        done = subprocess.run([*compiler, *directories, *(options or ['-fsyntax-only']), header],
                              text=True, capture_output=True, env={**os.environ, 'LC_ALL': 'C'})
        return min(done.returncode, 1), done.stdout, done.stderr

    for profile in abi.PROFILES:
        header = scratch / f'assertions {profile}.h'
        check(f'{profile} compiles them', compiled(profile, header), 0)
        # Those that are the most alike: the one before and the one behind.
        number = abi.PROFILES.index(profile)
        for other in abi.PROFILES[max(0, number - 1):number] + abi.PROFILES[number + 1:number + 2]:
            check(f'{other} does not', compiled(other, header), 1, '', '')
    header = scratch / 'assertions 9.2.0.h'
    fits('assertions for 9.2.0', run(scratch / '9.2.0', '--assertions', header), 'qemu-9.1',
         'trace/trace-io.h is missing')  # fmt: skip
    check('9.2.0 compiles them', compiled('9.2.0', header), 0)
    header.write_text(contract.assertions('qemu-9.1', None))
    check('unchecked, 9.1 compiles them', compiled('qemu-9.1', header), 0)
    check('unchecked, 9.2.0 compiles them', compiled('9.2.0', header), 0)
    header = scratch / 'assertions qemu-10.0.13.h'
    check('a moved member is refused', compiled('moved', header), 1, '', '',
          'QIOChannelSocket.fd is at 96, in libqio for qemu-10.0.13; ' + contract.TO_DO)  # fmt: skip
    check('no qio_task_free', compiled('10.0.7', header), 1, '', '', "'qio_task_free'", contract.TO_DO)
    header = scratch / 'assertions qemu-10.0.h'
    check('10.0.13 has a qio_task_free', compiled('qemu-10.0.13', header), 1, '', '',
          "'qio_task_free'", contract.TO_DO)  # fmt: skip
    header.with_suffix('.c').write_text(f'#include "{header.name}"\nint main(void) {{ return 0; }}\n')
    check('another library', compiled('qemu-10.0', header.with_suffix('.c'), '-o', '/dev/null'), 1, '',
          '', 'undefined reference to `qio_abi_qemu_10_0')  # fmt: skip
    null = '#include "qemu/osdep.h"\n#include "io/channel-null.h"\n#define QIOChannelNull Object\n'
    (scratch / 'null.c').write_text(null + f'#include "{header.name}"\n')
    check('the null channel is looked at', compiled('qemu-10.0', scratch / 'null.c'), 1, '', '',
          'QIOChannelNull has')  # fmt: skip

    header = scratch / 'without a tree.h'
    fits('without a tree', run('--profile', 'qemu-10.2', '--assertions', header), 'qemu-10.2')
    check('the same', (header.read_text() == contract.assertions('qemu-10.2', None), '', ''), True)
    fits('--profile', run(good, '--profile', 'qemu-10.0'), 'qemu-10.0')
    one_line('another --profile', run(good, '--profile', 'qemu-7.2'), 'qemu-10.0 fits, not qemu-7.2')
    one_line('no place', run(good, '--assertions', '/nonexistent/x.h'), '/nonexistent/x.h: No such')
    check('no argument', run()[:1] + ('', ''), 2)

print(f'{failed} failed')
sys.exit(failed != 0)
