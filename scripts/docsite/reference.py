"""The reference: a page for each exported name, one for each header, and indices of both and of types."""

import functools
import re

import abi
from docsite import declared, profiles, sources
from docsite.contracts import Contract, marked, plain
from docsite.prototypes import pretty
from rules.exports import exported
from rules.headers import declarations, headers
from rules.ruling import ruling
from rules.tree import TOP

GROUPS = {
    'io': ('io/', 'Tasks, listeners, channels'),
    'qio': ('qio', 'Beside what QEMU has'),
    'qom': ('qom/', 'Objects'),
    'qapi': ('qapi/', 'Errors, addresses, visitors'),
    'crypto': ('crypto/', 'TLS, digests'),
    'authz': ('authz/', 'Who may connect'),
    'qemu': ('', 'Threads, event loops, coroutines, the rest'),
}  # fmt: skip


def short(path):
    """A header as C includes it."""
    return str(path.relative_to(TOP / 'include'))


def page_of_header(path):
    return f'reference/headers/{short(path).replace("/", "-").removesuffix(".h")}'


def page_of_name(name):
    return f'reference/functions/{name}'


@functools.cache
def names():
    """The exported names that have a page: not the symbol of a profile, which is the header's."""
    return sorted([name for name in exported() if not name.startswith('qio_abi_')] + beside())


@functools.cache
def beside():
    """What the libraries that are built beside libqio export; they are the same for all profiles."""
    return [name for path in sources.tracked()
            # The sources of a library; what is deeper are records.
            if path.name == 'exports.txt' and len(path.parts) == 2 for name in abi.lines(TOP / path)
            # GObject's macros declare these.
            if not name.endswith('_get_type')]


@functools.cache
def text_of(path):
    return path.read_text()


def place_of(declaration):
    """Where a declaration's line begins in its header."""
    return sum(len(line) for line in text_of(declaration.path).splitlines(True)[:declaration.line - 1])


@functools.cache
def exports(profile):
    return abi.exports(profile, 'embedded')


def having(name):
    """The profiles that export a name."""
    if name in beside():
        return tuple(abi.PROFILES)
    return tuple(profile for profile in abi.PROFILES if name in exports(profile))


def where(declaration):
    return profiles.profiles_at(text_of(declaration.path), place_of(declaration))


def in_order(name):
    """The declarations of a name: the default profile's first."""
    return sorted(declarations()[name], key=lambda one: abi.DEFAULT not in where(one))


def check(name):
    """That headers and lists of exports agree on which profiles have a name."""
    declared_in = {profile for one in declarations()[name] for profile in where(one)}
    listed = set(having(name))
    # A name that moved is declared by either header, and what others lack is not.
    return [] if listed <= declared_in else [
        f'{name}: exported, but not declared, in {", ".join(sorted(listed - declared_in))}']


def differences(name, found):
    """In which profiles it exists, and with which prototypes."""
    listed = having(name)
    switches = [switch for one in found for switch in profiles.switches_for(text_of(one.path), place_of(one))]
    everywhere = len(listed) == len(abi.PROFILES)
    out = ['All profiles have it.' if everywhere else f'Profiles that have it: {profiles.said(listed)}.']
    if len({one.code for one in found}) > 1:
        out.append(f'As above: {profiles.said(where(found[0]))}.')
    out += [f'Switch `{switch}`: {abi.SWITCHES[switch]}.' for switch in dict.fromkeys(switches)]
    return '\n'.join(f'- {line}' for line in out)


def requirement_line(one, base='spec'):
    """A requirement with its text; links of the specification lead where they do there."""
    # What the original was seen to do is the last column of properties.
    words = re.sub(r' (?:run|fix|src|-)\b[^\]]*$| -$', '', one.text) if one.path.stem == 'properties' else one.text
    text = re.sub(r'\]\((?!https?:)([^)]+)\)', lambda link: f'](../../docs/{base}/{link[1]})', words)
    return f'- **{one.label}** {text}'


def function_page(name):
    found = in_order(name)
    first = found[0]
    contract = Contract(first.text)
    out = ['---', 'orphan: true', '---', '', f'# {plain(name)}', '',
           f'*[{short(first.path)}](../headers/{page_of_header(first.path).rpartition("/")[2]}.md)*', '',
           f'```c\n#include "qemu/osdep.h"\n#include "{short(first.path)}"\n\n{pretty(first.code)}\n```', '',
           contract.markdown(), '']  # fmt: skip
    variants = [one for one in found[1:] if one.code != first.code or one.text != first.text]
    out += ['## Profiles', '', differences(name, found), '']
    for one in variants:
        out += [f'{profiles.said(where(one))[0].upper()}{profiles.said(where(one))[1:]}:', '',
                f'```c\n{pretty(one.code)}\n```', '']
        own = Contract(one.text)
        if own.summary() != contract.summary() or own.facts != contract.facts:
            own.arguments = [pair for pair in own.arguments if pair not in contract.arguments]
            own.facts = [pair for pair in own.facts if pair not in contract.facts]
            own.paragraphs = [part for part in own.paragraphs if part not in contract.paragraphs]
            out += [own.markdown(), '']
    if name in beside():
        return '\n'.join(out)
    found = ruling(name, tuple(declarations()[name]))
    if found.rules:
        out += ['## What rules it', '', *[requirement_line(one.requirement) for one in found.rules], '']
    if found.parts:
        labels = dict.fromkeys(one.requirement.label for one in found.parts)
        out += [f'It goes through what {", ".join(labels)} rule{"s" * (len(labels) == 1)}.', '']
    return '\n'.join(out)


