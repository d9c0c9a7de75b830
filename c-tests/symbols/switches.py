#!/usr/bin/env python3
"""One table knows the releases: sources ask for its switches, and for all of them.

usage: switches.py
"""

import re
import sys
import tomllib

import abi

complaints = []


def tracked(*patterns):
    """(path, text) of the files that match."""
    for pattern in patterns:
        for path in sorted(abi.ROOT.glob(pattern)):
            yield path.relative_to(abi.ROOT), path.read_text()


def lines(text, pattern):
    """(number, match) of each line that has the pattern."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in re.finditer(pattern, line):
            yield number, match


# The table itself.
rows = {profile: abi.switches(profile) for profile in abi.PROFILES}
for profile, row in rows.items():
    complaints += [f'{profile}: unknown switch {switch}' for switch in set(row) - abi.SWITCHES.keys()]
    complaints += [f'{profile}: {switch} twice' for switch in {s for s in row if row.count(s) > 1}]
    if not abi.TABLE['profiles'][profile]['covers']:
        complaints.append(f'{profile}: covers no release')
for switch in abi.SWITCHES:
    having = [profile for profile, row in rows.items() if switch in row]
    if len(having) in (0, len(rows)):
        complaints.append(f'{switch}: every profile has it, or none: not a switch')
if abi.TABLE['default'] not in rows:
    complaints.append('the default profile has no row')
for one in abi.PROFILES:
    twins = [other for other in abi.PROFILES if other > one and set(rows[one]) == set(rows[other])]
    complaints += [f'{one} and {other}: the same switches' for other in twins]

# Rust: cfg(SWITCH), never a release. What else a cfg may ask is the compiler's or cargo's.
OTHER = {'test', 'doctest', 'feature', 'debug_assertions', 'any', 'all', 'not', 'miri', 'fuzzing', 'doc',
         'target_arch', 'target_os', 'target_env', 'target_pointer_width', 'panic', 'loom'}  # fmt: skip
asked = set()
sources = [(path, text) for path, text in tracked('src/**/*.rs', 'crates/*/src/**/*.rs')]
for path, text in sources:
    for match in re.finditer(r'\bcfg(?:_attr)?!?\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)', text):
        predicate = match[1]
        number = text.count('\n', 0, match.start()) + 1
        if re.search(r'qemu|profile', predicate):
            complaints.append(f'{path}:{number}: a release in a cfg: {predicate}')
        if match[0].startswith('cfg_attr'):
            predicate = re.split(r',(?![^(]*\))', predicate)[0]
        # Strings, and what a macro puts in.
        names = set(re.findall(r'[a-z_]\w*', re.sub(r'"[^"]*"|\$\w+(?::\w+)?', '', predicate)))
        complaints += [f'{path}:{number}: unknown switch {name}' for name in names - OTHER - abi.SWITCHES.keys()]
        asked |= names & abi.SWITCHES.keys()
    for number, match in lines(text, r'feature *= *"qemu'):
        complaints.append(f'{path}:{number}: a release in a cfg')

# C: QIO_HAS_SWITCH, and a release's macro in the mapping only.
macros = {abi.switch_macro(switch): switch for switch in abi.SWITCHES}
for path, text in tracked('include/**/*.h', 'crates/*/src/**/*.[ch]', 'c-tests/**/*.[ch]',
                          'bench/*.[ch]', 'examples/**/*.[ch]', 'build_headers.rs'):  # fmt: skip
    for number, match in lines(text, r'QIO_ABI_(QEMU|SERIES)_\w+'):
        if str(path) != 'include/qio-profile.h':
            complaints.append(f'{path}:{number}: {match[0]}: ask for a switch')
    for number, match in lines(text, r'QIO_HAS_\w+'):
        if match[0] not in macros:
            complaints.append(f'{path}:{number}: {match[0]} is no switch')
        elif str(path) != 'include/qio-profile.h' and not str(path).startswith('include/io/'):
            asked.add(macros[match[0]])

complaints += [f'{switch}: nothing asks for it' for switch in abi.SWITCHES if switch not in asked]

# What can't read the table has to agree with it.
manifest = tomllib.loads((abi.ROOT / 'crates' / 'abi' / 'Cargo.toml').read_text())
if list(manifest['features']) != [*abi.PROFILES, abi.CUSTOM]:
    complaints.append(f'crates/abi/Cargo.toml: features {list(manifest["features"])}')
option = re.search(r"option\('abi', type: 'combo',\s*choices: \[(.*?)\],\s*value: '(.*?)'",
                   (abi.ROOT / 'meson_options.txt').read_text(), re.DOTALL)  # fmt: skip
if re.findall(r"'(.*?)'", option[1]) != [*abi.PROFILES, abi.CUSTOM] or option[2] != abi.TABLE['default']:
    complaints.append(f'meson_options.txt: the profiles of -Dabi= are {option[1]}, {option[2]} by default')
for profile in abi.PROFILES:
    if not (abi.ABI / 'exports' / f'{profile}.txt').is_file():
        complaints.append(f'abi/exports/{profile}.txt is missing')
    abi.facts(profile)

print('\n'.join(complaints))
print(f'{len(abi.SWITCHES)} switches, {len(rows)} profiles')
sys.exit(bool(complaints))
