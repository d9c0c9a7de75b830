"""What headers declare besides exported names: types, macros, inline functions."""

import re

from docsite.contracts import Contract
from rules.headers import headers
from rules.tree import closing

OPAQUE = re.compile(r'^typedef struct (\w+) \1;$')


class Shown:
    """A piece of a header: names, code as it stands, what is said above it."""

    def __init__(self, header, names, start, end, words):
        self.path, self.names, self.start = header.path, names, start
        self.code = header.text[start:end].strip()
        self.words = words

    @property
    def contract(self):
        return Contract(self.words)


def end_of(blank, start):
    """Where a declaration at file scope ends: behind its semicolon."""
    at = start
    while at < len(blank) and blank[at] != ';':
        at = closing(blank, at) + 1 if blank[at] in '{([' else at + 1
    return at + 1


def names_of(code):
    """The names that a type's declaration gives; of a forward declaration only a typedef's."""
    bare = re.sub(r'/\*.*?\*/|//[^\n]*|^#[^\n]*', ' ', code, flags=re.S | re.M)
    found = []
    if tag := re.match(r'\s*(?:typedef\s+)?(?:struct|union|enum)\s+(?:\w+\s+)?(\w+)\s*\{', bare):
        found.append(tag[1])
    if bare.lstrip().startswith('typedef'):
        outside = bare
        while '{' in outside:
            begin = outside.index('{')
            outside = outside[:begin] + outside[closing(outside, begin) + 1:]
        if function := re.search(r'\(\s*\*?\s*(\w+)\s*\)\s*\(', outside):
            found.append(function[1])
        elif function := re.search(r'(\w+)\s*\([^;]*\)\s*[^();]*;', outside):
            found.append(function[1])
        elif alias := re.search(r'(\w+)\s*(?:\[\w*\]\s*)?;\s*$', outside):
            found.append(alias[1])
    return list(dict.fromkeys(found))


def above(header, start):
    """The comment that stands right above, be it behind an #if."""
    # Not one that stands behind something in its line.
    before = [(end, words) for begin, end, words in header.comments[1:]
              if end <= start and header.text[begin - 1] == '\n']
    if before and not re.sub(r'^#[^\n]*', '', header.text[before[-1][0]:start], flags=re.M).strip():
        return before[-1][1]
    return ''


def types(header):
    """The types that a header declares, in their order."""
    blank, found = header.blank, []
    for match in re.finditer(r'^(?:typedef\b|(?:struct|union|enum)\s+\w+\s*\{)', blank, re.M):
        if found and match.start() < found[-1][1]:
            continue
        end = end_of(blank, match.start())
        names = names_of(header.text[match.start():end])
        if names:
            found.append((match.start(), end, names))
    # What is defined needs no line that only announces it.
    whole = {name for start, end, names in found if '{' in blank[start:end] for name in names}
    found = [one for one in found if '{' in blank[one[0]:one[1]] or not whole.issuperset(one[2])]
    shown = [Shown(header, names, start, end, above(header, start) or titled(header, names)) for start, end, names in found]
    # A class that its macro declares and whose struct is hidden.
    for match in re.finditer(r'^OBJECT_DECLARE\w*\(\s*(\w+)(?:,\s*(\w+))?,\s*\w+\)', blank, re.M):
        names = [name for name in match.groups() if name and not any(name in one.names for one in shown)]
        names = [name for name in names if not name.isupper()]
        if names:
            shown.append(Shown(header, names, match.start(), match.end(), titled(header, names)))
    return shown


def titled(header, names):
    return next((words for _, _, words in header.comments if re.search(rf'^(?:{"|".join(names)}):', words, re.M)), '')


def macros(header, exported):
    """The macros and inline functions of a header that have a contract of their own."""
    found = []
    for match in re.finditer(r'^#\s*define (\w+)(\([^)]*\))?(?:[^\n]*\\\n)*[^\n]*', header.text, re.M):
        words = titled(header, [match[1]])
        if words and match[1] not in exported and match[1] not in [name for one in found for name in one.names]:
            one = Shown(header, [match[1]], match.start(), match.end(), words)
            # What it is made of is the header's business.
            one.code = match[1] + (match[2] or '') if match[2] or '\\\n' in match[0] else match[0]
            found.append(one)
    for match in re.finditer(r'^static inline [^;{}]*?\b(\w+)\((?:[^(){};]|\([^()]*\))*\)\s*\n\{', header.text, re.M):
        words = titled(header, [match[1]]) or above(header, match.start())
        if words and match[1] not in exported:
            one = Shown(header, [match[1]], match.start(), match.end(), words)
            one.code = one.code.rstrip('{').strip() + ';'
            found.append(one)
    return found


def of_each_header(exported):
    """Header -> its types and its macros."""
    return {header: (types(header), macros(header, exported)) for header in headers()}
