"""The files of the project, and places in them."""

import functools
import re

import abi

TOP = abi.ROOT
LABEL = re.compile(r'\b(?:[RWP]-(?:[A-Z0-9]+-)?\d+|[TLCSWNDB]\d+)\b')


class Place:
    """A line of a file of the project."""

    def __init__(self, path, line, text):
        self.path = path
        self.line = line
        self.text = text

    def __str__(self):
        return f'{self.path.relative_to(TOP)}:{self.line}'


@functools.cache
def files(*patterns):
    """Path and text of the files that match."""
    paths = sorted({path for pattern in patterns for path in TOP.glob(pattern)})
    return [(path, path.read_text(errors='replace')) for path in paths]


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def split(arguments):
    """What stands between the commas of a list, those in brackets left alone."""
    parts, depth, part = [], 0, ''
    for sign in arguments + ',':
        depth += {'{': 1, '(': 1, '[': 1, '}': -1, ')': -1, ']': -1}.get(sign, 0)
        if sign == ',' and depth == 0:
            parts.append(part.strip())
            part = ''
        else:
            part += sign
    return [part for part in parts if part]


def closing(text, start):
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for match in re.compile(r'"(?:[^"\\]|\\.)*"|[][(){}]').finditer(text, start):
        depth += {'(': 1, '[': 1, '{': 1, ')': -1, ']': -1, '}': -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return len(text)
