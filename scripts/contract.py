"""What a source tree and a hosted libqio must agree on, as C: structs, enumerators, prototypes.

The numbers are the facts under abi/; this file says which of them cross the border.
"""

import re

import abi
import traces

# Complete in the headers, and read or written on both sides.
STRUCTS = [
    'Object', 'ObjectClass', 'InterfaceInfo', 'TypeInfo',
    'InetSocketAddress', 'UnixSocketAddress', 'VsockSocketAddress', 'FdSocketAddress', 'String',
    'SocketAddress', 'QemuMutex', 'Buffer',
    'QIOChannel', 'QIOChannelClass', 'QIOChannelSocket', 'QIOChannelFile', 'QIOChannelCommand',
    'QIOChannelBuffer', 'QIOChannelNull', 'QIOChannelTLS', 'QIOChannelWebsockMask',
    'QIOChannelWebsock', 'QIONetListener', 'QIODNSResolver',
]  # fmt: skip

ENUMS = [
    'QIOChannelFeature', 'QIOChannelShutdown', 'SocketAddressType', 'module_init_type',
    'QCryptoTLSCredsEndpoint', 'QCryptoTLSSessionHandshakeStatus', 'QCryptoHashAlgo',
    'QCryptoHashAlgorithm',
]  # fmt: skip

# The host's trace machinery, which libqio leaves alone (R-HOST-14).
TRACING = {'qemu_log', 'qemu_loglevel', 'message_with_timestamp', 'qemu_get_thread_id'}

# The facts do not tell (R-HOST-8).
VARIADIC = {'error_setg_internal', 'error_setg_errno_internal', 'qemu_open_old'}

# Members that stand in padding, which a tree may have and the profile not, or the other way round: only
# io/ itself uses them, and their bytes are the channel's either way.
HARMLESS = {('qemu-7.2', 'QIOChannelTLS', 'hs_ioc_tag'), ('qemu-8.0.1', 'QIOChannelTLS', 'hs_ioc_tag')}

# Another name for the same: profile -> what the facts say -> what a tree may say in its place, too.
SYNONYMS = {'qemu-9.1': [('QCryptoHashAlgorithm', 'QCryptoHashAlgo'), ('QCRYPTO_HASH_ALG_', 'QCRYPTO_HASH_ALGO_')]}

# Headers that moved: a tree has one of the two.
MOVED = {'block/aio.h': 'qemu/aio.h'}

HEADERS = [
    'qapi/error.h', 'qapi/qapi-types-sockets.h', 'qapi/qapi-visit-sockets.h',
    'qapi/clone-visitor.h', 'qom/object.h', 'qemu/module.h', 'qemu/thread.h', 'qemu/buffer.h',
    'qemu/iov.h', 'qemu/cutils.h', 'qemu/sockets.h', 'qemu/main-loop.h', 'qemu/coroutine.h',
    'block/aio.h', 'crypto/hash.h', 'crypto/tlssession.h', 'io/task.h', 'io/dns-resolver.h',
    'io/channel.h', 'io/channel-socket.h', 'io/channel-file.h', 'io/channel-command.h',
    'io/channel-buffer.h', 'io/channel-tls.h', 'io/channel-websock.h', 'io/channel-util.h',
    'io/channel-watch.h', 'io/net-listener.h',
]  # fmt: skip

# Its include guard may be the one of io/channel-file.h, so these want a translation unit without
# the latter (B.2 of docs/spec/host-layer.md).
NULL_HEADER = 'io/channel-null.h'
OF_NULL_HEADER = {'QIOChannelNull', 'qio_channel_null_new'}
NULL_HEADER_TOOK_EFFECT = 'TYPE_QIO_CHANNEL_NULL'


def structs(profile):
    found = abi.facts(profile)['structs']
    return {name: found[name] for name in STRUCTS if name in found}


def enumerators(profile):
    found = abi.facts(profile)['enums']
    return {name: found[name] for name in ENUMS if name in found}


def api(profile):
    """Name -> prototype of the functions that the library provides."""
    facts = abi.facts(profile)
    return {name: facts['functions'][name] for name in facts['exports']}


def host(profile):
    """Name -> prototype of what it may want from the host."""
    facts = abi.facts(profile)
    return {name: facts['host_functions'][name] for name in facts['imports'] if name not in TRACING}


def synonym(profile, text):
    """The same text with the other names, None if it has none of them."""
    other = text
    for name, instead in SYNONYMS.get(profile, []):
        other = re.sub(rf'\b{name}(?=\b|[A-Z_])' if name.endswith('_') else rf'\b{name}\b', instead, other)
    return other if other != text else None


def synonyms_of_enum(profile, values):
    """The enumerators of an enum under the other names; what only they have is left out."""
    return {synonym(profile, value): number for value, number in values.items()
            if synonym(profile, value) and not value.endswith('__MAX')}  # fmt: skip


def include(name):
    """A line that includes a header under the name that the tree has for it."""
    if name not in MOVED:
        return f'#include "{name}"'
    return f'#if __has_include("{MOVED[name]}")\n#include "{MOVED[name]}"\n#else\n#include "{name}"\n#endif'


def c_type(name, prototype):
    """The type of a function or variable, from the way in which the facts write it."""
    if prototype.endswith(';'):
        return prototype[:-1].removesuffix(name).strip()
    result, parameters = prototype.split(name + '(', 1)
    if name in VARIADIC:
        parameters = parameters[:-1] + ', ...)'
    # The public name of what the facts call by its private one.
    result = re.sub(r'\bTypeImpl \*', 'Type', result)
    return f'{result.strip()} ({parameters}'


