"""Which builds run the whole C suite: between them they have whatever the switches of profiles can do to each other.

Two switches can where one file asks for both, by their names, by the macros of the headers, or by a constant of
crates/abi/src/profile.rs that is made of them. What a switch does in the code of one host alone, the few tests find that
run for all builds.
"""

import functools
import itertools
import re

import abi

HOSTS = ['embedded', 'hosted']
FOLDERS = ['src', 'crates', 'include']
# These set switches.
SETTING = ['crates/abi/build.rs', 'crates/abi/src/profile.rs', 'include/qio-profile.h']
# What another implementation of TLS can notice of a profile.
TLS_SWITCHES = ['tls_bye', 'session_errp', 'premature_termination', 'handshake_result']
CONSTANTS = abi.ROOT / 'crates/abi/src/profile.rs'


def named(words):
    """The switches that source with these words asks for by name or macro."""
    return {switch for switch in abi.SWITCHES if switch in words or abi.switch_macro(switch) in words}


def words_of(text):
    return set(re.findall(r'\w+', text))


@functools.cache
def constants():
    """Constant -> the switches that it is made of."""
    items = re.findall(r'^pub(?:\(crate\))? const (\w+)(.*?;)$', CONSTANTS.read_text(), re.M | re.S)
    return {name: made for name, text in items if (made := named(words_of(text)))}


@functools.cache
def asked():
    """File -> the switches that it asks for."""
    found = {}
    for path in sorted(path for folder in FOLDERS for path in (abi.ROOT / folder).rglob('*') if path.suffix in ('.rs', '.h')):
        name = str(path.relative_to(abi.ROOT))
        if name not in SETTING:
            words = words_of(path.read_text())
            found[name] = named(words).union(*(made for constant, made in constants().items() if constant in words))
    return found


def met(profile):
    """What a build of the profile tries: the values of all switches, and of each two that meet."""
    has = set(abi.switches(profile))
    found = {((switch, switch in has),) for switch in abi.SWITCHES}
    for switches in asked().values():
        values = [(switch, switch in has) for switch in abi.SWITCHES if switch in switches]
        found.update(itertools.combinations(values, 2))
    return found


def noticed(profile):
    """The values of what another implementation of TLS can notice of it."""
    return tuple(switch in abi.switches(profile) for switch in TLS_SWITCHES)


@functools.cache
def builds():
    """These builds, as profile and host: both of the default profile, then whichever profile has most that none before it has. It
    is embedded where peers meet sessions that they haven't met, else of the host with fewer builds."""
    chosen = [(abi.DEFAULT, 'embedded'), (abi.DEFAULT, 'hosted')]
    missing = set().union(*map(met, abi.PROFILES)) - met(abi.DEFAULT)
    while missing:
        best = max(abi.PROFILES, key=lambda profile: len(met(profile) & missing))
        hosts = [host for _, host in chosen]
        host = 'embedded' if noticed(best) not in map(noticed, embedded(chosen)) else min(HOSTS, key=hosts.count)
        chosen.append((best, host))
        missing -= met(best)
    return chosen


def embedded(chosen):
    return [profile for profile, host in chosen if host == 'embedded']


def meet_tls_peers():
    """The profiles whose embedded build is the first with what TLS peers notice of it."""
    first = {}
    for profile in embedded(builds()):
        first.setdefault(noticed(profile), profile)
    return set(first.values())
