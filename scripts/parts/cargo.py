"""Parts that cargo runs."""

import re
import subprocess

from .suite import Suite, run, screen


def rust_tests(log, succeeded):
    """How many Rust tests cargo says that passed, failed and were ignored, and which failed."""
    sums = re.findall(r'^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored',
                      log.read_text(), re.M)
    passed, failed, ignored = (sum(map(int, column)) for column in zip(*sums)) if sums else (0, 0, 0)
    if not succeeded and failed == 0 or passed == 0:
        failed += 1
    names = re.findall(r'^    (\w+(?:::\w+)+)$', log.read_text(), re.M)
    return passed, failed, ignored, sorted(set(names))


def cargo_test(log):
    """Rust unit tests; cargo says how many."""
    # The crate qio has a part of its own, and would have more compiled here.
    succeeded = run(['cargo', 'test', '--workspace', '--exclude', 'qio', '--lib', '--locked', '--no-fail-fast', '--quiet'], log)
    passed, failed, ignored, names = rust_tests(log, succeeded)
    return Suite(passed, failed, ['ignored Rust test'] * ignored, names)


def rust_face(log):
    """The crate for Rust programs: with all its features its tests and the examples of its documentation, without any its
    tests."""
    suite = Suite()
    for options in ['--all-features'], ['--no-default-features', '--tests']:
        log = log.with_name(f'rust{options[0][1:]}.log')
        log.unlink(missing_ok=True)
        succeeded = run(['cargo', 'test', '-p', 'qio', *options, '--locked'], log)
        passed, failed, ignored, names = rust_tests(log, succeeded)
        suite.add(Suite(passed, failed, ['ignored Rust test'] * ignored, names))
    return suite


def miri(log):
    """The unit tests that call no C, in an interpreter that sees undefined behaviour and leaks."""
    if subprocess.run(['cargo', '+nightly', 'miri', '--version'], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode:
        subprocess.run(['rustup', 'toolchain', 'install', 'nightly', '--profile', 'minimal', '--component',
                        'miri,rust-src'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if subprocess.run(['cargo', '+nightly', 'miri', '--version'], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode:
            missing = "Miri can't be installed here; it takes: rustup toolchain install nightly --component miri,rust-src"
            screen.say(missing)
            return Suite(skipped=[missing])
    suite = Suite()
    for crate, modules in MIRI.items():
        log = log.with_name(f'miri-{crate}.log')
        log.unlink(missing_ok=True)
        succeeded = run(['cargo', '+nightly', 'miri', 'test', '-p', f'qio-{crate}', '--lib', '--locked', '--target-dir',
                         'build-check-cargo/miri', '--', '-q', *modules], log,
                        # Time goes on in some of them.
                        MIRIFLAGS='-Zmiri-disable-isolation')
        passed, failed, ignored, names = rust_tests(log, succeeded)
        screen.say(f'{crate}: {passed} passed, {failed} failed; {ignored} call C, and run in part unit')
        suite.add(Suite(passed, failed, failures=names))
    return suite


# Crates, and of some the modules: what is left out calls C in all it does, or registers types before anything else.
MIRI = {
    'rfc6455': [],
    'platform': ['sync::', 'os::bounded', 'os::control', 'os::errno', 'os::error_queue', 'os::fd_list', 'os::incarnation',
                 'os::iov', 'os::port'],
    'abi': [],
    'trace': [],
}


def model(log):
    """The protocols between threads, in all orders in which these may run."""
    succeeded = run(['cargo', 'test', '-p', 'qio-platform', '--lib', '--locked', '--target-dir',
                     'build-check-cargo/model', 'models::'], log, RUSTFLAGS='--cfg loom', CARGO_PROFILE_TEST_OPT_LEVEL='2')
    passed, failed, _, names = rust_tests(log, succeeded)
    return Suite(passed, failed, failures=names)
