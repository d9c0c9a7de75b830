"""The methods that classes of the library have, and the functions that look for them."""

import functools
import re

from rules.rust import calls, functions
from rules.specification import requirements
from rules.tree import TOP, Place, files, line_of


class Implementation:
    """What a class has in a slot: the type, the function or the lines of a closure, and the labels there."""

    def __init__(self, slot, owner, place, found):
        self.slot = slot
        self.owner = owner
        self.place = found[0] if found else place
        self.name = found[0].name if found else place.text
        whole = [*found, *(f for one in found for f in calls(one))]
        self.labels = list(dict.fromkeys(label for f in whole for label in f.labels() if label in requirements()))

    def __str__(self):
        labels = f': {", ".join(self.labels)}' if self.labels else ''
        return f'{self.place}  {self.name}, {self.slot} of {self.owner}{labels}'


def is_in(function, module):
    return module in (function.path.stem, function.path.parent.name)


@functools.cache
def implementations():
    """Slot of a class struct -> what the classes of the library have in it."""
    found = {}
    # Trampolines: slot -> the method of the trait, or the constant, that it calls.
    slots = {}
    for _, text in files('src/object/class.rs'):
        slots |= {method: slot for slot, method in re.findall(r'\bclass\.(\w+) = Some\((\w+)::<T>\)', text)}
        slots |= {constant: slot for slot, constant in re.findall(r'\bclass\.(\w+) = T::(\w+)\.map', text)}
    for path, text in files('src/logic/**/*.rs'):
        for block in re.finditer(r'^impl ChannelImpl for (\w+) \{\n(.*?)^\}', text, re.M | re.S):
            first, last = line_of(text, block.start()), line_of(text, block.end())
            for match in re.finditer(r'\b(?:fn (\w+)|const (\w+): Option<[^=]*=\s*Some\(((?:\w+::)*)(\w+|\|))', block[2]):
                method, constant, module, name = match.groups()
                slot = slots.get(method or constant)
                line = first + 1 + block[2].count('\n', 0, match.start())
                here = Place(path, line, method or name)
                if method:
                    functions_there = [f for f in functions()[method] if f.path == path and first < f.line < last]
                else:
                    # Of the module that is named, or else of the file or its folder.
                    module = module.rstrip(':').split(':')[-1]
                    functions_there = [f for f in functions().get(name, [])
                                       if f.path.is_relative_to(TOP / 'src/logic' if module else path.parent)
                                       and (is_in(f, module) if module else f.path == path or path.stem == 'class')]
                    here.text = 'a closure' if name == '|' else name
                if slot:
                    found.setdefault(slot, []).append(Implementation(slot, block[1], here, functions_there[:1]))
    for path, text in files('crates/embedded-host/src/**/*.rs'):
        for match in re.finditer(r'\(\*(.*)\)\.(\w+) = Some\((\w+)\)', text):
            there = [f for f in functions().get(match[3], []) if f.path == path]
            owner = re.search(r'::<(\w+)>', match[1])
            place = Place(path, line_of(text, match.start()), match[3])
            found.setdefault(match[2], []).append(
                Implementation(match[2], owner[1] if owner else path.stem, place, there[:1]))
    return found


def called_slots(function):
    """The slots of class structs that it looks into."""
    read = re.findall(r'(?:\(\*[^;=]*\)|\bmethods)\.(\w+)(?! =)', function.body)
    return [slot for slot in read if slot in implementations()]
