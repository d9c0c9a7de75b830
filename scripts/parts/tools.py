"""Parts that take a tool of their own: emulator, fuzzer, sanitizer, coverage, site; and the demo."""

import re
import shutil
import subprocess

import abi
import sanitizers

from .cargo import rust_tests
from .meson import meson, meson_test
from .suite import TOP, Suite, run, screen


def coverage(log):
    """Which lines of the library tests run: of each file, with the reason for what none runs."""
    succeeded = run(['scripts/coverage', '--build', 'build-check', '--hosted-build', 'build-check-hosted'], log)
    text = log.read_text()
    if missing := re.search(r'^skipped: (.*)', text, re.M):
        screen.say(missing[1])
        return Suite(skipped=[missing[1]])
    files = re.findall(r'^\S+ +\d+ of +\d+ .*(?:\n    .*)?$', text, re.M)
    screen.line('\n'.join(files))
    if sum_of_all := re.search(r'^\d+ of \d+ lines.*', text, re.M):
        screen.say(sum_of_all[0])
    return Suite(int(succeeded), int(not succeeded))


coverage.builds = {'build-check', 'build-check-hosted'}


def docs(log):
    """The documentation site: its pages, links, and what a browser shows of it."""
    succeeded = run(['scripts/docs', '--look', '--output', 'build-check-docs'], log)
    text = log.read_text(errors='replace')
    if missing := re.search(r'^(?:setup|docs): (?:missing|could not install).*', text, re.M):
        screen.say(missing[0])
        return Suite(skipped=[missing[0]])
    seen = re.search(r'(\d+) pages, (\d+) of them seen in a browser', text)
    if not succeeded or not seen:
        return Suite(failed=1)
    screen.say(seen[0])
    return Suite(passed=int(seen[1]))


def demo(log):
    """The demo, small: outside the tree, through pkg-config only; and that mistakes fail. What it prints is
    tested in c-tests/examples."""
    def succeeds(*arguments):
        return run(['scripts/demo', *arguments], log)

    suite = Suite()
    address = f'unix:{TOP}/build-demo/socket'
    certificates = TOP / 'build-demo/certificates'
    shutil.rmtree(certificates, ignore_errors=True)
    good = [('--size', '8M'), ('--streams', '7', '--size', '3M', '--address', 'tcp:[::1]:0'),
            ('--file', 'docs/spec/host-layer.md', '--address', address), ('--size', '0'),
            ('--tls', '--size', '8M'), ('--websocket', '--size', '8M'),
            ('--tls', '--websocket', '--streams', '5', '--size', '7M', '--address', address),
            ('--in-main-loop', '--size', '8M'), ('--coroutines', '--size', '8M'),
            ('--tls', '--keep-certificates', str(certificates), '--size', '1M')]
    bad = [('--streams', '0'), ('--size', '1X'), ('--file', '/nonexistent'),
           ('--in-main-loop', '--coroutines'), ('--tls', '--keep-certificates', str(certificates)),
           ('--address', 'tcp:no-such-host.invalid:1'), ('--address', 'unix:' + 'x' * 200)]
    for arguments in good:
        passed = succeeds(*arguments)
        suite.add(Suite(passed, not passed, failures=[] if passed else [f'demo {" ".join(arguments)}']))
    for arguments in bad:
        refused = not succeeds(*arguments)
        suite.add(Suite(refused, not refused, failures=[] if refused else [f'demo takes {" ".join(arguments)}']))
    return suite


def tsan(log):
    """The stress programs, where the standard library can be compiled for ThreadSanitizer."""
    if missing := sanitizers.why_no_thread_sanitizer():
        screen.say(missing)
        return Suite(skipped=[missing])
    build = 'build-check-tsan'
    return meson_test(build, '--suite', 'stress', '--suite', 'sanitizers', setup='sanitizers', make=meson(
        build, '-Db_sanitize=thread', '-Db_lundef=false', '-Dbenchmarks=false',
        targets=['stress', 'deliberate']))(log)  # fmt: skip


tsan.builds = {'build-check-tsan'}


def fuzz(log):
    """Each fuzz target a minute."""
    if subprocess.run(['scripts/fuzz', '--setup'], stdin=subprocess.DEVNULL, cwd=TOP).returncode:
        missing = 'fuzzing takes a Clang with libFuzzer: apt-get install clang libclang-rt-VERSION-dev'
        screen.say(missing)
        return Suite(skipped=[missing])
    run(['scripts/fuzz', '--jobs', '3', '--seed', '1', '--build', 'build-check-fuzz'], log)
    said = log.read_text(errors='replace')
    counts = re.search(r'^(\d+) passed, (\d+) failed; (\d+) runs', said, re.M)
    if not counts:
        return Suite(failed=1)
    screen.say(f'{counts[3]} runs')
    # The last ones are those of the end of all, which have what was found in one line.
    found = re.findall(r'^failed: (.*)', said, re.M)[-int(counts[2]):] if int(counts[2]) else []
    return Suite(int(counts[1]), int(counts[2]), failures=found)


