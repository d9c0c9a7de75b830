"""The methods that classes of the library have, and the functions that look for them."""

import re

from rules.rust import Function, calls, definitions, functions, imports, module_of, resolved, sources
from rules.specification import requirements
from rules.store import kept
from rules.tree import TOP, Place, closing, files, line_of
from rules.work import has_more, is_conversion, lines

# What a function without a name is called.
CLOSURE = 'a closure'


class Implementation:
    """What a class has in a slot: the type, the function or the lines of a closure, and the labels there."""

    def __init__(self, slot, owner, place, found):
        self.slot = slot
        self.owner = owner
        if found and (passes_on(found[0]) or found[0].name == CLOSURE):
            # It passes on what it gets, to what the library's logic has.
            found = [*reversed(passed_on(found[0])), *found]
        self.place = found[0] if found else place
        self.name = found[0].name if found else place.text
        whole = [*found, *(f for one in found for f in calls(one))]
        self.labels = list(dict.fromkeys(label for f in whole for label in f.labels() if label in requirements()))

    def __str__(self):
        labels = f': {", ".join(self.labels)}' if self.labels else ''
        return f'{self.place}  {self.name}, {self.slot} of {self.owner}{labels}'


def passes_on(function):
    """Whether all of it is one expression."""
    _, _, body = function.body.partition('{\n')
    # It may take apart first what it gets.
    statements = [line for line in body.splitlines() if line.strip(' })')]
    return len(statements) - sum(' = parts(' in line for line in statements) < 2 or lines(function) <= 1


def passed_on(function):
    """The functions to which one leaves its work, the last being the one that works."""
    found = [function]
    while passes_on(found[-1]) or found[-1].name == CLOSURE:
        there = [one for one in calls(found[-1])
                 if one.is_below('src/logic') and not is_conversion(one) and one not in found
                 and (has_more(one) or one.name in function.name)]
        if not there:
            break
        found.append(next((one for one in there if one.name == found[-1].name), there[0]))
    return found[1:]


def named_in(path, module, name):
    """The functions that a file has under a name, of a module that it names too, or of its own."""
    here = module_of(path)
    if not module:
        own = [f for f in functions().get(name, []) if f.path == path and not f.owner]
        known = imports(here).get(name)
        return own or (definitions(known[:-1], known[-1]) if known else [])
    first, *rest = module.removesuffix('::').split('::')
    known = imports(here).get(first)
    return definitions((*known, *rest) if known else resolved(here, [first, *rest]), name)


@kept
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
                    functions_there = named_in(path, module, name)
                    if name == '|':
                        begin = text.rindex('(', 0, block.start(2) + match.end())
                        whole = text[begin:closing(text, begin)]
                        functions_there = [Function(path, line, CLOSURE, '', whole, block[1])]
                if slot:
                    found.setdefault(slot, []).append(Implementation(slot, block[1], here, functions_there[:1]))
    for path, text in [one for one in sources() if 'embedded-host' in one[0].parts]:
        for match in re.finditer(r'\(\*(.*)\)\.(\w+) = Some\((\w+)\)', text):
            there = [f for f in functions().get(match[3], []) if f.path == path]
            owner = re.search(r'::<(\w+)>', match[1])
            place = Place(path, line_of(text, match.start()), match[3])
            found.setdefault(match[2], []).append(
                Implementation(match[2], owner[1] if owner else path.stem, place, there[:1]))
    return found


def called_slots(function):
    """The slots of class structs that it looks into, other than to tell classes apart."""
    if function.name.endswith('_id'):
        return []
    read = re.findall(r'(?:\(\*[^;=]*\)|\bmethods)\.(\w+)(?! =)', function.body)
    return [slot for slot in read if slot in implementations()]
