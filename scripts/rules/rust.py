"""The functions of the Rust source, those that are rows of a table among them, and what each calls."""

import functools
import re
import tomllib

from rules.store import kept
from rules.tree import LABEL, TOP, Place, closing, files, line_of, split
from uses import USE, uses

CRATES = {'io': 'src'} | {tomllib.loads(path.read_text())['lib']['name']: f'crates/{path.parent.name}/src'
                           for path in TOP.glob('crates/*/Cargo.toml')}
# Crate -> those that it can name.
SEEN = {crate: {crate} | {key.replace('-', '_') for key in tomllib.loads(
    (TOP / root).parent.joinpath('Cargo.toml').read_text())['dependencies']} for crate, root in CRATES.items()}
FN = re.compile(r'^[ \t]*(?:pub(?:\([\w: ]+\))? )?(?:const )?(?:unsafe )?(?:extern "C" )?fn (\w+)', re.M)
# Where a file's unit tests begin, or the models of what its threads may do.
TESTS = re.compile(r'^#\[cfg\((?:test|all\(test, (?:not\()?loom\)?\)|loom)\)\]\n(?:#\[.*\n)*(?=mod (?:tests|models) \{)', re.M)
STANDARD = {'addr', 'all', 'and', 'any', 'append', 'as_ptr', 'as_ref', 'borrow', 'capacity', 'chars', 'clone', 'cmp',
            'collect', 'concat', 'contains', 'count', 'drain', 'entry', 'eq', 'filter', 'find', 'first', 'from', 'get',
            'insert', 'is_empty', 'is_none', 'is_some', 'iter', 'join', 'last', 'len', 'lines', 'load', 'map',
            'max', 'min', 'next', 'offset', 'or', 'parse', 'pop', 'position', 'push', 'remove', 'replace', 'skip', 'sort',
            'split', 'store', 'swap', 'take', 'truncate', 'values', 'with', 'write_all'}
# What so many types have that it tells nothing of any other.
UNTOLD = STANDARD | {'name', 'text'}
# What a row of a table of exported functions gets for an argument of a kind.
KINDS = {'visitor': 'Visitor', 'class': 'Class'}


# A constant of the file, or one that tells what the profile has.
CONSTANT = re.compile(r'\b(profile::)?([A-Z][A-Z\d_]+)\b')


class Function(Place):
    """A Rust function: where it is, its comment, its body from the arguments on, the type it belongs to."""

    def __init__(self, path, line, name, comment, body, owner, above=''):
        super().__init__(path, line, name)
        self.name = name
        self.comment = comment
        self.body = body
        self.owner = owner
        # What is said of the block of functions that it stands in.
        self.above = above
        self.module = module_of(path)

    def full_name(self):
        return f'{self.owner}::{self.name}' if self.owner else self.name

    def labels(self):
        return LABEL.findall(self.comment + self.body + self.above) + [
            label for place, name in CONSTANT.findall(self.body)
            for label in constants().get('profile' if place else self.path, {}).get(name, ())] + [
            label for name, labels in field_labels().get((self.path, self.owner), {}).items()
            if re.search(rf'\bself\.{name}\b', self.body) for label in labels]

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


@kept
def sources():
    """Path and text of the Rust source, without unit tests and models."""
    return [(path, TESTS.split(text)[0]) for path, text in rust_files() if path.name != 'models.rs']


def rust_files():
    return files('src/**/*.rs', 'crates/*/src/**/*.rs')


@kept
def modules():
    return {module_of(path): (path, text) for path, text in sources()}


@kept
def constants():
    """Path, or the word profile -> the constants there whose comments have labels."""
    found = {}
    for path, text in sources():
        lines = text.splitlines()
        for match in re.finditer(r'^(?:pub(?:\([\w: ]+\))? )?(?:const|static) (\w+):', text, re.M):
            labels = LABEL.findall(comment_above(lines, line_of(text, match.start())))
            if labels:
                found.setdefault('profile' if path.stem == 'profile' else path, {})[match[1]] = labels
    return found


@kept
def field_labels():
    """Path and type -> its fields whose comments have labels."""
    found = {}
    for path, text in sources():
        for match in re.finditer(r'\bstruct (\w+)[^({;]*\{\n(.*?)\n\s*\}', text, re.S):
            for comment, name in re.findall(r'((?:^\s+//.*\n)+)(?:\s*#\[.*\n)*\s+(?:pub(?:\([\w: ]+\))? )?(\w+):', match[2], re.M):
                if labels := LABEL.findall(comment):
                    found.setdefault((path, match[1]), {})[name] = labels
    return found


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


@kept
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


@kept
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


