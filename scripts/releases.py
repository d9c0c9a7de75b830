"""What releases promised: abi/releases/VERSION/ has what each brought, for comparison with this tree.

exports.txt     a line for each exported name: which profiles' libraries have it
gio.txt         the exported names of libqio-gio, which all profiles have
headers.txt     of libqio's own headers (include/qio/): prototypes, types, constants, and where the members of structs are
profiles.txt    a digest of each profile's measured facts: structs, enumerators, prototypes
"""

import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import abi

FOLDER = abi.ABI / 'releases'
HEADERS = abi.ROOT / 'include'
# The version of this tree.
THIS = subprocess.check_output([abi.ROOT / 'scripts' / 'version'], text=True).strip()
# For a name that all profiles have.
ALL = '*'


def number(version):
    return [int(part) for part in version.split('.')]


def known():
    """The releases that are recorded, the oldest first."""
    return sorted((path.name for path in FOLDER.iterdir() if path.is_dir()), key=number)


# Exports ------------------------------------------------------------------------


def exports():
    """Name -> the profiles whose embedded library has it; the hosted one has part of that."""
    found = {}
    for profile in abi.PROFILES:
        for name in abi.exports(profile, 'embedded'):
            found.setdefault(name, []).append(profile)
    return {name: [ALL] if having == abi.PROFILES else having for name, having in sorted(found.items())}


def recorded_exports(version, profile):
    """What a release exported in a profile."""
    rows = [line.split() for line in abi.lines(FOLDER / version / 'exports.txt')]
    if profile not in recorded_profiles(version):
        return set()
    return {name for name, *having in rows if having == [ALL] or profile in having}


def since(profile):
    """Name -> the first release whose library of the profile exported it."""
    found = {}
    for version in known():
        for name in recorded_exports(version, profile):
            found.setdefault(name, version)
    return found or {abi.symbol(profile): THIS}


def gio_exports():
    return sorted(abi.lines(abi.ROOT / 'gio/exports.txt'))


def recorded_gio(version):
    return set(abi.lines(FOLDER / version / 'gio.txt'))


def since_gio():
    """Name of libqio-gio -> the first release that exported it, or this version."""
    return {name: next((version for version in known() if name in recorded_gio(version)), THIS) for name in gio_exports()}


# Profiles -----------------------------------------------------------------------


