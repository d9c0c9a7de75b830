#!/usr/bin/env python3
"""Sizes, offsets, member types and enum values of the headers are the measured ones.

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

# A program that prints every number, and what it should print.
lines, expected, type_checks = [], [], {}


def line(label, expression, value):
    lines.append(f'    printf("%s %lld\\n", "{label}", (long long)({expression}));')
    expected.append(f'{label} {value}')


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
            type_checks[check] = f'{struct}.{name} is no {field["type"]}'


for name in structs:
    shape = facts['structs'][name]
    line(f'{name} bytes', f'sizeof({source.c_name(name)})', shape['size'])
    line(f'{name} alignment', f'_Alignof({source.c_name(name)})', shape['align'])
    members(name, '', shape['fields'], 0)
for name in enums:
    for value in facts['enums'][name]:
        line(f'{name} {value}', value, facts['enums'][name][value])

for check in source.refused(profile, prelude, list(type_checks)):
    complaints.append(type_checks[check])

program = prelude + 'int main(void)\n{\n' + '\n'.join(lines) + '\n    return 0;\n}\n'
printed = source.run_program(profile, program).splitlines()
for ours, measured in zip(printed, expected, strict=True):
    if ours != measured:
        complaints.append(f'{ours}, measured {measured.rsplit(" ", 1)[1]}')

print('\n'.join(complaints))
print(f'{profile}: {len(structs)} structs, {len(enums)} enums, {len(expected)} numbers compared')
sys.exit(bool(complaints))
