"""The trace events of io/ as the tables of docs/spec have them: names, and C arguments in order."""

import re

import abi

SPEC = abi.ROOT / 'docs' / 'spec'

# Declared there and never emitted.
NEVER_EMITTED = {'qio_channel_command_new_spawn'}


def table(file, heading):
    """The rows of the first table behind a heading, as lists of cells."""
    text = (SPEC / file).read_text()
    text = text[text.index(heading):]
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith('|'):
            break
    next(lines)
    for line in lines:
        if not line.startswith('|'):
            return
        yield [cell.strip() for cell in line.strip('|').split('|')]


def arguments(text):
    """`void *ioc, const char *protocols, *version` with the type at each; `void *` if there is none."""
    found, kind = [], 'void *'
    for word in (word.strip() for word in text.split(',')):
        match = re.fullmatch(r'((?:const |unsigned )?\w+ \**)(\w+)', word)
        if match:
            kind = match[1]
            found.append(word)
        elif word.startswith('*'):
            found.append(kind.removesuffix('*') + word)
        else:
            found.append(f'{kind}{word}')
    return found


def all_names(cell):
    """`a_sync` / `_async` -> both in full: what begins with an underscore takes the place of the end."""
    last = ''
    for name in cell.split(' / '):
        name = name.strip().strip('`')
        if name.startswith('_'):
            kept = last.split('_')[:-(name.count('_'))]
            name = '_'.join(kept) + name
        last = name
        yield name


def own():
    """Name -> arguments, of the events beyond the original's."""
    found = {}
    for signature, _ in table('task-listener-dns-watch.md', '\n### 7.3 Own events\n'):
        name, inner = re.fullmatch(r'`(\w+)\((.*)\)`', signature).groups()
        found[name] = arguments(inner)
    return found


def of_profile(profile):
    """Name -> arguments, of a tree of the profile."""
    has = abi.switches(profile)
    listeners = {'E': 'listener_lock' not in has, 'L': 'listener_lock' in has and 'listener_source' not in has,
                 '10.2': 'listener_source' in has}  # fmt: skip
    found = {}
    for signature, _, variants in table('task-listener-dns-watch.md', '\n## 7. Trace events\n'):
        name, inner = re.fullmatch(r'`(\w+)\((.*)\)`', signature).groups()
        if variants == 'all' or listeners[variants]:
            # "All arguments are `void *` unless noted."
            found[name] = [each for word in inner.split(',') for each in arguments(word)]
    lists = []
    for names, cell, _ in table('channels.md', '\n## 10. Trace events\n'):
        if cell != 'same argument lists':
            lists = [part.strip(' `') for part in cell.split(' / ')]
        for number, name in enumerate(all_names(names)):
            found[name] = arguments(lists[number] if len(lists) > 1 else lists[0])
    for names, inner, profiles, _ in table('tls-websock.md', '\n## 1.12 Trace events'):
        there = {'all': True, '10.x': 'tls_bye' in has}.get(profiles, 'tls_cancel_trace' in has)
        found |= {name: arguments(inner) for name in all_names(names) if there}
    for name, inner, _ in table('tls-websock.md', '\n## 3.13 Trace events'):
        found[name.strip('`')] = arguments(inner)
    return found
