"""What scripts/rule says of a name and of a requirement."""

import difflib
import fnmatch
import functools
import re
import textwrap

import abi
from rules.cases import c_functions, citing, tests
from rules.classes import called_slots, implementations
from rules.headers import declarations, in_headers_only
from rules.rust import Row, calls, functions, further, rows, sources, work
from rules.specification import all_requirements, around, bare_paragraphs, has, requirements
from rules.tree import LABEL, Place, files, line_of

WIDTH = 100


@functools.cache
def exported():
    """The names that the library of any profile exports."""
    return sorted(set().union(*(abi.exports(profile, 'embedded') for profile in abi.PROFILES)))


@functools.cache
def exported_in_source():
    """Exported name -> the places that define it."""
    found = {}
    for path, text in sources():
        for match in re.finditer(r'#\[unsafe\(no_mangle\)\]\s*pub(?:\(crate\))? (?:unsafe )?(?:extern "C" )?'
                                 r'(?:fn|static(?: mut)?) (\w+)', text):
            found.setdefault(match[1], []).append(Place(path, line_of(text, match.start(1)), 'exported'))
        for match in re.finditer(r'export_name = "(\w+)"', text):
            found.setdefault(match[1], []).append(Place(path, line_of(text, match.start()), 'exported'))
        # The symbol of the profile, whose name the build makes.
        for match in re.finditer(r'export_name = env!\("\w*SYMBOL"\)', text):
            for profile in abi.PROFILES:
                place = Place(path, line_of(text, match.start()), 'exported')
                found.setdefault(abi.symbol(profile), []).append(place)
    for name, places in rows().items():
        found.setdefault(name, []).extend(
            Place(row.path, row.line, f'exported, a row of a table{f": {row.said()}" if row.said() else ""}')
            for row in places)
    for path, name, line, _ in c_sources():
        found.setdefault(name, []).append(Place(path, line, 'exported, C'))
    return found


@functools.cache
def c_sources():
    """The functions of the library that are C: path, name, line, body."""
    return [(path, match[1], line_of(text, match.start(1)), match[2]) for path, text in files('crates/*/src/c/**/*.[ch]')
            for match in re.finditer(r'\b(\w+)\((?:[^(){};]|\([^()]*\))*\)\s*\n\{\n(.*?)^\}', text, re.M | re.S)]


def called_by_c(name):
    """The functions that a C function of the library leaves its work to: C, and where it meets them, Rust."""
    bodies = {name: body for _, name, _, body in c_sources()}
    seen, new = [], [name]
    while new:
        seen += new
        new = [word for one in new for word in dict.fromkeys(re.findall(r'\b\w+\b', bodies.get(one, '')))
               if (word in bodies or word.startswith('qio_internal_')) and word not in seen]
        new = list(dict.fromkeys(new))
    places = [Place(path, line, word) for word in seen[1:] for path, known, line, _ in c_sources() if known == word]
    rust = [f for word in seen if word.startswith('qio_internal_') for f in functions().get(word, [])]
    return places, rust


def head_of(path):
    """The comment at the top of a Rust file."""
    return ''.join(re.match(r'(?://!.*\n)*', path.read_text())[0])


@functools.cache
def in_file(path):
    return [f for found in functions().values() for f in found if f.path == path]


