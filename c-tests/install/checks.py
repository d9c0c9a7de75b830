"""scripts/check counts what was run and says how it went, scripts/structure sees every way of naming a layer,
scripts/userland says in one line why it can't, and scripts/setup refuses words that it does not know.

usage: checks.py SCRIPTS-DIR
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

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


def commands(check, top):
    good, bad = script(top / 'good', 'exit 0\n'), script(top / 'bad', 'exit 1\n')
    found, printed = counted(check.single([good, 'now'], [bad]), top)
    expect(found, (1, 1, []))
    assert f'ok: {good} now (' in printed and f'failed: {bad} (' in printed, printed


def failing_tests(check, top):
    """They are named as soon as they fail, in the words of all releases of meson."""
    for good, bad in (('qio:api / test-good', 'qio:api / test-bad'), ('api - qio:test-good', 'api - qio:test-bad')):
        meson = script(top / 'meson', f'echo "1/2 {good}    OK    0.01s"\n'
                                      f'echo "2/2 {bad}    FAIL    0.01s   exit status 1"\nexit 1\n')
        found, printed = counted(check.single([meson]), top)
        expect(found, (0, 1, []))
        expect(printed, '    fail: test-bad\n')
        expect(check.suite_of(bad), 'api')


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


def setup_tells_its_words():
    """Before it looks at or installs anything."""
    def ran(*arguments):
        run = subprocess.run([scripts / 'setup', *arguments], text=True, capture_output=True)
        return run.returncode, run.stdout, run.stderr
    for option in '--help', '-h':
        code, printed, problems = ran(option)
        assert (code, problems) == (0, '') and printed.startswith('usage: setup [build|check|deep]\n'), printed
    for words in ['bulid'], ['--halp'], ['build', 'check'], ['--help', 'build']:
        expect(ran(*words), (1, '', f'setup: unknown: {" ".join(words)}; see scripts/setup --help\n'))


def tls_peers_meet_all(check):
    """Each way in which TLS peers can notice a profile is met by one that runs the whole suite."""
    def noticed(profile):
        return [switch in check.abi.switches(profile) for switch in check.TLS_SWITCHES]

    met = check.meet_tls_peers(check.whole())
    assert met <= set(check.whole()), met
    for profile in check.abi.PROFILES:
        assert [noticed(other) for other in met].count(noticed(profile)) == 1, (profile, met)
    unknown = set(check.TLS_SWITCHES) - set(check.abi.SWITCHES)
    assert not unknown, unknown


sys.path.insert(0, str(scripts))
with tempfile.TemporaryDirectory() as directory:
    top = pathlib.Path(directory)
    check = load('check')
    check.TOP = top
    commands(check, top)
    failing_tests(check, top)
    tls_peers_meet_all(check)
    layers(load('structure'), top)
    userland_refuses(top)
    setup_tells_its_words()
