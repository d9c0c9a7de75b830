#!/usr/bin/env python3
"""The macros of the headers refuse at compile time what they promise to refuse, and nothing else.

usage: refuses.py PROFILE
"""

import sys

import abi
import source

profile = sys.argv[1]
complaints = []

PRELUDE = source.includes(['qemu/lockable.h']) + """
int array[3]; int *pointer; int *const constant = array; QemuMutex mutex; float number;
"""

# Lines of C at file scope.
WRONG = [
    'int a1 = ARRAY_SIZE(pointer);',
    'int a2 = ARRAY_SIZE(constant);',
    'QEMU_BUILD_BUG_ON(sizeof(int) == 4);',
    'QEMU_BUILD_BUG_MSG(1, "reason");',
    'int b1 = QEMU_BUILD_BUG_ON_ZERO(1);',
    'int c1(void *p) { return *container_of(p, int, none); }',
    'void l1(void) { QEMU_LOCK_GUARD(&number); }',
    'void l2(void) { WITH_QEMU_LOCK_GUARD(mutex) { } }',
    'QemuLockable *l3(void) { return QEMU_MAKE_LOCKABLE(pointer); }',
]
RIGHT = [
    'int a1 = ARRAY_SIZE(array);',
    'QEMU_BUILD_BUG_ON(sizeof(int) != 4);',
    'QEMU_BUILD_BUG_MSG(0, "reason");',
    'int b1 = QEMU_BUILD_BUG_ON_ZERO(0);',
    'void l1(void) { QEMU_LOCK_GUARD(&mutex); }',
]
# C++ has no way to see the second one.
WRONG_CXX = ['int a1 = ARRAY_SIZE(pointer);', 'QEMU_BUILD_BUG_ON(sizeof(int) == 4);',
             'int b1 = QEMU_BUILD_BUG_ON_ZERO(1);']  # fmt: skip
RIGHT_CXX = RIGHT[:4]

refused = source.refused(profile, PRELUDE, WRONG + [line.replace('1', '9') for line in RIGHT])
for line in WRONG:
    if line not in refused:
        complaints.append(f'not refused: {line}')
complaints += [f'refused: {line}' for line in refused - set(WRONG)]

PRELUDE_CXX = source.includes([]) + 'int array[3]; int *pointer;\n'
for line in WRONG_CXX + RIGHT_CXX:
    run = source.compile_text(profile, PRELUDE_CXX + line, '-fsyntax-only', language='c++')
    if (run.returncode != 0) != (line in WRONG_CXX):
        complaints.append(f'in C++: {line}\n{run.stderr}')

# Definitions that must not be there before the headers.
others = [abi.macro(other) for other in abi.PROFILES if other != profile]
for macro in ['NDEBUG', 'G_DISABLE_ASSERT', *others]:
    run = source.compile_text(profile, source.includes([]), f'-D{macro}', '-fsyntax-only')
    if run.returncode == 0:
        complaints.append(f'not refused: -D{macro}')

# Where the command line lacks them, osdep.h defines what system headers look at.
undefined = ['-U_GNU_SOURCE', '-U_FILE_OFFSET_BITS', '-fsyntax-only', *source.WARNINGS]
check = '_Static_assert(sizeof(off_t) == 8, ""); int m = O_TMPFILE;\n'
run = source.compile_text(profile, source.includes([]) + check, *undefined)
if run.returncode:
    complaints.append(run.stderr)

print('\n'.join(complaints))
print(f'{profile}: {len(WRONG)} mistakes, {len(RIGHT)} correct uses')
sys.exit(bool(complaints))
