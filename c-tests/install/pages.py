"""The blocks of code in README.md and docs/*.md.

A block is fenced and says in its first word what it is: c, sh, meson (a piece of a build file), rust (run as a
doctest of the crate qio, part rust of scripts/check) or text (what a program prints, or a drawing). Further words:

    c file=NAME         a whole program, which the commands of the page compile under this name
    c                   a whole program, or a piece of a function (PIECE has what is around it)
    c functions         functions, which stand before the one of the pieces
    c ... gio           with what qio/gio.h declares; likewise soup, with libsoup 3, too
    sh not-run=REASON   what a test can't run, up to the end of the line
    sh by=TEST          run by that test, which needs more than a shell
    sh at-end           run when all pages are through: it takes away what they use
    text output         what the commands before it print, among other things
    text of=TEST        what the commands before it print, which that test compares
"""

import dataclasses
import re

import abi

PAGES = [abi.ROOT / 'README.md', *sorted((abi.ROOT / 'docs').glob('*.md'))]
LANGUAGES = ['c', 'sh', 'meson', 'rust', 'text']

# What is around a piece of C.
PIECE = '''\
#include "qemu/osdep.h"
#include "authz/list.h"
#include "crypto/tlscredsanon.h"
#include "crypto/tlscredspsk.h"
#include "crypto/tlscredsx509.h"
#include "io/channel-socket.h"
#include "io/channel-tls.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qio/stats.h"
#include "qio/websock-client.h"

%sstatic void piece(QIOChannel *master, Error **errp)
{
    (void)master;
    (void)errp;
%s}

int main(void)
{
    module_call_init(MODULE_INIT_QOM);
    piece(QIO_CHANNEL(qio_channel_socket_new()), &error_fatal);
    return 0;
}
'''

HEADERS = {
    'gio': '#include "qio/ext.h"\n#include "qio/gio.h"\n',
    'soup': '#include "qio/gio.h"\n#include <libsoup/soup.h>\n',
}


@dataclasses.dataclass
class Block:
    """A block, and where it stands."""

    page: str
    line: int
    language: str
    words: str
    text: str

    @property
    def place(self):
        return f'{self.page}:{self.line}'

    @property
    def source(self):
        """It, with what is around it."""
        if self.is_program:
            return self.text
        words = self.words.split()
        more = [header for word, header in HEADERS.items() if word in words]
        around = PIECE.replace('#include "qio/stats.h"\n', '#include "qio/stats.h"\n' + ''.join(more))
        return around % ((self.text, '') if 'functions' in words else ('', self.text))

    def word(self, name):
        """The value of NAME=VALUE; a reason goes to the end of the line."""
        pattern = rf'\b{name}=(.*)' if name == 'not-run' else rf'\b{name}=(\S+)'
        found = re.search(pattern, self.words)
        return found and found[1]

    @property
    def is_program(self):
        return re.search(r'^int main\(', self.text, re.M) is not None


def of(page):
    """The blocks of a page. Code that isn't fenced, or doesn't say what it is, ends the test."""
    name = str(page.relative_to(abi.ROOT))
    found, block, before = [], None, ''
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.match(r'```(.*)$', line)
        if block and fence:
            found.append(block)
            block = None
        elif block:
            block.text += line + '\n'
        elif fence:
            language, _, words = fence[1].partition(' ')
            if language not in LANGUAGES:
                raise SystemExit(f'{name}:{number}: a block in {language or "no language"}')
            block = Block(name, number, language, words, '')
        elif re.match(r' *```', line) or line.startswith('    ') and not before.strip():
            raise SystemExit(f'{name}:{number}: indented code, which no test sees')
        before = line
    if block:
        raise SystemExit(f'{block.place}: the block does not end')
    return found


def blocks(language):
    """All blocks of a language."""
    return [block for page in PAGES for block in of(page) if block.language == language]
