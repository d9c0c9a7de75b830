"""The requirements of docs/spec, and where it has a name."""

import functools
import re

from rules.tree import Place, files

ITEM = re.compile(
    r'^(?:[*-] (?:\*\*)?([RWP]-[A-Z0-9-]*\d)(?:\*\*)?\s|\| (?:\*\*)?([A-Z]+\d+|[RWP]-[A-Z0-9-]+)(?:\*\*)? \|)')


class Requirement(Place):
    """An item of the specification that has a label."""

    def __init__(self, label, path, line, text, heading):
        super().__init__(path, line, text)
        self.label = label
        self.heading = heading

    def clauses(self):
        return clauses(self.text)

    def rules(self, name):
        """How much it speaks of the name, from 1; nothing if it only has it."""
        if re.search(rf'\b{name}\b', self.text[:60]):
            return 1
        # At the start of a sentence, as one of a family.
        if any(has(subject(clause), name) for clause in self.clauses()):
            return 2
        return 3 if in_family(self.text, name) else 4 if name in words_of(self.text[:160]) else None

    def sentence(self, name):
        return next((clause for clause in self.clauses() if has(clause, name)), self.text)


@functools.cache
def clauses(text):
    return re.split(r'(?<=[.;:]) ', text)


@functools.cache
def subject(clause):
    """The names that a sentence begins with."""
    return re.match(r'(?:\W*(?:`[^`]*`|\b(?:and|or|with|both|also|of|the)\b))*', clause)[0]


@functools.cache
def requirements():
    """Label -> its places in the specification."""
    found = {}
    for path, text in files('docs/spec/*.md'):
        lines = text.splitlines()
        heading = Place(path, 1, '')
        for number, line in enumerate(lines):
            if line.startswith('#'):
                heading = Place(path, number + 1, line.strip('# '))
            match = ITEM.match(line)
            if not match:
                continue
            whole = [line[match.end():]]
            for more in lines[number + 1:]:
                if not more.startswith('  ') or match[2]:
                    break
                whole.append(more)
            label = match[1] or match[2]
            words = ' '.join(' '.join(whole).replace('|', ' ').split())
            found.setdefault(label, []).append(Requirement(label, path, number + 1, words, heading))
    return found


@functools.cache
def all_requirements():
    return [one for places in requirements().values() for one in places]


@functools.cache
def bare_paragraphs():
    """What the specification says without a label: each item or paragraph, with the heading above."""
    found = []
    for path, text in files('docs/spec/*.md'):
        heading, current, labelled = '', None, False
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith('#'):
                heading = line.strip('# ')
            labelled = bool(ITEM.match(line)) or labelled and line.startswith('  ')
            if labelled or line.startswith('#') or not line.strip():
                current = None
            elif current and not re.match(r'[*-] |\|', line):
                current.text += ' ' + ' '.join(line.split())
            else:
                current = Place(path, number, ' '.join(line.replace('|', ' ').split()))
                current.heading = heading
                found.append(current)
    return found


def around(text, name, most):
    """The part of a text that has a name."""
    there = re.search(rf'\b{name}\b', text)
    at = there.start() if there else 0
    if len(text) <= most or at < most // 2:
        return text
    begin = text.find(' ', max(at - most // 2, 0)) + 1
    return '... ' + text[begin:]


@functools.cache
def words_of(text):
    return frozenset(re.findall(r'\w+', text))


@functools.cache
def patterns_of(text):
    return [re.compile(pattern) for pattern in families(text)]


def in_family(text, name):
    return any(pattern.fullmatch(name) for pattern in patterns_of(text))


def has(text, name):
    """Whether a text has a name, or an abbreviation that stands for it and others."""
    return name in words_of(text) or in_family(text, name)


def families(line):
    """Patterns for what a line abbreviates: `name_{a,b}`, `name_*`, `name_a`/`_b`, `visit_type_T`."""
    patterns = []
    for word in re.findall(r'\w*(?:\{[\w, |]+\}\w*)+', line):
        patterns.append(re.sub(r'\{([^}]*)\}', lambda m: '(?:' + '|'.join(re.split(r'[,| ]+', m[1])) + ')', word))
    for stem, inner in re.findall(r'\b(\w+_)\w+((?:/\w+)+)', line):
        patterns += [stem + part for part in inner[1:].split('/')]
    for stem, inner in re.findall(r'\b(\w+_\w*)((?:\|\w+)+)', line):
        base = stem[:stem.rfind('_') + 1]
        patterns += [base + part for part in inner[1:].split('|')]
    patterns += [stem + r'\w+' for stem in re.findall(r'\b(\w{4,}_)\*', line)]
    patterns += [r'\w+' + end for end in re.findall(r'`\*(_\w+)', line)]
    patterns += [stem + r'[a-zA-Z]\w*' + end for stem, end in re.findall(r'\b(\w{4,}_)(?:TYPE|T|NAME)(_\w+)?\b', line)]
    for whole, ends in re.findall(r'`(\w+)`?(?:\([^)]*\))?`?((?:, (?:and )?`?_\w+`?|/`?_\w+`?)+)', line):
        for end in re.findall(r'_\w+', ends):
            pieces = whole.split('_')
            patterns += ['_'.join(pieces[:count]) + end for count in range(1, len(pieces) + 1)]
    return patterns
