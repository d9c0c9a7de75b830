"""The ABI of libqio as the table of profiles and the lists under abi/ tell it.

crates/abi/profiles.toml    the profiles, and the switches of each
abi/qemu-*.json             facts, measured
abi/architectures.toml      what other architectures than the measured one have otherwise
abi/exports/PROFILE.txt     the qio_* functions of a profile
abi/embedded-exports.txt    what the embedded host exports besides
abi/not-yet.txt             what the facts have and libqio has not, with reasons
"""

import copy
import functools
import json
import os
import pathlib
import platform
import re
import subprocess
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
ABI = ROOT / 'abi'

TABLE = tomllib.loads((ROOT / 'crates' / 'abi' / 'profiles.toml').read_text())
PROFILES = list(TABLE['profiles'])
DEFAULT = TABLE['default']
ARCHITECTURES = tomllib.loads((ABI / 'architectures.toml').read_text())
# Whose facts are asked for, by the kernel's name for it: set by a cross build, and by whoever asks a compiler.
architecture = os.environ.get('QIO_ARCHITECTURE') or platform.machine()
# A combination of switches between the profiles, as scripts/abi-profile writes it for a tree.
CUSTOM = 'custom'
if custom_row := os.environ.get('QIO_ABI_SWITCHES'):
    TABLE['profiles'][CUSTOM] = {'covers': f'the tree of {custom_row}'} | tomllib.loads(pathlib.Path(custom_row).read_text())
SWITCHES = TABLE['switches']

# Of no profile's headers, and in every library.
OWN = [
    'qio_channel_set_handshake_timeout', 'qio_channel_set_idle_timeout', 'qio_channel_socket_connect_cancel',
    'qio_channel_socket_connect_full_async', 'qio_channel_websock_get_close_status',
    'qio_channel_websock_get_protocol', 'qio_channel_websock_new_client', 'qio_debug_dump',
    'qio_net_listener_get_limits', 'qio_net_listener_set_limits', 'qio_stats', 'qio_task_cancel',
    'qio_task_get_name', 'qio_task_get_outcome', 'qio_task_group_new', 'qio_task_group_ref',
    'qio_task_group_unref', 'qio_task_is_cancelled', 'qio_task_ref', 'qio_task_run_in_thread_full',
    'qio_task_unref', 'qio_trace_disable', 'qio_trace_enable', 'qio_trace_flush', 'qio_trace_register',
    'qio_trace_set_file',
]  # fmt: skip


def resolved(row):
    """The switches of a row, those of the row that it is `like` included, in the table's order."""
    has = set(resolved(TABLE['profiles'][row['like']])) if 'like' in row else set()
    has = (has | set(row.get('switches', []))) - set(row.get('without', []))
    return [switch for switch in SWITCHES if switch in has]


def switches(profile):
    return resolved(TABLE['profiles'][profile])


def absent_headers(profile):
    """The headers of the source tree that the profile doesn't have, or has under another name."""
    has = switches(profile)
    absent = {'block/aio.h', 'block/aio-wait.h'} if 'aio_in_qemu' in has else set()
    return absent if 'mem_reentrancy_header' in has else absent | {'qemu/mem-reentrancy.h'}


def is_provisional(profile):
    """Whether no release was measured yet."""
    return TABLE['profiles'][profile].get('provisional', False)


def upper(profile):
    """The profile's name inside C macros and version nodes."""
    return profile.upper().replace('-', '_').replace('.', '_')


def macro(profile):
    return 'QIO_ABI_' + upper(profile)


def digest(profile):
    """A number of a combination of switches (FNV-1a), as crates/abi/build.rs computes it."""
    value = 0xcbf29ce484222325
    for byte in '\n'.join(sorted(switches(profile))).encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return f'{value:016x}'


def symbol(profile):
    """What the headers of the profile refer to."""
    return 'qio_abi_' + upper(profile).lower() + (f'_{digest(profile)}' if profile == CUSTOM else '')


def wrong_profile(headers, library):
    """What a linker says where the two differ."""
    return (f'compiled with the headers of {headers}, and this libqio has the ABI of {library}: '
            'take both from one module of pkg-config, qio-PROFILE')


def switch_macro(switch):
    """What C asks where Rust asks `cfg(switch)`."""
    return 'QIO_HAS_' + switch.upper()


def module(profile):
    """The module of pkg-config."""
    return 'qio' if profile == DEFAULT else f'qio-{profile}'


def archive(profile):
    """The static library's file name."""
    return 'libqio.a' if profile == DEFAULT else f'libqio-{profile}.a'


def hosted_archive(profile):
    """The hosted library's file name."""
    return 'libqio-hosted.a' if profile == DEFAULT else f'libqio-hosted-{profile}.a'


def node(profile):
    return 'QIO_' + upper(profile) + (f'_{digest(profile)}' if profile == CUSTOM else '')


