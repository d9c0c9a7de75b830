"""Pages for the files and folders that pages link to: the site has them, too."""

import functools
import pathlib
import re
import subprocess

from rules.tree import TOP

LANGUAGES = {'.c': 'c', '.h': 'c', '.py': 'python', '.toml': 'toml', '.json': 'json', '.sh': 'sh', '.ini': 'ini'}
LARGEST = 200_000


def unpacked(top):
    """The files of a source package, without what was built in it."""
    tops = [path for path in top.iterdir() if not re.fullmatch(r'build.*|target|vendor|\..*', path.name) or path.is_file()]
    return sorted(path.relative_to(top) for one in tops for path in [one, *one.rglob('*')]
                  if path.is_file() and path.parent.name != '__pycache__')  # fmt: skip


@functools.cache
def tracked():
    """The files of the tree, without what was built in it."""
    # A source package has no repository, though one may be around it.
    if not (TOP / '.git').exists():
        return unpacked(TOP)
    run = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=TOP, stdout=subprocess.PIPE,
                         check=True)  # fmt: skip
    return sorted({pathlib.Path(name) for name in run.stdout.decode().split('\0') if name and (TOP / name).is_file()})


def below(folder):
    return [path for path in tracked() if folder in path.parents]


def page_of(path):
    """Where the site has a file or a folder."""
    return f'files/{path}/index.md' if (TOP / path).is_dir() else f'files/{path}.md'


def has_page(path):
    """Whether somebody would read it: lists of facts are for scripts."""
    return (TOP / path).stat().st_size <= LARGEST and path.suffix not in ('.svg', '.png', '.json') and path.parts[0] != 'abi'


def fence(text):
    """More backquotes than the text has in a row."""
    longest = max((len(part) for part in text.replace('\n', ' \n').split() if set(part) == {'`'}), default=0)
    return '`' * max(3, longest + 1)


def file_page(path):
    text = (TOP / path).read_text(errors='replace')
    fences = fence(text)
    first = text.partition('\n')[0]
    language = LANGUAGES.get(path.suffix) or ('python' if 'python' in first else 'sh' if first.startswith('#!') else 'text')
    return f'---\norphan: true\n---\n\n# {path.name}\n\n`{path}`\n\n{fences}{language}\n{text.rstrip()}\n{fences}\n'


def folder_page(folder):
    lines = ['---', 'orphan: true', '---', '', f'# {folder}/', '']
    for path in below(folder):
        inside = path.relative_to(folder)
        lines.append(f'- [`{inside}`]({inside}.md)' if has_page(path) else f'- `{inside}`')
    return '\n'.join(lines) + '\n'


def pages(wanted):
    """Path below the site -> Markdown, of files and folders that are linked to, and of what the folders have."""
    written, every = {}, set(wanted)
    for path in wanted:
        if (TOP / path).is_dir():
            written[page_of(path)] = folder_page(path)
            every |= {one for one in below(path) if has_page(one)}
    for path in sorted(every):
        if (TOP / path).is_file():
            written[page_of(path)] = file_page(path)
    return written
