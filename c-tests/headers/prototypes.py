#!/usr/bin/env python3
"""The headers declare what the library exports, with the measured prototypes.

usage: prototypes.py PROFILE
"""

import pathlib
import re
import sys
import tempfile

import abi
import source

profile = sys.argv[1]
facts = abi.facts(profile)
prelude = source.includes(source.headers(profile))
complaints = []


def complain(what, names):
    complaints.extend(f'{what}: {name}' for name in sorted(names))


def normalised(prototype):
    """One spelling for gcc's and the facts' way to write a declaration."""
    prototype = re.sub(r'(\w) \(\*\)(?=[,)])', r'\1 *', prototype)
    return ' '.join(re.findall(r'\w+|[^\w\s]', prototype))


def declared_functions():
    """Name -> prototype of the functions that our headers declare, as gcc writes it."""
    with tempfile.NamedTemporaryFile(mode='r') as listing:
        run = source.compile_text(profile, prelude, '-fsyntax-only', '-aux-info', listing.name)
        if run.returncode:
            raise SystemExit(run.stderr)
        found = {}
        for line in listing:
            match = re.fullmatch(r'/\* (.*):\d+:\w+ \*/ extern (.*?\W(\w+) \(.*\));\n', line)
            if match and pathlib.Path(match[1]).is_relative_to(source.INCLUDE):
                found[match[3]] = match[2]
        return found


declared = declared_functions()

# The qio_* functions, to the letter (R-801-1, R-82-2, R-90-2, R-101-4), and none of another profile (R-111-11).
api = {name for name in declared if name in facts['functions']}
available = abi.api(profile) - abi.not_yet('exports').keys()
complain('exported, but in no header', available - api)
complain('declared, but not yet there', api - available)
for name in sorted(api & available):
    ours, measured = normalised(declared[name]), normalised(facts['functions'][name])
    if ours != measured:
        complaints.append(f'differs:  {ours}\nmeasured: {measured}')

# The functions and data of the embedded host. What inline functions and macros call is declared, and so exported
# (R-HDR-8).
embedded = abi.embedded(profile)
objects = embedded - declared.keys()
probes = {f'extern __typeof__({name}) {name};': name for name in objects}
undeclared = {probes[probe] for probe in source.refused(profile, prelude, list(probes))}
complain('exported, but in no header', undeclared)
beside = set((abi.ROOT / 'gio' / 'exports.txt').read_text().split())
complain('exported by libqio-gio, but in no header', beside - declared.keys())
complain('declared, but not exported', declared.keys() - api - embedded - beside)

# What was measured of the host, up to compatible types: these headers are written by hand (R-801-6, R-81-1, R-111-24).
not_yet = abi.not_yet('host').keys()
never = abi.not_yet('never').keys()
measured = facts['host_functions'].keys() - never
complain('in abi/not-yet.txt, but there', not_yet & embedded)
complain('measured, but neither there nor in abi/not-yet.txt', measured - not_yet - embedded)

def probe(name, prototype):
    if prototype.endswith(';'):
        wanted = prototype[:-1].removesuffix(name)
    else:
        result, parameters = prototype.split(name + '(', 1)
        if declared.get(name, '').endswith('...)'):
            parameters = parameters.replace(')', ', ...)')
        parameters = parameters.replace('struct __va_list_tag *', 'va_list')
        result = result.replace('TypeImpl *', 'Type')
        wanted = f'{result.strip()} ({parameters}'
    return f'_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {wanted}), "{name}");'


probes = {
    probe(name, facts['host_functions'][name]): name
    for name in measured & embedded - undeclared
}
for bad in source.refused(profile, prelude, list(probes)):
    name = probes[bad]
    complaints.append(f'differs:  {declared.get(name)}\nmeasured: {facts["host_functions"][name]}')

print('\n'.join(complaints))
print(f'{profile}: {len(api)} qio_* functions, {len(probes)} of the host compared')
sys.exit(bool(complaints))
