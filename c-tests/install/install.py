#!/usr/bin/env python3
"""A program outside of the tree is built with the flags of pkg-config only and runs (R-HDR-2), with
the shared and with the static library; one that was compiled for another profile neither links
nor starts (R-HDR-3).

usage: install.py PROFILE VERSION BUILD-DIR PROGRAM.c [GIO-PROGRAM.c]
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import abi

profile, version, build, program_c, *gio_programs = sys.argv[1:]
compiler = shlex.split(os.environ['CC'])
meson = shlex.split(os.environ['MESON'])

with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    subprocess.run(
        [*meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', scratch], check=True
    )
    modules = {path.stem: path for path in root.rglob('*.pc')}
    names = {abi.module(profile), f'qio-{profile}'}
    beside = {name.replace('qio', 'qio-gio', 1) for name in names} if gio_programs else set()
    assert modules.keys() == names | beside, modules
    module = modules[abi.module(profile)]
    library_dir = module.parent.parent
    # The files are not where the prefix says, but below the scratch directory.
    for path in modules.values():
        text = path.read_text()
        assert text.startswith('prefix=/')
        path.write_text(text.replace('prefix=', f'prefix={scratch}', 1))
    environment = {**os.environ, 'PKG_CONFIG_PATH': str(module.parent)}

    def pkg_config(*args, name=module.stem):
        command = ['pkg-config', *args, name]
        return shlex.split(subprocess.check_output(command, text=True, env=environment))

    def compile_program(*args, source=program_c):
        command = [*compiler, '-std=gnu11', source, '-o', str(root / 'program'), *args]
        return subprocess.run(command, text=True, capture_output=True)

    def build_and_run(title, *args, source=program_c, **variables):
        run = compile_program(*args, source=source)
        if run.returncode or run.stderr:
            sys.exit(f'{title}: {run.stderr}')
        program = str(root / 'program')
        printed = subprocess.check_output([program], text=True, env={**os.environ, **variables})
        if printed != 'linked and running\n':
            sys.exit(f'{title}: the program prints {printed!r}')
        needed = subprocess.check_output(['readelf', '--dynamic', program], text=True)
        if (f'libqio.so.{profile}' in needed) != (title == 'shared'):
            sys.exit(f'{title}: linked with the wrong library')
        print(f'{title}: runs')

    assert pkg_config('--modversion') == [version], 'the version stands in Cargo.toml only'
    assert pkg_config('--variable=abi') == [profile]
    flags = pkg_config('--cflags', '--libs')
    build_and_run('shared', *pkg_config('--cflags', '--libs', name=f'qio-{profile}'), LD_LIBRARY_PATH=str(library_dir))
    build_and_run('shared', *flags, LD_LIBRARY_PATH=str(library_dir))

    static = [str(library_dir / abi.archive(profile)) if flag.startswith(('-lqio', '-l:libqio')) else flag
              for flag in pkg_config('--cflags', '--libs', '--static')]  # fmt: skip
    build_and_run('static', *static)
    build_and_run('whole archive and sections', *static, '-Wl,--gc-sections', '-no-pie')

    # The library beside it comes with its own module, and libqio needs nothing of GIO for it.
    bare = subprocess.check_output(['readelf', '--dynamic', str(library_dir / f'libqio.so.{profile}')], text=True)
    assert 'libgio' not in bare, bare
    for program in gio_programs:
        for name in beside:
            build_and_run('shared', *pkg_config('--cflags', '--libs', name=name), source=program,
                          LD_LIBRARY_PATH=str(library_dir))
        archive = library_dir / abi.archive(profile).replace('qio', 'qio-gio', 1)
        gio_static = [str(archive), *static, '-lgio-2.0', '-lgobject-2.0', '-lglib-2.0']
        build_and_run('static', *gio_static, source=program)

    # A program may have another Rust library, linked whole, beside it (R-HOST-19).
    (root / 'other.rs').write_text(
        '#[unsafe(no_mangle)] pub extern "C" fn other() -> usize { format!("{:?}", vec![1]).len() }'
    )
    rustc = [os.environ['RUSTC'], '--edition=2024', '--crate-type=staticlib', 'other.rs']
    subprocess.run(rustc, check=True, cwd=root)
    other = ['-Wl,--whole-archive', str(root / 'libother.a'), '-Wl,--no-whole-archive', '-lm']
    build_and_run('another Rust library before', *other, *static)
    build_and_run('another Rust library after', *static, *other)

    # Nothing lies bare in the include directory, and nothing of another profile is to be read.
    (include,) = root.rglob('include')
    assert [path.name for path in include.iterdir()] == [f'qio-{profile}']
    for header in include.rglob('*.h'):
        questions = re.findall(r'^#.*\bQIO_(?:HAS_|ABI_QEMU_|WITHOUT_TLS).*', header.read_text(), re.M)
        if header.name != 'qio-profile.h' and questions:
            sys.exit(f'{header.name} asks for a profile: {questions}')
    # Without a -D they are those of the profile; no -D makes others of them.
    other = next(name for name in abi.PROFILES if name != profile)
    run = compile_program(f'-D{abi.macro(other)}', *flags)
    if run.returncode == 0 or f'these headers are of the profile {profile}' not in run.stderr:
        sys.exit(f'the headers of {profile} let themselves be taken for {other}: {run.stderr}')

    # A program that was compiled with the headers of another profile.
    elsewhere = [f'-I{abi.ROOT}/include', f'-D{abi.macro(other)}']
    for title, libraries in {'shared': flags, 'static': static}.items():
        run = compile_program(*elsewhere, *(flag for flag in libraries if f'/qio-{profile}' not in flag))
        said = [f'undefined reference to `{abi.symbol(other)}', abi.wrong_profile(other, profile)]
        if run.returncode == 0 or not all(text in run.stderr for text in said):
            sys.exit(f'{title}: a program for {other} links with {profile}: {run.stderr}')
    print(f'a program for {other} does not link')

    # Should another profile's library have this one's file name, the loader sees the difference.
    build_and_run('shared', *flags, LD_LIBRARY_PATH=str(library_dir))
    (root / 'other.map').write_text(f'{abi.node(other)} {{ global: *; }};\n')
    (root / 'other.c').write_text('char anything;\n')
    wrong = root / 'wrong' / f'libqio.so.{profile}'
    wrong.parent.mkdir()
    subprocess.run([*compiler, '-shared', '-fPIC', str(root / 'other.c'), '-o', str(wrong), f'-Wl,-soname,{wrong.name}',
                    f'-Wl,--version-script={root}/other.map'], check=True)  # fmt: skip
    run = subprocess.run([root / 'program'], text=True, capture_output=True,
                         env={**os.environ, 'LD_LIBRARY_PATH': str(wrong.parent)})  # fmt: skip
    if run.returncode == 0 or f"version `{abi.node(profile)}' not found" not in run.stderr:
        sys.exit(f'a program for {profile} starts with the library of {other}: {run.stderr}')
    print(f'a program for {profile} does not start with the library of {other}')
