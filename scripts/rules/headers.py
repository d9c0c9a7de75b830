"""Names in the headers: how they are declared, and what is said of them."""

import functools
import re

from rules.specification import families
from rules.store import kept
from rules.tree import Place, files, line_of


class Declaration(Place):
    """Where a header declares a name, as what, and the contract that it has there."""

    def __init__(self, path, line, code, words, condition=''):
        super().__init__(path, line, words)
        self.code = code
        # Under which #if it stands, and so in which profiles there is one.
        self.condition = condition


def comment_text(comment):
    lines = [re.sub(r'^\s*/?\*+/?\s?', '', line).rstrip(' */') for line in comment.splitlines()]
    return '\n'.join(lines).strip('\n')


class Header:
    """A header with its comments."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.comments = [(match.start(), match.end(), comment_text(match[0]))
                         for match in re.finditer(r'/\*.*?\*/', text, re.S)]
        # Declarations alone.
        self.blank = re.sub(r'/\*.*?\*/|^#(?:[^\n]*\\\n)*[^\n]*', lambda c: re.sub(r'[^\n]', ' ', c[0]), text,
                            flags=re.S | re.M)

    def condition(self, start):
        """What the preprocessor has to find true for the line at `start`, but for the guard against a second time."""
        branches = []
        for match in re.finditer(r'^#\s*(if|ifdef|ifndef|elif|else|endif)\b((?:[^\n]*\\\n)*[^\n]*)', self.text[:start], re.M):
            word = match[1]
            said = re.sub(r'\\\n|/\*.*?\*/|\bdefined\b', ' ', match[2])
            said = re.sub(r'\((\w+)\)', r'\1', ' '.join(said.replace('!', 'not').split()))
            if word in ('endif', 'else', 'elif'):
                before = branches.pop()
            if word == 'else':
                said = before.removeprefix('not ') if before.startswith('not ') else f'not {before}'
            if word != 'endif':
                branches.append(f'not {said}' if word == 'ifndef' else said)
        return ' and '.join(one for one in branches if not re.fullmatch(r'not \w+_H_*|__cplusplus|not QIO_ABI_CUSTOM', one))

    def words(self, name, start):
        """What the header says of the name that is declared at `start`."""
        said = self.titled(name, start)
        if not said:
            above = [(begin, end, words) for begin, end, words in self.comments[1:] if end <= start]
            said = above[-1][2] if above and self.is_attached(*above[-1][:2], start) else ''
            # What is behind a macro has the macro's contract.
            behind = self.titled(re.sub('_(?:impl|func)$', '', name), start)
            said = '\n\n'.join(part for part in (said, behind) if part)
            for match in () if behind else re.finditer(rf'^#define (\w+)\((?:[^\n]*\\\n)*[^\n]*\b{name}\b', self.text, re.M):
                said = '\n\n'.join(part for part in (said, self.titled(match[1], match.start())) if part)
        if 'Threads:' in said or said and not self.is_contract():
            return said
        return '\n\n'.join(part for part in (said, self.family(name)) if part)

    def words_of_choice(self, name, start):
        """What is said above the #if of which a line is a branch, and then of the line."""
        begin = self.text.rfind('\n#if', 0, start)
        above = [words for _, end, words in self.comments if end <= begin and not self.text[end:begin].strip()]
        return '\n\n'.join([*above[-1:], self.words(name, start)])

    def titled(self, name, start):
        """The comment that begins with the name; it may be of several."""
        titled = [(begin, words) for begin, _, words in self.comments if re.search(rf'^{name}:', words, re.M)]
        # Under #if and #else a function has one each.
        return ([words for begin, words in titled if begin < start] or [words for _, words in titled] or [''])[-1]

    def is_attached(self, begin, end, start):
        """Whether a comment stands above a run of declarations; a blank line ends the run."""
        line = self.text[self.text.rfind('\n', 0, begin) + 1:begin]
        return not line.strip() and not re.search(r'\n\s*\n|\}', self.text[end:start])

    def is_contract(self):
        """Whether the header's first comment is the contract of its functions."""
        return re.search(r'^(?:Threads|All):', self.comments[0][2], re.M)

    def family(self, name):
        """What the header's first comment says: all of it if it is the contract, else where it has such names."""
        paragraphs = [p for p in re.split(r'\n\s*\n', self.comments[0][2]) if not re.match(r'\s*(?:Copyright|SPDX)', p)]
        of_it = [p for p in paragraphs if re.search(rf'\b{name}\b', p)
                 or any(re.fullmatch(pattern, name) for pattern in families(' '.join(p.split())))]
        if self.is_contract():
            of_it = paragraphs
        return '\n\n'.join(of_it or paragraphs)


@functools.cache
def headers():
    return [Header(path, text) for path, text in files('include/**/*.h')]


@kept
def declarations():
    """Name -> its declarations."""
    found = {}
    for header in headers():
        blank = header.blank
        for match in re.finditer(r'\b([A-Za-z_]\w+)(?=\s*\(|\s*;|\[)', blank):
            start = max(blank.rfind(end, 0, match.start()) for end in ';{}')
            start += len(re.match(r'\s*(?:G_(?:BEGIN|END)_DECLS)?', blank[start + 1:])[0])
            head = blank[start + 1:match.start()]
            # A name in a call or an expression has no type in front.
            if '=' in head or not re.search(r'\w[\s*]+$', head):
                continue
            if re.search(r'\breturn\s*$|\btypedef\b', head):
                continue
            begin = match.start() - len(head.lstrip())
            end = min(place for sign in ';{' if (place := blank.find(sign, match.end())) > 0)
            code = ' '.join(blank[start + 1:end].split()) + (';' if blank[end] == ';' else '')
            found.setdefault(match[1], []).append(Declaration(
                header.path, line_of(header.text, match.start()), code, header.words(match[1], begin),
                header.condition(begin)))
        # What a macro stands for, such as the symbol of the profile.
        for match in re.finditer(r'^#define \w+ (\w+)$', header.text, re.M):
            found.setdefault(match[1], []).append(Declaration(
                header.path, line_of(header.text, match.start()), match[0], header.words_of_choice(match[1], match.start()),
                header.condition(match.start())))
    return found


@kept
def in_headers_only():
    """Name -> where a header defines it, as a macro or an inline function, and what it is made of."""
    found = {}
    for header in headers():
        for match in re.finditer(r'^#define (\w+)((?:[^\n]*\\\n)*[^\n]*)', header.text, re.M):
            found.setdefault(match[1], (Place(header.path, line_of(header.text, match.start()), 'a macro'), match[2]))
        for match in re.finditer(r'\b(\w+)\((?:[^(){};]|\([^()]*\))*\)\s*\n\{\n(.*?)^\}', header.text, re.M | re.S):
            found[match[1]] = Place(header.path, line_of(header.text, match.start()), 'an inline function'), match[2]
    return found
