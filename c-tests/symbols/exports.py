#!/usr/bin/env python3
"""The libraries export the list of their profile and host, no more and no less (R-HDR-4, R-HDR-6).

usage: exports.py PROFILE HOST RAW-ARCHIVE ARCHIVE [SHARED-LIBRARY]
"""

import re
import subprocess
import sys

import abi

profile, host, raw, archive, *shared = sys.argv[1:]
expected = abi.exports(profile, host)
complaints = []


def nm(*args):
    """Lines of nm's portable format: name, type, value."""
    text = subprocess.check_output(['nm', '--format=posix', *args], text=True)
    return [line.split() for line in text.splitlines() if len(line.split()) > 1]


def compare(title, found, wanted):
    complaints.extend(f'{title}: exported, but in no list: {name}' for name in sorted(found - wanted))
    complaints.extend(f'{title}: listed, but not exported: {name}' for name in sorted(wanted - found))
    print(f'{title}: {len(found)} symbols')


# The lists against the facts, of which each release has its own (R-801-3, R-82-2, R-90-2, R-91-1, R-101-2, R-1013-2,
# R-1020-1, R-UTIL-9). What is optional there is left out (it is private in libqio, R-SYM-1).
facts = abi.facts(profile)
compare('list of the profile', abi.api(profile), set(facts['exports']))
available = {name for name in expected if name in facts['exports']}
wanted = set(facts['exports']) - abi.not_yet('exports').keys()
compare('qio_* functions', available, {n for n in wanted if abi.has_tls(host) or not abi.needs_tls(n)})
complaints += [
    f'in abi/not-yet.txt, but measured nowhere: {name}'
    for name in abi.not_yet('exports')
    if not any(name in abi.facts(any_profile)['exports'] for any_profile in abi.PROFILES)
]

# Everything that is there for C is in a list, what C defines as well (R-HDR-9).
compare('source', abi.defined_for_c(raw), expected)

# One object, with only the list visible, and what all objects with USDT probes share in a link.
base = '_.stapsdt.base'
compare('static library', {name for name, *_ in nm('--extern-only', '--defined-only', archive)}, expected | {base})
symbols = subprocess.check_output(['readelf', '--symbols', '--wide', archive], text=True)
shared_base = [line.split()[4:6] for line in symbols.splitlines() if line.endswith(f' {base}')]
if shared_base != [['WEAK', 'HIDDEN']]:
    complaints.append(f'static library: {base} is {shared_base}')
members = subprocess.check_output(['ar', 't', archive], text=True).split()
if len(members) != 1:
    complaints.append(f'static library: {len(members)} members: one of them might stay out of a link')

for library in shared:
    # R-111-5: the list has the reference symbol, and both are the profile's.
    node = abi.node(profile)
    symbols = [name for name, *_ in nm('--dynamic', '--extern-only', '--defined-only', library)]
    found = {name for name in symbols if name != node}
    compare('shared library', found, {f'{name}@@{node}' for name in expected})
    header = subprocess.check_output(['readelf', '--dynamic', library], text=True)
    soname = re.search(r'\(SONAME\).*\[(.*)\]', header)[1]
    if soname != f'libqio.so.{profile}':
        complaints.append(f'shared library: soname {soname} is not of the profile')
    # R-HDR-5
    if 'SYMBOLIC' in header:
        complaints.append('shared library: symbols are bound inside it (R-HDR-5)')

print('\n'.join(complaints))
# A tool that finds nothing would agree with an empty list.
sys.exit(bool(complaints) or len(expected) < 60)