fuzz.builds = {'build-check-fuzz'}


def emulator_limits():
    """Test -> why qemu-user can't run it: of the C programs, and of the unit tests."""
    rows = [line.split(None, 2) for line in abi.lines(TOP / 'cross/emulator-limits.txt')]
    return ({path: f'qemu-user {reason}' for program, path, reason in rows if program != 'unit'},
            {path: f'qemu-user {reason}' for program, path, reason in rows if program == 'unit'})


def arm64(log):
    """The C programs and the unit tests of a cross build, run by an emulator."""
    setup = subprocess.run([TOP / 'scripts/setup', 'arm64'], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if setup.returncode:
        why = (setup.stderr.strip().splitlines() or ['scripts/setup arm64 fails'])[-1]
        screen.say(why)
        # 77: this system can't have what it takes.
        return Suite(skipped=[f'arm64: {why}']) if setup.returncode == 77 else Suite(failed=1)
    build, folder, target = 'build-check-arm64', TOP / 'build-check-arm64-root', 'aarch64-unknown-linux-gnu'
    of_programs, of_units = emulator_limits()
    suite = meson_test(build, '--suite', 'api', '--suite', 'properties', '--suite', 'layout', '--suite', 'symbols',
                       '--no-suite', 'long', '-t', '3', left_out=of_programs, make=meson(
                           build, '--cross-file', 'cross/aarch64-linux-gnu.ini', '--cross-file',
                           f'{folder}/cross.ini', '-Dbenchmarks=false', '-Ddebug=false'),
                       QIO_TEST_FEW_ROUNDS='1')(log)  # fmt: skip
    unused = [path for path in of_programs if not any(reason.startswith(f'{path}: ') for reason in suite.skipped)]

    name = target.replace('-', '_')
    units = log.with_name('arm64-unit.log')
    units.write_text('')
    skips = [word for path in of_units for word in ('--skip', path)]
    succeeded = run(
        ['cargo', 'test', '--workspace', '--exclude', 'qio', '--lib', '--locked', '--no-fail-fast', '--', *skips], units, **{
            'CARGO_BUILD_TARGET': target,
            # As meson has it: what both compile is compiled once.
            'CARGO_PROFILE_DEV_DEBUG': '0',
            'PKG_CONFIG_ALLOW_CROSS': '1',
            f'PKG_CONFIG_{name}': f'{folder}/pkg-config',
            f'CC_{name}': f'{folder}/linker',
            f'CARGO_TARGET_{name.upper()}_LINKER': f'{folder}/linker',
            f'CARGO_TARGET_{name.upper()}_RUNNER': f'{TOP}/cross/emulate qemu-aarch64 {folder}',
        })  # fmt: skip
    passed, failed, _, names = rust_tests(units, succeeded)
    suite.add(Suite(passed, failed, [f'{path}: {reason}' for path, reason in of_units.items()], names))
    suite.by_suite['unit'] += passed
    if failed:
        screen.line('\n'.join(units.read_text(errors='replace').splitlines()[-60:]))
    left_out = sum(map(int, re.findall(r'^test result: .* (\d+) filtered out', units.read_text(), re.M)))
    if left_out != len(of_units):
        unused.append(f'some of {len(of_units)} unit tests: {left_out} were left out')
    for path in unused:
        suite.add(Suite(failed=1, failures=[f'cross/emulator-limits.txt: this leaves nothing out: {path}']))
    return suite


arm64.builds = {'build-check-arm64'}


def packages(log):
    """The Debian packages, built and tried in systems of their own."""
    succeeded = run(['scripts/packages', '--quick'], log)
    said = log.read_text(errors='replace')
    if missing := re.search(r'^packages: (.*)', said, re.M):
        screen.say(missing[1])
        return Suite(skipped=[f'packages: {missing[1]}'])
    screen.line('\n'.join(re.findall(r'^(?:ok|failed): .*', said, re.M)))
    failures = re.findall(r'^failed: (.*?)(?: \([^()]*\))?$', said, re.M)
    counts = re.search(r'^(\d+) passed, (\d+) failed$', said, re.M)
    if not counts or not succeeded and not failures:
        return Suite(failed=1, failures=['scripts/packages ended early'])
    return Suite(int(counts[1]), int(counts[2]), failures=failures)
