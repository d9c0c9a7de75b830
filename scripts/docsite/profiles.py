"""In which profiles a line of a header is there."""

import functools
import re

import abi

CONDITION = re.compile(r'^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b((?:[^\n]*\\\n)*[^\n]*)', re.M)
# What a condition may ask of a profile.
ASKS = re.compile(r'\bQIO_(?:HAS|ABI)_\w+')


@functools.cache
def macros(profile):
    return {abi.macro(profile), *(abi.switch_macro(switch) for switch in abi.switches(profile))}


@functools.cache
def truth(words, profile):
    """What a condition comes to; nothing if it asks for something else than the profile."""
    if not ASKS.search(words):
        return None
    has = macros(profile)
    said = re.sub(r'defined\s*\(?\s*(\w+)\s*\)?', lambda one: str(one[1] in has), words.replace('\\\n', ' '))
    said = said.replace('&&', ' and ').replace('||', ' or ').replace('!', ' not ')
    if not re.fullmatch(r'(?:\s|\(|\)|True|False|and|or|not)+', said):
        raise SystemExit(f'docs: a condition that is not understood: {" ".join(words.split())}')
    return eval(said.strip())  # pylint: disable=eval-used; only the words above are in it


def regions(text):
    """Where conditions begin and end: (from, to, kind, conditions), of each branch."""
    found, open_ = [], []
    for match in CONDITION.finditer(text):
        kind, words = match[1], match[2]
        words = re.sub(r'/\*.*?\*/', '', words)
        if kind in ('if', 'ifdef', 'ifndef'):
            words = {'if': words, 'ifdef': f'defined({words})', 'ifndef': f'!defined({words})'}[kind]
            open_.append((match.end(), [words]))
            continue
        begin, conditions = open_.pop()
        found.append((begin, match.start(), conditions))
        # In a later branch none of the earlier conditions holds.
        earlier = [f'!({words})' for words in conditions[-1:]] if conditions else []
        if kind == 'elif':
            open_.append((match.end(), [*conditions[:-1], *earlier, words]))
        elif kind == 'else':
            open_.append((match.end(), [*conditions[:-1], *earlier]))
    return found


@functools.cache
def regions_of(text):
    return regions(text)


@functools.cache
def profiles_at(text, place):
    """The profiles that see what stands at a place of a header, in their order."""
    conditions = [words for begin, end, all_of_it in regions_of(text) if begin <= place < end for words in all_of_it]
    return tuple(profile for profile in abi.PROFILES if all(truth(words, profile) is not False for words in conditions))


def said(profiles):
    """Profiles in words, as short as is true."""
    every = abi.PROFILES
    if len(profiles) == len(every):
        return 'all profiles'
    missing = [profile for profile in every if profile not in profiles]
    first, last = every.index(profiles[0]), every.index(profiles[-1])
    between = [profile for profile in every[first:last + 1] if profile not in profiles]
    but = f' but not {listed(between)}' if between else ''
    if len(between) > 3:
        return listed(profiles)
    if last == len(every) - 1:
        return f'from `{profiles[0]}` on{but}' if len(profiles) > 1 else f'`{profiles[0]}` only'
    if first == 0:
        return f'up to `{profiles[-1]}`{but}' if len(profiles) > 1 else f'`{profiles[0]}` only'
    return f'all but {listed(missing)}' if len(missing) < 3 else listed(profiles)


def listed(names):
    return ', '.join(f'`{name}`' for name in names)


def switches_for(text, place):
    """The switches that the conditions around a place ask for."""
    asked = [name for begin, end, conditions in regions_of(text) if begin <= place < end
             for words in conditions for name in ASKS.findall(words)]
    known = {abi.switch_macro(switch): switch for switch in abi.SWITCHES}
    return [known[name] for name in dict.fromkeys(asked) if name in known]
