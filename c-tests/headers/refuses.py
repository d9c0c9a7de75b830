#!/usr/bin/env python3
"""The macros of the headers refuse at compile time what they promise to refuse, and nothing else.

usage: refuses.py PROFILE
"""

import concurrent.futures
import pathlib
import sys
import tempfile

import abi
import source

profile = sys.argv[1]
complaints = []

has = abi.switches(profile)
aio = 'qemu/aio.h' if 'aio_in_qemu' in has else 'block/aio.h'
PRELUDE = source.includes(['qemu/lockable.h', 'qapi/error.h', aio]) + """
typedef struct Pair { int first, second; } Pair;
static int array[3];
static int *pointer;
static int *const constant = array;
static QemuMutex mutex;
static float number;
"""

# Lines at file scope; one at a time, as the compiler places what it finds into the macros.
WRONG = [
    'int size = ARRAY_SIZE(pointer);',
    'QEMU_BUILD_BUG_ON(sizeof(int) == 4);',
    'QEMU_BUILD_BUG_MSG(1, "reason");',
    'int zero = QEMU_BUILD_BUG_ON_ZERO(1);',
]
WRONG_C = [
    'int size = ARRAY_SIZE(constant);',
    'int zero = QEMU_BUILD_BUG_ON_ZERO(number);',
    'void *f(int *p) { return container_of(p, Pair, none); }',
    'void f(void) { QEMU_LOCK_GUARD(&number); }',
    'void f(void) { WITH_QEMU_LOCK_GUARD(mutex) { } }',
    'QemuLockable *f(void) { return QEMU_MAKE_LOCKABLE(pointer); }',
    # R-81-2
    *(f'void *f(void) {{ return {name}; }}' for name in (
        'aio_disable_external', 'aio_enable_external', 'aio_external_disabled', 'aio_node_check')),
]
RIGHT = [
    'int size = ARRAY_SIZE(array);',
    'QEMU_BUILD_BUG_ON(sizeof(int) != 4);',
    'QEMU_BUILD_BUG_MSG(0, "reason");',
    'int zero = QEMU_BUILD_BUG_ON_ZERO(0);',
    'Pair *f(int *p) { return container_of(p, Pair, second); }',
]
RIGHT_C = [
    'void f(void) { QEMU_LOCK_GUARD(&mutex); }',
    'QemuLockable *f(void) { return QEMU_MAKE_LOCKABLE(NULL); }',
]
# R-111-22; before 10.0 there was none.
has_autoptr = 'warn_report_err_once' in has and 'error_autoptr_refused' not in has
(RIGHT_C if has_autoptr else WRONG_C).append('void f(void) { g_autoptr(Error) err = NULL; error_setg(&err, "no"); }')

units = [(line, language, line in WRONG)
         for language in ('c', 'c++') for line in WRONG + RIGHT]  # fmt: skip
units += [(line, 'c', line in WRONG_C) for line in WRONG_C + RIGHT_C]


def check(unit):
    line, language, wrong = unit
    run = source.compile_text(profile, PRELUDE + line + '\n', '-fsyntax-only', language=language)
    if (run.returncode != 0) == wrong:
        return None
    return f'{"not refused" if wrong else "refused"} in {language}: {line}\n{run.stderr}'


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    complaints += filter(None, pool.map(check, units))

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

# A system without limits names none (R-111-21).
with tempfile.TemporaryDirectory() as directory:
    limits = pathlib.Path(directory) / 'limits.h'
    limits.write_text('#include_next <limits.h>\n#undef PATH_MAX\n#undef IOV_MAX\n')
    check = 'static char paths[PATH_MAX], *p = paths; static struct iovec iov[IOV_MAX], *v = iov;\n'
    run = source.compile_text(profile, source.includes([]) + check, f'-I{directory}', '-fsyntax-only')
    if run.returncode:
        complaints.append(run.stderr)

# What GLib has or not, a program that limits itself to an older API isn't warned of what the profile gives it.
check = 'void *copy(void *p); void *copy(void *p) { return g_memdup2(p, 1); }\n'
if 'autofd' in has:
    check += 'gboolean f(int *p); gboolean f(int *p) { g_autofd int fd = 0; (void)fd; return g_clear_fd(p, NULL); }\n'
for oldest in ['2_56', '2_66']:
    limit = [f'-DGLIB_VERSION_M{which}=GLIB_VERSION_{oldest}' for which in ('IN_REQUIRED', 'AX_ALLOWED')]
    run = source.compile_text(profile, source.includes([]) + check, *limit, '-fsyntax-only', *source.WARNINGS)
    if run.returncode:
        complaints.append(run.stderr)

# Who includes the event loop's header alone has the object model where the release has (R-111-20).
for name, brings in [(aio, 'bh_guard' in has and 'aio_in_qemu' not in has), ('io/channel.h', True)]:
    check = f'#if {"!" if brings else ""}defined(OBJECT)\n#error "OBJECT"\n#endif\n'
    run = source.compile_text(profile, source.includes([name]) + check, '-fsyntax-only')
    if run.returncode:
        complaints.append(f'{name}: OBJECT is {"not " if brings else ""}there\n{run.stderr}')

# Without osdep.h there is one sentence, in the place of a screen of errors. Those that osdep.h includes
# can't ask for it (R-HDR-11).
ANYWHERE = ['qemu/osdep.h', 'config-host.h', 'glib-compat.h', 'qio-profile.h', 'qemu/compiler.h', 'qemu/typedefs.h']
SENTENCE = 'include qemu/osdep.h before any other header'


def forgets(unit):
    name, language = unit
    run = source.compile_text(profile, f'#include "{name}"\n', '-fsyntax-only', language=language)
    errors = [line for line in run.stderr.split('\n') if 'error: ' in line]
    if len(errors) == 1 and SENTENCE in errors[0] and run.returncode:
        return None
    return f'{name} in {language}, without osdep.h:\n{run.stderr}'


# The sentence knows nothing of profiles: the default one's headers are asked for once.
asked_for = set(source.headers(profile)) - set(ANYWHERE)
if profile != abi.DEFAULT:
    asked_for -= set(source.headers(abi.DEFAULT))
forgetful = [(name, 'c') for name in sorted(asked_for)]
forgetful += [(name, 'c++') for name, _ in forgetful if name.startswith('io/')]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    complaints += filter(None, pool.map(forgets, forgetful))

print('\n'.join(complaints))
print(f'{profile}: {len(units)} uses of macros')
sys.exit(bool(complaints))
