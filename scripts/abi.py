"""The ABI of libqio as the lists under abi/ tell it.

abi/qemu-*.json             facts, measured
abi/exports/PROFILE.txt     the qio_* functions of a profile
abi/embedded-exports.txt    what the embedded host exports besides
abi/not-yet.txt             what the facts have and libqio has not, with reasons
"""

import json
import pathlib

ABI = pathlib.Path(__file__).resolve().parent.parent / 'abi'

PROFILES = ['qemu-7.2', 'qemu-7.2.22', 'qemu-10.0', 'qemu-10.0.13', 'qemu-10.2']


def upper(profile):
    """The profile's name inside C macros and version nodes."""
    return profile.upper().replace('-', '_').replace('.', '_')


def macro(profile):
    return 'QIO_ABI_' + upper(profile)


def node(profile):
    return 'QIO_' + upper(profile)


def facts(profile):
    for path in ABI.glob('qemu-*.json'):
        data = json.loads(path.read_text())
        if data['profile'] == profile:
            return data
    raise SystemExit(f'no facts for profile {profile}')


def lines(path):
    """The lines of a list, without comments and empty ones."""
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith('#'):
            yield line


def api(profile):
    return set(lines(ABI / 'exports' / f'{profile}.txt'))


def embedded(profile):
    """A line is a name, followed by the profiles that have it unless all do."""
    names = set()
    for line in lines(ABI / 'embedded-exports.txt'):
        name, *profiles = line.split()
        if not profiles or profile in profiles:
            names.add(name)
    return names


def not_yet(kind):
    """Name -> reason. A group starts with "KIND: reason"; its names are indented."""
    found, reason = {}, None
    for line in lines(ABI / 'not-yet.txt'):
        if not line[0].isspace():
            group, reason = (part.strip() for part in line.split(':', 1))
        elif group == kind:
            found.update(dict.fromkeys(line.split(), reason))
    return found


def exports(profile, host):
    """Everything that a library of this profile and host exports."""
    names = api(profile) - set(not_yet('exports'))
    if host == 'embedded':
        names |= embedded(profile)
    return names
