#!/usr/bin/env python3
"""The C programs that stand in the documentation compile against the installed tree without a
warning, and those that serve answer.

usage: documented.py PROFILE BUILD-DIR
"""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import abi
import installed

profile, build = sys.argv[1:]


def programs():
    """The whole programs of the pages, by page and line."""
    for page in [abi.ROOT / 'README.md', *sorted((abi.ROOT / 'docs').glob('*.md'))]:
        text = page.read_text()
        for block in re.finditer(r'^```c\n(.*?)^```', text, re.M | re.S):
            if re.search(r'^int main\(', block[1], re.M):
                yield f'{page.relative_to(abi.ROOT)}:{text.count(chr(10), 0, block.start()) + 1}', block[1]


def free_port():
    with socket.create_server(('localhost', 0)) as listening:
        return listening.getsockname()[1]


def first_line(process, port):
    """What the server says to a client, once it listens."""
    while process.poll() is None:
        try:
            with socket.create_connection(('localhost', port), timeout=20) as client:
                return client.makefile().readline()
        except ConnectionRefusedError:
            time.sleep(0.02)
    sys.exit(f'the program has ended with {process.returncode}')


with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    tree = installed.Installed(profile, build, scratch)

    found = 0
    for place, text in programs():
        found += 1
        port = free_port()
        served = '"7777"' in text
        (root / 'program.c').write_text(text.replace('"7777"', f'"{port}"'))
        for standard in ['gnu11', 'gnu17']:
            tree.compile(root / 'program.c', root / 'program', f'{place}, {standard}', f'-std={standard}')
        if served:
            program = subprocess.Popen([root / 'program'], env=tree.environment)
            try:
                line = first_line(program, port)
            finally:
                program.kill()
                program.wait()
            if line != 'hello\n':
                sys.exit(f'{place}: the server says {line!r}')
        print(f'{place}: compiles' + (' and answers' if served else ''))
    if not found:
        sys.exit('no program found in the documentation')
