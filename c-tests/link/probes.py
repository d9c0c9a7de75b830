#!/usr/bin/env python3
"""Every trace event of the profile is a USDT probe of the provider qio, with the arguments of the events' table, in the
files that programs run from: the shared library, and programs that have the static one in them, whatever linker collects
sections, and also beside probes of their own.

usage: probes.py PROFILE VARIANT SOURCE-ROOT ARCHIVE SHARED-LIBRARY|HOST-ARCHIVE WEBSOCK-PROGRAM

Debuggers are asked for the same where they are installed, and a task is followed through its probes.
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
import elf_notes
import traces

profile, variant = sys.argv[1:3]
source, archive, beside, websock = (pathlib.Path(argument).absolute() for argument in sys.argv[3:])
compiler = shlex.split(os.environ['CC'])
complaints = []

has = set(abi.switches(profile))
wanted = {
    name: [kind for needed, _, kind in arguments if needed is None or needed in has]
    for name, switch, arguments in traces.table()
    if (switch is None or switch in has) and (abi.has_tls(variant) or not name.startswith('qio_channel_tls_'))
}
# Their texts are made only while somebody is attached, who says so by a semaphore.
LAZY = {'qio_channel_websock_handshake_fail', 'qio_channel_websock_http_greeting', 'qio_channel_websock_http_request'}
assert len(wanted) > 40, wanted


def pkg_config(*modules):
    return shlex.split(subprocess.check_output(['pkg-config', '--cflags', '--libs', *modules], text=True))


def check(title, path):
    """What is wrong with the notes of a file."""
    file = elf_notes.File(path)
    probes = [probe for probe in file.probes() if probe.provider == 'qio']
    found = {probe.name for probe in probes}
    complaints.extend(f'{title}: no probe {name}' for name in sorted(wanted.keys() - found))
    complaints.extend(f'{title}: {name} is no event' for name in sorted(found - wanted.keys()))
    base = file.address('.stapsdt.base')
    for probe in probes:
        count = len(probe.arguments.split())
        faults = {
            f'{count} arguments': count != len(wanted.get(probe.name, [])),
            f'the base {probe.base:#x} is not {base:#x}': probe.base != base,
            f'no code at {probe.location:#x}': not file.is_code(probe.location),
            'its semaphore': (probe.semaphore != 0) != (probe.name in LAZY),
            'nothing to count at its semaphore': probe.semaphore and not file.is_writable(probe.semaphore),
        }
        complaints.extend(f'{title}: {probe.name}: {fault}' for fault, is_so in faults.items() if is_so)
    print(f'{title}: {len(found)} probes in {len(probes)} places')


def info_probes(title, path):
    """gdb has the same."""
    command = ['gdb', '-batch', '-nx', '-ex', 'info probes stap qio', str(path)]
    text = subprocess.run(command, text=True, capture_output=True, check=True).stdout
    found = set(re.findall(r'^stap +qio +(\w+) +0x', text, re.M))
    if found != wanted.keys():
        complaints.append(f'{title}: gdb knows {sorted(found)}: {text}')
    print(f'{title}: gdb knows {len(found)} probes')


def stops(title, script, *command):
    """What gdb prints at the probes of a program that runs, or nothing where it may not run one."""
    pathlib.Path('script').write_text('\n'.join(
        ['set breakpoint pending on', 'set startup-with-shell off', *script, 'run']) + '\n')  # fmt: skip
    run = subprocess.run(['gdb', '-batch', '-nx', '-x', 'script', '--args', *command],
                         text=True, capture_output=True, timeout=100)  # fmt: skip
    if 'Operation not permitted' in run.stderr:
        print(f'{title}: not followed: {run.stderr.strip().splitlines()[-1]}')
        return None
    return run.stdout


def stop(name, form, *values):
    """Lines of a script: print and go on."""
    text = ', '.join([f'"{name} {form}\\n"', *values])
    return [f'break -probe-stap qio:{name}', 'commands', 'silent', f'printf {text}', 'continue', 'end']


# A task is made, runs in a worker, and ends in the thread of its context: each time with the same address.
FOLLOWED = ['qio_task_new', 'qio_task_thread_start', 'qio_task_thread_run', 'qio_task_thread_result', 'qio_task_complete']


def follow_task(title, program):
    script = sum([stop(name, '%d %#lx', '$_probe_argc', '$_probe_arg0') for name in FOLLOWED], [])
    text = stops(title, script, program)
    if text is not None:
        seen = re.findall(r'^(qio_\w+) (\d) (0x[0-9a-f]+)$', text, re.M)
        expected = [(name, str(len(wanted[name]))) for name in FOLLOWED]
        if [each[:2] for each in seen] != expected or len({task for *_, task in seen}) != 1:
            complaints.append(f'{title}: gdb saw {seen}: {text}')
        print(f'{title}: followed a task through {len(seen)} probes')


def read_text(title, program):
    """Attached, gdb has texts made."""
    text = stops(title, stop('qio_channel_websock_http_greeting', '%s', '$_probe_arg1'), program)
    if text is not None and '\nqio_channel_websock_http_greeting GET / HTTP/1.1\n' not in text:
        complaints.append(f'{title}: no greeting in {text}')


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    headers = [f'-D{abi.macro(profile)}', f'-I{source}/include', '-D_GNU_SOURCE']
    if not abi.has_tls(variant):
        headers.append('-DQIO_WITHOUT_TLS')
    own_probe = str(source / 'c-tests/link/own-probe.c')
    program = [str(source / 'c-tests/link/program.c')]
    if variant == 'hosted':
        library = ['-Wl,--whole-archive', str(archive), '-Wl,--no-whole-archive', str(beside)]
    else:
        library = [str(archive)]
    modules = ['glib-2.0'] + (['gnutls'] if variant == 'embedded' else [])

    def link(output, *arguments):
        subprocess.run([*compiler, '-std=gnu11', '-O2', '-ffunction-sections', *headers, *arguments,
                        *pkg_config(*modules), '-o', output], check=True)  # fmt: skip
        return output

    collected = [*program, *library, '-Wl,--gc-sections']
    files = {
        'program, --gc-sections': link('program', *collected),
        'program, stripped': link('stripped', *collected, '-Wl,--strip-all'),
        'probes of its own before': link('before', own_probe, *collected),
        'probes of its own behind': link('behind', *collected, own_probe),
    }
    for linker in ['gold', 'lld', 'mold']:
        if shutil.which(f'ld.{linker}'):
            files[f'program, {linker}'] = link(linker, f'-fuse-ld={linker}', *collected)
    if variant != 'hosted':
        files['shared library'] = beside
    for title, path in files.items():
        check(title, path)

    if shutil.which('gdb'):
        for title, path in files.items():
            info_probes(title, path)
        follow_task('program', './program')
        if variant != 'hosted':
            link('shared', *program, str(beside), f'-Wl,-rpath,{beside.parent}')
            follow_task('program with the shared library', './shared')
        read_text('WebSocket', websock)
    else:
        print('gdb is not installed: nothing asked of it')

print('\n'.join(complaints))
sys.exit(bool(complaints))
