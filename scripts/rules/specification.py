"""The requirements of docs/spec, and where it has a name."""

import functools
import re

from rules.exports import exported
from rules.store import kept
from rules.tree import Place, files

ITEM = re.compile(
    r'^(?:[*-] (?:\*\*)?([RWP]-[A-Z0-9-]*\d)(?:\*\*)?\s|\| (?:\*\*)?([A-Z]+\d+|[RWP]-[A-Z0-9-]+)(?:\*\*)? \|)')


# A function that a section is about, and how the text calls it for short.
DECLARED = re.compile(r'\b(qio_(?:channel_(?:socket|tls|file|command|buffer|null|websock|watch)|channel|task|net_listener'
                      r'|dns_resolver)_(\w+))\(')

# Which data symbols there are, which functions are C, which are needed at least.
LISTS = 'R-HDR-5', 'R-HDR-9', 'R-HDR-10'


class Requirement(Place):
    """An item of the specification that has a label."""

    def __init__(self, label, path, line, text, heading, declared):
        super().__init__(path, line, text)
        self.label = label
        self.heading = heading
        # With the whole names of the functions that its section declares.
        self.whole = in_full(text, declared)

    def clauses(self):
        return clauses(self.whole)

    def rules(self, name):
        """How much it is about the name, from 1; nothing if it only has it."""
        if has(subject(self.whole), name):
            return 1
        if any(has(subject(clause), name) for clause in self.clauses()):
            return 2
        # Early, but as what something else is said to call, perhaps.
        return 3 if re.search(rf'\b{name}\b', self.whole[:60]) else None

    def of_a_profile(self):
        """Whether it is about what profiles have differently."""
        return self.path.stem in ('more-profiles', 'qemu-11.1')

    def is_list(self):
        """Whether it tells what there is, and not what that does."""
        return self.label in LISTS or self.text.startswith('Exports')

    def sentence(self, name):
        return next((clause for clause in self.clauses() if has(clause, name)), self.text)


def in_full(text, declared):
    """A text with whole names where it has short ones: in code, with more than one word, or first."""
    def named(match):
        whole = declared.get(match[1])
        is_code = text.count('`', 0, match.start()) % 2
        if not whole or not (is_code or '_' in match[1] or match.start() == 0):
            return match[0]
        return whole if is_code else f'`{whole}`'
    return re.sub(r'(?<![\w.>*])(\w+)(?![\w*{])', named, text)


def declared_in(lines):
    """Line of a section's heading -> the functions that its blocks of code declare, by their short names."""
    found, section, is_code = {}, 0, False
    for number, line in enumerate(lines):
        is_code ^= line.startswith('```')
        section = number if line.startswith('## ') and not is_code else section
        for match in re.finditer(DECLARED, line) if is_code else ():
            # One that stands for two stands for none.
            known = found.setdefault(section, {}).setdefault(match[2], match[1])
            found[section][match[2]] = match[1] if known == match[1] else ''
    return found


@functools.cache
def clauses(text):
    return re.split(r'(?<=[.;:]) ', text)


@functools.cache
def subject(clause):
    """The names that a sentence begins with."""
    return re.match(r'(?:\W*(?:`[^`]*`|\b(?:[Bb]oth|[Ee]ach|and|or|with|also|of|the)\b))*', clause)[0]


@kept
def requirements():
    """Label -> its places in the specification."""
    found = {}
    for path, text in files('docs/spec/*.md'):
        lines = text.splitlines()
        declared, section = declared_in(lines), 0
        heading = Place(path, 1, '')
        for number, line in enumerate(lines):
            if line.startswith('#'):
                heading = Place(path, number + 1, line.strip('# '))
            section = number if line.startswith('## ') else section
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
            found.setdefault(label, []).append(Requirement(label, path, number + 1, words, heading, declared.get(section, {})))
    return found


@kept
def all_requirements():
    return [one for places in requirements().values() for one in places]


@kept
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


def names_in(places):
    """Exported name -> those of the places whose text has it, by itself or abbreviated."""
    found = {name: [] for name in exported()}
    lines = '\n'.join(exported())
    for place in places:
        there = words_of(getattr(place, 'whole', place.text)) & found.keys()
        for pattern in dict.fromkeys(families(place.text)):
            there |= {match[0] for match in re.finditer(rf'^(?:{pattern})$', lines, re.M)}
        for name in there:
            found[name].append(place)
    return found


@kept
def naming():
    """Exported name -> the requirements that have it."""
    return names_in(all_requirements())


@kept
def paragraphs_naming():
    """Exported name -> the paragraphs without a label that have it."""
    return names_in(bare_paragraphs())
