"""The exported names, and where the library's source has them."""

import re

import abi
from rules.rust import functions, rows, sources
from rules.store import kept
from rules.tree import LABEL, Place, files, line_of


@kept
def exported():
    """The names that the library of any profile exports."""
    return sorted(set().union(*profiles_exporting().values()))


@kept
def profiles_exporting():
    """Profile -> the names that its library exports."""
    return {profile: {*abi.exports(profile, 'embedded')} for profile in abi.PROFILES}


def which_profiles(name):
    """In which profiles a name is exported; nothing if in all."""
    having = [profile for profile, names in profiles_exporting().items() if name in names]
    lacking = [profile for profile in profiles_exporting() if profile not in having]
    if not lacking:
        return ''
    return f'in the profiles {", ".join(having)}' if len(having) <= len(lacking) else f'in all profiles but {", ".join(lacking)}'


@kept
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


@kept
def c_sources():
    """The functions of the library that are C: path, name, line, body."""
    return [(path, match[1], line_of(text, match.start(1)), match[2]) for path, text in files('crates/*/src/c/**/*.[ch]')
            for match in re.finditer(r'\b(\w+)\((?:[^(){};]|\([^()]*\))*\)\s*\n\{\n(.*?)^\}', text, re.M | re.S)]


def called_by_c(name):
    """The functions that a C function of the library leaves its work to: C, and where it meets them, Rust."""
    bodies = {name: re.sub(r'/\*.*?\*/', '', body, flags=re.S) for _, name, _, body in c_sources()}
    known = bodies.keys() | set(exported())
    seen, new = [], [name]
    while new:
        seen += new
        new = [word for one in new for word in re.findall(r'\b(\w+)\(', bodies.get(one, ''))
               if (word in known or word.startswith('qio_internal_')) and word not in seen]
        new = list(dict.fromkeys(new))
    places = [Place(path, line, word) for word in seen[1:] for path, known, line, _ in c_sources() if known == word]
    rust = [f for word in seen[1:] if word not in bodies for f in functions().get(word, []) if 'imports' not in f.module]
    return places, rust


def c_comment(name):
    """The labels that a C function of the library is said to have."""
    found = []
    for path, text in files('crates/*/src/c/**/*.c'):
        for match in re.finditer(rf'(/\*(?:[^*]|\*(?!/))*\*/\n)(?:\w[^;{{}}]*\n)*?[^;{{}}\n]*\b{name}\(', text):
            found += LABEL.findall(match[1])
    return found
