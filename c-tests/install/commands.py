#!/usr/bin/env python3
"""The shell blocks of README.md and docs/*.md run as a reader would type them, each page from its first
to its last in one shell, in a copy of the source tree. The installed tree of the other pages is the one
that README's commands make.

Around them are: a `meson` that builds the source tree itself, so that cargo compiles nothing twice, and
installs below the copy; a `cc` that takes no warning; an `ldconfig` that leaves the system alone. The port
of the pages is a free one, /usr/local the prefix. After a command in the background its port is waited for, in the place of a `sleep` beside it.

usage: commands.py PROFILE BUILD-DIR CARGO-TARGET-DIR
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import abi
import pages

profile, build, cargo_target = sys.argv[1:]
PORT = '7777'
# Far longer than anything takes, for a command that would hang.
FOR_EVER = 1500

WAIT = r'''
import socket, sys, time
end = time.monotonic() + 60
while time.monotonic() < end:
    try:
        socket.create_connection(('localhost', int(sys.argv[1])), 20).close()
        sys.exit(0)
    except ConnectionRefusedError:
        time.sleep(0.05)
sys.exit('nobody listens')
'''


def free_port():
    with socket.create_server(('localhost', 0)) as listening:
        return str(listening.getsockname()[1])


def script(path, text):
    path.write_text('#!/bin/sh\n' + text)
    path.chmod(0o755)


def sandbox(root):
    """What stands around the commands: the environment."""
    tools, prefix = root / 'tools', root / 'prefix'
    tools.mkdir()
    meson = os.environ['MESON']
    # Not by its name, which would be the tool below again.
    compiler = shutil.which(shlex.split(os.environ['CC'])[-1])
    script(tools / 'meson', f'''\
export CC={compiler}
# What is installed here is nothing that the library is made of, and another place each time, for which cargo would
# compile all anew.
unset PKG_CONFIG_PATH
if [ "$1" = setup ]; then
    directory=$2; shift 2
    exec {meson} setup "$directory" {shlex.quote(str(abi.ROOT))} --prefix={prefix} --libdir=lib "$@"
fi
exec {meson} "$@"
''')
    script(tools / 'cc', f'exec {compiler} -Wall -Wextra -Werror "$@"\n')
    script(tools / 'ldconfig', f'exec /sbin/ldconfig -n {prefix}/lib\n')
    (tools / 'wait.py').write_text(WAIT)
    own = {name: value for name, value in os.environ.items() if name not in ('CC', 'CXX', 'RUSTC', 'PYTHONPATH')}
    return {
        **own,
        'PATH': f'{tools}:{prefix}/bin:{os.environ["PATH"]}',
        'PKG_CONFIG_PATH': f'{prefix}/lib/pkgconfig',
        'LD_LIBRARY_PATH': f'{prefix}/lib',
        'CARGO_TARGET_DIR': os.environ.get('CARGO_TARGET_DIR', cargo_target),
    }


def copy_of_the_tree(directory):
    """What a clone has, without what was built in it."""
    built = re.compile(r'build.*|target|vendor|\.git|\.cargo|__pycache__')

    def ignored(parent, names):
        at_top = pathlib.Path(parent) == abi.ROOT
        return [name for name in names if name == '__pycache__'
                or at_top and built.fullmatch(name) and (abi.ROOT / name).is_dir()]
    shutil.copytree(abi.ROOT, directory, symlinks=True, ignore=ignored)


def story(blocks, port, root, at_end):
    """One page as a script for sh, and what each of its blocks has to print."""
    lines, expected = ['set -e'], {}
    runs = None
    for number, block in enumerate(blocks):
        if ('at-end' in block.words.split()) != at_end:
            continue
        text = block.text.replace(PORT, port).replace('/usr/local', str(root / 'prefix'))
        if block.language == 'c' and (name := block.word('file')):
            lines.append(f"cat >{name} <<'END OF THE BLOCK'\n{text}END OF THE BLOCK")
        elif block.language == 'sh':
            reason, test = block.word('not-run'), block.word('by')
            runs = None
            if reason:
                print(f'skipped: {block.place}: {reason}')
            elif test:
                print(f'{block.place}: run by the test {test}')
            else:
                runs = number
                text = re.sub(r'^(.* &)( sleep .*)?$', rf'\1\npython3 {root}/tools/wait.py {port}', text, flags=re.M)
                lines.append(f"echo '=== {number}' >&2\n{text}")
        elif block.language == 'text' and 'output' in block.words.split():
            if runs is not None:
                expected.setdefault(runs, []).append(text.strip())
    lines.append("echo '=== end' >&2")
    return '\n'.join(lines) + '\n', expected


def has_lines(output, wanted):
    """Whether the lines are there in their order; between them may be others."""
    rest = iter(line.strip() for line in output.splitlines())
    return all(line.strip() in rest for line in wanted.splitlines())


def run_page(page, environment, root, at_end=False):
    """How many blocks of the page have run."""
    blocks = pages.of(page)
    text, expected = story(blocks, free_port(), root, at_end)
    if not re.search(r"'=== \d+'", text):
        return 0
    copy = root / page.stem
    if not copy.exists():
        copy_of_the_tree(copy)
    log = root / f'{page.stem}.log'
    with log.open('w') as output:
        # A group of its own: servers are left running.
        process = subprocess.Popen(['sh', '-c', text], cwd=copy, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(FOR_EVER)
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    said = log.read_text(errors='replace')
    parts = re.split(r'^=== (\d+|end)\n', said, flags=re.M)
    outputs = dict(zip(parts[1::2], parts[2::2]))
    if code or 'end' not in outputs:
        last = [number for number in outputs if number != 'end'][-1]
        sys.exit(f'{blocks[int(last)].place}: exit {code}\n{outputs[last][-4000:]}')
    for number, texts in expected.items():
        for wanted in texts:
            if not has_lines(outputs[str(number)], wanted):
                sys.exit(f'{blocks[number].place}: does not print {wanted!r} but\n{outputs[str(number)][-4000:]}')
    return len(outputs) - 1


tests = (abi.ROOT / 'c-tests/meson.build').read_text()
with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    environment = sandbox(root)
    ran = 0
    for page in pages.PAGES:
        for block in pages.of(page):
            if (test := block.word('by')) and f"test('{test}'" not in tests:
                sys.exit(f'{block.place}: there is no test {test}')
        count = run_page(page, environment, root)
        if count:
            print(f'{page.relative_to(abi.ROOT)}: {count} blocks', flush=True)
        ran += count
    for page in pages.PAGES:
        ran += run_page(page, environment, root, at_end=True)
    left = [path for path in (root / 'prefix').rglob('*') if not path.is_dir()]
    if left:
        sys.exit(f'still installed: {left}')
    if ran < 10:
        sys.exit(f'only {ran} blocks have run')
