"""What scripts/rule says of a name and of a requirement."""

import difflib
import fnmatch
import functools
import re
import textwrap

from rules.cases import citing, ends_of, fuzz_programs, tests
from rules.classes import called_slots, implementations
from rules.exports import exported, exported_in_source, which_profiles
from rules.headers import declarations, in_headers_only
from rules.rust import Row, functions
from rules.ruling import ruling
from rules.specification import DECLARED, around, paragraphs_naming, requirements
from rules.store import kept
from rules.units import units_of
from rules.work import below, way

WIDTH = 100


class Rule:
    """What rules a name."""

    def __init__(self, name, most=20):
        self.name = name
        # So many tests are shown.
        self.most = most
        self.contract = declarations().get(name, [])
        self.source = [*dict.fromkeys(exported_in_source().get(name, []))]
        self.way = way(name)
        self.shims = self.way.shims
        self.below = [step.function for step in self.way.steps]
        deeper = dict.fromkeys(f for one in [*self.shims, *self.below] for f in [one, *below(one)])
        slots = dict.fromkeys(slot for f in deeper for slot in called_slots(f))
        self.classes = [one for slot in slots for one in implementations()[slot]]
        self.ruling = ruling(name, tuple(self.contract))
        self.rules = [one.requirement for one in self.ruling.rules]
        self.mentioned = paragraphs_naming()[name]

    @functools.cached_property
    def tests(self):
        # What a variable points to at the start is called through it.
        variable = re.sub('_impl$', '_func', self.name)
        header = self.contract[0].path.stem if self.contract else ''
        return list({(case.text, case.path): case for one in (self.name, variable) if one in exported()
                     for case in tests(one, header)}.values())

    def tests_in_order(self):
        """First those that are called as it is for short, then those that name what rules it, numbered ones last."""
        short = DECLARED.match(f'{self.name}(')
        ends = ends_of(self.name)
        ends = [*([short[2]] if short else []), *(end for end in ends if not short or short[2].endswith(end))]
        holding = {str(case) + case.text for one in self.rules for case in citing(one.label)}

        def far(case):
            *_, before, last = '', *case.text.replace('-', '_').split('/')
            # `tls/new` is of qio_channel_tls_new_client.
            is_within = f'_{before}_{last}_' in f'_{self.name}_'
            return (ends.index(last) if last in ends else len(ends) + (not is_within), last.isdecimal() and 'misuse' in case.text,
                    str(case) + case.text not in holding)
        return sorted(self.tests, key=far)

    def missing(self):
        # Other functions of the host may be ruled by the text around theirs.
        labelled = self.name.startswith(('qio_', 'visit_', 'qapi_'))
        parts = {'contract': [one for one in self.contract if one.text], 'source': self.source,
                 'requirements': self.rules if labelled else [*self.rules, *self.mentioned], 'tests': self.tests}
        return [part for part, found in parts.items() if not found]

    def misplaced(self):
        """The headers that rows of tables name, and that don't declare it."""
        declared = {str(one.path).partition('/include/')[2] for one in self.contract}
        return [(row, row.header) for row in self.shims
                if isinstance(row, Row) and row.header and row.header not in declared]

    def requirements(self):
        """The parts of the answer that are about requirements."""
        found = self.ruling
        out = ['Requirements that rule it']
        out += [quoted(f'{number}. {one.requirement.label} ({one.requirement}, {one.why}) ', one.requirement.text, 10000)
                for number, one in enumerate(found.rules, 1)]
        out += [] if found.rules else ['  none has a label; what is said of it without one:'] + self.bare(8)
        # A list of faults is no section about the function.
        sections = {str(one.heading): one.heading for one in self.rules if not one.label.startswith('W')}
        out += [f'  all of "{heading.text}" ({heading})' for heading in sections.values()]
        if found.parts:
            out += ['', 'Requirements of the parts it goes through']
            out += [quoted(f'{one.requirement.label} ({one.requirement}, {one.why}) ', one.requirement.text, 200) for one in found.parts[:12]]
            out += [f'  and {", ".join(one.requirement.label for one in found.parts[12:])}'] if found.parts[12:] else []
        elsewhere = [quoted(f'{one.label} ({one}): ', one.sentence(self.name), 200) for one in found.mentions[:8]]
        elsewhere += [f'  {one.label} ({one}), a list' for one in found.lists]
        elsewhere += [f'  "{place.heading}" ({place})' for place in self.mentioned] if found.rules else []
        return out + (['', 'Only named in', *elsewhere] if elsewhere else [])

    def bare(self, most):
        """Where the specification has it without a label."""
        return [quoted(f'under "{place.heading}" ({place}): ', around(place.text, self.name, 300), 300)
                for place in self.mentioned[:most]]

    def __str__(self):
        out = [self.name, '', 'Contract']
        profiles = which_profiles(self.name)
        out += textwrap.wrap(f'Exported {profiles}.', WIDTH, initial_indent='  ', subsequent_indent='  ') + [''] if profiles else []
        # Where profiles differ, one contract may be of several declarations.
        for text in dict.fromkeys(place.text for place in self.contract):
            same = [place for place in self.contract if place.text == text]
            out += [line for place in same for line in (f'  {place}{f", where {place.condition}" if place.condition else ""}', f'    {place.code}')]
            out += ['', textwrap.indent(text, '    '), '']
        out += ['Source'] + [f'  {place}  {place.text}' for place in self.source]
        out += [f'  {place}  {place.text}' for place in self.way.in_c] + [f'  {line}' for line in self.way.lines()]
        out += [f'  and {self.way.left_out} that these call'] if self.way.left_out else []
        out += ['  a variable; only programs read it'] if self.way.is_read_by_programs else []
        out += ['']
        if self.classes:
            out += ['Classes'] + [f'  {one}' for one in self.classes] + ['']
        out += self.requirements()
        out += ['', f'Tests ({len(self.tests)})'] + [f'  {place.text}  {place}' for place in self.tests_in_order()[:self.most]]
        if len(self.tests) > self.most:
            out.append(f'  and {len(self.tests) - self.most} more, which scripts/rule --all {self.name} shows')
        out += [f'  {place.text}  {place}' for place in fuzz_programs(self.name)]
        units = units_of(self.name)
        if units:
            out += ['', f'Unit tests and models of what it calls ({len(units)})']
            out += [f'  {place.text}{" (a model)" if is_model else ""}  {place}' for place, is_model in [*units.items()][:self.most]]
            out += [f'  and {len(units) - self.most} more'] if len(units) > self.most else []
        return '\n'.join(out)


