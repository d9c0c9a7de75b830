#!/usr/bin/env python3
"""Every trace event of the profile is a USDT probe of the provider qio, with the arguments of the events' table, in the
files that programs run from: the shared library, and programs that have the static one in them, whatever linker collects
sections, and also beside probes of their own.

usage: probes.py PROFILE VARIANT SOURCE-ROOT ARCHIVE SHARED-LIBRARY|HOST-ARCHIVE WEBSOCK-PROGRAM

Debuggers and tracers are asked for the same where they are installed, and follow a task through its probes.
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
import probe_tools
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
    base, semaphores = file.address('.stapsdt.base'), {}
    for probe in probes:
        count = len(probe.arguments.split())
        faults = {
            f'{count} arguments': count != len(wanted.get(probe.name, [])),
            f'the base {probe.base:#x} is not {base:#x}': probe.base != base,
            f'no code at {probe.location:#x}': not file.is_code(probe.location),
            'no semaphore': probe.semaphore == 0,
            'nothing to count at its semaphore': probe.semaphore and not file.is_writable(probe.semaphore),
            'the semaphore of another': semaphores.setdefault(probe.semaphore, probe.name) != probe.name,
        }
        complaints.extend(f'{title}: {probe.name}: {fault}' for fault, is_so in faults.items() if is_so)
    print(f'{title}: {len(found)} probes in {len(probes)} places')


def compare(tool, title, found):
    """A tool has the same."""
    if found is not None:
        print(f'{title}: {tool} knows {len(found)} probes')
        if found != wanted.keys():
            complaints.append(f'{title}: {tool} knows {sorted(found)}')


# A task is made, runs in a worker, and ends in the thread of its context: each time with the same address.
FOLLOWED = ['qio_task_new', 'qio_task_thread_start', 'qio_task_thread_run', 'qio_task_thread_result', 'qio_task_complete']


def follow_task(tool, title, text):
    """What a tool has printed at the probes of a program with one task."""
    if text is not None:
        seen = re.findall(r'^(qio_\w+) (0x[0-9a-f]+)$', text, re.M)
        if [name for name, _ in seen] != FOLLOWED or len({task for _, task in seen}) != 1:
            complaints.append(f'{title}: {tool} saw {seen}: {text}')
        print(f'{title}: {tool} followed a task through {len(seen)} probes')


def ask_gdb(files, programs):
    for title, path in files.items():
        compare('gdb', title, probe_tools.known_to_gdb(path))
    script = sum([probe_tools.gdb_stop(name, '%#lx', '$_probe_arg0') for name in FOLLOWED], [])
    for title, program in programs.items():
        follow_task('gdb', title, probe_tools.gdb_run(script, program))
    # Texts are made only for those who listen.
    greeting = probe_tools.gdb_stop('qio_channel_websock_http_greeting', '%d %s', '$_probe_argc', '$_probe_arg1')
    text = probe_tools.gdb_run(greeting, websock)
    if text is not None and '\nqio_channel_websock_http_greeting 2 GET / HTTP/1.1\n' not in text:
        complaints.append(f'gdb: no greeting in {text}')


def ask_bpftrace(files):
    for title, path in files.items():
        compare('bpftrace', title, probe_tools.known_to_bpftrace(pathlib.Path(path).absolute()))
    script = ' '.join(f'usdt:./program:qio:{name} {{ printf("{name} %p\\n", arg0); }}' for name in FOLLOWED)
    follow_task('bpftrace', 'program', probe_tools.bpftrace_run(script, './program'))


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

    programs = {'program': './program'}
    if variant != 'hosted':
        programs['with the shared library'] = link('./shared', *program, str(beside), f'-Wl,-rpath,{beside.parent}')
    if probe_tools.is_installed('gdb'):
        ask_gdb(files, programs)
    if probe_tools.is_installed('perf'):
        compare('perf', 'program', probe_tools.known_to_perf('program'))
    if probe_tools.is_installed('bpftrace'):
        ask_bpftrace(files)

print('\n'.join(complaints))
sys.exit(bool(complaints))
