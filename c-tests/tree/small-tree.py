#!/usr/bin/env python3
"""scripts/small-tree makes a tree on which the commands of docs/qemu.md do what the page says.

usage: small-tree.py PROFILE ARCHIVE
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import abi
import pages

profile, archive = sys.argv[1:]
archive = os.path.abspath(archive)
script = abi.ROOT / 'scripts' / 'small-tree'


def run(*command, **arguments):
    done = subprocess.run([*map(str, command)], text=True, capture_output=True, **arguments)
    return done.returncode, done.stdout, done.stderr


def refused(said, *arguments):
    outcome = run(script, *arguments)
    assert outcome == (1, '', f'small-tree: {said}\n'), outcome


def page_as_script(blocks):
    """The page's commands, for this profile, with the library that is there in the place of one to build."""
    lines = ['set -e']
    for number, block in enumerate(blocks):
        text = block.text.replace('scripts/small-tree', f'scripts/small-tree --profile {profile}')
        text = text.replace('scripts/relink', f'scripts/relink --library {archive}')
        text = re.sub(r'-Dlibqio=\S+', f'-Dlibqio={archive}', text).replace('cd ~/libqio', f'cd {abi.ROOT}')
        lines.append(f'echo "=== {number}"\n{text}')
    return '\n'.join(lines)


def similar(text):
    """What the page shows of an output: paths, sizes and profiles are the reader's."""
    text = re.sub(r'/\S*/(?=small\b|relinked\b)', '/', text)
    text = re.sub(r'^library .*', 'library', text, flags=re.M)
    text = re.sub(r'\d+\.\d MB|\d+ trace', 'N', text)
    return re.sub(r'qemu[-_][\d._]+', 'PROFILE', text.replace(profile.replace('-', '_'), profile)).strip()


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    # What meson is called, and what no test should leave in the source tree.
    (scratch / 'tools').mkdir()
    (scratch / 'tools' / 'meson').write_text(f'#!/bin/sh\nexec {os.environ["MESON"]} "$@"\n')
    (scratch / 'tools' / 'meson').chmod(0o755)
    os.environ['PATH'] = f'{scratch / "tools"}:{os.environ["PATH"]}'
    os.environ['HOME'] = str(scratch)

    page = [block for block in pages.of(abi.ROOT / 'docs' / 'qemu.md')]
    blocks = [block for block in page if block.language == 'sh' and block.word('by') == 'small-tree']
    assert len(blocks) > 1, blocks
    code, printed, problems = run('sh', '-c', page_as_script(blocks), cwd=scratch)
    assert code == 0, (code, printed, problems)
    parts = dict(zip(*[iter(re.split(r'^=== (\d+)\n', printed, flags=re.M)[1:])] * 2))
    shown = [block for block in page if block.language == 'text' and block.word('of') == 'small-tree']
    assert len(shown) == len(blocks), shown
    for number, block in enumerate(shown):
        wanted = iter(similar(parts[str(number)]).splitlines())
        for line in similar(block.text).splitlines():
            assert line in wanted, f'{block.place}: {line!r} is not in\n{printed}'

    # What is no place for it, and what goes wrong.
    tree = scratch / 'small'
    before = sorted(tree.rglob('*'))
    refused(f'{tree} is there, and no empty directory', tree)
    refused(f'{archive} is there, and no empty directory', archive)
    refused(f'{scratch / "a"}: no such directory', scratch / 'a' / 'b')
    assert before == sorted(tree.rglob('*'))
    (scratch / 'empty').mkdir()
    compiler = scratch / 'tools' / 'no-cc'
    compiler.write_text('#!/bin/sh\necho no such machine >&2\nexit 1\n')
    compiler.chmod(0o755)
    os.environ['CC'] = shlex.quote(str(compiler))
    for place in 'new', 'empty':
        refused('the compiler: no such machine', scratch / place)
    assert not (scratch / 'new').exists() and not list((scratch / 'empty').iterdir())
