"""The way from an exported function down to where its work is done."""

import functools
import re

from rules.exports import called_by_c, exported, exported_in_source
from rules.rust import calls, functions, sources
from rules.store import kept

CONVERSION = re.compile(r'borrow|require|required|take_full|from_(?:ptr|c|raw)\w*|as_ptr|into_ptr|class|'
                        r'to_ref|upcast|misuse|set_unset|as_raw|from_slice')
CONVERTING = 'convert', 'arguments', 'channel_call', 'exports', 'abort', 'errno'
# What the arguments of the C face become.
ARGUMENTS = 'text', 'object', 'name'
# What the whole library stands on, and is only shown where nothing else does the work.
GROUND = 'platform', 'abi'
# Who watches the work: what is counted, traced and shown.
WATCHING = 'registry', 'trace', 'statistics', 'traces'
# A function that more functions than these call is a common one.
COMMON = 8
DEEP = 3
# What hands over to another thread: file and function, the trait that says what is done there, its method.
HANDOVERS = (('workers', 'submit', 'Work', 'run', 'on the worker thread:'),
             ('timers', 'arm', 'Expire', 'expire', 'on the thread that waits, when the time is over:'),
             ('delivery', 'announce', 'Hooks', 'dispatch', 'in the thread that iterates the context:'))
# The calls of C, of the system and of GLib.
FOREIGN = re.compile(r'\b(libc|imports|glib_sys|gobject_sys|ffi|sys)::([a-z_]\w*)\(')
# Locks, clocks and what else may stand anywhere and tells nothing.
EVERYWHERE = 'lock', 'monotonic_time', 'facade', 'iov', 'generation', 'current_id'
# So many of the calls at an end are shown.
ENDS = 8
# A function of so few lines leaves its work to others.
THIN = 8
# One of so many does more than the system call that it is named after.
MUCH = 12
MOST = 28


class Step:
    """A function on the way, and how many calls below the C face it is."""

    def __init__(self, function, depth):
        self.function = function
        self.depth = depth

    def __str__(self):
        return f'{"  " * self.depth}{self.function}  {self.function.full_name()}'


@kept
def called():
    """Function -> those that it calls; and how many call each."""
    all_of_them = [f for found in functions().values() for f in found]
    below = {f: calls(f) for f in all_of_them}
    callers = {}
    for found in below.values():
        for one in found:
            callers[one] = callers.get(one, 0) + 1
    return below, callers


def below(function):
    return called()[0][function]


def is_common(function):
    return called()[1].get(function, 0) > COMMON


def lines(function):
    return sum(1 for line in function.body.splitlines() if line.strip(' })') and not line.lstrip().startswith('//')) - 1


def place_name(function):
    """Its name with its type or its module."""
    return function.full_name() if function.owner else f'{function.module[-1]}::{function.name}'


def is_conversion(function):
    # What gives a pointer away may first have C know it.
    if function.name == 'into_ptr' and 'imports::' in function.body:
        return False
    return (bool(CONVERSION.fullmatch(function.name)) or function.module[-1] in CONVERTING
            or 'capi' in function.module and function.name in ARGUMENTS)


def is_ground(function):
    # How threads meet is work, wherever it stands.
    return function.module[0] in GROUND and 'sync' not in function.module or is_watching(function)


def is_watching(function):
    return bool({*function.module, function.path.stem} & {*WATCHING})


def is_work(function):
    """Whether it is worth a line: no conversion, nothing that all use, no access to a field."""
    return can_be_work(function) and (
        has_more(function) or any(can_be_work(one) and has_more(one) for one in below(function)))


def is_watching_work(function):
    """For what shows and counts itself."""
    return (is_watching(function) and not is_conversion(function) and not is_common(function)
            and (has_more(function) or any(is_watching(one) and has_more(one) for one in below(function))))


def is_work_of_ground(function):
    return (function.module[0] in GROUND and not is_watching(function) and not is_conversion(function)
            and not is_common(function) and has_more(function))


def has_more(function):
    # A method of so few lines only reads or writes a field. What makes an object ready is no less for it.
    return lines(function) > (3 if function.owner else 2) or function.labels() or function.name == 'init'


def can_lead(function):
    return not is_conversion(function) and not is_ground(function)


def can_be_work(function):
    return can_lead(function) and not is_common(function)


@functools.cache
def in_file(path):
    return [f for found in functions().values() for f in found if f.path == path]


@kept
def naming_variables():
    """Exported variable -> the functions that have its name."""
    names = {name for name in exported() if name not in functions()}
    return {name: [f for path, text in sources() if name in text for f in in_file(path) if re.search(rf'\b{name}\b', f.body)]
            for name in names}


def readers(variable, path):
    return [f for f in in_file(path) if re.search(rf'\b{variable}\b', f.body)] or naming_variables().get(variable, [])


def offset(place):
    """Where its line begins in the file."""
    return sum(map(len, place.path.read_text().splitlines(True)[:place.line - 1]))


