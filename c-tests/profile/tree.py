"""Small source trees, laid out like QEMU's, whose headers say what the facts of a profile say."""

import copy
import json
import pathlib
import re

import abi
import contract

# Whose member, parameter or result types the facts name and do not describe.
OPAQUE = [
    'AioContext', 'Coroutine', 'Error', 'QIONetListenerSource', 'QIOTask', 'QCryptoTLSCreds',
    'QCryptoTLSSession', 'QemuCond', 'QemuThread', 'TypeImpl', 'Visitor',
]  # fmt: skip

TYPEDEFS = """
typedef void IOHandler(void *opaque);
typedef bool AioPollFn(void *opaque);
typedef struct TypeImpl *Type;
typedef void (ObjectFree)(void *obj);
typedef void (ObjectUnparent)(Object *obj);
"""

# The definitions of docs/spec/task-listener-dns-watch.md 1.3.
IO_TYPEDEFS = {
    'io/task.h': """
typedef void (*QIOTaskFunc)(QIOTask *task, gpointer opaque);
typedef void (*QIOTaskWorker)(QIOTask *task, gpointer opaque);
""",
    'io/channel.h': """
typedef gboolean (*QIOChannelFunc)(QIOChannel *ioc, GIOCondition condition, gpointer data);
""",
    'io/net-listener.h': """
typedef void (*QIONetListenerClientFunc)(QIONetListener *listener, QIOChannelSocket *sioc, gpointer data);
""",
    'qemu/thread.h': """
typedef void (*QemuMutexLockFunc)(QemuMutex *m, const char *f, int l);
typedef void (*QemuCondWaitFunc)(QemuCond *c, QemuMutex *m, const char *f, int l);
""",
    'crypto/tlssession.h': """
typedef ssize_t (*QCryptoTLSSessionWriteFunc)(const char *buf, size_t len, void *opaque);
typedef ssize_t (*QCryptoTLSSessionReadFunc)(char *buf, size_t len, void *opaque);
""",
}

# The header of each part: the first pattern that fits.
PLACES = [
    (r'qio_channel_create_(fd|socket|fd_pair)_watch', 'io/channel-watch.h'),
    (r'qio_channel_new_fd|qio_channel_util_.*', 'io/channel-util.h'),
    (r'qio_channel_(socket|file|command|buffer|null|tls|websock)_.*', r'io/channel-\1.h'),
    (r'QIOChannel(Socket|File|Command|Buffer|Null|TLS|Websock)(Mask)?', r'io/channel-\1.h'),
    (r'qio_channel_.*|QIOChannel.*', 'io/channel.h'),
    (r'qio_net_listener_.*|QIONetListener', 'io/net-listener.h'),
    (r'qio_dns_resolver_.*|QIODNSResolver', 'io/dns-resolver.h'),
    (r'qio_task_.*', 'io/task.h'),
    (r'error_.*', 'qapi/error.h'),
    (r'(Inet|Unix|Vsock|Fd)?SocketAddress(Type)?|String|qapi_free_.*', 'qapi/qapi-types-sockets.h'),
    (r'visit_type_.*', 'qapi/qapi-visit-sockets.h'),
    (r'visit_free|qapi_clone.*', 'qapi/clone-visitor.h'),
    (r'register_module_init|module_init_type', 'qemu/module.h'),
    (r'type_.*|object_.*|TypeInfo|Interface.*|Object.*', 'qom/object.h'),
    (r'iohandler_.*|bql_.*|qemu_mutex_iothread_locked|qemu_in_main_thread|qemu_get_aio_context', 'qemu/main-loop.h'),
    (r'qemu_(mutex|cond|thread)_.*|QemuMutex', 'qemu/thread.h'),
    (r'buffer_.*|Buffer', 'qemu/buffer.h'),
    (r'iov_.*', 'qemu/iov.h'),
    (r'pstrcpy', 'qemu/cutils.h'),
    (r'qcrypto_hash_.*|QCryptoHash.*', 'crypto/hash.h'),
    (r'qcrypto_.*|QCrypto.*', 'crypto/tlssession.h'),
    (r'qemu_(in_coroutine|coroutine_.*)|aio_co_.*', 'qemu/coroutine.h'),
    (r'aio_.*|qemu_get_current_.*', 'block/aio.h'),
    (r'qemu_(open|create|close|open_old|set_blocking)', 'qemu/osdep.h'),
    (r'socket_.*|inet_.*|fd_is_socket|qemu_(accept|socket_.*)', 'qemu/sockets.h'),
]