def outer(text):
    """The functions with where each ends, those left out that stand inside another."""
    found, end = [], 0
    for match in FN.finditer(text):
        if match.start() < end:
            continue
        # As rustfmt has it, a body of more than one line ends with a bracket as far in as the function.
        indent = re.match(r'[ \t]*', match[0])[0]
        # An array's type has a semicolon, too.
        opening = re.compile(r'(?:[^][{;]|\[[^]]*\])*').match(text, match.end()).end()
        is_long = text[opening:opening + 2] == '{\n'
        end = text.find(f'\n{indent}}}', opening) + len(indent) + 2 if is_long else text.find('\n', opening)
        found.append((match, end))
    return found


@kept
def functions():
    """Name -> the Rust functions called so."""
    found = {name: [*places] for name, places in rows().items()}
    for path, text in sources():
        lines = text.splitlines()
        inside = list(owners(text))
        skipped = [(begin, end) for *_, begin, end in tables().get(path, [])]
        for match, last in outer(text):
            if any(begin < match.start() < end for begin, end in skipped):
                continue
            line = line_of(text, match.start(1))
            # What stands behind it, a type with a comment of its own perhaps, is not this one's.
            body = text[match.end():last] + '\n'
            *_, (block, owner) = [(0, ''), *((begin, ty) for begin, end, ty in inside if begin < match.start() < end)]
            above = comment_above(lines, line_of(text, block)) if owner else ''
            found.setdefault(match[1], []).append(Function(
                path, line, match[1], comment_above(lines, line), body, owner, above))
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
    return variables(function).get(name, '')


# What a value may be in, which passes its methods on or is gone with a question mark, a lock or a pattern.
IN = (r"(?:(?:&(?:'\w+ )?(?:mut )?|(?:\w+::)*(?:Option|Result|Box|Arc|Ref|Mutex|Guarded|RefCell|OnceLock|PerProcess|MutexGuard)<"
      r"(?:'\w+, )?))*")
DECLARED = re.compile(rf'\b(\w+): {IN}(?:\w+::)*(\w+)')
MADE = re.compile(r'\blet (?:mut )?(\w+) = (?:unsafe \{ )?(?:\w+::)*([A-Z]\w*)::\w+\(')

# What a call gives back, or what is in that.
GIVEN = re.compile(r'\blet (?:Some\(|Ok\()?(?:mut )?(\w+)\)? =\s+(?:\w+\s*(?:\.|::)\s*)*(\w+)\([^()]*\)(?:\?;| else \{)')


@functools.cache
def variables(function):
    """Variable -> its type, as it is declared or made first."""
    found = {}
    for name, ty in DECLARED.findall(function.body):
        found.setdefault(name, KINDS.get(ty, ty))
    for name, ty in MADE.findall(function.body):
        found.setdefault(name, ty)
    for name, made in GIVEN.findall(function.body):
        if ty := given_back(made):
            found.setdefault(name, ty)
    return found


@functools.cache
def types_in(module):
    """The words in a module's text that can be types."""
    return frozenset(re.findall(r'\b[A-Z]\w*', modules()[module][1]))


def camel(name):
    return ''.join(part.capitalize() for part in name.split('_'))


RETURNED = re.compile(rf'\) -> {IN}(?:\w+::)*(\w*)|\{{\n|\{{ |;$')
# Methods that give back what they are of, or what is in it.
SAME = {'as_deref', 'as_mut', 'as_ref', 'borrow', 'borrow_mut', 'clone', 'get', 'get_mut', 'lock', 'take'}


@kept
def fields():
    """Type and field -> the type of that, or of what is in it."""
    found = {}
    for _, text in sources():
        for match in re.finditer(r'\bstruct (\w+)(?:<[^({;]*?>)?(?: where[^{]*)?(?:\((.*)\);| \{\n(.*?)\n\s*\})', text, re.S):
            if match[2] is not None:
                places = [(str(number), ty) for number, ty in enumerate(split(match[2].split(');')[0]))]
            else:
                places = re.findall(r'^\s+(?:pub(?:\([\w: ]+\))? )?(\w+): (.*),$', match[3], re.M)
            for name, ty in places:
                ty = re.match(rf'(?:pub(?:\([\w: ]+\))? )?{IN}(?:\w+::)*(\w*)', ty)[1]
                # Types of one name that differ in it tell nothing.
                known = found.setdefault((match[1], name), ty)
                found[match[1], name] = ty if known == ty else ''
    return found


@functools.cache
def returned(function):
    """The type that a function gives back, or what is in that."""
    match = RETURNED.search(function.body)
    ty = match[1] if match else ''
    return function.owner if ty == 'Self' else ty or ''


