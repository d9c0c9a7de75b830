#!/usr/bin/env python3
"""Every trace event of io/ reaches the functions of a tree, with the arguments that the specification
names (R-TRACE-6).

The C programs of the tests are linked again with the tracing of a small tree and what abi-profile
writes for it; their work makes the events.

usage: events.py PROFILE BUILD-DIRECTORY PROGRAM...
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import abi
import small_tree
import source_tree
import specified_traces

profile, build, *programs = sys.argv[1:]
build = pathlib.Path(build)
wanted = {name: arguments for name, arguments in specified_traces.of_profile(profile).items()
          if name not in specified_traces.NEVER_EMITTED}  # fmt: skip

# What some arguments can be, besides what their types say.
VALUES = {
    # R-TRACE-1: the names of the operations.
    ('qio_net_listener_watch', 'extra'): 'add|set_client_func|wait_client',
    ('qio_net_listener_unwatch', 'extra'): 'disconnect|set_client_func|wait_client',
    ('qio_channel_socket_accept_complete', 'cioc'): '0x.*',
    ('qio_channel_socket_accept_complete', 'fd'): r'\d+',
    ('qio_channel_socket_listen_sync', 'num'): r'-?\d+',
    ('qio_channel_file_new_path', 'path'): '/.*',
    ('qio_channel_file_new_path', 'fd'): r'\d+',
    ('qio_channel_command_new_pid', 'pid'): '[1-9].*',
    ('qio_channel_command_wait', 'pid'): '[1-9].*',
    ('qio_channel_tls_new_client', 'hostname'): r'\S+|\(null\)',
    ('qio_channel_tls_handshake_pending', 'status'): '[12]',
    ('qio_channel_tls_bye_pending', 'status'): '[12]',
    ('qio_channel_websock_handshake_pending', 'status'): '[14]',
    ('qio_channel_websock_header_partial_decode', 'fin'): '0|128',
    ('qio_channel_websock_header_partial_decode', 'opcode'): r'\d|1[0-5]',
    ('qio_channel_websock_header_partial_decode', 'has_mask'): '0|128',
    ('qio_channel_websock_http_greeting', 'greeting'): '.+',
    ('qio_channel_websock_http_request', 'version'): '.+',
    ('qio_channel_websock_http_request', 'key'): '.*',
    ('qio_channel_websock_handshake_fail', 'msg'): '.+',
    # The header's size goes first, whatever the names say.
    # A client's have a masking key.
    ('qio_channel_websock_encode', 'payloadlen'): '2|4|10|6|8|14',
    ('qio_task_new', 'func'): r'0x.*|\(nil\)',
    ('qio_task_thread_start', 'worker'): '0x.*',
}
BY_TYPE = [(r'void \*', r'0x[0-9a-f]+|\(nil\)'), (r'const char \*', '.*'), ('int ', r'-?\d+'), ('', r'\d+')]

seen, wrong = {}, []


def line_pattern(name, arguments):
    """What the log of the tree says when the event fires."""
    text = name
    for number, argument in enumerate(arguments):
        value = next(pattern for start, pattern in BY_TYPE if re.match(start, argument))
        # The object that an event is about.
        value = '0x[0-9a-f]+' if number == 0 else value
        called = re.search(r'\w+$', argument)[0]
        text += f' {called}=(?:{VALUES.get((name, called), value)})'
    return re.compile(text, re.S)


patterns = {name: line_pattern(name, arguments) for name, arguments in wanted.items()}
for name, argument in VALUES:
    if name in wanted:
        assert f' {argument}=' in patterns[name].pattern, (name, argument)

with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    top = scratch / 'tree'
    small_tree.write(top, profile, [])
    flags = ['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', f'-I{top}', f'-I{top}/include', f'-I{top}/build',
             *shlex.split(subprocess.check_output(['pkg-config', '--cflags', 'glib-2.0'], text=True))]  # fmt: skip
    for what, file in ('header', 'trace-io.h'), ('source', 'trace-io.c'):
        text = small_tree.run([top / 'trace' / 'generate.py', 'log', what, top / 'io' / 'trace-events'])
        (top / 'trace' / file).write_text(text)
    written = small_tree.run([abi.ROOT / 'scripts' / 'abi-profile', '--include', top, '--assertions', top / 'abi.c', top])
    assert written == f'{profile}\n', written
    added = []
    for source in 'abi.c', 'trace/trace-io.c':
        added.append(scratch / f'{pathlib.Path(source).stem}.o')
        small_tree.run([*shlex.split(os.environ['CC']), *flags, '-c', top / source, '-o', added[-1]])

    commands = source_tree.link_commands(build)
    for name in programs:
        words = commands[name]
        at = words.index('-o') + 2
        program = scratch / pathlib.PurePath(name).name
        small_tree.run([*words[:at - 1], program, *added, *words[at:]], cwd=build)
        run = subprocess.run([program], text=True, errors='replace', capture_output=True, cwd=build,
                             env={**os.environ, 'TREE_TRACE': 'all'})  # fmt: skip
        if run.returncode:
            sys.exit(f'{name}: {run.stdout}{run.stderr}')
        for line in run.stderr.splitlines():
            event = line.split(' ', 1)[0]
            if event in patterns:
                seen[event] = seen.get(event, 0) + 1
                if not patterns[event].match(line):
                    wrong.append(f'{name}: {line}')
            elif event.startswith('qio_'):
                wrong.append(f'{name}: not an event of the profile: {line}')
        program.unlink()

for name in wanted:
    print(f'{name}: {seen.get(name, 0)}')
print('\n'.join(sorted(set(wrong))[:40]))
missing = wanted.keys() - seen.keys()
print(f'{profile}: {len(wanted)} events; never seen: {", ".join(sorted(missing)) or "none"}')
sys.exit(bool(missing or wrong))
