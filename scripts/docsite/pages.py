"""The pages that people write, as the site has them: in its sections, with links that lead inside of it."""

import functools
import os
import pathlib
import posixpath
import re
import tomllib

from docsite import sources
from rules.tree import TOP

NAVIGATION = TOP / 'docs' / 'navigation.toml'
FRONT = pathlib.Path('README.md')
PICTURES = pathlib.Path('docs/pictures')
LINK = re.compile(r'(!?\[(?:[^\]\[]|\[[^\]]*\])*\])\(([^)\s]+)\)')
FENCE = re.compile(r'^(`{3,}).*?^\1`*\s*?$', re.M | re.S)


def navigation():
    return tomllib.loads(NAVIGATION.read_text())


@functools.cache
def title(path):
    return re.search(r'^# (.*)', (TOP / path).read_text(), re.M)[1]


def drawing(path):
    """A picture of the project's own as a part of the page, so that it is light or dark with it: site.css has its colours."""
    svg = (TOP / path).read_text()
    return '<div class="drawing">\n' + re.sub(r'<style>.*?</style>\n', '', svg, flags=re.S).strip() + '\n</div>'


def sections():
    return navigation()['section']


def listed():
    """The written pages of all sections."""
    return [pathlib.Path(page) for section in sections() for page in section['pages'] if not page.startswith('reference/')]


def problems():
    """What is wrong with the sections: pages without a place, places without a page."""
    found = listed()
    every = [path.relative_to(TOP) for path in sorted((TOP / 'docs').rglob('*.md'))]
    name = NAVIGATION.relative_to(TOP)
    parts = [pathlib.Path(part) for part in navigation()['parts']]
    out = [f'{path}: in no section of {name}' for path in every if path not in found + parts]
    out += [f'{name}: there is no {path}' for path in found if not (TOP / path).is_file()]
    return out + [f'{name}: {path} stands twice' for path in set(found) if found.count(path) > 1]


def in_site(path):
    """Where the site has a written page."""
    return pathlib.Path('index.md') if path == FRONT else path


class Staged:
    """A page on its way to the site."""

    def __init__(self, path):
        self.path = path
        self.wanted = set()
        self.images = set()
        self.broken = []
        text = (TOP / path).read_text()
        # Examples are left alone.
        out, at = [], 0
        for match in FENCE.finditer(text):
            out += [self.linked(text[at:match.start()]), match[0]]
            at = match.end()
        self.text = ''.join([*out, self.linked(text[at:])])
        self.text = re.sub(r'^```(\w+) [^\n]*$', r'```\1', self.text, flags=re.M)

    def linked(self, text):
        return LINK.sub(self.link, text)

    def link(self, match):
        label, target = match.groups()
        if re.match(r'[a-z]+:', target) or target.startswith('#'):
            return match[0]
        target, _, anchor = target.partition('#')
        path = pathlib.Path(posixpath.normpath(posixpath.join(self.path.parent.as_posix(), target)))
        if not (TOP / path).exists():
            self.broken.append(f'{self.path}: no {target}')
            return match[0]
        if path.parent == PICTURES:
            return drawing(path)
        if label.startswith('!'):
            self.images.add(path)
            place = path
        else:
            place = self.place(path)
            # A page is called by its title, where a file was called by its name.
            if place.suffix == '.md' and path.suffix == '.md' and re.fullmatch(r'\[[\w./-]+\.md\]', label):
                label = f'[{title(path)}]'
        relative = os.path.relpath(place, in_site(self.path).parent)
        return f'{label}({relative}{"#" * bool(anchor)}{anchor})'

    def place(self, path):
        """Where the site has what a link leads to."""
        if path in [*listed(), FRONT]:
            return in_site(path)
        if (TOP / path).is_dir() and path / 'README.md' in listed():
            return path / 'README.md'
        if path.parts[0] == 'include':
            inside = path.relative_to('include')
            if (TOP / path).is_dir():
                return pathlib.Path('reference/index.md')
            return pathlib.Path('reference/headers') / str(inside).replace('/', '-').replace('.h', '.md')
        self.wanted.add(path)
        return pathlib.Path(sources.page_of(path))


def toctrees():
    """The sections, for the front page."""
    out = []
    for section in sections():
        names = [str(in_site(pathlib.Path(page))) for page in section['pages']]
        out += ['```{toctree}', ':hidden:', f':caption: {section["title"]}', '', *names, '```', '']
    return '\n'.join(out)


def pages():
    """Path below the site -> text, the images, and what is wrong."""
    written, images, wrong, wanted = {}, set(), problems(), set()
    if wrong:
        return {}, set(), wrong
    for path in [FRONT, *listed()]:
        staged = Staged(path)
        wrong += staged.broken
        images |= staged.images
        wanted |= staged.wanted
        written[str(in_site(path))] = staged.text + ('\n\n' + toctrees() if path == FRONT else '')
    return written | sources.pages(sorted(wanted)), images, wrong
