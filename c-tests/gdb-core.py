"""gdb/qio-gdb.py on a stopped process and on its core file.

usage: gdb-core.py QIO-GDB PROGRAM PROGRAM-OF-TASKS
"""

import pathlib
import re
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
    script, program, of_tasks = sys.argv[1:]
    if not shutil.which('gdb'):
        print('skipped: there is no gdb')
        return 77
    with tempfile.TemporaryDirectory() as directory:
        core = pathlib.Path(directory) / 'core'
        stopped = gdb(program, commands=['break client_noted', 'run', f'source {script}', 'qio channels',
                                         'echo Later.\\n', 'delete', 'break limit_begin', 'continue', *SHOW,
                                         f'generate-core-file {core}', 'kill'])
        if not core.exists() and 'ptrace' in stopped:
            print('skipped: no process may be traced here')
            return 77
        connected, stopped = stopped.split('Later.\n')
        later = gdb(program, str(core), commands=[f'source {script}', *SHOW])
    for told in stopped, later:
        for wanted in ('0 tasks\n', '1 listeners\n', '1 channels\n', '0 coroutines\n', ' state=watching ',
                       ' func=client_noted context=default sockets=1 fd=', ' class=qio-channel-socket ',
                       ' local=unix:/'):
            if wanted not in told:
                raise SystemExit(f'no {wanted!r} in\n{told}')
        if ' peer=' in told:
            raise SystemExit(f'a listening socket has a peer in\n{told}')
    if not re.search(r'\nchannel=.* fd=\d+ local=127\.0\.0\.1:\d+ peer=127\.0\.0\.1:\d+\n', connected):
        raise SystemExit(f'no peer in\n{connected}')
    tasks = gdb('--args', of_tasks, '-p', '/debug-dump/tasks/terms',
                commands=['set breakpoint pending on', 'break worker_is_held', 'run', f'source {script}', 'qio tasks', 'kill'])  # fmt: skip
    running = re.search(r'\ntask=0x\w+ state=running since=[\d.]+s name="sum of the \\"ledgers\\" of all years so far" '
                        r'made=[\d.]+s thread=\d+ worker=worker_is_held ', tasks)
    unnamed = re.findall(r'\ntask=0x\w+ state=manual since=[\d.]+s made=', tasks)
    if not running or len(unnamed) != 3 or '\n4 tasks\n' not in tasks:
        raise SystemExit(f'not a task with its name and three without one in\n{tasks}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
