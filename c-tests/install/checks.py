"""scripts/check counts what was run and says how it went, scripts/structure sees every way of naming a layer,
scripts/userland says in one line why it can't and copies links as such, scripts/coverage and scripts/soak judge what they have counted,
scripts/setup refuses words that it does not know and names all that is missing at once, and scripts/fuzz has the targets that there are.

usage: checks.py SCRIPTS-DIR
"""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

scripts = pathlib.Path(sys.argv[1]).resolve()
NOBODY = 65534


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(scripts / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def script(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text('#!/bin/sh\n' + text)
    path.chmod(0o755)
    return str(path)


def counted(step, top):
    """What a part comes to, and what it prints meanwhile."""
    log = top / 'log'
    log.unlink(missing_ok=True)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        suite = step(log)
    return (suite.passed, suite.failed, suite.skipped), printed.getvalue()


def expect(found, wanted):
    assert found == wanted, f'{found!r} is not {wanted!r}'


def commands(suite, top):
    good, bad = script(top / 'good', 'exit 0\n'), script(top / 'bad', 'exit 1\n')
    found, printed = counted(suite.single([good, 'now'], [bad]), top)
    expect(found, (1, 1, []))
    assert f'ok: {good} now (' in printed and f'failed: {bad} (' in printed, printed


def failing_tests(suite, meson_part, top):
    """They are named as soon as they fail, in the words of all releases of meson."""
    for good, bad in (('qio:api / test-good', 'qio:api / test-bad'), ('api - qio:test-good', 'api - qio:test-bad')):
        meson = script(top / 'meson', f'echo "1/2 {good}    OK    0.01s"\n'
                                      f'echo "2/2 {bad}    FAIL    0.01s   exit status 1"\nexit 1\n')
        found, printed = counted(suite.single([meson]), top)
        expect(found, (0, 1, []))
        expect(printed, '    fail: test-bad\n')
        expect(meson_part.suite_of(bad), 'api')
    said = {'name': 'api - qio:test-bad', 'result': 'FAIL', 'stdout': 'TAP version 14\nok 1 /a\nnot ok 2 /b - 1 is not 2\n',
            'stderr': '\nbad\n'}
    expect(meson_part.why(said), 'api - qio:test-bad: FAIL\n    TAP version 14\n    not ok 2 /b - 1 is not 2\n    bad')


def parts_at_once(check, suite, top):
    """Parts run beside each other, those of one build directory one after the other; none is lost by another's mistake."""
    running, met, order, alone = set(), set(), [], {}
    both = threading.Barrier(2, timeout=60)

    def part(name, build=None, meets=False, mistake=False):
        def step(_log):
            if build:
                (top / build).mkdir(exist_ok=True)
                met.update((build, other) for other in running if other == build)
                (top / build / name).write_text('')
                alone[name] = sorted(path.name for path in (top / build).iterdir())
                running.add(build)
                order.append(name)
            if meets:
                both.wait()
            running.discard(build)
            if mistake:
                raise ValueError('a mistake')
            return suite.Suite(passed=1)
        step.builds = {build} - {None}
        return name, ('title', step, False)

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        total, _ = check.run_parts(dict([
            part('a', 'build', meets=True), part('b', 'build'), part('c', 'build'), part('d', meets=True),
            part('e', mistake=True), part('f', 'other'), part('g', 'kept'), part('h', 'failing'),
            part('i', 'failing', mistake=True)]), top, 2, {'build', 'other', 'failing'})
    expect((total.passed, total.failed, met), (7, 2, set()))
    expect([name for name in order if name in 'abc'], ['a', 'b', 'c'])
    # A build goes when its last part has passed, and not before; one in which something failed stays.
    expect(alone['c'], ['a', 'b', 'c'])
    expect([name for name in ('build', 'other', 'kept', 'failing') if (top / name).exists()], ['kept', 'failing'])
    for name in 'abcdfgh':
        assert f'    {name}: 1 passed, 0 failed (' in printed.getvalue(), printed.getvalue()
    assert '    e: 0 passed, 1 failed (' in printed.getvalue(), printed.getvalue()
    with contextlib.redirect_stdout(io.StringIO()):
        none, _ = check.run_parts(dict([part('j'), part('k')]), top, 2, until=0)
    expect((none.passed, none.failed, none.skipped), (0, 0, [
        f'{name}: the time was over before it began (--within)' for name in 'jk']))
    expect(sorted(total.failures), ["e: ValueError('a mistake')", "i: ValueError('a mistake')"])


def growth_is_seen(soak):
    """What a server keeps is told from what it needs for more connections."""
    def judged(minutes=3, connections=lambda at: 1000, **after):
        full = [soak.Sample(at, connections(at), at, at, after.get('resident', lambda at: 50000)(at), 0, 1000, 5)
                for at in range(60, 240)]
        before = soak.Sample(60, 0, 500, 0, 0, 100_000, 17, 4)
        left = before._replace(seconds=240, clients=5000, **{name: value for name, value in after.items()
                                                            if name != 'resident'})
        return [line.split(':')[0] for line in soak.judge(full, before, left, after_more(connections), minutes)]

    def after_more(connections):
        return connections(239) - 1000

    expect(judged(), [])
    expect(judged(descriptors=18, threads=9, heap=100_000 + 16 * 4500 + 1), ['descriptors', 'threads', 'heap'])
    expect(judged(resident=lambda at: 50000 + 60 * at), ['resident memory'])
    expect(judged(1, resident=lambda at: 50000 + 60 * at), [])
    # Twice the connections take twice the memory, and room in tables.
    expect(judged(connections=lambda at: 1000 + 5 * at, resident=lambda at: 50000 + 250 * at, heap=200_000), [])
    expect(judged(connections=lambda at: 1000 + 5 * at, resident=lambda at: 50000 + 450 * at), ['resident memory'])


def layers(structure, top):
    """However a file writes it, what it takes from another layer is seen, and nothing else is."""
    structure.TOP = top
    for file, code, seen in (
            ('low/a.rs', 'use crate::high::f;', {'high'}),
            ('low/a.rs', 'use crate::{low::b, high};', {'high'}),
            ('low/a.rs', 'use crate::{\n    low::{b, c},\n    high::{x as y, z},\n};', {'high'}),
            ('low/a.rs', 'pub(crate) use {super::b, super::super::high};', {'high'}),
            ('low/a.rs', 'use super::super::{high, other::{self, f}};', {'high', 'other'}),
            ('low/a.rs', 'use super::{b, super::high::f};', {'high'}),
            ('low/a.rs', 'use super::{super::{high as h}, b};', {'high'}),
            ('low/a.rs', 'use self::super::super::high;', {'high'}),
            ('low/a.rs', 'fn f() { super::super::high::f(); crate::other::g() }', {'high', 'other'}),
            ('low/a.rs', 'use crate::*;', {''}),
            ('low/a.rs', 'use super::super as root;', {''}),
            ('low/a.rs', 'use super::{high, b::{c}}; use other_crate::{high, crate_of};', set()),
            ('low/a.rs', '// as crate::high::f has it\nuse crate::low::b;', set()),
            ('low/a.rs', 'fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::high::f;\n}', set()),
            ('low/mod.rs', 'use super::{high, low};', {'high'}),
            ('low/deep/mod.rs', 'use super::{high, super::other};', {'other'}),
            ('low.rs', 'use super::{high::f, other};', {'high', 'other'})):
        shutil.rmtree(top / 'layers', ignore_errors=True)
        path = top / 'layers' / file
        path.parent.mkdir(parents=True)
        path.write_text(code)
        expect((code, structure.modules('layers')), (code, {'low': seen}))


def userland_refuses(top):
    """Copies, where nothing can come to harm: not in a clone."""
    copy = top / 'elsewhere' / 'scripts'
    copy.mkdir(parents=True)
    top.chmod(0o755)
    program = shutil.copy(scripts / 'userland', copy)
    root = os.geteuid() == 0
    for arguments, user, status, reason in (
            ([], None, 1, 'usage: userland RELEASE COMMAND...'),
            (['trixie'], None, 1, 'usage: userland RELEASE COMMAND...'),
            (['../x', 'true'], None, 1, "userland: '../x' is no name of a Debian release, such as trixie or sid"),
            (['sid', 'true'], NOBODY if root else None, 77,
             'userland: debootstrap and chroot need root: run it with sudo'),
            (['sid', 'true'], None, 77, 'userland: the files of the tree are asked of git, and this is no clone')):
        if 'clone' in reason and not root:
            continue
        ran = subprocess.run(['/usr/bin/python3', program, *arguments], user=user, text=True, capture_output=True)
        expect((ran.returncode, ran.stdout, ran.stderr), (status, '', reason + '\n'))
    expect(os.listdir(top / 'elsewhere'), ['scripts'])


def userland_copies(userland, tree, copy):
    """What git would take, links as links, and each time what has changed; not what is ignored."""
    def listed():
        return sorted(str(path.relative_to(copy)) for path in copy.rglob('*') if path.is_symlink() or path.is_file())

    tree.mkdir()
    subprocess.run(['git', 'init', '--quiet', tree], check=True)
    (tree / '.gitignore').write_text('ignored\n')
    (tree / 'inner').mkdir()
    for name in 'inner/file', 'ignored', 'gone':
        (tree / name).write_text(name)
    (tree / 'to-folder').symlink_to('inner')
    (tree / 'to-file').symlink_to('inner/file')
    (tree / 'to-nothing').symlink_to('nothing')
    userland.TOP = tree
    for _ in 'anew', 'again':
        userland.copy_tree(copy)
        expect(listed(), ['.gitignore', 'gone', 'inner/file', 'to-file', 'to-folder', 'to-nothing'])
        expect([os.readlink(copy / f'to-{what}') for what in ('folder', 'file', 'nothing')], ['inner', 'inner/file', 'nothing'])
    for name in 'to-folder', 'to-file', 'gone':
        (tree / name).unlink()
    (tree / 'to-file').write_text('of its own')
    (tree / 'build').mkdir()
    (copy / 'build').mkdir()
    (copy / 'build/kept').write_text('')
    userland.copy_tree(copy)
    expect(listed(), ['.gitignore', 'build/kept', 'inner/file', 'to-file', 'to-nothing'])
    expect([(copy / name).read_text() for name in ('to-file', 'inner/file')], ['of its own', 'inner/file'])


def setup_tells_its_words():
    """Before it looks at or installs anything."""
    def ran(*arguments):
        run = subprocess.run([scripts / 'setup', *arguments], text=True, capture_output=True)
        return run.returncode, run.stdout, run.stderr
    for option in '--help', '-h':
        code, printed, problems = ran(option)
        assert (code, problems) == (0, '') and printed.startswith('usage: setup [build|check|deep|docs|fuzz|arm64]\n'), printed
    for words in ['bulid'], ['--halp'], ['build', 'check'], ['--help', 'build']:
        expect(ran(*words), (1, '', f'setup: unknown: {" ".join(words)}; see scripts/setup --help\n'))


def setup_names_all_that_is_missing(top):
    """In one line, so that it need not be run again for the next; and Rust as this system has it. All with commands that
    stand in for the system's, and as somebody who isn't root."""
    for name in 'sh', 'sed', 'sort', 'dirname', 'head', 'tr', 'wc':
        (top / name).symlink_to(shutil.which(name))
    script(top / 'id', 'echo 1000')
    script(top / 'dpkg', f'[ "$2" = {top}/cargo ]')
    needed = ['ar', 'c++', 'cc', 'chromium', 'cmake', 'gdb', 'git', 'gnutls-cli', 'make', 'meson', 'ninja', 'openssl', 'patch', 'pkg-config',
              'python3', 'socat', 'strace', 'unifdef', 'valgrind']
    for name in needed:
        script(top / name, 'exit 0')

    def told(purpose, there=(), packages=()):
        """What it says with these commands of Rust (name -> what they print) and with these versions to be had."""
        for name in 'cargo', 'rustc':
            (top / name).unlink(missing_ok=True)
        for name, prints in dict(there).items():
            script(top / name, prints)
        script(top / 'apt-cache', 'case $2 in\n' + ''.join(
            f'{name}) echo "  Candidate: {version}" ;;\n' for name, version in dict(packages).items()) + 'esac')
        run = subprocess.run([scripts / 'setup', purpose], env={'PATH': str(top)}, text=True, capture_output=True)
        return run.returncode, run.stderr

    wanted = re.search(r'^rust-version = "([\d.]+)"', (scripts.parent / 'Cargo.toml').read_text(), re.M)[1]
    debian_12 = {'cargo': '0.66.0+ds1-1', 'cargo-web': '1.96.0+dfsg1-1~deb12u2'}
    sid = {'cargo': '1.96.0+dfsg1-1', 'cargo-web': '1.96.0'}
    without = 'echo "cargo $version (built from a source tarball)"; [ "$1" = --version ]'
    complete = 'echo "cargo $version (built from a source tarball)"'
    rustc = {'rustc': 'exit 0'}
    new, old = (f'version={version}.0; ' for version in (wanted, '1.63'))
    lacks = 'setup: missing Debian packages; run: sudo apt-get install '
    by_rustup = f'setup: missing cargo and rustc {wanted} or later; get them with rustup, see https://rustup.rs\n'

    expect(told('build', rustc | {'cargo': new + without}), (0, ''))
    expect(told('check', rustc | {'cargo': new + complete}), (0, ''))
    expect(told('build'), (1, by_rustup))
    expect(told('build', packages=debian_12), (1, lacks + 'cargo-web rustc-web\n'))
    expect(told('build', rustc, sid), (1, lacks + 'cargo rustc\n'))
    expect(told('check', packages=debian_12), (1, lacks + 'cargo-web rust-web-clippy rustc-web rustfmt-web\n'))
    expect(told('check', rustc | {'cargo': new + without}, debian_12), (1, lacks + 'rust-web-clippy rustfmt-web\n'))
    expect(told('build', rustc | {'cargo': old + without}, debian_12),
           (1, f'setup: cargo is 1.63, and {wanted} or later is needed; run: sudo apt-get install cargo-web rustc-web\n'))
    expect(told('build', rustc | {'cargo': old + without}),
           (1, f'setup: cargo is 1.63, and {wanted} or later is needed; get one with rustup, see https://rustup.rs\n'))
    script(top / 'dpkg', 'exit 1')
    expect(told('check', rustc | {'cargo': new + without}, debian_12),
           (1, 'setup: cargo lacks fmt or clippy; run: rustup component add rustfmt clippy\n'))
    (top / 'cc').unlink()
    (top / 'meson').unlink()
    expect(told('build', packages=debian_12), (1, lacks + 'cargo-web gcc meson rustc-web\n'))


def fuzz_tells_its_targets():
    """Those that meson builds, each with inputs that the tests run; and what isn't one."""
    def ran(*arguments):
        run = subprocess.run([scripts / 'fuzz', *arguments], text=True, capture_output=True)
        return run.returncode, run.stdout, run.stderr
    folder = scripts.parent / 'c-tests/fuzz'
    listed = re.search(r'^fuzz_targets = \[(.*?)\]', (folder / 'meson.build').read_text(), re.M | re.S)[1]
    names = sorted(re.findall(r"'([\w-]+)'", listed))
    assert len(names) >= 6, names
    expect(ran('--list'), (0, ''.join(f'{name}\n' for name in names), ''))
    expect(ran('bufer', 'buffer'), (1, '', f'fuzz: no target bufer; there are: {" ".join(names)}\n'))
    inputs = {name: [path.stat().st_size for path in (folder / 'corpus' / name).iterdir()] for name in names}
    assert all(sizes and max(sizes) <= 1024 for sizes in inputs.values()), inputs


def tls_peers_meet_all(cover, abi):
    """Each way in which TLS peers can notice a profile is met by one that runs the whole suite."""
    def noticed(profile):
        return [switch in abi.switches(profile) for switch in cover.TLS_SWITCHES]

    met = cover.meet_tls_peers()
    assert {(profile, 'embedded') for profile in met} <= set(cover.builds()), met
    for profile in abi.PROFILES:
        assert [noticed(other) for other in met].count(noticed(profile)) == 1, (profile, met)
    unknown = set(cover.TLS_SWITCHES) - set(abi.SWITCHES)
    assert not unknown, unknown


def builds_have_what_meets(cover, abi):
    """Those whose tests all run are the default profile's, and between them have each value, and each pair of values where a
    file asks for both."""
    builds = cover.builds()
    expect(builds[:2], [(abi.DEFAULT, 'embedded'), (abi.DEFAULT, 'hosted')])
    expect(len(builds), len(set(builds)))
    expect({host for _, host in builds[2:]}, {'embedded', 'hosted'})
    chosen = [set(abi.switches(profile)) for profile, _ in builds]
    meet = [{first, second} for first in abi.SWITCHES for second in abi.SWITCHES
            if any({first, second} <= switches for switches in cover.asked().values())]  # fmt: skip
    for has in map(set, map(abi.switches, abi.PROFILES)):
        for both in [{switch} for switch in abi.SWITCHES] + meet:
            assert any(both & other == both & has for other in chosen), both
    # By name, by a macro of the headers, by a constant.
    for name, switch in (('src/object/channel_class.rs', 'readv_flags'), ('include/io/channel.h', 'readv_flags'),
                         ('crates/embedded-host/src/qom/types/resolved.rs', 'instance_align_inheritance')):  # fmt: skip
        assert switch in cover.asked()[name], (name, cover.asked()[name])


def coverage_judges(uncovered, top):
    """Lines of tests don't count; too few of a file fail, unless it has its own measure, and too few of all."""
    text = ('fn f() {}\n#[cfg(test)]\nuse a::b;\n#[cfg(all(test, loom))]\nmod models;\nfn g() {\n}\n'
            '#[cfg(test)]\n#[expect(a)]\nmod tests {\n    fn h() {\n    }\n}\nfn i() {}\n')  # fmt: skip
    lines, modules = uncovered.test_lines(text)
    expect((sorted(lines), modules), ([2, 3, 4, 5, 8, 9, 10, 11, 12, 13], ['models']))
    expect(uncovered.ranges([1, 2, 3, 5, 7, 8]), '1-3 5 7-8')
    uncovered.RULES, kept = top / 'rules.toml', top / 'lines.json'
    for covered, missed, of_it, problems in (
            (90, 10, '', []),
            (50, 50, '', ['a.rs: 50.0 % of its lines are covered, 90 % are asked for',
                          '50.00 % of all lines are covered, 80 % are asked for']),
            (85, 15, '', ['a.rs: 85.0 % of its lines are covered, 90 % are asked for']),
            (6, 1, '', []),
            (85, 15, '"a.rs" = { floor = 84, reason = "so" }', []),
            (85, 15, '"a.rs" = { floor = 86, reason = "so" }', ['a.rs: 85.0 % of its lines are covered, 86 % are asked for']),
            (95, 5, '"b.rs" = { floor = 1, reason = "so" }', ['b.rs: in rules.toml, and has no line that counts'])):
        uncovered.RULES.write_text(f'all = 80\nfile = 90\nlines = 1\n[files]\n{of_it}\n')
        numbers = list(range(1, covered + missed + 1))
        kept.write_text(json.dumps({'a.rs': {'covered': numbers[:covered], 'missed': numbers[covered:]}}))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            failed = uncovered.report(kept, with_lines=True)
        said = [line.removeprefix('not covered: ') for line in printed.getvalue().splitlines() if line.startswith('not ')]
        expect((failed, sorted(said)), (bool(problems), sorted(problems)))
        assert ('    so\n' in printed.getvalue()) == ('a.rs' in of_it), printed.getvalue()


sys.path.insert(0, str(scripts))
with tempfile.TemporaryDirectory() as directory:
    top = pathlib.Path(directory)
    check = load('check')
    suite = importlib.import_module('parts.suite')
    check.TOP = suite.TOP = top
    commands(suite, top)
    failing_tests(suite, importlib.import_module('parts.meson'), top)
    parts_at_once(check, suite, top)
    growth_is_seen(load('soak'))
    cover, abi = (importlib.import_module(name) for name in ('cover', 'abi'))
    tls_peers_meet_all(cover, abi)
    builds_have_what_meets(cover, abi)
    layers(load('structure'), top)
    userland_refuses(top)
    userland_copies(load('userland'), top / 'tree', top / 'copy')
    setup_tells_its_words()
    with tempfile.TemporaryDirectory() as commands_of_it:
        setup_names_all_that_is_missing(pathlib.Path(commands_of_it))
    fuzz_tells_its_targets()
    coverage_judges(load('uncovered.py'), top)