def declared_type(name, prototype):
    """A constant expression: whether `name` has the type of the prototype."""
    return f'__builtin_types_compatible_p(__typeof__({name}), {c_type(name, prototype)})'


def member(struct, name):
    return f'((({struct} *)0)->{name})'


def has_member_type(struct, field):
    """Whether a member has its type, as a constant expression; None if the type has no name."""
    if field['type'] in ('struct', 'union', 'enum'):
        return None
    expression = member(struct, field['name'])
    return f'__builtin_types_compatible_p(__typeof__({expression}), {field["type"]})'


def named(profile, text, names):
    """A prototype with the names that the tree has: the facts', the others, or an unknown one of them."""
    other = synonym(profile, text)
    if other is None or names == FACTS:
        return text
    if names == OTHERS:
        return other
    # Whichever it is, it is an enum without negative values.
    return re.sub('|'.join(rf'\b{name}\b' for name, _ in SYNONYMS[profile]), 'unsigned int', text)


# What a tree's owner reads who has changed its ABI.
TO_DO = 'scripts/abi-profile of libqio says what fits this tree'

FACTS, OTHERS, UNKNOWN = 'facts', 'others', 'unknown'


def assertions(profile, events, names=UNKNOWN):
    """A C file that compiles only in a tree of the profile, and links only with its library.

    `events` are the trace events that the tree has; None if nobody has asked it. Where there are two
    names for the same, `names` says which the tree has.
    """
    text = [
        '/*',
        f' * The tree that compiles this has the ABI of libqio for {profile}.',
        ' *',
        ' * Written by scripts/abi-profile --assertions. To be compiled once, alone or included.',
        ' *',
        " * Where it doesn't compile, the tree has another ABI by now. In libqio's directory scripts/abi-profile tells which",
        ' * profile fits; that file and that library are to be taken then (scripts/into-tree writes the file anew).',
        ' */',
        f'#ifndef LIBQIO_{abi.upper(profile)}_ASSERTIONS',
        f'#define LIBQIO_{abi.upper(profile)}_ASSERTIONS',
        '',
        '#include "qemu/osdep.h"',
        *(include(name) for name in [*HEADERS, NULL_HEADER]),
    ]

    def check(expression, message):
        # Compilers show the text, or at least the line.
        text.append(f'_Static_assert({expression}, "{message}, in libqio for {profile}; {TO_DO}");')

    def null_header_ifdef(name, line):
        if name in OF_NULL_HEADER:
            text.append(line)

    for name, shape in structs(profile).items():
        text.append('')
        null_header_ifdef(name, f'#ifdef {NULL_HEADER_TOOK_EFFECT}')
        check(f'sizeof({name}) == {shape["size"]}', f'{name} has {shape["size"]} bytes')
        check(f'_Alignof({name}) == {shape["align"]}', f'{name} is aligned to {shape["align"]}')
        for field in shape['fields']:
            label = f'{name}.{field["name"]}'
            at = f'__builtin_offsetof({name}, {field["name"]})'
            check(f'{at} == {field["offset"]}', f'{label} is at {field["offset"]}')
            expression = has_member_type(name, field)
            if expression:
                check(expression, f'{label} is a {field["type"]}')
            else:
                size = f'sizeof({member(name, field["name"])})'
                check(f'{size} == {field["size"]}', f'{label} has {field["size"]} bytes')
        null_header_ifdef(name, '#endif')
    for values in enumerators(profile).values():
        others = synonyms_of_enum(profile, values)
        if others and names != FACTS:
            values = others if names == OTHERS else {}
        text.append('')
        for name, value in values.items():
            check(f'{name} == {value}', f'{name} is {value}')
    for functions in api(profile), host(profile):
        text.append('')
        for name, prototype in sorted(functions.items()):
            null_header_ifdef(name, f'#ifdef {NULL_HEADER_TOOK_EFFECT}')
            prototype = named(profile, prototype, names)
            check(declared_type(name, prototype), f'{prototype.removesuffix(";")}')
            null_header_ifdef(name, '#endif')
    text += [
        '',
        '/* Functions of other profiles: a conflict here means that the tree declares them. */',
        *(f'extern const char {name}; /* {TO_DO} */' for name in sorted(api_of_others(profile))),
        '',
        '/* Only the library of this profile defines it. */',
        f'extern const char {abi.symbol(profile)};',
        '__attribute__((used)) static const char *const libqio_profile =',
        f'    &{abi.symbol(profile)};',
    ]
    if events is None:
        text += ['', '#ifdef __has_include', f'#if __has_include("{traces.HEADER}")',
                 *traces.c_text(traces.events(profile)), '#endif', '#endif']  # fmt: skip
    elif events:
        text += traces.c_text(events)
    text += [
        '',
        '#endif',
    ]
    return '\n'.join(text) + '\n'


def every_prototype(profile):
    return api(profile) | host(profile)


def tells_of(profile, part):
    """Whether the contract of a profile says anything of a part, be it that it is absent."""
    return (part in structs(profile) or part in enumerators(profile) or part in every_prototype(profile)
            or part in api_of_others(profile))  # fmt: skip


def known_api():
    """The functions that any profile's library provides, and the data beside them."""
    return set().union(*(abi.facts(profile)['functions'] for profile in abi.PROFILES))


def api_of_others(profile):
    """The functions that other profiles' libraries provide and this one's does not."""
    every = set().union(*(api(other) for other in abi.PROFILES))
    return every - api(profile).keys()
