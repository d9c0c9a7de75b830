#!/usr/bin/env python3
"""All C in README.md and docs/*.md, and the examples, compile against the installed tree without a
warning, as they stand; and all installed headers, as C and as C++: with the compiler of the build, or with every one
that is there. Where the pages are installed, the pages and examples that they name are there, too.

usage: documented.py PROFILE HOST BUILD-DIR [all]
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import abi
import installed
import pages

profile, host, build, *which = sys.argv[1:]

# What the project promises to work with; scripts/setup installs what the system has of them.
COMPILERS = [f'gcc-{version}' for version in range(12, 16)] + [f'clang-{version}' for version in range(14, 20)]
STRICT = ['-Wcast-qual', '-Wconversion', '-Wsign-conversion', '-Wshadow', '-Wundef', '-Wwrite-strings']


def c_plus_plus(compiler):
    """The C++ compiler beside a C compiler."""
    return compiler.replace('gcc', 'g++').replace('clang', 'clang++')


def real_path(command):
    return os.path.realpath(shutil.which(command))


def sources():
    """Programs by the place they come from: of the pages, and the examples."""
    without_tls = not abi.has_tls(host)
    for block in pages.blocks('c'):
        if without_tls and (not block.is_program or 'io/channel-tls.h' in block.text):
            print(f'skipped: {block.place}: the library is built without TLS')
        else:
            yield block.place, block.source, block.is_program
    for path in sorted((abi.ROOT / 'examples').rglob('*.c')):
        if without_tls and path.parent.name in ('echo-tls', 'migrate'):
            print(f'skipped: {path.relative_to(abi.ROOT)}: the library is built without TLS')
        else:
            yield path.relative_to(abi.ROOT), path, False


def dead_links(top):
    """Links of the installed pages to others and to examples that aren't there, or to nothing in the source tree either."""
    for page in top.rglob('*.md'):
        for target in re.findall(r'\]\(([^)#:\s]+)[)#]', re.sub(r'^```.*?^```', '', page.read_text(), flags=re.M | re.S)):
            to = os.path.relpath(page.parent / target, top)
            if not (top / to).exists() and (to.endswith('.md') or to.split('/')[0] in ('docs', 'examples')
                                            or not (abi.ROOT / to).exists()):  # fmt: skip
                yield f'{page.relative_to(top)}: {target} is not there'


with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    tree = installed.Installed(profile, build, str(root / 'tree'))
    headers = sorted(str(path.relative_to(tree.headers)) for path in tree.headers.rglob('*.h'))
    all_headers = ''.join(f'#include "{name}"\n' for name in ['qemu/osdep.h', *headers])

    units = []
    for number, (place, text, is_program) in enumerate(sources()):
        path = text
        if isinstance(text, str):
            path = root / f'{number}.c'
            path.write_text(text)
        text = path.read_text()
        # 0 is success in some profiles and a failure in others, and a compiler takes both.
        if re.search(r'^.*\S.*\bqio_channel_set_blocking\(', text, re.M):
            sys.exit(f'{place}: what qio_channel_set_blocking() returns depends on the profile: look at its errp')
        if 'qio/gio.h' in text and not tree.gio:
            print(f'skipped: {place}: built without libqio-gio')
            continue
        if 'libsoup' in text and subprocess.run(['pkg-config', '--exists', 'libsoup-3.0']).returncode:
            print(f'skipped: {place}: libsoup 3 is not installed')
            continue
        units.append((place, path, is_program))
    if not any(is_program for _, _, is_program in units):
        sys.exit('no program found in the documentation')
    for language in ['c', 'cc']:
        (root / f'headers.{language}').write_text(all_headers)

    def check(unit):
        """What a compiler says to a unit, in the order of the list."""
        number, compiler, place, path, arguments, is_program = unit
        text = path.read_text() if is_program or path.stem != 'headers' else ''
        modules = [tree.gio] if 'qio/gio.h' in text else [tree.module]
        modules += ['libsoup-3.0'] if 'libsoup' in text else []
        output = ['-o', str(root / f'program-{number}')] if is_program else ['-fsyntax-only']
        command = [*compiler, '-Wall', '-Wextra', '-Werror', *arguments, str(path), *output,
                   *tree.flags(*modules)]
        # Options for the linker are of no use to a compiler that doesn't link.
        if not is_program and 'clang' in compiler[0]:
            command.append('-Wno-unused-command-line-argument')
        run = subprocess.run(command, text=True, capture_output=True, env=tree.environment)
        (root / f'program-{number}').unlink(missing_ok=True)
        if run.returncode or run.stderr:
            return f'{place}: {shlex.join(command)}\n{run.stderr}'
        return None

    known = COMPILERS if which == ['all'] else []
    missing = [name for name in known if not shutil.which(name)]
    others = [[name] for name in known if shutil.which(name) and real_path(name) != real_path(tree.compiler[-1])]
    found = [tree.compiler, *others]
    work = []
    for compiler in found:
        for place, path, is_program in units:
            # What the compiler takes without being asked, and for the pages once what the library is written for.
            for standard in [[], ['-std=gnu11']] if path.parent == root and compiler == tree.compiler else [[]]:
                work.append((compiler, place, path, ['-O1', *standard], is_program))
        work.append((compiler, 'all headers', root / 'headers.c', ['-std=gnu11', *STRICT], False))
        plus_plus = shlex.split(os.environ['CXX']) if compiler == tree.compiler else [c_plus_plus(compiler[0])]
        if shutil.which(plus_plus[0]):
            for standard in ['-std=gnu++17', '-std=gnu++20']:
                work.append((plus_plus, 'all headers, C++', root / 'headers.cc', [standard, *STRICT], False))
        else:
            print(f'skipped: C++ with {plus_plus[0]}: not installed')
    numbered = [(number, *unit) for number, unit in enumerate(work)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        complaints = list(filter(None, pool.map(check, numbered)))
    (pages_there,) = tree.root.rglob('share/doc/libqio')
    complaints += dead_links(pages_there)
    # Where a page is followed, keys and programs lie in the examples.
    shown = {str(path.relative_to(pages_there)) for path in (pages_there / 'examples').rglob('*') if not path.is_dir()}
    if (abi.ROOT / '.git').exists():
        listed = subprocess.check_output(['git', 'ls-files', 'examples'], cwd=abi.ROOT, text=True).split()
        complaints += [f'{path}: is installed and no file of the tree, or the other way round' for path in shown ^ set(listed)]
    print('\n'.join(complaints))
    for name in missing:
        print(f'skipped: {name}: not installed')
    print(f'{len(units)} sources, {len(headers)} headers; with {" ".join(shlex.join(name) for name in found)}')
    sys.exit(bool(complaints) or len(headers) < 30)