class Way:
    """The functions that an exported one leads to."""

    def __init__(self, name):
        own = exported_in_source().get(name, [])
        self.shims = [f for f in functions().get(name, []) if 'capi' in f.path.parts or not own]
        self.shims += [f for f in functions().get(name, []) if f not in self.shims and 'imports' not in f.module
                       and any(f.path == place.path and abs(f.line - place.line) < 3 for place in own)]
        self.in_c, rust = called_by_c(name)
        self.steps, self.seen = [], set(self.shims)
        for shim in self.shims:
            self.enter(shim, can_lead)
        for one in rust:
            self.add(one, 0)
        # All of it may be ground.
        if not any('capi' not in step.function.module for step in self.steps):
            for shim in [*self.shims, *(step.function for step in self.steps)]:
                if not self.enter(shim, lambda one: not is_conversion(one)):
                    self.enter(shim, lambda one: 'capi' not in one.module)
        self.is_read_by_programs = False
        if not self.shims and not self.in_c:
            self.read(own)
            self.is_read_by_programs = not self.steps and not any(place.text.endswith(', C') for place in own)
        self.drop_helpers()
        self.left_out = max(len(self.steps) - MOST, 0)
        self.steps = self.nearest()
        self.elsewhere = self.on_a_thread()

    def on_a_thread(self):
        """What runs where a step hands over to other threads, with the words for it."""
        found, own = [], self.steps
        # All that was found, and whether handing over is what it does rather than a part of that.
        before, is_whole = own, False
        for module, name, trait, method, words in HANDOVERS:
            handing = [step for step in before
                       if any((one.path.stem, one.name) == (module, name) for one in below(step.function))]
            is_whole |= any(step.depth < 2 for step in handing if step in own)
            self.steps = []
            for path in sorted({step.function.path for step in handing}):
                for ty in re.findall(rf'^impl {trait} for (\w+)', path.read_text(), re.M):
                    for run in [one for one in in_file(path) if (one.owner, one.name) == (ty, method)]:
                        self.add(run, 0)
            before = before + self.steps
            self.steps = [step for step in self.nearest() if is_whole or step.depth < 2]
            found += [(words, self.steps)] if self.steps else []
        self.steps = own
        self.seen = {*self.shims, *(step.function for steps in [own, *(steps for _, steps in found)] for step in steps)}
        return found

    def lines(self):
        """The steps with what those that end there leave to the system, to C and to what all use."""
        return [*self.shown(self.steps),
                *(line for words, steps in self.elsewhere for line in [words, *self.shown(steps)])]

    def shown(self, steps):
        for step, after in zip(steps, [*steps[1:], None]):
            yield str(step)
            if after and after.depth > step.depth:
                # What it calls besides.
                yield from self.end(step.function, step.depth, 'with', lambda one: one.module[0] in GROUND)
            else:
                deeper = self.further(step)
                for one in deeper:
                    yield str(Step(one, step.depth + 1))
                    yield from self.end(one, step.depth + 1, 'ends in')
                yield from self.end(step.function, step.depth, 'ends in', lambda one: one not in deeper)

    def further(self, step):
        """What the steps that are furthest down call, which is shown, too."""
        return [one for one in below(step.function) if step.depth == DEEP and is_work(one) and one not in self.seen]

    def end(self, function, depth, words, is_wanted=lambda _: True):
        found = [place_name(one) for one in below(function)
                 if one not in self.seen and is_wanted(one) and not {'capi', 'imports', *EVERYWHERE} & {*one.module}
                 and one.name not in EVERYWHERE and not is_watching(one) and not is_conversion(one)]
        found += [f'{module}::{name}' for module, name in FOREIGN.findall(re.sub(r'//.*', '', function.body))
                  if not any(one in self.seen for one in functions().get(name, []))]
        found = [*dict.fromkeys(found)]
        if found:
            more = f' and {len(found) - ENDS} more' if len(found) > ENDS else ''
            yield f'{"  " * depth}  {words} {", ".join(found[:ENDS])}{more}'

    def enter(self, shim, is_wanted):
        """Adds what a function of the C face calls; helpers there are gone through. Whether there is any."""
        wanted = [one for one in below(shim) if one not in self.seen
                  and (is_wanted(one) or 'capi' in one.module and not is_conversion(one))]
        for one in wanted:
            self.add(one, 0)
        return bool(wanted)

    def read(self, places):
        """What a variable points to at the start, and the functions beside it that read it."""
        for place in places:
            variable = re.search(r'\bstatic (?:mut )?(\w+)(?:[^;=]*= (\w+);)?', place.path.read_text()[offset(place):])
            for one in functions().get(variable[2], []) if variable else ():
                self.add(one, 0)
            for one in readers(variable[1], place.path) if variable else ():
                self.add(one, 0)

    def add(self, function, depth):
        if function in self.seen:
            return
        self.seen.add(function)
        self.steps.append(Step(function, depth))
        if depth < DEEP:
            inside = 'capi' in function.module
            found = [one for one in below(function) if is_work(one) or is_watching(function) and is_watching_work(one)]
            if not inside and not is_watching(function) and (not found or lines(function) <= THIN):
                # Then the ground does the work, or a part of it.
                found = [one for one in below(function) if is_work(one) or is_work_of_ground(one)]
            elif not inside and not depth:
                found = [one for one in below(function) if one in found or is_work_of_ground(one) and lines(one) > MUCH]
            for one in found:
                self.add(one, depth if inside and 'capi' not in one.module else depth + 1)

    def drop_helpers(self):
        """Without helpers of the C face that lead nowhere."""
        self.steps = [step for step in self.steps if 'capi' not in step.function.module
                      or step.function.labels() or step.function.name in exported() or any(
                          one in self.seen and 'capi' not in one.module and can_lead(one)
                          for one in below(step.function))]

    def nearest(self):
        """Those that most calls are nearest to, in their order."""
        for most in range(DEEP, -1, -1):
            near = [step for step in self.steps if step.depth <= most]
            if len(near) <= MOST:
                break
        return near


@functools.cache
def way(name):
    return Way(name)
