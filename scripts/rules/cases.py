"""The functions of the C tests, the paths that GLib runs them under, and what calls what."""

import functools
import re

from rules.tree import TOP, Place, closing, files, line_of, split

ARGUMENTS = r'\b(\w+)\(((?:[^(){};]|\([^()]*\))*)\)'
FUNCTION = re.compile(ARGUMENTS + r'\s*\n\{\n(.*?)^\}', re.M | re.S)
MACRO = re.compile(r'^#define (\w+)(?:\(([^)]*)\))?((?:[^\n]*\\\n)*[^\n]*)', re.M)


class Code(Place):
    """A function or a macro: its arguments' names, its body, the comment above."""

    def __init__(self, path, line, name):
        super().__init__(path, line, name)
        self.arguments = []
        self.body = self.comment = ''


@functools.cache
def test_files():
    return files('include/**/*.h', 'c-tests/*.c', 'c-tests/*.h', 'c-tests/*/*.c', 'c-tests/*/*.h')


@functools.cache
def pasting(path):
    """Name -> arguments and text of the macros that put names together, of a file and of all headers."""
    return {name: (split(arguments), body.replace('\\\n', '\n')) for other, text in test_files()
            if other == path or other.suffix == '.h' for name, arguments, body in MACRO.findall(text) if '##' in body}


def uses_of(macros, text):
    """What the uses of such macros in a text stand for, and where each is."""
    for match in re.finditer(rf'\b({"|".join(macros)})\(', text) if macros else ():
        line = text[text.rfind('\n', 0, match.start()) + 1:match.start()]
        given = split(text[match.end():closing(text, match.end() - 1)])
        names, body = macros[match[1]]
        if line.startswith('#') or len(given) != len(names) or '...' in names:
            continue
        for name, value in zip(names, given):
            body = re.sub(rf'(?<!\w){name}(?!\w)', lambda _: value, body)
        yield match.start(), re.sub(r'\s*##\s*', '', body)


@functools.cache
def c_functions():
    """The functions and macros of tests and headers, by path and name."""
    found = {}
    for path, text in test_files():
        macros = pasting(path)
        definitions = [(m.start(1), *m.groups()) for m in FUNCTION.finditer(text)]
        definitions += [(m.start(1), m[1], m[2] or '', m[3]) for m in MACRO.finditer(text)]
        # Functions that a macro makes, and functions that use one.
        for start, made in uses_of(macros, text):
            definitions += [(start, *m.groups()) for m in re.finditer(ARGUMENTS + r'\s*\{(.*)\}', made, re.S)]
        for start, name, arguments, body in definitions:
            body += ''.join(made for _, made in uses_of(macros, body))
            # One may stand twice, under #if and #else.
            known = found.setdefault((path, name), Code(path, line_of(text, start), name))
            known.body += body
            known.comment += comment_above(text, start)
            known.arguments = re.findall(r'(\w+)\s*(?:,|$)', arguments)
    return found


def comment_above(text, start):
    """The comment right above the declaration in which a name stands."""
    begin = max(text.rfind('\n\n', 0, start), text.rfind('}\n', 0, start), 0)
    return ''.join(re.findall(r'/\*.*?\*/', text[begin:start], re.S))


@functools.cache
def table(path, name):
    """The rows of an array of a test: the fields of each."""
    text = re.sub(r'/\*.*?\*/|^#[^\n]*', '', dict(test_files())[path], flags=re.S | re.M)
    match = re.search(rf'\b{name}\[\w*\] = \{{', text)
    if not match:
        return []
    body = text[match.end():closing(text, match.end() - 1)]
    return [split(row[1:-1]) if row.startswith('{') else [row] for row in split(body)]


def string(text):
    """What a literal says, or nothing."""
    match = re.fullmatch(r'(?:\.\w+\s*=\s*)?"([^"]*)"', text)
    return match[1] if match else ''


def named_rows(path, argument):
    """The names that `TABLE[i].name` goes through, each with its row."""
    match = re.fullmatch(r'(\w+)\[\w+\]\.\w+', argument)
    for row in table(path, match[1]) if match else ():
        name = next((said for field in row if (said := string(field))), '')
        if name:
            yield name, row


def form_of(body, variable):
    """How a variable that has a path is made: text with %s in it, and what goes there."""
    *_, whole = [None, *re.finditer(rf'\b{re.escape(variable)} =\s*g_(strdup_printf|strconcat)\(', body)]
    if not whole:
        return '%s', variable
    form, *given = split(body[whole.end():closing(body, whole.end() - 1)])
    form = ''.join(re.findall(r'"([^"]*)"', form)) + ('%s' if whole[1] == 'strconcat' else '')
    return form, given[0]


