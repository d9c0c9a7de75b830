"""The functions of the Rust source, those that are rows of a table among them, and what each calls."""

import functools
import re
import tomllib

from rules.tree import LABEL, TOP, Place, closing, files, line_of
from uses import USE, uses

CRATES = {'qio': 'src'} | {tomllib.loads(path.read_text())['lib']['name']: f'crates/{path.parent.name}/src'
                           for path in TOP.glob('crates/*/Cargo.toml')}
FN = re.compile(r'^[ \t]*(?:pub(?:\([\w: ]+\))? )?(?:const )?(?:unsafe )?(?:extern "C" )?fn (\w+)', re.M)
# What a row of a table of exported functions gets for an argument of a kind.
KINDS = {'visitor': 'Visitor', 'class': 'Class'}


class Function(Place):
    """A Rust function: where it is, its comment, its body from the arguments on, the type it belongs to."""

    def __init__(self, path, line, name, comment, body, owner):
        super().__init__(path, line, name)
        self.name = name
        self.comment = comment
        self.body = body
        self.owner = owner
        self.module = module_of(path)

    def labels(self):
        return LABEL.findall(self.comment + self.body)

    def said(self):
        """What its comment says, without attributes and the documentation of the C face."""
        lines = [re.sub(r'^\s*///? ?', '', line) for line in self.comment.splitlines() if '//' in line]
        return ' '.join(' '.join(lines).split())

    def is_below(self, top):
        return self.path.is_relative_to(TOP / top)


@functools.cache
def module_of(path):
    """The module that a file is: crate and names."""
    for crate, root in CRATES.items():
        if path.is_relative_to(TOP / root):
            parts = path.relative_to(TOP / root).with_suffix('').parts
            return crate, *(part for part in parts if part not in ('mod', 'lib'))
    return 'other', *path.parts[-3:]


@functools.cache
def sources():
    """Path and text of the Rust source, without unit tests."""
    return [(path, re.split(r'^#\[cfg\(test\)\]\nmod tests', text, flags=re.M)[0])
            for path, text in files('src/**/*.rs', 'crates/*/src/**/*.rs')]


@functools.cache
def modules():
    return {module_of(path): (path, text) for path, text in sources()}


def comment_above(lines, line):
    first = line - 1
    while first and re.match(r'\s*(?://|#\[)', lines[first - 1]):
        first -= 1
    return '\n'.join(lines[first:line - 1])


def owners(text):
    """Where `impl` and `trait` blocks begin and end, and for which type."""
    for match in re.finditer(r'^(?:pub(?:\([\w: ]+\))? )?(?:unsafe )?(?:impl|trait)\b([^{;]*)\{', text, re.M):
        head = match[1].strip()
        while head.startswith('<'):
            depth = end = 0
            for end, sign in enumerate(head):
                depth += {'<': 1, '>': -1}.get(sign, 0) if head[end - 1:end + 1] != '->' else 0
                if not depth:
                    break
            head = head[end + 1:].strip()
        ty = re.split(r'\bfor ', head)[-1]
        # As rustfmt has it, the block ends with a bracket at the margin.
        end = text.find('\n}', match.end())
        yield match.start(), end if text[match.end()] == '\n' else match.end(), re.match(r'[&\s]*(?:\w+::)*(\w*)', ty)[1]


@functools.cache
def tables():
    """Path -> the tables of exported functions in it: macro, header, begin, end."""
    found = {}
    for path, text in sources():
        if 'capi' in path.parts:
            for match in re.finditer(r'^([a-z_]+)! \{(?: "([^"]+)";)?', text, re.M):
                begin = text.index('{', match.start())
                found.setdefault(path, []).append((match[1], match[2], begin, closing(text, begin)))
    return found


@functools.cache
def macros(path):
    """Name -> what a macro of a file is made of."""
    text = dict(sources())[path]
    return {match[1]: text[match.end():closing(text, match.end() - 1)]
            for match in re.finditer(r'^macro_rules! (\w+) \{', text, re.M)}