def assembled(row):
    """The facts of a tree between profiles: those that it is like, and others' parts."""
    found = copy.deepcopy(facts(row['like']))
    for part, other in row['parts'].items():
        source = facts(other)
        for kind in 'structs', 'enums', 'functions', 'host_functions':
            found[kind].pop(part, None)
            if part in source[kind]:
                found[kind][part] = source[kind][part]
        for kind in 'exports', 'imports':
            found[kind] = [name for name in found[kind] if name != part] + [part] * (part in source[kind])
    return found


@functools.cache
def measured(profile):
    for path in ABI.glob('qemu-*.json'):
        data = json.loads(path.read_text())
        if data['profile'] == profile:
            return data
    raise SystemExit(f'no facts for profile {profile}')


@functools.cache
def facts_on(architecture, profile):
    """The facts of an architecture: derived where it isn't the one that was measured on."""
    if profile == CUSTOM:
        return assembled(TABLE['profiles'][CUSTOM])
    found = copy.deepcopy(measured(profile))
    base = ARCHITECTURES[found['target'].split('-')[0]]
    larger = {kind: size - base[kind] for kind, size in ARCHITECTURES.get(architecture, base).items()}
    # Else what moves would have to be padded.
    assert not any(more % 8 for more in larger.values())

    def growth(kind):
        """By how much a type is larger. Members without a named type are of none in question."""
        shape = measured(profile)['structs'].get(kind, {'kind': 'struct', 'fields': []})
        more = [growth(field['type']) for field in shape['fields']]
        assert shape['kind'] == 'struct' or not any(more)
        return larger.get(kind, 0) or sum(more)

    for name, shape in found['structs'].items():
        for number, field in enumerate(shape['fields']):
            field['size'] += growth(field['type'])
            field['offset'] += sum(growth(earlier['type']) for earlier in shape['fields'][:number])
        shape['size'] += growth(name)
    return found


def facts(profile):
    """The facts of the architecture in question."""
    return facts_on(architecture, profile)


def lines(path):
    """The lines of a list, without comments and empty ones."""
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith('#'):
            yield line


def api(profile):
    if profile == CUSTOM:
        return set(facts(profile)['exports'])
    return set(lines(ABI / 'exports' / f'{profile}.txt'))


def holds(condition, has):
    """Whether `SWITCH` or `!SWITCH` is true of a list of switches."""
    return (condition.removeprefix('!') in has) != condition.startswith('!')


def embedded_conditions():
    """Name -> the conditions under which a profile has it: one at most."""
    return {line.split()[0]: line.split()[1:] for line in lines(ABI / 'embedded-exports.txt')}


def embedded(profile):
    """What the embedded host of a profile exports, beside its symbol."""
    has = switches(profile)
    return {name for name, conditions in embedded_conditions().items()
            if all(holds(condition, has) for condition in conditions)}


def not_yet(kind):
    """Name -> reason. A group starts with "KIND: reason"; its names are indented."""
    found, reason = {}, None
    for line in lines(ABI / 'not-yet.txt'):
        if not line[0].isspace():
            group, reason = (part.strip() for part in line.split(':', 1))
        elif group == kind:
            found.update(dict.fromkeys(line.split(), reason))
    return found


def has_tls(host):
    """A host is "hosted", "embedded" or "embedded-without-tls"."""
    return host != 'embedded-without-tls'


def needs_tls(name):
    """Whether a symbol is there only together with TLS."""
    return name.startswith(('qcrypto_init', 'qcrypto_tls_', 'QCryptoTLS', 'qio_channel_tls_'))


def exports(profile, host):
    """Everything that a library of this profile and host exports."""
    names = api(profile) - set(not_yet('exports'))
    names |= {symbol(profile), *OWN} | (set() if host == 'hosted' else embedded(profile))
    return {name for name in names if has_tls(host) or not needs_tls(name)}


def defined_for_c(archive):
    """The global symbols that libqio's own objects in cargo's archive define under C names."""
    own_c = {path.stem for path in (ROOT / 'crates' / 'embedded-host' / 'src' / 'c').glob('*/*.c')}
    # Not nm: it may stumble over the bitcode that comes with LTO.
    run = subprocess.run(
        ['readelf', '--symbols', '--wide', archive],
        check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    names, member = set(), ''
    for line in run.stdout.splitlines():
        if line.startswith('File: '):
            member = line.rsplit('(', 1)[1].rstrip(')')
        fields = line.split()
        if len(fields) != 8 or fields[4] not in ('GLOBAL', 'WEAK') or fields[6] == 'UND':
            continue
        name = fields[7]
        # The compiler's C objects look like ours: HASH-NAME.o.
        ours = member.startswith(('qio', 'io', 'embedded_host')) or member.removesuffix('.o').partition('-')[2] in own_c
        # Not Rust's mangled names, nor, with LTO, its runtime's; nor what our C calls in our Rust.
        named_for_c = re.fullmatch(r'[A-Za-z]\w*', name)
        if ours and named_for_c and not name.startswith(('rust_', 'qio_internal_')):
            names.add(name)
    if not names:
        raise SystemExit(f'{archive}: readelf finds no symbols')
    return names
