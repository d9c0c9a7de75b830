#!/usr/bin/env python3
"""The libraries of two profiles stand side by side in one prefix: whoever comes second changes no file
of the first, and the modules of pkg-config lead to each one's own.

usage: prefix.py PROFILE embedded|hosted BUILD-DIR CARGO-TARGET-DIR
"""

import hashlib
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import abi

profile, host, build, cargo_target = sys.argv[1:]
other = abi.DEFAULT if profile != abi.DEFAULT else next(name for name in abi.PROFILES if name != profile)
meson = shlex.split(os.environ['MESON'])
compiler = shlex.split(os.environ['CC'])
# What cargo has compiled already need not be compiled again.
environment = {**os.environ, 'CARGO_TARGET_DIR': os.environ.get('CARGO_TARGET_DIR', cargo_target)}


def meson_run(*arguments):
    run = subprocess.run([*meson, *arguments], text=True, capture_output=True, env=environment)
    if run.returncode:
        sys.exit(f'meson {shlex.join(arguments)}\n{run.stdout[-4000:]}{run.stderr}')


def content(root):
    """A hash of each file, and where each link leads."""
    return {str(path.relative_to(root)): os.readlink(path) if path.is_symlink()
            else hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob('*') if path.is_symlink() or path.is_file()}


with tempfile.TemporaryDirectory() as scratch:
    root, second = pathlib.Path(scratch) / 'root', f'{scratch}/build'
    meson_run('install', '-C', build, '--no-rebuild', '--quiet', '--destdir', str(root))
    before = content(root)
    prefix = next(iter(root.rglob('*.pc'))).read_text().split('\n')[0].removeprefix('prefix=')
    libdir = next(iter(root.rglob('*.pc'))).parent.parent.relative_to(f'{root}{prefix}')
    meson_run('setup', second, str(abi.ROOT), f'-Dabi={other}', f'-Dhost={host}', '-Dtests=false',
              '-Dbenchmarks=false', f'--prefix={prefix}', f'--libdir={libdir}', '-Dbuildtype=debug', '-Ddebug=false')
    meson_run('compile', '-C', second)
    meson_run('install', '-C', second, '--no-rebuild', '--quiet', '--destdir', str(root))
    after = content(root)
    changed = [name for name in before if after.get(name) != before[name]]
    if changed or len(after) == len(before):
        sys.exit(f'{other} has changed {changed} of {profile}, and brought {len(after) - len(before)} files')

    modules = {path.stem: path for path in root.rglob('*.pc')}
    stem = 'qio' if host == 'embedded' else 'qio-hosted'
    all_paths = [*modules.values()]
    gio = {name for name in modules if 'gio' in name}
    beside = stem.replace('qio', 'qio-gio')
    if gio and gio != {beside, f'{beside}-{profile}', f'{beside}-{other}'}:
        sys.exit(f'modules of libqio-gio: {sorted(gio)}')
    modules = {name: path for name, path in modules.items() if name not in gio}
    if modules.keys() != {stem, f'{stem}-{profile}', f'{stem}-{other}'}:
        sys.exit(f'modules: {sorted(modules)}')
    for path in all_paths:
        path.write_text(path.read_text().replace('prefix=', f'prefix={root}', 1))
    at = str(next(iter(modules.values())).parent)

    def pkg_config(*arguments):
        text = subprocess.check_output(['pkg-config', *arguments], text=True,
                                       env={**os.environ, 'PKG_CONFIG_PATH': at})
        return shlex.split(text)

    # What refers to a profile's symbol links with the library of its module, and with no other.
    source = pathlib.Path(scratch) / 'refers.c'
    for name in modules:
        (has,) = pkg_config('--variable=abi', name)
        url = subprocess.run(['grep', '^URL: ', modules[name]], text=True, capture_output=True).stdout
        documents = url.strip().removeprefix('URL: file://${prefix}')
        if not (pathlib.Path(f'{root}{prefix}{documents}') / 'README.md').is_file():
            sys.exit(f'{name}: nothing at {url}')
        for wanted in [profile, other]:
            source.write_text(f'''
                extern const char {abi.symbol(wanted)};
                extern char qio_task_new[];
                const char *const refers[] = {{ &{abi.symbol(wanted)}, qio_task_new }};
            ''')
            output = str(source.with_suffix('.so'))
            command = [*compiler, '-shared', '-fPIC', str(source), '-o', output, *pkg_config('--libs', name)]
            # Of a host there is nothing here.
            command += ['-Wl,-z,defs'] if host == 'embedded' else []
            run = subprocess.run(command, text=True, capture_output=True)
            if host == 'embedded':
                found = run.returncode == 0
            else:
                found = f' {abi.symbol(wanted)}' in subprocess.check_output(['nm', '--defined-only', output], text=True)
            said = abi.wrong_profile(wanted, has) in run.stderr
            if found != (wanted == has) or said != (wanted != has):
                sys.exit(f'{name} is of {has}, and {wanted} is {"" if found else "not "}found:\n{run.stderr}')
    print(f'{", ".join(sorted(modules))}: {len(after)} files')
