#!/usr/bin/env python3
"""Sizes, offsets, member types and enum values of the headers are the measured ones, or those derived from them
for another architecture.

usage: layout.py PROFILE
"""

import sys

import abi
import source

profile = sys.argv[1]
facts = abi.facts(profile)
prelude = source.includes(source.headers(profile))
complaints = []


# A name that nothing but the debugging information has.
UNNAMED = {'QemuLockUnlockFunc *': 'void (*)(void *)'}


def tell_apart(kind, names, probe):
    """Which of the measured names are declared? Those that are not must be in the list."""
    absent = source.refused(profile, prelude, [probe(name) for name in names])
    declared = {name for name in names if probe(name) not in absent}
    expected = set(names) - abi.not_yet(kind).keys() - abi.not_yet('never').keys()
    for name in sorted(expected - declared):
        complaints.append(f'{kind}: measured, but neither declared nor in abi/not-yet.txt: {name}')
    for name in sorted(declared - expected):
        complaints.append(f'{kind}: in abi/not-yet.txt, but declared: {name}')
    return sorted(declared & expected)


def first(enum):
    return next(iter(facts['enums'][enum]))


structs = tell_apart('structs', facts['structs'], lambda name: f'char probe_{name}[sizeof({source.c_name(name)})];')
enums = tell_apart('enums', facts['enums'], lambda name: f'{name} probe_{name} = {first(name)};')

# Lines that compile if a number is the measured one, and ones for types, each with what is said if it doesn't. Nothing
# has to run, which a cross build could not. What releases have of their own: structs by R-801-2, R-82-1, R-90-1, R-91-1,
# R-101-1, R-1013-1 and R-ABI-2, types of members by R-101-3, enumerators by R-82-3 and R-111-3.
checks, numbers = {}, 0


def line(label, expression, value):
    global numbers
    numbers += 1
    checks[f'_Static_assert((long long)({expression}) == {value}, "{label}");'] = f'{label} is not {value}, as measured'


def members(struct, path, fields, base):
    for field in fields:
        name = path + field['name']
        line(f'{struct}.{name} at', f'offsetof({source.c_name(struct)}, {name})', base + field['offset'])
        line(f'{struct}.{name} bytes', f'sizeof((({source.c_name(struct)} *)0)->{name})', field['size'])
        if 'members' in field:
            members(struct, name + '.', field['members'], base + field['offset'])
        elif field['type'] not in ('struct', 'union', 'enum'):
            member = f'__typeof__((({source.c_name(struct)} *)0)->{name})'
            wanted = UNNAMED.get(field['type'], field['type'])
            check = f'_Static_assert(__builtin_types_compatible_p({member}, __typeof__({wanted})), "");'
            checks[check] = f'{struct}.{name} is no {field["type"]}'


for name in structs:
    shape = facts['structs'][name]
    line(f'{name} bytes', f'sizeof({source.c_name(name)})', shape['size'])
    line(f'{name} alignment', f'_Alignof({source.c_name(name)})', shape['align'])
    members(name, '', shape['fields'], 0)
for name in enums:
    for value in facts['enums'][name]:
        line(f'{name} {value}', value, facts['enums'][name][value])

complaints += [checks[check] for check in sorted(source.refused(profile, prelude, list(checks)))]

print('\n'.join(complaints))
print(f'{profile} on {abi.architecture}: {len(structs)} structs, {len(enums)} enums, {numbers} numbers compared')
sys.exit(bool(complaints))