def filled(form, name):
    return re.sub(r'%\w+', lambda _: name, form, count=1)


def passed_names(path, function, argument):
    """The texts that others of the program pass a function as its argument, each with the whole call's arguments."""
    place = function.arguments.index(argument)
    for (other, _), code in c_functions().items():
        for match in re.finditer(rf'\b{function.text}\(', code.body) if other == path or path.suffix == '.h' else ():
            given = split(code.body[match.end():closing(code.body, match.end() - 1)])
            if len(given) > place and string(given[place]):
                yield other, string(given[place]), given


@functools.cache
def test_paths():
    """(path, function) -> the paths under which GLib's test program has it."""
    found = {}

    def add(path, case, runs):
        for run in runs:
            run = re.sub(r'^.*[ )](?=\w+\)*$)', '', run).strip('()')
            if (path, run) in c_functions() and case not in found.setdefault((path, run), []):
                found[path, run].append(case)

    for (path, _), code in c_functions().items():
        for match in re.finditer(r'\bg_test_add(?:_func|_data_func)?\(', code.body):
            at, *given = split(code.body[match.end():closing(code.body, match.end() - 1)])
            if string(at):
                add(path, string(at), given)
                continue
            form, source = form_of(code.body[:match.start()], at)
            *_, counted = [None, *re.finditer(rf'\b{re.escape(source)} < (\w+)', code.body[:match.start()])]
            if source in code.arguments:
                for other, name, others in passed_names(path, code, source):
                    add(other, filled(form, name), given + others)
            elif rows := list(named_rows(path, source)):
                for name, row in rows:
                    add(path, filled(form, name), given + row)
            else:
                # One for each number, or of some numbers.
                for number in range(int(counted[1])) if counted and counted[1].isdecimal() else '*':
                    add(path, filled(form, str(number)), given)
    return found


@functools.cache
def callers():
    """Name -> the C functions, by path and name, that have it in their body."""
    found = {}
    for key, code in c_functions().items():
        for name in set(re.findall(r'\b[A-Za-z_]\w+\b', code.body)):
            found.setdefault(name, set()).add(key)
    # What a table at the top level has, the functions call that go through the table.
    for path, text in test_files():
        for match in re.finditer(r'^(?:static |\}).*?\b(\w+)(?:\[\w*\])?(?:\)\([^;{]*\))? = \{', text, re.M):
            users = {key for key in found.get(match[1], ()) if key[0] == path and key[1] != 'main'}
            for name in set(re.findall(r'\b[a-z]\w+\b', text[match.end():closing(text, match.end() - 1)])):
                if (path, name) in c_functions() and (path, name) not in test_paths():
                    found.setdefault(name, set()).update(users)
    return found


def cases_of(path, function):
    return [Place(path, c_functions()[path, function].line, case) for case in test_paths().get((path, function), ())]


def tests(name, header):
    """The cases that call the function, by themselves or through others of their program."""
    new = callers().get(name, set())
    direct, reached = new, set()
    while new:
        reached |= new
        new = {caller for path, helper in new if not helper.startswith('test')
               for caller in callers().get(helper, ())
               # A header's function is anybody's, a program's its own.
               if path.suffix == '.h' or caller[0] == path} - reached
    # The program of its header first, then those that call it themselves.
    # What c-tests/host has is another implementation, no test, but for the programs there.
    reached = sorted((key for key in reached if key[0].is_relative_to(TOP / 'c-tests')
                      and (key[0].parent.name != 'host' or key[0].stem.startswith('test-'))),
                     key=lambda key: (key[0].stem != f'test-{header}', not key[0].stem.startswith(f'test-{header}-'),
                                      key not in direct, str(key)))
    cases = [case for key in reached for case in cases_of(*key)]
    if cases:
        return cases
    # Other programs and scripts have no cases: the function that calls, or the line.
    word = re.compile(rf'\b{name}\b' if not name.startswith('qio_abi_') else r'\bqio_abi_|QIO_ABI_SYMBOL')
    return [Place(key[0], c_functions()[key].line, f'all of {key[0].stem}' if key[1] == 'main' else key[1])
            for key in sorted(reached, key=lambda key: key[1] != 'main')] + [
        Place(path, line_of(text, match.start()), 'script') for path, text in files('c-tests/**/*.py')
        for match in [word.search(text)] if match]


def citing(label):
    """The tests that name a requirement: in their path, above their code, or in it."""
    word = re.compile(rf'\b{label}\b')
    part = re.compile(rf'/properties/{label}(?![0-9])', re.I)
    return [case for (path, function), code in sorted(c_functions().items(), key=lambda one: str(one[1]))
            if path.is_relative_to(TOP / 'c-tests') for case in cases_of(path, function)
            if word.search(code.comment + code.body) or part.search(case.text)]
