"""Names in code and labels of requirements become links, in each page that Sphinx has made: its HTML is all that is
looked at, so they are found alike in examples, prototypes, text and tables."""

import html
import posixpath
import re

TAG = re.compile(r'<(/?)(\w+)[^>]*>')
PIECE = re.compile(r'(<code class="docutils literal notranslate"><span class="pre">)([^<]*)(</span></code>)'
                   r'|(<span class="(?:n|nf|nc|nb|kt|cpf)">)([^<]*)(</span>)|<[^>]*>|[^<]+')
LABEL = re.compile(r'\b[RWP]-(?:[A-Z0-9]+-)*\d+\b')
# How a requirement begins, which is where links to it lead.
ITEM = re.compile(r'(<li(?: class="[^"]*")?>(?:<p>)?|<tr class="[^"]*"><td>(?:<p>)?)((?:<strong>)?)([A-Z]+\d+|[RWP]-(?:[A-Z0-9]+-)*\d+)(?=[ <\n])')
# Inside of these nothing is a link yet, or shall be one.
CLOSED = 'a', 'h1', 'h2', 'h3', 'h4', 'svg', 'script', 'style', 'title'


def relative(page, target):
    return posixpath.relpath(target.partition('#')[0], posixpath.dirname(page) or '.') + (
        '#' + target.partition('#')[2] if '#' in target else '')


def anchored(body, is_rule):
    """The specification with anchors at its requirements: what has none yet."""
    known = set()

    def anchor(match):
        if match[3] in known or not is_rule:
            return match[0]
        known.add(match[3])
        return f'{match[1]}<span id="{match[3]}"></span>{match[2]}{match[3]}'
    return ITEM.sub(anchor, body), known


class Names:
    """What is known, and where it is: names of C, labels of requirements."""

    def __init__(self, names, labels):
        self.names = names
        self.labels = labels

    def place(self, text):
        """Where what a piece of code names is, or nothing."""
        name = html.unescape(text)
        call = re.fullmatch(r'&?(?:struct )?([A-Za-z_]\w*)(?:\(\))?(?: \*+)?', name)
        if call:
            return self.names.get(call[1])
        return self.names.get(name.strip('<>"'))

    def links(self, page, body):
        """The HTML of a page with the links."""
        out, closed = [], []
        for match in PIECE.finditer(body):
            piece = match[0]
            tag = TAG.fullmatch(piece)
            if tag and tag[2] in CLOSED:
                closed = closed[:-1] if tag[1] and closed else closed if tag[1] else [*closed, tag[2]]
            if not closed and (match[2] is not None or match[5] is not None):
                begin, text, end = match.groups()[:3] if match[2] is not None else match.groups()[3:]
                target = self.place(text)
                if target and target.partition('#')[0] != page:
                    piece = f'{begin}<a href="{relative(page, target)}">{text}</a>{end}'
            elif not closed and not tag:
                piece = LABEL.sub(lambda label: self.label(page, label[0]), piece)
            out.append(piece)
        return ''.join(out)

    def label(self, page, label):
        target = self.labels.get(label)
        return f'<a class="rule" href="{relative(page, target)}">{label}</a>' if target else label
