"""What cargo needs for the sanitizers that meson compiles C with (b_sanitize), and for a fuzzer.

AddressSanitizer works with a stable compiler that is told to take unstable options, and its own standard library.
ThreadSanitizer has to see the standard library's locks, so that is compiled too: from rust-src, of a nightly
toolchain.
"""

import os
import pathlib
import subprocess
import sys

NIGHTLY = 'nightly'


def chosen():
    """The names in QIO_SANITIZERS."""
    names = os.environ.get('QIO_SANITIZERS', 'none')
    return set() if names == 'none' else set(names.split(','))


# What guides a fuzzer through Rust: counters at the edges of functions.
COVERAGE = ['-Cpasses=sancov-module', '-Cllvm-args=-sanitizer-coverage-level=4',
            '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters', '-Cllvm-args=-sanitizer-coverage-pc-table']


def rust(names):
    """What -Zsanitizer is given: rustc has none for undefined behaviour, which is C's part."""
    return [name for name in ('address', 'thread') if name in names]


def triple():
    """The machine that rustc compiles for: of a cross build or by default."""
    if target := os.environ.get('CARGO_BUILD_TARGET'):
        return target
    lines = subprocess.run(['rustc', '-vV'], check=True, capture_output=True, text=True).stdout.splitlines()
    return next(line.removeprefix('host: ') for line in lines if line.startswith('host: '))


def why_no_thread_sanitizer():
    """One line about what is missing for it, or None."""
    found = subprocess.run(['rustc', f'+{NIGHTLY}', '--print', 'sysroot'], capture_output=True, text=True)
    if found.returncode:
        return f'ThreadSanitizer needs a nightly toolchain: rustup toolchain install {NIGHTLY} --component rust-src'
    source = pathlib.Path(found.stdout.strip(), 'lib/rustlib/src/rust/library/std/Cargo.toml')
    if not source.exists():
        return f'ThreadSanitizer needs the source of std: rustup component add rust-src --toolchain {NIGHTLY}'
    return None


def cargo(program, names):
    """The cargo to run."""
    if 'thread' not in names:
        return [program]
    if missing := why_no_thread_sanitizer():
        sys.exit(f'cargo-build: {missing}')
    # The proxy knows toolchains; what meson has found need not be it.
    return ['cargo', f'+{NIGHTLY}']


def options(names):
    """Further options of cargo build."""
    if not rust(names):
        return []
    return ['--target', triple()] + (['-Zbuild-std=std,panic_abort'] if 'thread' in names else [])


def environment(names):
    """The environment of cargo, or None for the present one."""
    if not names:
        return None
    # Only for the target: what a build script does with memory is its own affair.
    c_flags = f'-fsanitize={",".join(sorted(names - {"coverage"}))} -fno-omit-frame-pointer'
    found = os.environ | {f'CFLAGS_{triple().replace("-", "_")}': c_flags}
    if rust(names):
        flags = [f'-Zsanitizer={name}' for name in rust(names)] + ['-Cforce-frame-pointers=yes']
        found |= {'RUSTFLAGS': ' '.join(flags)}
        if 'coverage' in names:
            # It is to try much in a minute, and still see numbers that overflow.
            found |= {'RUSTFLAGS': ' '.join(flags + COVERAGE), 'CARGO_PROFILE_DEV_OPT_LEVEL': '1'}
        if 'thread' not in names:
            found |= {'RUSTC_BOOTSTRAP': '1'}
    return found
