#!/usr/bin/env python3
"""The errors that docs/troubleshooting.md has for headings are those that there are: the words of each stand in the
source, or are what a command says here, or another test holds them.

A heading's fixed words, between `...` and at `: `, each have to be a part of a string of the source, or the
system's text for an errno. `<!-- by: WHO -->` below a heading says that the words are somebody else's: a file of
the tests that expects them, or a case of `saying()`.
"""

import errno
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import abi

PAGE = abi.ROOT / 'docs' / 'troubleshooting.md'
SOURCES = ['src/**/*.rs', 'crates/**/src/**/*.rs', 'crates/**/src/**/*.c', 'include/**/*.h', 'scripts/*', 'tools/qio/*.c']
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'', re.S)
HEADING = re.compile(r'^### (`+)(.+?)\1\n(?:\n<!-- by: (.+?) -->)?', re.M)

failures = 0


def check(what, fine, seen=''):
    global failures
    print(f'{"ok" if fine else "NOT OK"}: {what}{"" if fine else f": {seen}"}', flush=True)
    failures += not fine


def strings():
    """All that the source can say, as one text: its strings, and the errors of its headers."""
    found = []
    for pattern in SOURCES:
        for path in sorted(abi.ROOT.glob(pattern)):
            if not path.is_file():
                continue
            text = path.read_text(errors='replace')
            if path.suffix == '.rs':
                # What tests expect is not what is said, and comments are said to nobody.
                text = re.sub(r'^\s*//.*', '', text.split('#[cfg(test)]')[0], flags=re.M)
            text = re.sub(r'\\\n\s*', '', text)
            found += [one or other for one, other in STRING.findall(text)]
            if path.parent.name == 'scripts':
                # Shell has words in strings that go over lines with others inside.
                found += re.findall(r'echo "(.*)"', text)
    return '\0'.join(found).replace('\\"', '"').replace("\\'", "'")


def saying(who, scratch):
    """What somebody says whose words are not ours."""
    environment = {**os.environ, 'PKG_CONFIG_PATH': '', 'PKG_CONFIG_LIBDIR': str(scratch), 'LC_ALL': 'C'}
    if who == 'pkg-config':
        command = ['pkg-config', '--libs', 'qio']
    elif who == 'loader':
        compiler = shlex.split(os.environ.get('CC', 'cc'))
        (scratch / 'one.c').write_text('int one(void) { return 1; }\n')
        (scratch / 'main.c').write_text('int one(void);\nint main(void) { return one(); }\n')
        for arguments in ['-shared', '-fPIC', 'one.c', '-o', 'libone.so'], ['main.c', '-o', 'main', '-L.', '-lone']:
            subprocess.run([*compiler, *arguments], cwd=scratch, check=True)
        command = [scratch / 'main']
        environment.pop('LD_LIBRARY_PATH', None)
    else:
        return (abi.ROOT / who).read_text()
    run = subprocess.run(command, env=environment, text=True, capture_output=True)
    check(f'{who} fails', run.returncode != 0)
    return run.stderr


def fixed(words):
    """The words of a heading that don't depend on anything."""
    pieces = [piece.strip(" '`,;") for part in words.split('...') for piece in re.split(r": |:$|^:|' ", part)]
    return [piece for piece in pieces if re.search(r'\w', piece)]


def main():
    said = strings()
    system = {os.strerror(number) for number in errno.errorcode}
    entries = HEADING.findall(PAGE.read_text())
    check('there are entries', len(entries) > 30, len(entries))
    check('each heading is one', len(entries) == len(re.findall(r'^### ', PAGE.read_text(), re.M)), len(entries))
    with tempfile.TemporaryDirectory() as scratch:
        for _, words, who in entries:
            source = saying(who, pathlib.Path(scratch)) if who else said
            missing = [piece for piece in fixed(words) if piece not in source and piece not in system]
            check(words, not missing, f'nobody says {missing}')
    # It can fail.
    check('what nobody says is missed', [piece for piece in fixed('Unable to fly to ...: Connection refused')
                                         if piece not in said and piece not in system] == ['Unable to fly to'])  # fmt: skip
    return 1 if failures else 0


sys.exit(main())
