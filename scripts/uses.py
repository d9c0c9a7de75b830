"""What `use` declarations of Rust code stand for."""

import re

USE = re.compile(r'\buse\s+([^;]*);')


def expanded(tree):
    """The paths of a `use`, its groups taken apart, each with the name that it has from then on."""
    head, group, rest = tree.partition('{')
    if not group:
        path, _, name = re.sub(r'\s+', ' ', head).strip().partition(' as ')
        path = path.removesuffix('::self')
        yield path, name or path.split('::')[-1]
        return
    depth, part = 0, ''
    for sign in rest[:rest.rindex('}')] + ',':
        depth += {'{': 1, '}': -1}.get(sign, 0)
        if sign == ',' and not depth:
            yield from expanded(head + part.strip()) if part.strip() else ()
            part = ''
        else:
            part += sign


def uses(code):
    """Path and name of all that code takes in."""
    return [pair for tree in USE.findall(code) for pair in expanded(' '.join(tree.split()))]
