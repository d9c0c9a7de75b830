#!/usr/bin/env python3
"""What scripts/docs makes the site of, and finds fault with, without Sphinx: sections, contracts, profiles, links."""

import pathlib
import sys
import tempfile

from docsite import build, declared, linked, links, look, pages, profiles, reference, sources
from docsite.contracts import Contract
from docsite.prototypes import pretty
from rules.headers import Header

failures = 0


def check(what, fine, seen=''):
    global failures
    print(f'{"ok" if fine else "NOT OK"}: {what}{"" if fine else f": {seen}"}', flush=True)
    failures += not fine


def sections():
    check('every page has a section', not pages.problems(), pages.problems())
    whole = pages.navigation

    def without_one():
        found = whole()
        found['section'][0]['pages'][0] = 'docs/no-such-page.md'
        return found
    pages.navigation = without_one
    said = pages.problems()
    pages.navigation = whole
    check('a page without a section is missed', any('in no section' in line for line in said), said)
    check('a section without a page is missed', any('there is no docs/no-such-page.md' in line for line in said), said)
    wrong = pages.pages()[2]
    check('all links of the pages lead to files', not wrong, wrong)


def contracts():
    contract = Contract('one:\nother:\n@a: (nullable): first\n  and more\n@b: second\n\nDoes `x` to @a, as two_words() do. More.\n\n'
                        'Threads: any; Blocks: no.\nReturns: 0, or\n-1 with @errp set.')  # fmt: skip
    check('names', contract.names == ['one', 'other'], contract.names)
    check('arguments', contract.arguments == [('a', '(nullable): first and more'), ('b', 'second')], contract.arguments)
    check('facts', contract.facts == [('Threads', 'any'), ('Blocks', 'no.'), ('Returns', '0, or -1 with @errp set.')], contract.facts)
    check('its first sentence', contract.summary() == 'Does `x` to `a`, as `two_words()` do', contract.summary())
    long = pretty('int long_name(const struct iovec *first, size_t second, void (*third)(int a, int b), Error **errp);')
    check('a long prototype has a line for each argument', long.count('\n') == 3 and 'third)(int a, int b),' in long, long)


def conditions():
    text = ('#if defined(QIO_HAS_TASK_FREE)\nint a;\n#else\nint b;\n#endif\n#ifndef __cplusplus\nint c;\n#endif\n')
    seen = {name: profiles.profiles_at(text, text.index(f'int {name}')) for name in 'abc'}
    check('a switch divides the profiles', set(seen['a']) and set(seen['b']) and not set(seen['a']) & set(seen['b']), seen)
    check('and leaves none out', sorted(seen['a'] + seen['b']) == sorted(seen['c']), seen)
    check('what is asked of others is no matter', profiles.said(seen['c']) == 'all profiles', seen['c'])


def types():
    header = Header(pathlib.Path('x.h'), '/*\n * First.\n */\n/** A. */\ntypedef struct A {\n    int one;\n} A;\n/* B. */\n'
                    'typedef void (*B)(int a);\ntypedef void (C)(int a);\nenum D { E };\ntypedef struct A A;\n')  # fmt: skip
    found = [(one.names, one.words) for one in declared.types(header)]
    check('types', found == [(['A'], 'A.'), (['B'], 'B.'), (['C'], ''), (['D'], '')], found)


def names_become_links():
    names = linked.Names({'qio_x': 'reference/x.html', 'T': 'reference/t.html#t'}, {'R-X-1': 'docs/spec/x.html#R-X-1'})
    code = '<code class="docutils literal notranslate"><span class="pre">{}</span></code>'
    html = names.links('docs/a.html', f'<p>{code.format("qio_x()")} R-X-1 <a href="b">{code.format("T")} R-X-1</a></p>')
    check('a function', 'href="../reference/x.html">qio_x()</a>' in html, html)
    check('a requirement', 'href="../docs/spec/x.html#R-X-1">R-X-1</a>' in html or 'href="spec/x.html#R-X-1">R-X-1</a>' in html, html)
    check('no link in a link', html.count('<a ') == 3, html)


def broken_links(folder):
    (folder / 'a.html').write_text('<a href="b.html#there">x</a><a href="b.html#not">x</a><a href="c.html">x</a><img src="https://x/y">')
    (folder / 'b.html').write_text('<p id="there"></p>')
    found = links.problems(folder)
    for wanted in 'b.html has no #not', 'there is no c.html', 'loads https://x/y', 'only 2 pages':
        check(f'found: {wanted}', any(wanted in line for line in found), found)
    check('and nothing else', len(found) == 4, found)


def looks():
    fine = {'page': 'a.html', 'width': 390, 'theme': 'dark', 'scrolls': 390, 'images': [['a', 10, 10]], 'contrasts': {'text': 7},
            'results': [], 'cut': []}  # fmt: skip
    check('a page as it should be', not [*look.objections(fine)], [*look.objections(fine)])
    for what, worse in {'sideways': {'scrolls': 391}, 'not shown': {'images': [['a', 0, 0]]}, 'contrast': {'contrasts': {'text': 2}},
                        'search': {'page': 'search.html'}, 'outside': {'cut': ['word']}}.items():  # fmt: skip
        check(f'one with its fault: {what}', len([*look.objections(fine | worse)]) == 1, [*look.objections(fine | worse)])


def searches():
    found = '<ul class="search"><li class="kind-title"><a href="reference/functions/{}.html?highlight=x">x</a></li></ul>'
    for what, dom in {'nothing': '<ul class="search"></ul>', 'something else': found.format('qio_task_new'), 'no page': ''}.items():
        check(f'a search that finds {what} is wrong', len(look.search_objections(dom)) == 1, look.search_objections(dom))
    right = look.search_objections(found.format(look.SEARCHED))
    check('one that finds what it should is not', not right, right)


def index_in_order():
    told = ['Search.setIndex({"alltitles": {"B": [[2, "b"]], "A": [[1, "x"], [0, "a"]]}, "indexentries": {}, "docnames": ["z", "y"]})',
            'Search.setIndex({"docnames": ["z", "y"], "alltitles": {"A": [[0, "a"], [1, "x"]], "B": [[2, "b"]]}, "indexentries": {}})']
    one, other = map(build.ordered, told)
    check('an index has one order', one == other and one != told[0], (one, other))
    check('and the same in it, for each page', '"docnames": ["z", "y"]' in one and one.endswith('})'), one)


def source_packages(folder):
    wanted = ['README.md', 'build.rs', 'docs/a.md']
    for name in [*wanted, 'build-docs/html/a.html', 'scripts/__pycache__/a.pyc', 'target/a', 'vendor/a/lib.rs', '.pc/a']:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = [str(path) for path in sources.unpacked(folder)]
    check('a source package has its files, and not what was built there', found == wanted, found)


sections()
contracts()
conditions()
types()
names_become_links()
looks()
searches()
index_in_order()
with tempfile.TemporaryDirectory() as scratch:
    source_packages(pathlib.Path(scratch))
with tempfile.TemporaryDirectory() as scratch:
    broken_links(pathlib.Path(scratch))
check('each exported name is declared where it is exported', not [line for name in reference.names() for line in reference.check(name)])
check('code with backquotes is fenced by more', sources.fence('a ``` b') == '````', sources.fence('a ``` b'))
sys.exit(1 if failures else 0)
