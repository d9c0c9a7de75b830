"""What Chromium shows of the site: nothing wider than a phone, text and drawings that can be read in light and dark, pictures
that are there, and a search that finds what it should."""

import json
import re
import shutil
import subprocess
import tempfile

from docsite import pages
from rules.tree import TOP

DESKTOP, PHONE = 1280, 390
# What readers with weak eyes need (WCAG 2, AA).
CONTRAST = 4.5
# The measuring page reads the frames that it loads.
FRAMES = '--allow-file-access-from-files'
SEARCHED = 'qio_task_wait_thread'
# Pages of each kind, of which pictures are kept.
SHOWN = ['index.html', 'docs/threads-and-ownership.html', 'reference/functions/qio_channel_readv_full.html', 'docs/tutorial.html',
         f'search.html?q={SEARCHED}']  # fmt: skip


def chromium(profile, *arguments):
    run = subprocess.run(['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
                          f'--user-data-dir={profile}', '--virtual-time-budget=600000', *arguments], capture_output=True, timeout=900)  # fmt: skip
    return run.stdout.decode()


def harness(folder, name, work):
    """A page that loads others in a frame and tells what it measured: frames can be as narrow as a phone."""
    template = (TOP / 'scripts/docsite/look.html').read_text()
    path = folder / 'look' / name
    path.parent.mkdir(exist_ok=True)
    told = json.dumps([one | {'page': f'../html/{one["page"]}'} for one in work])
    path.write_text(template.replace('const work = WORK', f'const work = {told}'))
    return path


def chosen(html):
    """The pages that people write, all headers, and the functions with the widest names."""
    written = [str(pages.in_site(path).with_suffix('.html')) for path in [pages.FRONT, *pages.listed()]]
    headers = sorted(f'reference/headers/{path.name}' for path in (html / 'reference/headers').glob('*.html'))
    functions = sorted((html / 'reference/functions').glob('*.html'), key=lambda path: -len(path.name))[:10]
    rest = ['reference/index.html', 'reference/functions.html', 'reference/types.html']
    return [*written, *headers, *rest, *(f'reference/functions/{path.name}' for path in functions)]


def work(html):
    """What is looked at: page, width, theme, and what has to be there first."""
    found = [{'page': page, 'width': PHONE, 'theme': 'light'} for page in chosen(html)]
    found += [{'page': page, 'width': DESKTOP, 'theme': theme} for page in SHOWN[:-1] for theme in ('light', 'dark')]
    found += [{'page': page, 'width': PHONE, 'theme': 'dark'} for page in SHOWN[:-1]]
    found.append({'page': SHOWN[-1], 'width': DESKTOP, 'theme': 'light', 'waits': '#search-results li a'})
    return found


def objections(one):
    """What is wrong with a page as it was seen."""
    name = f'{one["page"].removeprefix("../html/")}, {one["width"]} wide, {one["theme"]}'
    if one['scrolls'] > one['width']:
        yield f'{name}: scrolls sideways: {one["scrolls"]}'
    for image, natural, shown in one['images']:
        if not natural or not shown:
            yield f'{name}: {image} is not shown'
    for what, ratio in one['contrasts'].items():
        if ratio < CONTRAST:
            yield f'{name}: {what} has a contrast of {ratio:.1f}'
    for text in one['cut']:
        yield f'{name}: outside of its drawing: {text}'
    if 'search.html' in name and (not one['results'] or SEARCHED not in one['results'][0]):
        yield f'{name}: the search finds {one["results"][:3]} first'


def search_objections(dom):
    found = re.search(r'<ul class="search">.*?<a href="([^"]*)"', dom, re.S)
    return [] if found and SEARCHED in found[1] else [f'search.html: finds {found[1] if found else "nothing"} first']


def search_problems(html):
    """What the search of a site that was not just built finds wrong, without leave to read files from other folders."""
    with tempfile.TemporaryDirectory() as profile:
        dom = chromium(profile, '--dump-dom', f'{(html / "search.html").as_uri()}?q={SEARCHED}')
    return search_objections(dom)


def look(folder):
    """How many pages were seen, and what is wrong."""
    if not shutil.which('chromium'):
        return 0, ['chromium is not installed: what the site looks like was not tested (scripts/setup check installs it)']
    todo = work(folder / 'html')
    with tempfile.TemporaryDirectory() as profile:
        dom = chromium(profile, FRAMES, '--dump-dom', harness(folder, 'all.html', todo).as_uri())
        told = re.search(r'<script type="application/json" id="answers">(.*?)</script>', dom, re.S)
        answers = json.loads(told[1]) if told else []
        wrong = [line for one in answers for line in objections(one)]
        if len(answers) != len(todo):
            wrong.append(f'of {len(todo)} pages {len(answers)} were seen')
        for number, page in enumerate(SHOWN):
            # Each takes a browser of its own.
            for width, theme in ((DESKTOP, 'light'), (DESKTOP, 'dark'), (PHONE, 'dark'))[:3 if number < 2 else 1]:
                path = harness(folder, f'{number}-{width}-{theme}.html',
                               [{'page': page, 'width': width, 'theme': theme, 'waits': 'body'}])  # fmt: skip
                picture = path.with_suffix('.png')
                chromium(profile, FRAMES, f'--window-size={max(width, 500)},900', f'--screenshot={picture}', path.as_uri())
                if not picture.exists() or picture.stat().st_size < 5000:
                    wrong.append(f'no picture of {page}')
    return len(answers), wrong
