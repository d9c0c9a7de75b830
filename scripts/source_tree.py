"""Source trees, and what meson recorded in their build directories: whose one is, how it compiles and links."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess


class Unreadable(Exception):
    """The build directory doesn't tell; one line says why."""


def lack(tree, *files):
    """Why a directory is no source tree, which has these files, too, in one line; None if it is one."""
    if not tree.is_dir():
        return 'no such directory'
    missing = [name for name in ('include/qemu/osdep.h', *files) if not (tree / name).is_file()]
    return f'no QEMU source tree: {missing[0]} is missing' if missing else None


def configured_for(build):
    """The source tree that a build directory was configured for; None if nothing there says."""
    try:
        return json.loads((build / 'meson-info' / 'meson-info.json').read_text())['directories']['source']
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        settings = (build / 'config-host.mak').read_text()
    except OSError:
        return None
    found = re.search(r'^SRC_PATH=(.+)$', settings, re.M)
    return str(build / found[1].strip()) if found else None


def compile_command(build):
    """The words with which the tree compiles a C file of io/, and where; None if meson recorded none."""
    path = build / 'compile_commands.json'
    if not path.is_file():
        return None
    try:
        commands = [entry for entry in json.loads(path.read_text()) if entry['file'].endswith('.c')]
        # False sorts first. Without a file of io/, which may be replaced already, any one does.
        entry = min(commands, key=lambda entry: pathlib.PurePath(entry['file']).parent.name != 'io')
        return entry.get('arguments') or shlex.split(entry['command']), entry['directory']
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Unreadable(f'{path}: not a list of compiler commands') from problem


def compiler_of(words):
    """The compiler of a compile command, with what is put in front of it."""
    return words[:next((at for at, word in enumerate(words) if word.startswith('-')), 1)]


WITH_ARGUMENT = ('-I', '-D', '-U', '-isystem', '-iquote', '-include', '-idirafter')


def options_that_matter(words):
    """Those options of a compile command that headers can see."""
    options = []
    words = iter(words[1:])
    for word in words:
        if word in WITH_ARGUMENT:
            options += [word, next(words, '')]
        elif word.startswith((*WITH_ARGUMENT, '-std=', '-m', '-f', '-pthread')):
            options.append(word)
    return options


def without_files(words):
    """A compile command without what it reads and writes."""
    kept = []
    words = iter(words)
    for word in words:
        if word in ('-o', '-MF', '-MQ', '-MT', '-x'):
            next(words, '')
        elif word not in ('-c', '-MD', '-MMD', '-MP') and not word.endswith('.c'):
            kept.append(word)
    return kept


def ninja():
    """The program, which some systems call otherwise."""
    found = os.environ.get('NINJA') or shutil.which('ninja') or shutil.which('ninja-build')
    if not found:
        raise Unreadable("ninja isn't installed")
    return found


def link_commands(build):
    """Output -> the words of the command that links it, with the contents of response files."""
    rules = [f'{language}_LINKER{how}' for language in ('c', 'cpp', 'objc') for how in ('', '_RSP')]
    run = subprocess.run([ninja(), '-C', build, '-t', 'compdb', '-x', *rules], text=True, capture_output=True)
    try:
        entries = json.loads(run.stdout[run.stdout.index('['):])
    except ValueError as problem:
        why = (run.stderr or run.stdout).strip().splitlines() or ['ninja says nothing']
        raise Unreadable(f'{build}: {why[-1]}') from problem
    return {entry['output']: shlex.split(entry['command']) for entry in entries}