# What a header needs of others, besides osdep.h.
INCLUDES = {
    'qemu/osdep.h': ['config-host.h', 'qemu/typedefs.h'],
    'qom/object.h': ['qemu/module.h'],
    'qapi/qapi-visit-sockets.h': ['qapi/qapi-types-sockets.h'],
    'qemu/sockets.h': ['qapi/qapi-types-sockets.h'],
    'io/channel.h': ['qom/object.h', 'block/aio.h', 'qemu/thread.h'],
    'io/channel-socket.h': ['io/channel.h', 'io/task.h', 'qemu/sockets.h'],
    'io/channel-tls.h': ['io/channel.h', 'io/task.h', 'crypto/tlssession.h'],
    'io/channel-websock.h': ['io/channel.h', 'io/task.h', 'qemu/buffer.h'],
    'io/dns-resolver.h': ['io/task.h', 'qom/object.h', 'qapi/qapi-types-sockets.h'],
    'io/net-listener.h': ['io/channel-socket.h'],
} | {f'io/channel-{name}.h': ['io/channel.h']
     for name in ['buffer', 'command', 'file', 'null', 'util', 'watch']}  # fmt: skip

GENERATED = ('config-host.h', 'qapi/qapi-')


def place(name):
    for pattern, header in PLACES:
        match = re.fullmatch(pattern, name)
        if match:
            return match.expand(header).lower()
    raise KeyError(name)


def declaration(name, type_name):
    """`name` as a member of a type in the notation of the facts."""
    if '(*)' in type_name:
        return type_name.replace('(*)', f'(*{name})', 1)
    element, bracket, length = type_name.partition('[')
    return f'{element} {name}{bracket}{length}'


def definition(name, shape):
    """A struct or union as C."""
    lines = [f'{shape["kind"]} {name} {{']
    for field in shape['fields']:
        if 'members' in field:
            inner = ' '.join(f'{declaration(m["name"], m["type"])};' for m in field['members'])
            lines.append(f'    {field["type"]} {{ {inner} }} {field["name"]};')
        else:
            lines.append(f'    {declaration(field["name"], field["type"])};')
    return '\n'.join([*lines, '};'])


def compared(version):
    """The same of a release that has no profile of its own, from abi/compared."""
    measured = json.loads((abi.ABI / 'compared' / f'qemu-{version}.json').read_text())
    parts = {
        'structs': {name: measured['structs'][name] for name in contract.STRUCTS if name in measured['structs']},
        'enums': {name: measured['enums'][name] for name in contract.ENUMS if name in measured['enums']},
        'functions': {name: measured['functions'][name] for name in measured['exports']}
        | {name: measured['host_functions'][name] for name in measured['imports'] if name not in contract.TRACING},
    }
    if measured['measured_on'] >= 'QEMU 11':
        parts['moved'] = True
    return parts


def facts(profile):
    """The parts of the facts that trees have, to be changed at will."""
    return copy.deepcopy(({'moved': True} if 'block/aio.h' in abi.absent_headers(profile) else {}) | {
        'structs': contract.structs(profile),
        'enums': contract.enumerators(profile),
        'functions': contract.api(profile) | contract.host(profile),
    })


def field(parts, struct, name):
    """A member of a struct in `facts`."""
    return next(field for field in parts['structs'][struct]['fields'] if field['name'] == name)


