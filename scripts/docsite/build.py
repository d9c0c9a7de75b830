"""Gathers the pages, has Sphinx make the site of them, and checks what came out."""

import json
import os
import re
import shutil
import subprocess
import sys

from docsite import links, pages, reference
from rules.specification import requirements
from rules.tree import TOP

SITE = TOP / 'scripts' / 'docsite'


def labels():
    """Label of a requirement -> where the site has it."""
    return {label: f'{places[0].path.relative_to(TOP).with_suffix(".html")}#{label}' for label, places in requirements().items()}


def write(path, text):
    """Only what has changed, so that Sphinx reads only that again; whether it has."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return True


def gather(source):
    """The pages in a folder; what is wrong with them."""
    written, images, wrong = pages.pages()
    if wrong:
        return wrong
    made, names = reference.pages()
    written |= made
    # Of the spec, what all pages link to.
    known = {'names': names, 'labels': labels()}
    if source.exists():
        for path in source.rglob('*.md'):
            if str(path.relative_to(source)) not in written:
                path.unlink()
    for path, text in written.items():
        write(source / path, text)
    for image in images:
        (source / image).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / image, source / image)
    # All pages have links made of it.
    if write(source / 'known.json', json.dumps(known, indent=1, sort_keys=True)):
        shutil.rmtree(source.with_name('html'), ignore_errors=True)
    return []


def sphinx(source, output, tell):
    """Has Sphinx make the site; what it warns of."""
    # Debian's own Python has Debian's Sphinx.
    command = ['/usr/bin/python3', '-m', 'sphinx', '-b', 'html', '-c', str(source), '-d', str(output.with_name('doctrees')), '-j', '2', '-W',
               '--keep-going', '-n', '--color' if sys.stdout.isatty() else '--no-color', str(source), str(output)]  # fmt: skip
    write(source / 'conf.py', (SITE / 'conf.py').read_text().replace(
        "pathlib.Path(__file__).resolve().parents[2]", f'pathlib.Path({str(TOP)!r})'))
    wrong = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                          env=os.environ | {'PYTHONPATH': str(TOP / 'scripts'), 'SOURCE_DATE_EPOCH': '0', 'TZ': 'UTC'}) as process:
        for line in process.stdout:
            if re.search(r'WARNING|ERROR|error:|Traceback|Exception', line):
                wrong.append(line.strip().replace(f'{source}/', ''))
            elif percent := re.match(r'(\w+ \w+)\W.*\[ *(\d+)%\]', line):
                tell(percent[1], int(percent[2]))
    if process.returncode and not wrong:
        wrong.append(f'sphinx ended with {process.returncode}: {line.strip()}')
    return wrong


def ordered(index):
    """The text of a search's index in one order, which Sphinx leaves to the order in which it happens to read pages."""
    begin, end = index.index('(') + 1, index.rindex(')')
    found = json.loads(index[begin:end])
    for places in 'alltitles', 'indexentries':
        for where in found[places].values():
            where.sort()
    return index[:begin] + json.dumps(found, sort_keys=True) + index[end:]


def build(folder, tell):
    """Makes the site below a folder; what is wrong."""
    source, output = folder / 'source', folder / 'html'
    tell('gathers pages and the reference')
    wrong = gather(source)
    if wrong:
        return wrong
    tell('Sphinx')
    wrong = sphinx(source, output, tell)
    index = output / 'searchindex.js'
    if index.exists():
        write(index, ordered(index.read_text()))
    tell('links')
    wrong += links.problems(output)
    if wrong:
        # Else Sphinx would not say it again.
        shutil.rmtree(folder / 'doctrees', ignore_errors=True)
    return wrong


def count(folder):
    return len([*(folder / 'html').rglob('*.html')])
