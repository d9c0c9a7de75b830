"""Sphinx's settings: copied to where the pages are gathered, with the tree's version."""

import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / 'scripts'))

project = 'libqio'
version = release = subprocess.run([TOP / 'scripts/version'], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
extensions = ['myst_parser', 'docsite.extension']
myst_heading_anchors = 4
nitpicky = True
html_theme = 'furo'
html_title = f'libqio {release}'
html_static_path = [str(TOP / 'scripts/docsite/static')]
html_css_files = ['site.css']
html_theme_options = {'navigation_with_keys': False}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
# Browsers don't let a page read others where there is no server.
html_show_search_summary = False
html_use_index = False
html_domain_indices = False
pygments_style = 'friendly'
pygments_dark_style = 'native'
