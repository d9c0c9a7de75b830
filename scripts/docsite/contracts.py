"""What a header says of a name, as Markdown."""

import re
import textwrap

FACTS = 'Threads', 'Blocks', 'Context', 'Coroutine', 'Returns', 'Errors', 'Since', 'Differs', 'All'
FACT = re.compile(rf'(?:^|(?<=[.;:,)] ))({"|".join(FACTS)}): ')
# What headers write as they would in C, not in Markdown.
NAME = re.compile(r'`[^`]+`|@\w+|%\w+|\b[A-Za-z_]\w*\(\)|\b[\w/-]+\.h\b|\b[A-Z][A-Z0-9]*_[A-Z0-9_]*(?:\*|(?<!_)\b)'
                  r'|\b(?:[a-z]\w*_\w+|Q(?:IO|Crypto|Emu|AuthZ)\w+)\b')


def plain(text):
    """Text in which nothing is Markdown."""
    return re.sub(r'([\\`*_\[\]<>#|~$^])', r'\\\1', text)


def marked(text):
    """Text of a header: names become code, the rest stays as it is."""
    out, at = [], 0
    for match in NAME.finditer(text):
        out += [plain(text[at:match.start()]), f'`{match[0].strip("`@%")}`']
        at = match.end()
    return ''.join([*out, plain(text[at:])])


def is_code(lines):
    """Whether all lines are indented: an example, or a table."""
    return all(line.startswith('  ') for line in lines)


class Contract:
    """A contract in its parts: the names in its title, arguments, paragraphs, facts."""

    def __init__(self, text):
        self.names, self.arguments, self.paragraphs, self.facts = [], [], [], []
        for block in re.split(r'\n[ \t]*\n', text):
            self.block(block.rstrip())
        self.paragraphs = [one for one in self.paragraphs if not one.strip().startswith(('SPDX-', 'Copyright', 'Generated from'))]

    def block(self, block):
        lines = block.split('\n')
        while lines and (title := re.fullmatch(r'(\w+):', lines[0].strip())):
            self.names.append(title[1])
            del lines[0]
        while lines and (match := re.match(r'@([\w.]+):\s*(.*)', lines[0])):
            more = [line.strip() for line in self.continued(lines)]
            self.arguments.append((match[1], ' '.join([match[2], *more])))
            del lines[:1 + len(more)]
        if not lines:
            return
        if is_code(lines):
            language = 'c' if re.search(r'[;{}]\s*$', block, re.M) else 'text'
            self.paragraphs.append(textwrap.dedent('\n'.join(lines)).join([f'```{language}\n', '\n```']))
            return
        # Facts may stand behind a sentence, and several in a line.
        start = next((number for number, line in enumerate(lines) if re.match(rf'\s*(?:{"|".join(FACTS)}): ', line)), len(lines))
        if start:
            self.paragraphs.append(self.paragraph(lines[:start]))
        whole = ' '.join(line.strip() for line in lines[start:])
        pieces = FACT.split(whole)
        for kind, words in zip(pieces[1::2], pieces[2::2]):
            self.facts.append((kind, words.strip().rstrip(';')))

    @staticmethod
    def continued(lines):
        for line in lines[1:]:
            if line.startswith('@') or re.match(rf'\s*(?:{"|".join(FACTS)}): ', line):
                return
            yield line

    @staticmethod
    def paragraph(lines):
        """Lines of prose, in which a list stays one."""
        out = ''
        for line in lines:
            item = re.match(r'\s*[-*] (?=\S)', line)
            out += ('\n- ' if item else ' ' if out else '') + marked(line[item.end():] if item else line.strip())
        return re.sub(r'(?<!\n)\n- ', '\n\n- ', out, count=1).replace('\n\n\n', '\n\n').strip()

    def summary(self):
        """Its first sentence."""
        text = next((one for one in self.paragraphs if not one.startswith('```')), '')
        returned = next((words for kind, words in self.facts if kind == 'Returns'), '')
        text = text or marked(re.sub(r'^(?:\([^)]*\)[ :]*)+', '', returned))
        return re.split(r'(?<=[.;:])\s', text.replace('\n', ' '))[0].rstrip('.;:')

    def markdown(self):
        out = []
        if self.arguments:
            out += ['\n'.join(f'- `{name}`: {marked(words)}' for name, words in self.arguments)]
        out += self.paragraphs
        if self.facts:
            out += ['\n'.join(f'- **{kind}:** {marked(words)}' for kind, words in self.facts)]
        return '\n\n'.join(out)
