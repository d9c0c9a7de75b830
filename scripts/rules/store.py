"""What was found out about the tree, kept for the next run as long as no file of it has changed."""

import atexit
import contextlib
import functools
import os
import pickle
import tempfile

from rules.tree import TOP

KEPT = TOP / 'target' / 'rule.pickle'
READ = 'abi', 'c-tests', 'crates', 'docs/spec', 'include', 'scripts', 'src'
# Functions decorated with `kept` -> what they gave back.
known = None
added = set()


def state():
    """What all files that are read look like from outside."""
    found = [os.environ.get('QIO_ABI_SWITCHES', '')]
    folders = [os.path.join(TOP, folder) for folder in READ]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders += [entry.path] if entry.name != '__pycache__' else []
                else:
                    about = entry.stat()
                    found.append((entry.path, about.st_mtime_ns, about.st_size))
    return sorted(map(str, found))


def load():
    """What an earlier run has kept, if the tree is the same."""
    with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, ValueError):
        with open(KEPT, 'rb') as file:
            if pickle.load(file) == state():
                return pickle.load(file)
    return {}


def save(before):
    """For the next run, if there is a place for it and nobody has changed the tree meanwhile."""
    with contextlib.suppress(OSError):
        if added and before == state():
            KEPT.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile('wb', dir=KEPT.parent, prefix='rule-', delete=False) as file:
                pickle.dump(before, file, pickle.HIGHEST_PROTOCOL)
                # At once, so that what several have in common stays one thing.
                pickle.dump(known, file, pickle.HIGHEST_PROTOCOL)
            os.replace(file.name, KEPT)


def kept(function):
    """Has the function, which takes no arguments, called once for a state of the tree."""
    name = f'{function.__module__}.{function.__name__}'

    @functools.wraps(function)
    def get():
        global known
        if known is None:
            before = state()
            known = load()
            atexit.register(save, before)
        if name not in known:
            known[name] = function()
            added.add(name)
        return known[name]
    return get
