"""The unit tests of the Rust source, and the models of what its threads may do to each other."""

import re

from rules.rust import TESTS, rust_files
from rules.store import kept
from rules.tree import Place, line_of
from rules.work import below, is_common, way

TEST = re.compile(r'#\[test\]\n(?:[ \t]*(?:#\[|//).*\n)*[ \t]*fn (\w+)\(\)(.*?)(?=#\[test\]|\Z)', re.S)


@kept
def units():
    """Path -> the tests and models of a file: each with its body, and whether it is a model."""
    found = {}
    for path, text in rust_files():
        # A model in a file of its own is of the folder's module.
        is_model = path.name == 'models.rs'
        begin = 0 if is_model else next((match.end() for match in TESTS.finditer(text)), len(text))
        for match in TEST.finditer(text, begin):
            model = is_model or text.startswith('mod models', begin)
            place = Place(path, line_of(text, match.start(1)), match[1])
            found.setdefault(path.parent.with_suffix('.rs') if is_model else path, []).append((place, match[2], model))
    return found


def units_of(name):
    """The models of the files where threads meet in what an exported name leads to, and the tests that call that."""
    steps = [step.function for step in way(name).steps if step.depth < 2]
    deeper = [one for step in way(name).steps for one in below(step.function)
              if one.module[0] == 'platform' and not is_common(one)]
    found = {}
    for one in [*steps, *deeper]:
        for place, body, is_model in units().get(one.path, ()):
            if is_model or one in steps and re.search(rf'\b{one.name}\(', body):
                found[place] = is_model
    return dict(sorted(found.items(), key=lambda one: not one[1]))