def before(function, body, end):
    """The type of the expression that ends at `end`: of a call, `Type::made(...)`, of a variable or a field."""
    if body[end] == '?':
        return before(function, body, end - 1)
    if body[end] != ')':
        place = re.search(r'(\.?)(\w+)$', body[max(end - LONGEST_HEAD, 0):end + 1])
        if place and place[1]:
            of = before(function, body, end - len(place[2]) - 1)
            return fields().get((of, place[2]), '')
        return receiver(function, place[2]) if place else ''
    depth = 0
    for start in range(end, -1, -1):
        depth += {')': 1, '(': -1}.get(body[start], 0)
        if not depth:
            made = re.search(r'(?:([A-Z]\w*)::)?(\w+)$', body[max(start - LONGEST_HEAD, 0):start])
            if not made:
                return ''
            owner, name = made[1], made[2]
            if owner:
                owner = function.owner if owner == 'Self' else owner
            else:
                dot = re.search(r'\?*\s*\.$', body[:start - len(name)])
                owner = before(function, body, dot.start() - 1) if dot and dot.start() else ''
            own = [f for f in functions().get(name, []) if owner and f.owner == owner]
            # One for each way of building, perhaps.
            types = {returned(f) for f in own}
            if owner and not own and (made[1] or name in SAME):
                return owner
            return types.pop() if len(types) == 1 else '' if own else given_back(name)
    return ''


@functools.cache
def given_back(name):
    """The type that the functions of a name give back, if it is one."""
    given = {returned(f) for f in functions().get(name, [])} - {''}
    return given.pop() if len(given) == 1 else ''


# What stands between the signs of `Type::<1, Other>::made()`.
GENERIC = re.compile(r'::<(?:[^<>()]|<[^<>]*>)*>(?=::)')
CALL = re.compile(r'\b(\w+)(?:::<[^>]*>)?\(')
# What stands before the name of a call: a path, or what the method is of.
HEAD = re.compile(r'(?:((?:\w+::)+)|(?:(\w+)|\)|\?)?\s*(\.))$')
LONGEST_HEAD = 120


def heads(function, body, *known):
    """The calls of known names in a body: path, variable, dot, name, and the type of what the method is of."""
    for match in CALL.finditer(body):
        if any(match[1] in names for names in known):
            begin = max(match.start() - LONGEST_HEAD, 0)
            head = HEAD.search(body[begin:match.start()])
            path, variable, dot = head.groups() if head else (None, None, None)
            ty = ''
            if dot:
                end = begin + head.start() + len(head[0].rstrip('.').rstrip()) - 1
                ty = before(function, body, end) if end > 0 else ''
            yield path, variable, dot, match[1], ty


@kept
def owned_types():
    """The types that have functions here."""
    return {f.owner for found in functions().values() for f in found if f.owner}


MADE_OF_A_CLASS = re.compile(r'\bRef(?:::<(?:\w+::)*(\w+)>)?::create\b')


def prepared(function):
    """What prepares the memory of the objects that it makes."""
    types = {match[1] or returned(function) for match in MADE_OF_A_CLASS.finditer(function.body)}
    return [f for ty in sorted(types) for f in functions().get('init', []) if f.owner == ty]


@functools.cache
def calls(function):
    """The functions that it calls, as far as its text shows which."""
    found = prepared(function)
    body = GENERIC.sub('', re.sub(r'//.*', '', function.body))
    # Functions that a table names without calling them.
    named = re.findall(r'=> ((?:\w+::)+)(\w+);', body) if isinstance(function, Row) else []
    wanted = [(path, '', '', name, '') for path, name in named]
    wanted += heads(function, body, functions(), imports(function.module))
    for path, variable, dot, name, ty in wanted:
        candidates = [f for f in functions().get(name, []) if f.module[0] in SEEN[function.module[0]]]
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
            owners_here = {f.owner for f in candidates}
            if not ty or ty not in owners_here:
                # A variable and a file may have the name of the type.
                ty = next((word for word in (camel(variable or ''), camel(function.path.stem)) if word in owners_here), ty)
            own = [f for f in candidates if f.owner and f.owner == ty]
            near = [f for f in candidates if f.owner in types_in(function.module)]
            # What lists and options have, too, is only a function here if the type tells so; a type of ours has its own.
            is_known = ty in owned_types() and not own and name in UNTOLD
            rest = () if is_known else (near,) if name in STANDARD else (near, candidates)
            for some in [f for f in own if f.module[0] == function.module[0]], own, *rest:
                # One, or one for each way of building.
                if len({(f.path, f.owner) for f in some}) == 1:
                    found += some
                    break
        else:
            local = [f for f in candidates if f.path == function.path and not f.owner]
            known = imports(function.module).get(name)
            found += local or (definitions(known[:-1], known[-1]) if known else [])
    return [f for f in dict.fromkeys(found) if f is not function]
