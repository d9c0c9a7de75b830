"""Parts that meson runs: builds, and the programs and scripts that test them."""

import json
import os
import re

from .suite import TOP, Suite, run


def meson(build, *options, suites=(), targets=(), **environment):
    """Configures, unless it has been done, and builds: all, these targets, or what the tests of these suites need."""
    def configure_and_build(log):
        if not (TOP / build / 'build.ninja').exists():
            if not run(['meson', 'setup', build, *options], log, **environment):
                return False
        if suites:
            return run(['ninja', '-C', build, *needed(build, suites)], log)
        return run(['meson', 'compile', '-C', build, *targets], log)
    return configure_and_build


def needed(build, suites):
    """The files that tests of these suites depend on."""
    tests, targets = (json.loads((TOP / build / f'meson-info/intro-{what}.json').read_text()) for what in ('tests', 'targets'))
    chosen = {target for test in tests if {suite.rpartition(':')[2] for suite in test['suite']} & set(suites)
              for target in test['depends']}  # fmt: skip
    files = [name for target in targets if target['id'] in chosen for name in target['filename']]
    return sorted(os.path.relpath(name, TOP / build) for name in files)


def tap(text, left_out=None):
    """The results in the output of a GLib test program. Of tests that were left out by name, some reasons are known."""
    passed = failed = 0
    skipped = []
    # A subprocess test's own output stands behind "# " or is indented: only whole lines count.
    for line in text.splitlines():
        result = re.match(r'(not )?ok \d+ (\S+)(.*)', line)
        if not result:
            continue
        skip = re.search(r'# (?:SKIP|TODO)\b ?(.*)', result[3], re.I)
        if result[1]:
            failed += 1
        elif skip and skip[1].startswith('by request') and result[2] in (left_out or {}):
            skipped.append(f'{result[2]}: {left_out[result[2]]}')
        elif skip and skip[1].startswith('by request'):
            skipped.append('asks only the embedded host, in whose build it runs: '
                           'embedded_only_paths in c-tests/host/meson.build')
        elif skip:
            skipped.append(f'{result[2]}: {skip[1]}')
        else:
            passed += 1
    return passed, failed, skipped


def suite_of(name):
    """The suite in what meson calls a test: `qio:api / test-file`, or from 1.12 on `api - qio:test-file`."""
    return re.sub(r'^qio:|(?: / | - ).*', '', name)


def why(test):
    """What failed, by the end of what it said."""
    said = [line for line in ((test.get('stdout') or '') + (test.get('stderr') or '')).splitlines()
            if not re.match(r'ok \d+|# (?:Start|End) of|\s*$', line)]
    return '\n'.join([f'{test["name"]}: {test["result"]}', *(f'    {line[:300]}' for line in said[-12:])])


def meson_test(build, *options, setup=None, make=None, left_out=None, **environment):
    """The tests of a build directory: cases of the C programs, and single scripts."""
    def step(log):
        if make and not make(log):
            return Suite(failed=1)
        arguments = ['--setup', setup] if setup else []
        succeeded = run(['meson', 'test', '-C', build, '--no-rebuild', '--print-errorlogs',
                         *arguments, *options], log, **environment)
        name = f'testlog-{setup}.json' if setup else 'testlog.json'
        suite = Suite()
        tests = 0
        for line in (TOP / build / 'meson-logs' / name).read_text().splitlines():
            test = json.loads(line)
            tests += 1
            suite.durations.append((test['duration'], f'{test["name"]} in {build}'))
            passed, failed, skipped = tap(test.get('stdout') or '', left_out)
            # A script counts as one; so does a program that ended badly after its cases.
            if test['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
                failed = max(failed, 1)
                suite.failures.append(why(test))
            elif test['result'] == 'SKIP':
                reason = re.search(r'^skipped: (.*)', test.get('stdout') or '', re.M)
                skipped.append(f'{test["name"]}: {reason[1]}' if reason else test['name'])
            elif passed == 0 and not skipped:
                passed = 1
            suite.passed += passed
            suite.failed += failed
            suite.skipped += skipped
            suite.by_suite[suite_of(test['name'])] += passed
        if tests == 0 or not succeeded and suite.failed == 0:
            suite.failed += 1
        return suite
    step.builds = {build}
    return step