def profiles():
    """Profile -> digest of what was measured of it. A provisional one promises nothing yet."""
    def digest(profile):
        facts = abi.measured(profile)
        text = json.dumps([facts[kind] for kind in ('structs', 'enums', 'functions')], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
    return {profile: 'provisional' if abi.is_provisional(profile) else digest(profile) for profile in abi.PROFILES}


def recorded_profiles(version):
    return dict(line.split() for line in abi.lines(FOLDER / version / 'profiles.txt'))


# Headers ------------------------------------------------------------------------


def program():
    """A program that includes libqio's own headers and nothing else that needs a build directory."""
    names = sorted(path.relative_to(HEADERS) for path in (HEADERS / 'qio').glob('*.h'))
    return '#include "qemu/osdep.h"\n' + ''.join(f'#include "{name}"\n' for name in names)


def compiler():
    modules = subprocess.check_output([os.environ.get('PKG_CONFIG', 'pkg-config'), '--cflags', 'glib-2.0'], text=True)
    return [*shlex.split(os.environ.get('CC', 'cc')), '-std=gnu11', '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64',
            f'-D{abi.macro(abi.DEFAULT)}', f'-I{HEADERS}', *shlex.split(modules)]  # fmt: skip


def own_lines(preprocessed):
    """What of a preprocessed text stands in libqio's own headers."""
    ours = False
    for line in preprocessed.splitlines():
        if marker := re.match(r'# \d+ "(.*)"', line):
            ours = pathlib.Path(marker[1]).parent == HEADERS / 'qio'
        elif ours:
            yield line


def declarations():
    """The constants, types and prototypes: each on a line, as name and text."""
    # Not what a compiler makes of attributes and of GLib's macros: that is up to its version.
    text = subprocess.run([*compiler(), '-E', '-dD', '-'], input=program(), check=True, text=True,
                          stdout=subprocess.PIPE).stdout  # fmt: skip
    found, code = {}, []
    for line in own_lines(text):
        if constant := re.match(r'#define (\w+)(\(.*?\))? +(\S.*)', line):
            found[constant[1]] = f'#define {constant[1]}{constant[2] or ""} {constant[3]}'
        elif not line.startswith('#'):
            code.append(line)
    for statement in statements(' '.join(code)):
        statement = re.sub(r'__attribute__ *\(\(.*?\)\) *|_Pragma *\(.*?\) *|extern "C" *', '', statement)
        statement = re.sub(r'\s+', ' ', re.sub(r'\s*([*(),;{}\[\]])\s*', r' \1 ', statement)).strip()
        # What is inline is the program's, and how g_autoptr is made of a type GLib's.
        if statement and 'inline' not in statement.partition('{')[0] and not statement.endswith('autoptr'):
            found[name_of(statement)] = statement
    return found


def statements(code):
    """What stands between semicolons outside of braces; and functions that are inline, which no semicolon ends."""
    depth, begin = 0, 0
    for place, character in enumerate(code):
        depth += {'{': 1, '}': -1}.get(character, 0)
        if not depth and (character == ';' or character == '}' and 'inline' in code[begin:place].partition('{')[0]):
            yield code[begin:place]
            begin = place + 1


def name_of(statement):
    """What is declared: of a typedef the last word or the one of a pointer to functions, else what a bracket follows."""
    if statement.startswith('typedef'):
        statement = re.sub(r'\{.*\}', '', statement)
        pointer = re.search(r'\( \* (\w+) \)', statement)
        return pointer[1] if pointer else re.findall(r'\w+', statement)[-1]
    return (re.search(r'(\w+) \(', statement) or re.search(r'(\w+) \{', statement) or re.search(r'(\w+)$', statement))[1]


def members(statement):
    """The names of a struct's members, or none."""
    body = re.search(r'\bstruct\b[^{]*\{(.*)\}', statement)
    if not body:
        return []
    return [re.search(r'\( \* (\w+) \)|(\w+)(?: \[.*)?$', member.strip()).group(1, 2) for member in body[1].split(';')
            if member.strip()]  # fmt: skip


def layouts(found):
    """Where the members of the structs are, as the compiler has it: name -> text."""
    wanted = [(name, None) for name, text in found.items() if members(text)]
    wanted += [(name, one or other) for name, text in found.items() for one, other in members(text)]
    rows = []
    for number_of, (name, member) in enumerate(wanted):
        where = f'(({name} *)0)->{member}' if member else f'*({name} *)0'
        offset = f'offsetof({name}, {member})' if member else '0'
        rows.append(f'char offset_{number_of}[{offset} + 1], size_{number_of}[sizeof({where})];')
    with tempfile.TemporaryDirectory() as scratch:
        built = pathlib.Path(scratch, 'layouts.o')
        subprocess.run([*compiler(), '-fno-common', '-x', 'c', '-c', '-o', built, '-'], check=True, text=True,
                       input=program() + '\n'.join(rows))  # fmt: skip
        symbols = subprocess.check_output(['readelf', '--symbols', '--wide', built], text=True)
    sizes = {name: int(size, 0) for size, name in re.findall(
        r' (\d+|0x[0-9a-f]+) OBJECT +GLOBAL +\S+ +\S+ (\w+)$', symbols, re.M)}  # fmt: skip
    return {f'{name}.{member}' if member else f'sizeof({name})':
            f'at {sizes[f"offset_{row}"] - 1}, {sizes[f"size_{row}"]} bytes'
            for row, (name, member) in enumerate(wanted)}  # fmt: skip


@functools.cache
def headers():
    """Name -> what the headers say of it, and the layouts."""
    found = declarations()
    return dict(sorted(found.items())) | layouts(found)


def recorded_headers(version):
    return dict(line.split('\t') for line in abi.lines(FOLDER / version / 'headers.txt'))


# Comparison ---------------------------------------------------------------------


def may_become(old, new):
    """Whether a declaration has only grown where it may: an enumeration at its end, and so a struct that begins with its
    size, by which the library knows what the program was compiled with."""
    if old == new:
        return True
    growing = re.match(r'(typedef )?(enum\b[^{]*\{|struct\b[^{]*\{ size_t size ;)', old)
    head, _, tail = old.rpartition('}')
    new_head, _, new_tail = new.rpartition('}')
    return bool(growing) and tail == new_tail and new_head.startswith(head.rstrip(' ,'))


def growing(found):
    """The structs that begin with their size."""
    return {name for name, text in found.items() if members(text)[:1] == [(None, 'size')]}


def missing(version, exports, headers, profiles, gio):
    """What a tree with these exports, headers, profiles and exports of libqio-gio doesn't keep of a release, as lines."""
    problems = []
    for profile, digest in recorded_profiles(version).items():
        if profile not in profiles:
            problems.append(f'{profile}: a profile of {version}, and gone')
            continue
        if digest not in ('provisional', profiles[profile]):
            problems.append(f'{profile}: its measured structs, enumerators or prototypes are not those of {version}')
        now = {name for name, having in exports.items() if having == [ALL] or profile in having}
        if digest != 'provisional':
            problems += [f'{profile}: {name} was exported in {version}, and no longer'
                         for name in sorted(recorded_exports(version, profile) - now)]  # fmt: skip
    problems += [f'libqio-gio: {name} was exported in {version}, and no longer' for name in sorted(recorded_gio(version) - set(gio))]
    sized = {f'sizeof({name})' for name in growing(headers)}
    for name, old in recorded_headers(version).items():
        new = headers.get(name)
        if new is None:
            problems.append(f'include/qio: {name} was there in {version}, and is gone')
        elif not may_become(old, new) and not (name in sized and grown(old, new)):
            problems.append(f'include/qio: {name} was in {version}\n    {old}\nand is\n    {new}')
    return problems


def grown(old, new):
    sizes = [int(re.search(r'(\d+) bytes', text)[1]) for text in (old, new)]
    return sizes[1] >= sizes[0]