def heading(one):
    return ', '.join(plain(name) for name in one.names)


def header_page(header, shown):
    path, (types, macros) = header.path, shown
    about = Contract(header.comments[0][2])
    own = sorted({name for name in names() if any(one.path == path for one in declarations()[name])})
    out = [f'# {short(path)}', '', about.markdown(), '', f'```c\n#include "qemu/osdep.h"\n#include "{short(path)}"\n```', '']
    if own:
        out += ['## Functions', '']
        for name in own:
            one = in_order(name)[0]
            out.append(f'- [`{name}`](../functions/{name}.md): {Contract(one.text).summary()}')
        out.append('')
    for title, pieces in (('Types', types), ('Macros', macros)):
        if pieces:
            out += [f'## {title}', '']
        for one in pieces:
            seen = profiles.profiles_at(header.text, one.start)
            out += [f'### {heading(one)}', '', f'```c\n{one.code}\n```', '', one.contract.markdown(), '']
            if len(seen) < len(abi.PROFILES):
                out += [f'In {profiles.said(seen)}.' if seen else 'In no profile.', '']
    return '\n'.join(out)


def anchor(one):
    """As MyST makes it of the heading."""
    return re.sub(r'[^\w -]', '', ', '.join(one.names).lower()).replace(' ', '-')


def index(shown):
    out = ['# C API reference', '',
           'Generated from the headers. Each function has a page: its contract, its prototype, the profiles that have it, and '
           'the requirements that rule it. [All functions](functions.md) and [all types](types.md) are in the order of the '
           'alphabet. What `(transfer full)` and the like say is told in [threads and ownership](../docs/threads-and-ownership.md).', '']  # fmt: skip
    left = [header.path for header in shown]
    for folder, (begin, title) in GROUPS.items():
        own = [path for path in left if short(path).startswith(begin)]
        left = [path for path in left if path not in own]
        out += [f'## {title}', '']
        for path in own:
            words = Contract(next(one for one in headers() if one.path == path).comments[0][2]).summary()
            out.append(f'- [`{short(path)}`](headers/{page_of_header(path).rpartition("/")[2]}.md): {words}')
        out.append('')
    out += ['```{toctree}', ':hidden:', '', 'functions', 'types', '```', '']
    return '\n'.join(out)


def identifier(one):
    """As docutils makes it of the heading, for the HTML."""
    return re.sub(r'[^a-z0-9]+', '-', ' '.join(one.names).lower()).strip('-')


def out_of(lines):
    return {match[1] for line in lines if (match := re.match(r'- \[`(\w+)`', line))}


def pages():
    """Path below the site -> Markdown; and the names that code may be linked by: name -> page and anchor."""
    shown, announced, types = declared.of_each_header({*exported(), *names()}), set(), []
    problems = [line for name in names() for line in check(name)]
    if problems:
        raise SystemExit('\n'.join(problems))
    written, known = {}, {name: page_of_name(name) + '.html' for name in names()}
    for name in names():
        written[page_of_name(name) + '.md'] = function_page(name)
    listed = []
    for header, pieces in shown.items():
        page = page_of_header(header.path)
        written[page + '.md'] = '---\norphan: true\n---\n\n' + header_page(header, pieces)
        known[short(header.path)] = page + '.html'
        for one in [*pieces[0], *pieces[1]]:
            for name in one.names:
                # Where it is defined, rather than where it is announced.
                if name not in known or '{' in one.code and name in announced:
                    known[name] = f'{page}.html#{identifier(one)}'
                    announced |= {name} if '{' not in one.code else set()
        types += [(name, page, one) for one in pieces[0] for name in one.names]
    out = ['# All types', '']
    for name, page, one in sorted(types, key=lambda row: row[0].lower()):
        if known[name] == f'{page}.html#{identifier(one)}' and name not in out_of(out):
            summary = one.contract.summary()
            out.append(f'- [`{name}`]({page.removeprefix("reference/")}.md#{anchor(one)}){": " * bool(summary)}{summary}')
    written['reference/types.md'] = '\n'.join(out) + '\n'
    out = ['# All functions', '']
    out += [f'- [`{name}`](functions/{name}.md): {Contract(in_order(name)[0].text).summary()}' for name in names()]
    written['reference/functions.md'] = '\n'.join(out) + '\n'
    written['reference/index.md'] = index(shown)
    return written, known


__all__ = ['pages', 'marked']