class Rule:
    """What rules a name."""

    def __init__(self, name):
        self.name = name
        self.contract = declarations().get(name, [])
        self.source = [*dict.fromkeys(exported_in_source().get(name, []))]
        shims = [f for f in functions().get(name, []) if 'capi' in f.path.parts or not self.source]
        shims += [f for f in functions().get(name, []) if f not in shims and 'imports' not in f.module
                  and any(f.path == place.path and abs(f.line - place.line) < 3 for place in self.source)]
        self.in_c, by_c = called_by_c(name)
        below = dict.fromkeys(f for shim in [*shims, *by_c] for f in [*([shim] if shim in by_c else []), *work(shim)])
        self.below = list(dict.fromkeys([*below, *(f for one in below if 'capi' not in one.module for f in further(one))]))
        self.shims = shims
        deeper = [*shims, *self.below, *(f for one in self.below for f in calls(one))]
        slots = dict.fromkeys(slot for f in deeper for slot in called_slots(f))
        self.classes = [one for slot in slots for one in implementations()[slot]]
        own = [f for f in [*shims, *self.below] if f.module[0] not in ('platform', 'abi')]
        cited = [label for f in own for label in f.labels()]
        cited += [label for place in self.source if not shims for label in LABEL.findall(head_of(place.path))]
        cited += [label for place in self.contract for label in LABEL.findall(place.text)]
        naming = [one for one in all_requirements() if has(one.text, name)]
        # What speaks of it first, then what its code is said to be for.
        ruling = sorted((one for one in naming if one.rules(name)), key=lambda one: one.rules(name))
        self.rules = list(dict.fromkeys([*ruling, *(one for label in cited for one in requirements().get(label, []))]))
        if not self.rules:
            # Else what the files are for that do the work.
            heads = [label for f in self.below if 'capi' not in f.module for label in LABEL.findall(head_of(f.path))]
            inside = [label for f in self.below if 'capi' not in f.module for other in in_file(f.path)
                      for label in other.labels()]
            self.rules = [one for label in dict.fromkeys(heads or inside) for one in requirements().get(label, [])][:6]
        self.used_in = [one for one in naming if one not in self.rules]
        # Rows of properties that one of these is the reason of.
        known = {one.label for one in self.rules}
        self.rules += [one for one in all_requirements() if one.path.stem == 'properties' and one not in self.rules
                       and known & set(LABEL.findall(' '.join(re.findall(r'\[([^\]]*)\]', one.text))))]
        self.mentioned = [place for place in bare_paragraphs() if has(place.text, name)]
        # What a variable points to at the start is called through it.
        variable = re.sub('_impl$', '_func', name)
        header = self.contract[0].path.stem if self.contract else ''
        self.tests = list({(case.text, case.path): case for one in (name, variable) if one in exported()
                           for case in tests(one, header)}.values())

    def missing(self):
        # A label for what io/ exports and for visits; other functions of the host may be ruled by the text
        # around theirs.
        labelled = self.name.startswith(('qio_', 'visit_', 'qapi_'))
        parts = {'contract': [one for one in self.contract if one.text], 'source': self.source,
                 'requirements': self.rules if labelled else [*self.rules, *self.used_in, *self.mentioned],
                 'tests': self.tests}
        return [part for part, found in parts.items() if not found]

    def misplaced(self):
        """The headers that rows of tables name, and that don't declare it."""
        declared = {str(one.path).partition('/include/')[2] for one in self.contract}
        return [(row, row.header) for row in self.shims
                if isinstance(row, Row) and row.header and row.header not in declared]

    def __str__(self):
        out = [self.name, '', 'Contract']
        # Where profiles differ, one contract may be of several declarations.
        for text in dict.fromkeys(place.text for place in self.contract):
            same = [place for place in self.contract if place.text == text]
            out += [line for place in same for line in (f'  {place}', f'    {place.code}')]
            out += ['', textwrap.indent(text, '    '), '']
        out += ['Source'] + [f'  {place}  {place.text}' for place in self.source]
        out += [f'  {place}  {place.text}' for place in [*self.in_c, *self.below]] + ['']
        if self.classes:
            out += ['Classes'] + [f'  {one}' for one in self.classes] + ['']
        out += ['Requirements']
        out += [quoted(f'{one.label} ({one}) ', one.text, 900) for one in self.rules]
        # A list of faults is no section about the function.
        sections = {str(one.heading): one.heading for one in self.rules if not one.label.startswith('W')}
        out += [f'  all of "{heading.text}" ({heading})' for heading in sections.values()]
        out += [quoted(f'used in {one.label} ({one}): ', one.sentence(self.name), 300) for one in self.used_in[:8]]
        out += [quoted(f'under "{place.heading}" ({place}): ', around(place.text, self.name, 300), 300)
                for place in self.mentioned[:8]]
        out += ['', f'Tests ({len(self.tests)})'] + [f'  {place.text}  {place}' for place in self.tests[:20]]
        if len(self.tests) > 20:
            out.append(f'  and {len(self.tests) - 20} more')
        return '\n'.join(out)


