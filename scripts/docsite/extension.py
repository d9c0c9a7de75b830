"""Sphinx's part of the site: what each page gets when its HTML is there."""

import json
import pathlib
import posixpath

from docsite.linked import Names, anchored


def sharing_navigation(app):
    """Has the list of all pages made once for each folder, rather than for each page: those that are not in it, which most
    are, all have the same."""
    made = {}

    def share(app, pagename, templatename, context, doctree):
        if 'toctree' not in context or any(pagename in pages for pages in app.env.toctree_includes.values()):
            return
        toctree = context['toctree']

        def shared(**arguments):
            key = posixpath.dirname(pagename), *sorted(arguments.items())
            if key not in made:
                made[key] = toctree(**arguments)
            return made[key]
        context['toctree'] = shared
    # Before the theme asks for it.
    app.connect('html-page-context', share, priority=100)


def setup(app):
    known = json.loads((pathlib.Path(app.confdir) / 'known.json').read_text())
    names = Names(known['names'], known['labels'])

    def finish(app, pagename, templatename, context, doctree):
        if 'body' in context:
            body, _ = anchored(context['body'], pagename.startswith('docs/spec/'))
            context['body'] = names.links(pagename + '.html', body)
    app.connect('html-page-context', finish)
    sharing_navigation(app)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
