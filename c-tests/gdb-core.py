"""gdb/qio-gdb.py on a stopped process and on its core file.

usage: gdb-core.py QIO-GDB PROGRAM
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

SHOW = ['qio tasks', 'qio listeners', 'qio channels', 'qio coroutines']


def gdb(*arguments, commands):
    line = ['gdb', '-batch', '-nx']
    for command in commands:
        line += ['-ex', command]
    run = subprocess.run(line + list(arguments), capture_output=True, text=True, timeout=200)
    return run.stdout + run.stderr


def main():
    script, program = sys.argv[1:]
    if not shutil.which('gdb'):
        print('skipped: there is no gdb')
        return 77
    with tempfile.TemporaryDirectory() as directory:
        core = pathlib.Path(directory) / 'core'
        stopped = gdb(program, commands=['break limit_begin', 'run', f'source {script}', *SHOW,
                                         f'generate-core-file {core}', 'kill'])
        if not core.exists() and 'ptrace' in stopped:
            print('skipped: no process may be traced here')
            return 77
        later = gdb(program, str(core), commands=[f'source {script}', *SHOW])
    for told in stopped, later:
        for wanted in ('0 tasks\n', '1 listeners\n', '1 channels\n', '0 coroutines\n', ' state=watching ',
                       ' func=client_noted context=default sockets=1 fd=', ' class=qio-channel-socket '):
            if wanted not in told:
                raise SystemExit(f'no {wanted!r} in\n{told}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