def quoted(head, text, most):
    text = textwrap.shorten(text, most, placeholder=' ...')
    return textwrap.fill(text, WIDTH, initial_indent=f'  {head}', subsequent_indent='    ')


class Ruled:
    """A requirement: its text, the exported names that it rules, the tests that hold it."""

    def __init__(self, label):
        self.label = label
        self.places = requirements()[label]
        # The words of a requirement and the labels in the code tell which names can be meant.
        self.rules = [rule for rule in map(Rule, exported()) if any(one.label == label for one in rule.rules)]
        self.tests = citing(label)

    def __str__(self):
        out = [self.label, '']
        for one in self.places:
            out += [quoted(f'{one}, "{one.heading.text}": ', one.text, 10000), '']
        cited = {str(f): f for found in functions().values() for f in found if self.label in f.labels()}
        out += ['Source'] + [f'  {f}  {f.name}' for f in sorted(cited.values(), key=str)] + ['']
        out += [f'Names ({len(self.rules)})'] + [f'  {rule.name}  {rule.contract[0] if rule.contract else ""}'
                                                 for rule in self.rules] + ['']
        out += [f'Tests that name it ({len(self.tests)})'] + [f'  {case.text}  {case}' for case in self.tests]
        if not self.tests:
            held = list({case.text: case for rule in self.rules for case in rule.tests}.values())
            out += [f'  none; of those of the names above, {len(held)}, the first:'] + [
                f'  {case.text}  {case}' for case in held[:20]]
        return '\n'.join(out)


def listed(pattern=''):
    """The exported names with their headers; a pattern is a part of the name, or has *, ? or [."""
    shape = pattern if re.search(r'[*?[]', pattern) else f'*{pattern}*'
    return [f'{name}  {" ".join(dict.fromkeys(str(one.path).partition("/include/")[2] for one in declarations().get(name, [])))}'
            for name in exported() if fnmatch.fnmatchcase(name, shape)]


def unknown(word):
    """What to say of a word that is neither an exported name nor a label."""
    if re.fullmatch(r'[A-Z](?:-[A-Z0-9]+)*-?\d+', word):
        kind, known = 'no requirement', sorted(requirements())
    else:
        kind, known = 'not exported', exported()
    if word in in_headers_only():
        place, body = in_headers_only()[word]
        made_of = [name for name in dict.fromkeys(re.findall(r'\w+', body)) if name in exported()]
        return (f'{word} is not exported: it is {place.text} at {place}'
                + (f', which uses {", ".join(made_of)}' if made_of else ''))
    if word in declarations():
        return f'{word} is not exported: it is declared at {declarations()[word][0]}'
    near = [name for name in known if word.lower() in name.lower()]
    near += [name for name in difflib.get_close_matches(word, known, 5, 0.7) if name not in near]
    return f'{word} is {kind}' + (f'; did you mean {", ".join(near[:5])}?' if near
                                  else '; scripts/rule --list shows the names' if kind == 'not exported' else '')


def check():
    """What is wrong, line by line, and a line that counts what is right."""
    names = exported()
    rules = [Rule(name) for name in names]
    bad = {rule.name: parts for rule in rules if (parts := rule.missing())}
    problems = [f'{name}: no {", no ".join(parts)} found' for name, parts in bad.items()]
    problems += [f'{row}: a row of {row.name} for {header}, which does not declare it'
                 for rule in rules for row, header in rule.misplaced()]
    problems += [f'{one}: nothing is said of threads, for {rule.name}'
                 for rule in rules for one in rule.contract if '(' in one.code and 'Threads:' not in one.text]
    lost = sorted(implementations().keys() - {one.slot for rule in rules for one in rule.classes})
    problems += [f'methods that no exported function is seen to call: {" ".join(lost)}'] if lost else []
    cited = sorted({label for found in functions().values() for f in found for label in f.labels()
                    if '-' in label and label not in requirements()})
    problems += [f'cited, but in no specification: {" ".join(cited)}'] if cited else []
    return problems, f'{len(names) - len(bad)} of {len(names)} exported names have contract, source, requirements and tests'
