"""That every link of the site leads somewhere inside of it, anchors included, and that nothing is fetched from elsewhere."""

import html
import html.parser
import posixpath
import re
import urllib.parse

# What makes a browser load something by itself.
LOADS = {'script': 'src', 'img': 'src', 'link': 'href', 'iframe': 'src', 'source': 'src', 'video': 'src', 'audio': 'src'}


class Page(html.parser.HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if has.get('id'):
            self.anchors.add(has['id'])
        if tag == 'a' and has.get('name'):
            self.anchors.add(has['name'])
        place = has.get(LOADS.get(tag, ''))
        # Where a page is found by search engines, nothing is loaded from.
        if place and not (tag == 'link' and has.get('rel') in ('canonical', 'next', 'prev', 'index', 'search', 'genindex')):
            self.loads.append(place)
        elif place or tag == 'a' and has.get('href'):
            self.links.append(place or has['href'])


def problems(folder):
    """What is wrong, line by line."""
    found, wrong = {}, []
    for path in sorted(folder.rglob('*.html')):
        found[path.relative_to(folder).as_posix()] = Page(path.read_text())
    files = {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}
    for name, page in found.items():
        for link in page.loads:
            if re.match(r'[a-z]+:|//', link) and not link.startswith('data:'):
                wrong.append(f'{name}: loads {link}')
        for link in dict.fromkeys([*page.links, *page.loads]):
            if re.match(r'[a-z]+:', link):
                continue
            place, anchor = urllib.parse.urldefrag(link)
            place = urllib.parse.unquote(place.partition('?')[0])
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), place)) if place else name
            if target not in files:
                wrong.append(f'{name}: there is no {link}')
            elif anchor and target in found and urllib.parse.unquote(anchor) not in found[target].anchors:
                wrong.append(f'{name}: {target} has no #{anchor}')
    for path in folder.rglob('*.css'):
        wrong += [f'{path.relative_to(folder)}: loads {url}' for url in re.findall(r'url\(["\']?((?:https?:)?//[^)]*)', path.read_text())]
    if len(found) < 100:
        wrong.append(f'only {len(found)} pages')
    return wrong



