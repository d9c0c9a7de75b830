"""Declarations as they are read: one argument a line, where they are long."""

from rules.tree import closing, split

WIDTH = 72


def pretty(code):
    """A declaration of one line, in lines that a narrow screen shows."""
    begin = code.find('(')
    if len(code) <= WIDTH or begin < 0:
        return code
    end = closing(code, begin)
    arguments = split(code[begin + 1:end])
    head, tail = code[:begin + 1], code[end:]
    indent = len(head) if len(head) + max(map(len, arguments)) < WIDTH else 4
    if indent == 4:
        return head + '\n    ' + ',\n    '.join(arguments) + tail
    return head + f',\n{"":{indent}}'.join(arguments) + tail