def quoted(head, text, most):
    text = textwrap.shorten(text, most, placeholder=' ...')
    return textwrap.fill(text, WIDTH, initial_indent=f'  {head}', subsequent_indent='    ',
                         break_long_words=False, break_on_hyphens=False)


class Ruled:
    """A requirement: its text, the exported names that it rules, the tests that hold it."""

    def __init__(self, label):
        self.label = label
        self.places = requirements()[label]
        # The words of a requirement and the labels in the code tell which names can be meant.
        self.rules = [Rule(name) for name in ruled().get(label, [])]
        self.tests = citing(label)

    def __str__(self):
        out = [self.label, '']
        for one in self.places:
            out += [quoted(f'{one}, "{one.heading.text}": ', one.text, 10000), '']
        cited = {str(f): f for found in functions().values() for f in found if self.label in f.labels()}
        if not cited and not self.rules and not self.tests:
            return '\n'.join([*out, 'none: no function and no test cites it'])
        out += ['Source'] + [f'  {f}  {f.name}' for f in sorted(cited.values(), key=str)] + ['']
        out += [f'Names ({len(self.rules)})'] + [f'  {rule.name}  {rule.contract[0] if rule.contract else ""}'
                                                 for rule in self.rules] + ['']
        out += [f'Tests that name it ({len(self.tests)})'] + [f'  {case.text}  {case}' for case in self.tests]
        if not self.tests:
            held = list({case.text: case for rule in self.rules for case in rule.tests}.values())
            out += [f'  none; of those of the names above, {len(held)}, the first:'] + [
                f'  {case.text}  {case}' for case in held[:20]]
        return '\n'.join(out)


@kept
def ruled():
    """Label -> the exported names that the requirement rules."""
    found = {}
    for name in exported():
        for label in dict.fromkeys(one.label for one in Rule(name).rules):
            found.setdefault(label, []).append(name)
    return found


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
