"""The USDT probes of an ELF file, as its notes have them (sys/sdt.h: owner stapsdt, type 3)."""

import pathlib
import struct
import typing

SHT_NOTE, SHF_WRITE, SHF_EXECINSTR = 7, 1, 4
NT_STAPSDT = 3


class Section(typing.NamedTuple):
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int


class Probe(typing.NamedTuple):
    provider: str
    name: str
    arguments: str
    location: int
    base: int
    semaphore: int


class File:
    """An ELF file of 64 bits, of either byte order."""

    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        assert self.data[:5] == b'\x7fELF\x02', path
        self.order = '<' if self.data[5] == 1 else '>'
        (table,) = self.unpack('Q', 0x28)
        size, count, names = self.unpack('HHH', 0x3A)
        rows = [self.unpack('IIQQQQ', table + size * number) for number in range(count)]
        strings = rows[names][4]
        self.sections = [Section(self.text(strings + row[0]), *row[1:]) for row in rows]

    def unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.data, offset)

    def text(self, offset):
        return self.data[offset:self.data.index(b'\0', offset)].decode('ascii')

    def address(self, name):
        """Where the section is."""
        (address,) = [section.address for section in self.sections if section.name == name]
        return address

    def flags_at(self, address):
        """Of the section that an address is in."""
        return next((section.flags for section in self.sections
                     if 0 < section.address <= address < section.address + section.size), 0)  # fmt: skip

    def is_code(self, address):
        return bool(self.flags_at(address) & SHF_EXECINSTR)

    def is_writable(self, address):
        return bool(self.flags_at(address) & SHF_WRITE)

    def probes(self):
        for section in self.sections:
            if section.type == SHT_NOTE:
                yield from self.notes(section)

    def notes(self, section):
        offset = section.offset
        while offset < section.offset + section.size:
            owner_size, size, kind = self.unpack('III', offset)
            owner = offset + 12
            start = owner + (owner_size + 3) // 4 * 4
            offset = start + (size + 3) // 4 * 4
            if (self.data[owner:owner + owner_size], kind) == (b'stapsdt\0', NT_STAPSDT):
                location, base, semaphore = self.unpack('QQQ', start)
                provider, name, arguments = self.data[start + 24:start + size].decode('ascii').split('\0')[:3]
                yield Probe(provider, name, arguments, location, base, semaphore)
