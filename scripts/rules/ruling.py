"""Which requirements rule an exported name, and which only speak of it or of what it goes through."""

import functools
import re

from rules.exports import c_comment, exported
from rules.rust import functions
from rules.specification import all_requirements, naming, requirements, words_of
from rules.store import kept
from rules.tree import LABEL
from rules.work import GROUND, way

# A function that works for more exported names than these is a part of many; the deeper, the fewer.
OWN = 8, 3


class Reason:
    """A requirement, and why it is one of a name's."""

    def __init__(self, requirement, why=''):
        self.requirement = requirement
        self.why = why


@kept
def works_for():
    """Function -> the exported names that lead to it."""
    found = {}
    for name in exported():
        for step in way(name).steps:
            found.setdefault(step.function, set()).add(name)
    return found


@kept
def does_for():
    """Function -> the exported names that it does the work of under their own name."""
    found = {}
    for name in exported():
        for step in way(name).steps:
            if step.depth == 0 and step.function.module[0] not in GROUND and len(step.function.name) > 3 and f'_{name}'.endswith(f'_{step.function.name}'):
                found.setdefault(step.function, []).append(name)
    return found


@functools.cache
def properties():
    """The requirements of docs/spec/properties.md, each with those that are its reasons."""
    return [(one, list(dict.fromkeys(LABEL.findall(' '.join(re.findall(r'\[([^\]]*)\]', one.text))))))
            for one in all_requirements() if one.path.stem == 'properties']


@functools.cache
def under_headings():
    """Word of a heading -> the requirements that stand under it."""
    found = {}
    for one in all_requirements():
        for word in words_of(one.heading.text):
            found.setdefault(word, []).append(one)
    return found


def is_own(step, name):
    # The ground serves everybody; deeper, or in a helper, a name tells whether it is the same that is done.
    if step.depth and step.function.module[0] in GROUND:
        return False
    if (step.depth or 'capi' in step.function.module) and f'_{step.function.name}' not in f'_{name}':
        return False
    return step.depth < len(OWN) and len(works_for().get(step.function, ())) <= OWN[step.depth]


def likened(contract):
    """The exported names that a contract says its function does as."""
    found = []
    for place in contract:
        for sentence in re.findall(r'\b(?:Like|As|The same as)\b[^.]*', place.text):
            found += re.findall(r'\b([a-z]\w+)\(\)', sentence)
    return dict.fromkeys(found)


class Ruling:
    """The requirements of a name: those that rule it in order, what they imply, those of the parts, mere mentions."""

    def __init__(self, name, contract):
        self.name = name
        having = naming()[name]
        self.rules, self.parts, self.lists = [], [], []
        # First what holds in all profiles.
        subject = sorted((one for one in having if one.rules(name) and not one.is_list()),
                         key=lambda one: (one.of_a_profile(), one.rules(name)))
        if any(one.rules(name) < 3 for one in subject):
            subject = [one for one in subject if one.rules(name) < 3]
        self.add(self.rules, [one for one in subject if not one.of_a_profile()], 'names it')
        self.add(self.rules, under_headings().get(name, []), 'under its heading')
        steps = way(name).steps
        if name not in functions():
            self.cite(self.rules, c_comment(name), 'at its source')
        for shim in way(name).shims:
            self.cite(self.rules, shim.labels(), f'at {shim}')
        for place in contract:
            self.cite(self.rules, LABEL.findall(place.text), 'in its contract')
        # First what has the same name.
        for step in sorted(steps, key=lambda step: f'_{step.function.name}' not in name):
            self.cite(self.rules if is_own(step, name) else self.parts, step.function.labels(),
                      f'at {step.function} {step.function.name}')
        for step in steps:
            for one in way(name).further(step):
                self.cite(self.parts, one.labels(), f'at {one} {one.name}')
        # What its contract has it do as others do.
        for other in likened(contract):
            self.add(self.parts, [one for one in naming().get(other, ()) if one.rules(other) and not one.is_list()],
                     f'names {other}, as which it does')
        # What others export is a part of it where it does what they do.
        for step in steps:
            for other in does_for().get(step.function, ()) if not is_own(step, name) or step.function.name != name else ():
                self.add(self.parts, [one for one in naming()[other] if one.rules(other) == 1 and not one.is_list()],
                         f'names {other}, {step.function}')
        self.add(self.rules, subject, 'names it')
        ruling = {one.requirement for one in self.rules}
        self.parts = [one for one in self.parts if one.requirement not in ruling]
        # Rows of properties that one of these is the reason of.
        known = {one.label for one in ruling}
        for one, reasons in properties():
            if one in having:
                self.add(self.rules, [one], 'a property that names it')
            elif by := [label for label in reasons if label in known]:
                self.add(self.rules, [one], f'a property that has {", ".join(by)} for its reason')
        shown = {one.requirement for one in [*self.rules, *self.parts]}
        # One of all that begin so is not meant.
        others = [one for one in having if one not in shown and name in words_of(one.whole)]
        self.lists = [one for one in others if one.is_list()]
        self.mentions = [one for one in others if not one.is_list()]

    def add(self, where, found, why):
        known = {one.requirement for one in where}
        where += [Reason(one, why) for one in found if one not in known]

    def cite(self, where, labels, why):
        for label in labels:
            self.add(where, requirements().get(label, []), why)


@functools.cache
def ruling(name, contract):
    return Ruling(name, contract)