def write(root, parts):
    """Writes the tree and its configured build directory; returns the paths by header name."""
    headers = {name: [] for name in ['qemu/osdep.h', *contract.HEADERS, contract.NULL_HEADER]}
    kinds = {name: shape['kind'] for name, shape in parts['structs'].items()}
    forward = [f'typedef {kind} {name} {name};' for name, kind in kinds.items()]
    forward += [f'typedef struct {name} {name};' for name in OPAQUE]
    for header, text in IO_TYPEDEFS.items():
        headers[header].append(text)
    for name, values in parts['enums'].items():
        inner = ', '.join(f'{value} = {number}' for value, number in values.items())
        headers[place(name)].append(f'typedef enum {name} {{ {inner} }} {name};')
    for name, shape in parts['structs'].items():
        headers[place(name)].append(definition(name, shape))
    for name, prototype in parts['functions'].items():
        prototype = prototype.removesuffix(';').replace('TypeImpl *', 'Type')
        if name in contract.VARIADIC:
            prototype = prototype[:-1] + ', ...)'
        headers[place(name)].append(f'extern {prototype};')
    for name in ['file', 'null']:
        macro = f'TYPE_QIO_CHANNEL_{name.upper()}'
        headers[f'io/channel-{name}.h'].insert(0, f'#define {macro} "qio-channel-{name}"')

    system = ''.join(f'#include <{name}>\n' for name in [
        'stdbool.h', 'stdint.h', 'sys/types.h', 'sys/socket.h', 'sys/uio.h', 'pthread.h', 'glib.h',
    ])  # fmt: skip
    texts = {'config-host.h': '#define CONFIG_POSIX\n',
             'qemu/typedefs.h': '\n'.join(forward) + TYPEDEFS}  # fmt: skip
    for name, body in headers.items():
        # The two share a guard in the original.
        guard = 'io/channel-file.h' if name == contract.NULL_HEADER else name
        guard = 'TREE_' + re.sub(r'\W', '_', guard).upper()
        includes = ''.join(f'#include "{other}"\n' for other in INCLUDES.get(name, []))
        texts[name] = '\n'.join([f'#ifndef {guard}\n#define {guard}',
                                 system if name == 'qemu/osdep.h' else '',
                                 includes, *body, '#endif\n'])  # fmt: skip
    # The schemas that such a tree generates headers from, as far as anybody asks.
    members = {field['name'] for shape in parts['structs'].values() for field in shape['fields']}
    words = [word for word, there in [('keep-alive-count', 'keep_alive_count' in members),
                                      ("'FdSocketAddress'", 'FdSocketAddress' in parts['structs'])] if there]  # fmt: skip
    (root / 'qapi').mkdir(exist_ok=True)
    (root / 'qapi' / 'sockets.json').write_text(f'# {" ".join(words)}\n')
    hashes = "'QCryptoHashAlgo'" if 'QCryptoHashAlgo' in parts['enums'] else "'QCryptoHashAlgorithm'"
    (root / 'qapi' / 'crypto.json').write_text(f'# {hashes}\n')
    # What generated headers call; some compilers take no function that isn't declared.
    texts['qapi/util.h'] = ('#ifndef TREE_UTIL\n#define TREE_UTIL\ntypedef struct QEnumLookup QEnumLookup;\n'
                            'const char *qapi_enum_lookup(const QEnumLookup *lookup, int val);\n#endif\n')
    texts['qapi/visitor.h'] = '#include "qemu/typedefs.h"\n'
    if parts.get('moved'):
        # As in the release that has other names for some headers.
        texts = {contract.MOVED.get(name, name): text.replace('"block/aio.h"', '"qemu/aio.h"')
                 for name, text in texts.items()}  # fmt: skip
    paths = {}
    for name, text in texts.items():
        path = root / ('build' if name.startswith(GENERATED) else 'include') / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths[name] = path
    return paths


def record_commands(root, options):
    """The compile_commands.json that meson writes."""
    (root / 'io').mkdir(exist_ok=True)
    (root / 'io' / 'task.c').touch()
    entry = {'directory': str(root / 'build'), 'file': '../io/task.c', 'output': 'task.o',
             'command': f'cc {options} -Wall -fdiagnostics-color=always -MD -MF task.d -o task.o -c ../io/task.c'}  # fmt: skip
    other = entry | {'file': '../util/iov.c', 'command': 'cc -DOTHER -c ../util/iov.c'}
    (root / 'build' / 'compile_commands.json').write_text(json.dumps([other, entry]))
