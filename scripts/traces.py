"""The trace events of io/ for C: read from the table in crates/trace/src/events.rs.

What a tree compiles to have its own trace functions called is made of it here.
"""

import functools
import re

import abi

TABLE = abi.ROOT / 'crates' / 'trace' / 'src' / 'events.rs'

# Beyond those of QEMU: no tree has a function for it.
OWN = {
    'qio_task_named', 'qio_task_thread_submit', 'qio_task_callback', 'qio_net_listener_client', 'qio_net_listener_client_done',
    'qio_net_listener_accept_fail', 'qio_net_listener_pause', 'qio_net_listener_resume', 'qio_channel_socket_open',
    'qio_channel_socket_close', 'qio_net_listener_limit', 'qio_net_listener_refuse',
    'qio_channel_handshake_timeout', 'qio_channel_socket_idle_timeout', 'qio_channel_websock_new_client',
    'qio_channel_socket_connect_full', 'qio_channel_socket_connect_attempt', 'qio_channel_socket_connect_attempt_fail',
    'qio_channel_socket_connect_cancel', 'qio_channel_command_done',
}  # fmt: skip

# Rust type -> kind of argument. `Argument` in crates/trace/src/argument.rs says the same to the compiler, and
# qio_trace_register compares.
KINDS = {
    'Id': 'p', 'c_int': 'i', 'u32': 'u', 'usize': 'z', 'u8': 'b', '&Error': 's',
    '&str': 's', 'Option<&str>': 's', '&CStr': 's', 'Option<&CStr>': 's', 'Option<&SocketName>': 's',
}  # fmt: skip
C_TYPES = {'p': 'void *', 's': 'const char *', 'i': 'int', 'u': 'uint32_t', 'z': 'size_t', 'b': 'uint8_t'}

EVENT = re.compile(r'(?:\s*///.*\n)+\s*(\w+)(?:\[(\w+)\])?\(([^;]*)\);')
ARGUMENT = re.compile(r'(?:#\[cfg\((\w+)\)\]\s*)?(\w+):\s*(.+)', re.S)


@functools.cache
def table():
    """(name, the switch without which it isn't there or None, [(switch or None, argument, kind)])."""
    text = TABLE.read_text()
    text = text[text.index('\nevents! {\n') + len('\nevents! {\n'):]
    text = text[:text.index('\n}\n') + 1]
    rows, position = [], 0
    while text[position:].strip():
        match = EVENT.match(text, position)
        if not match:
            line = text[position:].strip().splitlines()[0]
            raise SystemExit(f'{TABLE}: not understood: {line}')
        arguments = []
        for part in filter(None, (part.strip() for part in match[3].split(','))):
            switch, name, kind = ARGUMENT.fullmatch(part).groups()
            arguments.append((switch, name, KINDS[re.sub(r'\s', '', kind)]))
        rows.append((match[1], match[2], arguments))
        position = match.end()
    return rows


def events(profile):
    """Name -> [(argument, kind)] of the events that trees of the profile have."""
    has = set(abi.switches(profile))
    return {
        name: [(argument, kind) for needed, argument, kind in arguments if needed is None or needed in has]
        for name, switch, arguments in table()
        if name not in OWN and (switch is None or switch in has)
    }


def function_type(arguments):
    return f'void ({", ".join(C_TYPES[kind] for _, kind in arguments)})'


def has_function(name, arguments):
    """A constant expression: whether the tree has the event with these arguments."""
    return f'__builtin_types_compatible_p(__typeof__(trace_{name}), {function_type(arguments)})'


# Where a tree generates what it compiles of its io/trace-events.
HEADER = 'trace/trace-io.h'


def wrapper(name, arguments):
    """A function that calls the tree's inline one."""
    parameters = ', '.join(C_TYPES[kind] + ('' if kind in 'ps' else ' ') + argument for argument, kind in arguments)
    passed = ', '.join(argument for argument, _ in arguments)
    return [f'static void libqio_{name}({parameters})', '{', f'    trace_{name}({passed});', '}', '']


def c_text(chosen):
    """C lines that have the tree's functions called for the events that are chosen."""
    text = [
        '',
        '/* The trace events of io/ reach the tracing of the tree. */',
        f'#include "{HEADER}"',
        '',
        'struct libqio_trace_sink {',
        '    const char *event;',
        '    const char *kinds;',
        '    void (*function)(void);',
        '};',
        '',
        'extern size_t qio_trace_register(const struct libqio_trace_sink *sinks);',
        '',
    ]
    for name, arguments in chosen.items():
        text += wrapper(name, arguments)
    text.append('static const struct libqio_trace_sink libqio_trace_sinks[] = {')
    for name, arguments in chosen.items():
        kinds = ''.join(kind for _, kind in arguments)
        text.append(f'    {{ "{name}", "{kinds}", (void (*)(void))libqio_{name} }},')
    return [
        *text,
        '    { NULL, NULL, NULL }',
        '};',
        '',
        '__attribute__((constructor)) static void libqio_traces_start(void)',
        '{',
        '    qio_trace_register(libqio_trace_sinks);',
        '}',
    ]