@functools.cache
def rows():
    """Name -> the rows of tables that export it: place, header, comment, and what the row is made of."""
    found = {}
    for path, here in tables().items():
        text = dict(sources())[path]
        lines = text.splitlines()
        for macro, header, begin, end in here:
            block = text[begin:end]
            body = macros(path).get(macro, '')
            header = header or ''.join(re.findall(r'exports! \{ "([^"]+)"', body))
            names = list(re.finditer(r'(?<![#\w])fn (\w+)', block)) or list(re.finditer(r'\b([A-Za-z]\w+)\b', block))
            for match, after in zip(names, [*names[1:], None]):
                line = line_of(text, begin + match.start())
                own = block[match.end():after.start() if after else len(block)]
                own = re.sub(r'(?:\n[ \t]*(?://.*|#\[.*|))*\s*\Z', '\n', own)
                found.setdefault(match[1], []).append(
                    Row(path, line, match[1], comment_above(lines, line), own + body, '', header=header))
    return found


class Row(Function):
    """A function that a row of a table makes, and the header that the table names."""

    def __init__(self, *function, header):
        super().__init__(*function)
        self.header = header


@functools.cache
def functions():
    """Name -> the Rust functions called so."""
    found = {name: [*places] for name, places in rows().items()}
    for path, text in sources():
        lines = text.splitlines()
        inside = list(owners(text))
        skipped = [(begin, end) for *_, begin, end in tables().get(path, [])]
        starts = list(FN.finditer(text))
        for match, following in zip(starts, [*starts[1:], None]):
            if any(begin < match.start() < end for begin, end in skipped):
                continue
            line = line_of(text, match.start(1))
            body = text[match.end():following.start() if following else len(text)]
            # What stands above the next function is not this one's.
            body = re.sub(r'(?:\n[ \t]*(?://.*|#\[.*|))*\Z', '\n', body)
            owner = [ty for begin, end, ty in inside if begin < match.start() < end]
            found.setdefault(match[1], []).append(Function(
                path, line, match[1], comment_above(lines, line), body, owner[-1] if owner else ''))
    return found


@functools.cache
def imports(module):
    """Name -> the full path, as crate and names, that it stands for in a module."""
    _, text = modules()[module]
    found = {}
    for path, name in uses(re.sub(r'//.*', '', text)):
        found.setdefault(name, resolved(module, path.split('::')))
    return found


def resolved(module, parts):
    """A path as a module sees it, from its crate's root."""
    at = None
    while parts and parts[0] in ('crate', 'self', 'super'):
        first, *parts = parts
        at = {'crate': module[:1], 'self': module, 'super': (at or module)[:-1]}[first]
    if at is not None:
        return *at, *parts
    if (*module, parts[0]) in modules():
        return *module, *parts
    if parts[0] in CRATES:
        return tuple(parts)
    return 'other', *parts


def definitions(target, name, depth=0):
    """The functions that a full path with this name leads to."""
    candidates = functions().get(name, [])
    if target in modules():
        there = [f for f in candidates if f.module == target and not f.owner]
        if not there and depth < 3 and name in imports(target):
            *path, real = imports(target)[name]
            there = definitions(tuple(path), real, depth + 1)
        return there
    # A type: in the module that defines it or in one that it was taken from.
    *within, ty = target
    there = [f for f in candidates if f.owner == ty]
    return [f for f in there if f.module == tuple(within)] or [f for f in there if f.module[:1] == target[:1]]


def receiver(function, name):
    """The type that a variable of a function has, if that is easy to see."""
    if name == 'self':
        return function.owner
    declared = re.search(rf'\b{name}: (?:&(?:\'\w+ )?(?:mut )?)?(?:\w+::)*(\w+)', function.body)
    if declared:
        return KINDS.get(declared[1], declared[1])
    made = re.search(rf'\blet (?:mut )?{name} = (?:unsafe \{{ )?(?:\w+::)*([A-Z]\w*)::\w+\(', function.body)
    return made[1] if made else ''


def camel(name):
    return ''.join(part.capitalize() for part in name.split('_'))


