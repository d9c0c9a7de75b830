"""The table of all parts."""

import itertools
import shutil

import abi
import cover

from .cargo import cargo_test, miri, model, rust_face
from .meson import meson, meson_test
from .suite import TOP, run, single
from .tools import arm64, coverage, demo, docs, fuzz, packages, tsan


# Those that may install what they need first, which two at once can't.
for installing in coverage, docs, fuzz, arm64, packages:
    installing.builds = getattr(installing, 'builds', set()) | {'packages'}
for installing in coverage, miri, tsan:
    installing.builds = getattr(installing, 'builds', set()) | {'toolchains'}


# Suites that build the library anew, again and again, or, hosted, a program's tree.
ALL_WAYS = 'install-long', 'profiles', 'abi-profile'
ALL_WAYS_HOSTED = 'install-long', 'profiles', 'tree'


def only(suites):
    """What meson takes to run these suites."""
    return [word for suite in suites for word in ['--suite', suite]]


def but(suites):
    """What meson takes to run all others."""
    return [word for suite in suites for word in ['--no-suite', suite]]


def parts():
    """The parts in their order: name -> (title, step, whether it takes long)."""
    embedded = meson('build-check', '-Dstatic_tests=false')
    hosted = meson('build-check-hosted', '-Dhost=hosted')

    def with_static(log):
        return (embedded(log) and run(['meson', 'configure', 'build-check', '-Dstatic_tests=true'], log) and embedded(log))
    api = ['--suite', 'api', '--suite', 'properties']
    # What parts c and release repeat 100,000 times depends on neither host nor switches, and is repeated less for others
    # (c-tests/rounds.h). Programs of other profiles are linked by the quicker linker, where there is one.
    few = {'QIO_TEST_FEW_ROUNDS': '1'}
    linker = {'CC_LD': 'gold'} if shutil.which('ld.gold') else {}
    found = {
        'lint': ('formatting, lints, structure', single(
            # The quick ones first.
            ['cargo', 'fmt', '--all', '--check'],
            ['scripts/structure'],
            ['cargo', 'clippy', '--workspace', '--all-targets', '--features', 'qio/glib,qio/tokio', '--locked', '--quiet',
             '--', '-D', 'warnings']),
            False),
        'dead-code': ('code that nothing uses', single(['scripts/dead-code']), True),
        'unit': ('Rust unit tests', cargo_test, False),
        'rust': ('the crate for Rust programs', rust_face, False),
        'rust-package': ('that crate as a package, from a clean clone', single(['scripts/rust-package']), True),
        'miri': ('Rust unit tests that call no C, under Miri', miri, True),
        'model': ('models of what threads hand over', model, True),
        # Early, as it takes longest and others wait for it.
        'packages': ('Debian packages: built, installed, removed', packages, True),
        'c': ('C tests, headers, layouts, symbols', meson_test(
            'build-check', *but(['static', 'all-faults', *ALL_WAYS]), make=embedded), False),
        # It computes for half of its minute only, so not as the last one.
        'soak': ('a server under a crowd of clients for a minute', single(
            ['scripts/soak', '--connections', '300', '--minutes', '1', '--build', 'build-check']), False),
        'static': ('some C tests with the static library', meson_test(
            'build-check', '--suite', 'static', make=with_static), True),
        'all-ways': ('all ways to build and install, and for all profiles', meson_test(
            'build-check', *only(ALL_WAYS), make=embedded), True),
        'valgrind': ('C tests under valgrind', meson_test(
            'build-check', *api, '--suite', 'fuzz', '--no-suite', 'long', setup='valgrind', make=embedded), False),
        'valgrind-long': ('C tests that take long under valgrind', meson_test(
            'build-check', '--suite', 'long', setup='valgrind', make=embedded), True),
        'faults': ('every system call fails in every way', meson_test(
            'build-check', '--suite', 'all-faults', make=embedded), True),
        'asan': ('C tests under AddressSanitizer, LeakSanitizer and UBSan', meson_test(
            'build-check-asan', *api, '--suite', 'peers', '--suite', 'faults', '--suite', 'fuzz',
            '--suite', 'stress', '--suite', 'sanitizers', setup='sanitizers', make=meson(
                'build-check-asan', '-Db_sanitize=address,undefined', '-Db_lundef=false', '-Dbenchmarks=false')), True),
        'fuzz': ('a minute of fuzzing for each target', fuzz, True),
        'tsan': ('threads against each other under ThreadSanitizer', tsan, True),
        # What a peer hears from a hosted build is up to the program's sessions.
        'hosted': ('hosted build', meson_test(
            'build-check-hosted', *but([*ALL_WAYS_HOSTED, 'peers-tls']), make=hosted, **few), False),
        'all-ways-hosted': ('the same of the hosted build, and into the trees of programs', meson_test(
            'build-check-hosted', *only(ALL_WAYS_HOSTED), make=hosted), True),
        'coverage': ('which lines tests run', coverage, True),
        'arm64': ('C tests and Rust unit tests for arm64, emulated', arm64, True),
        'docs': ('documentation site: pages, reference, links, what a browser shows', docs, True),
        'demo': ('demo outside the tree', demo, True),
        'release': ('C tests of the release build', meson_test(
            'build-check-release', *api, make=meson('build-check-release', '--buildtype=release', '-Dstatic_tests=false')), True),
        'counts': ('instructions and system calls of hot paths', single(
            ['scripts/counts', '--build', 'build-check-release']), True),
        'counts-events': ('what trace events cost that nobody listens to', single(
            ['scripts/counts', '--events', '--build', 'build-check-release']), True),
        'without-tls': ('C tests of the build without TLS', meson_test(
            'build-check-without-tls', *api, '--suite', 'symbols', '--suite', 'install',
            make=meson('build-check-without-tls', '-Dtls=disabled', '-Dstatic_tests=false', '-Dbenchmarks=false', '-Ddebug=false',
                       '-Dwerror=true', **linker), **few), True),
        # The size of a program with the library in it is limited in a release only.
        'hosted-release': ('a few C tests of the hosted release build, and its size in a program', meson_test(
            'build-check-hosted-release', *only(['short', 'link']),
            make=meson('build-check-hosted-release', '-Dhost=hosted', '--buildtype=release', suites=['short', 'link'])), True),
        'counts-hosted': ('hot paths of the hosted library', single(
            ['scripts/counts', '--hosted', '--build', 'build-check-hosted-release']), True),
    }
    whole, meet = cover.builds(), cover.meet_tls_peers()
    # Meson gives the tests of headers and layouts, which know nothing of the host, to the embedded build alone.
    own = 'symbols', 'headers', 'layout'
    # Where there is no time for all, those are left out that have the least of their own.
    for profile, host in [*whole, *(build for build in itertools.product(abi.PROFILES, cover.HOSTS)
                                    if build not in whole)]:  # fmt: skip
        if profile == abi.DEFAULT:
            continue
        build = f'build-check-{profile}-{host}'
        # Nobody looks at these programs in a debugger, and the headers fill most of the information.
        options = [f'-Dabi={profile}', f'-Dhost={host}', '-Dbenchmarks=false', '-Ddebug=false', '-Dwerror=true']
        if (profile, host) not in whole:
            suites = ['short', *own]
            found[f'{profile}-{host}'] = (f'a few C tests of {profile}, {host}', meson_test(
                build, *only(suites), make=meson(build, *options, suites=suites, **linker), **few), True)
            continue
        # What peers hear of other channels than TLS depends on no switch.
        suites = ['api', 'of-profile', *own] + (['peers-tls'] if host == 'embedded' and profile in meet else [])
        found[f'{profile}-{host}'] = (f'C tests of {profile}, {host}', meson_test(
            build, *only(suites), make=meson(build, *options, suites=suites, **linker), **few), True)
    switches = 'build-check-between.toml'

    def between(log):
        return (run(['c-tests/profile/between.py', switches], log)
                and meson('build-check-custom-hosted', '-Dabi=custom', f'-Dabi_switches={switches}', '-Dhost=hosted',
                          '-Dbenchmarks=false', '-Ddebug=false', '-Dwerror=true', suites=['short'], **linker)(log))  # fmt: skip
    found['custom-hosted'] = ('a few C tests of a combination between two profiles', meson_test(
        'build-check-custom-hosted', '--suite', 'short', make=between, **few), True)
    return found
