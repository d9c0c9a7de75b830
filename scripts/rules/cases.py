"""The functions of the C tests, the paths that GLib runs them under, and what calls what."""

import functools
import io
import re
import tokenize

from rules.store import kept
from rules.tree import LABEL, TOP, Place, closing, files, line_of, split

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
    """Name -> arguments and text of the macros that put names together, make functions or add tests, of a file and of all
    headers."""
    if path is None:
        return {name: macro for other, _ in test_files() if other.suffix == '.h' for name, macro in pasted(other).items()}
    return pasting(None) | pasted(path) if path.suffix != '.h' else pasting(None)


@functools.cache
def pasted(path):
    """Those of a file, with the macros that are made of such ones."""
    macros = {name: (split(arguments), body.replace('\\\n', '\n')) for name, arguments, body in MACRO.findall(text_of(path))}
    found = {name: macro for name, macro in macros.items()
             if any(part in macro[1] for part in ('##', 'static', 'g_test_add'))}
    while more := {name: macro for name, macro in macros.items()
                   if name not in found and any(re.search(rf'\b{one}\(', macro[1]) for one in found)}:
        found |= more
    return found


@functools.cache
def texts():
    return dict(test_files())


def text_of(path):
    return texts()[path]


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
        made = re.sub(r'\s*##\s*', '', body)
        yield match.start(), made
        yield from ((match.start(), inner) for _, inner in uses_of(macros, made))


@kept
def c_functions():
    """The functions and macros of tests and headers, by path and name."""
    found = {}
    for path, text in test_files():
        macros = pasting(path)
        definitions = [(m.start(1), *m.groups()) for m in FUNCTION.finditer(text)]
        definitions += [(m.start(1), m[1], m[2] or '', m[3]) for m in MACRO.finditer(text)]
        # Functions that a macro makes, and functions that use one.
        for start, made in uses_of(macros, text):
            definitions += [(start, *m.groups(), made[m.end():closing(made, m.end() - 1)])
                            for m in re.finditer(ARGUMENTS + r'\s*\{', made)]
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


@kept
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


@kept
def callers():
    """Name -> the C functions, by path and name, that have it in their body."""
    found = {}
    # What ends a variable that is declared with g_autoptr().
    ends = {ty: name for path, text in test_files() if path.suffix == '.h'
            for ty, name in re.findall(r'^G_DEFINE_AUTOPTR_CLEANUP_FUNC\((\w+), (\w+)\)', text, re.M)}
    for key, code in c_functions().items():
        ended = {ends[ty] for ty in re.findall(r'\bg_autoptr\((\w+)\)', code.body) if ty in ends}
        for name in {*re.findall(r'\b[A-Za-z_]\w+\b', code.body), *ended}:
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


def ends_of(name):
    """What a name may be called for short, the longest first, then without what tells it from others that do the same."""
    plain = re.sub(r'_(?:full|impl|func|internal)$', '', name)
    return [one[at:] for one in dict.fromkeys([name, plain]) for at in range(len(one)) if not at or one[at - 1] == '_']


SWITCHED = re.compile(r'\bcase (\d+):(.*?)(?=\n\s*(?:case \w+|default):|\n\s*\}\s*\n)', re.S)


def is_run(name, code, case):
    """Whether a function has a name where it gets by as this case: one whose number it switches on has a part of it."""
    numbers, last = [], []
    for number, part in SWITCHED.findall(code.body):
        last.append(number)
        if part.strip():
            numbers += last if re.search(rf'\b{name}\b', part) else []
            last = []
    number = case.text.rpartition('/')[2]
    return not numbers or not number.isdecimal() or number in numbers or bool(
        re.search(rf'\b{name}\b', SWITCHED.sub('', code.body)))


def distance(program, header):
    """Whether a test program isn't that of a header, nor called after it: `tlssession` has test-tls-session-data."""
    return program != f'test-{header}', not f'{program}-'.startswith(f'test-{header}-') and not program.replace(
        '-', '').startswith(f'test{header}')


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
                     key=lambda key: (*distance(key[0].stem, header), key not in direct, str(key)))
    cases = [case for key in reached for case in cases_of(*key)
             if key not in direct or is_run(name, c_functions()[key], case)]
    if cases:
        return cases
    # A program may have called it before its cases, of which some have its name. Other programs and scripts have none.
    word = re.compile(rf'\b{name}\b' if not name.startswith('qio_abi_') else r'\bqio_abi_|QIO_ABI_SYMBOL')
    programs = {path for path, function in reached if function == 'main'}
    named = [case for key in test_paths() if key[0] in programs for case in cases_of(*key)
             if case.text.rpartition('/')[2].replace('-', '_') in ends_of(name)]
    return named + [
        Place(key[0], c_functions()[key].line, f'all of {key[0].stem}' if key[1] == 'main' else key[1])
        for key in sorted(reached, key=lambda key: (key not in direct, key[1] != 'main')) if key[0].parent.name != 'fuzz'] + [
        Place(path, line_of(text, match.start()), 'script') for path, text in scripts()
        for match in [word.search(text)] if match]


def scripts():
    """Path and text of the scripts that test; what tests these answers only has the names."""
    return [(path, text) for path, text in files('c-tests/**/*.py') if path.parts[-2:] != ('symbols', 'rules.py')]


def said(text):
    """The comments and docstrings of a script, line by line, each with its number."""
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        # A statement that is a string.
        is_docstring = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT)
        if token.type == tokenize.COMMENT or is_docstring:
            yield from enumerate(token.string.splitlines(), token.start[0])
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type


def fuzz_programs(name):
    """The fuzz programs that call it, each with its first line that does."""
    paths = sorted({path for path, _ in callers().get(name, ()) if path.parent.name == 'fuzz'})
    return [Place(path, line_of(text_of(path), match.start()), 'fuzz program') for path in paths
            for match in [re.search(rf'^(?! ?[/*]).*\b{name}\b', text_of(path), re.M)] if match]


def citing(label):
    """The tests that name a requirement: in their path, above their code, or in it; scripts in a comment."""
    return cited().get(label, [])


@kept
def cited():
    """Label -> the tests that name it."""
    found = {}
    for (path, function), code in sorted(c_functions().items(), key=lambda one: str(one[1])):
        labels = LABEL.findall(code.comment + code.body)
        for case in cases_of(path, function) if path.is_relative_to(TOP / 'c-tests') else ():
            part = re.search(r'/properties/([A-Za-z]+\d+)', case.text)
            for label in dict.fromkeys([*labels, *([part[1].upper()] if part else [])]):
                found.setdefault(label, []).append(case)
    for path, text in scripts():
        for number, line in said(text):
            for label in dict.fromkeys(LABEL.findall(line)):
                found.setdefault(label, []).append(Place(path, number, 'script'))
    return found
