"""What there is in a libqio program, from a core file or a stopped process: qio tasks, qio listeners,
qio channels, qio coroutines.

GDB loads it by itself for the installed shared library. For a program that is linked to libqio.a, or to
libqio-hosted.a: source qio-gdb.py

The lines are those of qio_debug_dump(), but for what only a kernel knows: what waits in sockets. Their names are those
that the channels have. Functions have the names that GDB knows.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import socket
import struct

import gdb

SLOT = 128
HALF = 0xFFFFFFFF
# As in crates/registry: what a slot is of, and its words.
KINDS = {'tasks': 1, 'listeners': 2, 'channels': 3, 'coroutines': 4}
STATES = 'manual', 'queued', 'running', 'finished', 'delivering', 'over'
HANDSHAKES = '', 'receives', 'sends', 'complete', 'failed'
VERSION = 2


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def words(address, count):
    return struct.unpack(f'={count}Q', read(address, 8 * count))


class Registry:
    """The static of crates/registry that says where everything is."""

    def __init__(self):
        try:
            place = int(gdb.parse_and_eval('(unsigned long)&qio_internal_registry'))
        except gdb.error as error:
            raise gdb.GdbError(f'no libqio with symbols is loaded ({error})') from error
        version, self.slots, end, self.names, self.names_count, self.socket_names = words(place, 6)
        if version != VERSION:
            raise gdb.GdbError(f'this script is for another libqio: {version} instead of {VERSION}')
        self.count, = struct.unpack('=I', read(end, 4))

    def of(self, kind):
        """The words of each slot of a kind."""
        # In pieces: each is one packet of a remote GDB.
        for first in range(1, self.count, 128):
            number = min(128, self.count - first)
            block = read(self.slots + SLOT * first, SLOT * number)
            for start in range(0, len(block), SLOT):
                head, *found = struct.unpack_from('=16Q', block, start)
                if head & 0xFF == KINDS[kind]:
                    yield found

    def kept_name(self, address):
        """The name that the library has kept for an address."""
        first = (address * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 54
        for probe in range(8):
            entry = self.names + 64 * ((first + probe) % self.names_count)
            if words(entry, 1)[0] == address:
                return read(entry + 8, 56).split(b'\0')[0].decode(errors='replace')
        return ''


def pointer(address):
    return hex(address) if address else '(nil)'


def function(address, registry):
    if address == 0:
        return '(nil)'
    # "main in section .text of /bin/program"; "NAME + 4 in section ..." is no function's beginning.
    symbol = gdb.execute(f'info symbol {address:#x}', to_string=True)
    if ' in section .text' in symbol and ' + ' not in symbol.split(' in section')[0]:
        return symbol.split(' in section')[0]
    return registry.kept_name(address) or hex(address)


def text(found):
    name = struct.pack(f'={len(found)}Q', *found).split(b'\0')[0]
    return f' name="{printable(name)}"' if name else ''


def task(found, registry):
    if found[0] == 0:
        return None
    state = STATES[found[1]] if found[1] < len(STATES) else '?'
    name = text(found[10:15]) if found[9] >> 32 else ''
    line = f'task={pointer(found[0])} state={state} since={seconds(found[3])}{name} made={seconds(found[2])}'
    if state in ('running', 'delivering'):
        line += f' thread={found[4]}'
    if found[8]:
        line += f' worker={function(found[5], registry)}'
    line += f' func={function(found[6], registry)} source={pointer(found[7])}'
    if found[8]:
        line += f' context={pointer(found[8])}'
    return line


def seconds(nanoseconds):
    return f'{nanoseconds // 10**6 / 1000:.3f}s'


def listener(found, registry):
    if found[8] == 0:
        state = 'closed'
    elif found[12] == 0 and found[6] == 0:
        state = 'no-callback'
    elif found[5] == 0xFFFFFFFFFFFFFFFF:
        state = 'given-up'
    elif found[5] == 0xFFFFFFFFFFFFFFFE:
        state = 'full'
    elif found[5]:
        # Whether that is over only a running clock can tell.
        state = f'backing-off until={seconds(found[5])}'
    else:
        state = 'waited-for' if found[12] else 'watching'
    line = f'listener={pointer(found[0])} state={state}{text(found[13:15])} made={seconds(found[1])}'
    line += f' accepted={found[2]} failed={found[3]}'
    if found[3]:
        line += f' errno={found[4]}'
    if found[12]:
        line += f' thread={found[12]}'
    if found[6]:
        line += f' func={function(found[6], registry)} context={pointer(found[7]) if found[7] else "default"}'
    line += f' sockets={found[8]}'
    for word in found[9:12]:
        line += ''.join(f' fd={half - 1}' for half in (word & HALF, word >> 32) if half)
    return line


def printable(name):
    return ''.join(f'\\{chr(byte)}' if byte in b'"\\' else chr(byte) if 32 <= byte < 127 else f'\\x{byte:02x}'
                   for byte in name)  # fmt: skip


def socket_name(name):
    """A sockaddr of Linux, as dumps have it."""
    family, = struct.unpack_from('=H', name)
    if family == socket.AF_UNIX:
        path = name[2:]
        return 'unix:' + ('@' + printable(path[1:]) if path[:1] == b'\0' else printable(path.split(b'\0')[0]))
    if family == socket.AF_INET and len(name) >= 16:
        return f'{socket.inet_ntop(family, name[4:8])}:{struct.unpack_from(">H", name, 2)[0]}'
    if family == socket.AF_INET6 and len(name) >= 28:
        scope, = struct.unpack_from('=I', name, 24)
        address = socket.inet_ntop(family, name[8:24]) + (f'%{scope}' if scope else '')
        return f'[{address}]:{struct.unpack_from(">H", name, 2)[0]}'
    if family == socket.AF_VSOCK and len(name) >= 12:
        port, cid = struct.unpack_from('=II', name, 4)
        return f'vsock:{cid}:{port}'
    return f'family:{family}'


def socket_names(address, registry):
    """The names that a socket channel has of its ends: each a sockaddr_storage and its length."""
    try:
        block = read(address + registry.socket_names, 2 * 136)
    except gdb.MemoryError:
        return ''
    line = ''
    for end, start in ('local', 0), ('peer', 136):
        length = min(struct.unpack_from('=I', block, start + 128)[0], 128)
        # A socket without a peer has none.
        if length >= 2 and block[start:start + 2] != b'\0\0':
            line += f' {end}={socket_name(block[start:start + length])}'
    return line


def channel(found, registry):
    name = registry.kept_name(found[1]) or pointer(found[1])
    line = f'channel={pointer(found[0])} class={name}{text(found[12:15])} made={seconds(found[2])}'
    line += f' in={found[3]} out={found[4]}'
    if found[6]:
        line += f' master={pointer(found[6])}'
    reads, writes = (found[5] & HALF) - 1, (found[5] >> 32) - 1
    if reads == writes >= 0:
        line += f' fd={reads}'
        if name == 'qio-channel-socket':
            line += socket_names(found[0], registry)
    elif reads >= 0 or writes >= 0:
        line += f' read-fd={reads} write-fd={writes}'
    if found[7]:
        state = HANDSHAKES[found[7] & 0xFF] if found[7] & 0xFF < len(HANDSHAKES) else '?'
        line += f' handshake={state} since={seconds((found[7] >> 8) * 10**6)}'
    for direction, coroutine_of, shift in (('read', found[8], 0), ('write', found[9], 32)):
        if coroutine_of:
            line += f' {direction}-coroutine={pointer(coroutine_of)}'
        if thread := found[10] >> shift & HALF:
            line += f' {direction}-thread={thread}'
        if watches := found[11] >> shift & HALF:
            line += f' {direction}-watches={watches}'
    return line


def coroutine(found, registry):
    state = 'runs' if found[3] == 1 else 'waits'
    return (f'coroutine={pointer(found[0])} state={state} entry={function(found[1], registry)} '
            f'context={pointer(found[2])}')


class Prefix(gdb.Command):
    """What there is in a libqio program: tasks, listeners, channels, coroutines."""

    def __init__(self):
        super().__init__('qio', gdb.COMMAND_DATA, prefix=True)


class Show(gdb.Command):
    """Lists the objects of a kind, a line for each."""

    def __init__(self, kind, line):
        super().__init__(f'qio {kind}', gdb.COMMAND_DATA)
        self.kind, self.line = kind, line

    def invoke(self, argument, from_tty):
        registry = Registry()
        lines = [line for found in registry.of(self.kind) if (line := self.line(found, registry))]
        for line in lines:
            print(line)
        print(f'{len(lines)} {self.kind}')


Prefix()
Show('tasks', task)
Show('listeners', listener)
Show('channels', channel)
Show('coroutines', coroutine)