def before(body, end):
    """The type of the call whose bracket closes at `end`: `Type::made(...)`, or what a function gives back."""
    depth = 0
    for start in range(end, -1, -1):
        depth += {')': 1, '(': -1}.get(body[start], 0)
        if not depth:
            made = re.search(r'(?:([A-Z]\w*)::)?(\w+)$', body[:start])
            if not made or made[1]:
                return made[1] if made else ''
            given = {re.search(r'\) -> (?:&(?:\'\w+ )?)?(?:Option<|Result<)?&?(\w*)|\{|$', f.body)[1] or ''
                     for f in functions().get(made[2], [])}
            given.discard('')
            return given.pop() if len(given) == 1 else ''
    return ''


CALL = re.compile(r'(?:((?:\w+::)+)|(?:(\w+)|\)|\?)?\s*(\.))?\b(\w+)(?:::<[^>]*>)?\(')


@functools.cache
def calls(function):
    """The functions that it calls, as far as its text shows which."""
    found = []
    body = re.sub(r'//.*', '', function.body)
    # Functions that a table names without calling them.
    named = re.findall(r'=> ((?:\w+::)+)(\w+);', body) if isinstance(function, Row) else []
    wanted = [(path, '', '', name, '') for path, name in named]
    wanted += [(*match.groups(), before(body, match.start()) if match[0].startswith(')') else '')
               for match in CALL.finditer(body)]
    for path, variable, dot, name, ty in wanted:
        # The two houses don't see each other.
        other = 'embedded_host' if function.module[0] != 'embedded_host' else 'host'
        candidates = [f for f in functions().get(name, []) if f.module[0] != other
                      and (f.module[0] != 'qio' or function.module[0] == 'qio')]
        if path:
            parts = path.removesuffix('::').split('::')
            if parts == ['Self']:
                found += [f for f in candidates if f.path == function.path and f.owner == function.owner]
                continue
            known = imports(function.module).get(parts[0])
            target = (*known, *parts[1:]) if known else resolved(function.module, parts)
            if target[0] == 'other' and parts[0][0].isupper():
                target = *function.module, *parts
            found += definitions(target, name)
        elif dot:
            ty = receiver(function, variable) if variable else ty
            owners_here = {f.owner for f in candidates}
            if not ty or ty not in owners_here:
                # A variable and a file may have the name of the type.
                ty = next((word for word in (camel(variable or ''), camel(function.path.stem)) if word in owners_here), ty)
            own = [f for f in candidates if f.owner and f.owner == ty]
            text = modules()[function.module][1]
            near = [f for f in candidates if f.owner and re.search(rf'\b{f.owner}\b', text)]
            for some in [f for f in own if f.module[0] == function.module[0]], own, near, candidates:
                # One, or one for each way of building.
                if len({f.path for f in some}) == 1:
                    found += some
                    break
        else:
            local = [f for f in candidates if f.path == function.path and not f.owner]
            known = imports(function.module).get(name)
            found += local or (definitions(known[:-1], known[-1]) if known else [])
    return [f for f in dict.fromkeys(found) if f is not function]


CONVERSION = re.compile(r'borrow|require|required|take_full|from_(?:ptr|c|raw)\w*|as_ptr|into_ptr|text|object|class|name')
CONVERTING = 'convert', 'arguments', 'channel_call', 'exports', 'abort', 'errno'


def work(shim):
    """The functions below the C face that do what an exported function is for, in order."""
    found, conversions, seen, new = [], [], {shim}, [shim]
    while new:
        here = new.pop(0)
        for one in calls(here):
            if one in seen:
                continue
            seen.add(one)
            if CONVERSION.fullmatch(one.name) or one.module[-1] in CONVERTING:
                conversions.append(one)
                continue
            found.append(one)
            # What helps in the C face itself is gone through.
            if 'capi' in one.module:
                new.append(one)
    # Of what all stand on, and conversions, only if there is nothing else.
    own = [one for one in found if one.module[0] not in ('platform', 'abi')]
    return own if any('capi' not in one.module for one in own) else found or [
        one for one in conversions if 'capi' not in one.module]


@functools.cache
def further(function):
    """The functions of the same file that it calls."""
    return [one for one in calls(function) if one.path == function.path]
