"""What scripts/coverage has counted: read from the tools, kept in a file, and told with the reasons."""

import collections
import json
import pathlib
import re
import subprocess
import tomllib

TOP = pathlib.Path(__file__).resolve().parent.parent
RULES = TOP / 'scripts/coverage.toml'
SOURCES = ('src', *(str(path.relative_to(TOP)) for path in sorted(TOP.glob('crates/*/src'))))


def sources():
    """The files that count."""
    return [path for source in SOURCES for suffix in ('rs', 'c') for path in sorted((TOP / source).rglob(f'*.{suffix}'))]


# What is a test ---------------------------------------------------------------------


TEST_ITEM = re.compile(r'^( *)#\[cfg\((?:all\()?test\b')


def test_lines(text):
    """The numbers of the lines that are there for tests only, and the modules that have files of their own."""
    lines = text.splitlines()
    found, modules = set(), []
    number = 0
    while number < len(lines):
        if not (item := TEST_ITEM.match(lines[number])):
            number += 1
            continue
        # rustfmt puts the end of an item where it begins.
        end = number + 1
        while lines[end].lstrip().startswith('#'):
            end += 1
        if module := re.match(r' *(?:pub(?:\([^)]*\))? )?mod (\w+);', lines[end]):
            modules.append(module[1])
        elif not lines[end].rstrip().endswith(';'):
            while lines[end].rstrip() not in (item[1] + '}', item[1] + '};'):
                end += 1
        found.update(range(number + 1, end + 2))
        number = end + 1
    return found, modules


def excluded():
    """Of each Rust file the lines of tests; None for a whole file of them."""
    found = {}
    for path in sources():
        if path.suffix == '.rs':
            lines, modules = test_lines(path.read_text())
            found.setdefault(path, lines)
            own = path.parent if path.stem in ('lib', 'mod') else path.with_suffix('')
            for module in modules:
                found[own / f'{module}.rs'] = None
                for below in (own / module).rglob('*.rs'):
                    found[below] = None
    return found


# What the tools say ------------------------------------------------------------------


def rust_lines(cov, merged, programs):
    """llvm-cov's counts: of each file a count for each line."""
    objects = [argument for program in programs[1:] for argument in ('--object', str(program))]
    text = subprocess.run([cov, 'export', '--format=lcov', f'--instr-profile={merged}', str(programs[0]), *objects],
                          check=True, capture_output=True, text=True).stdout  # fmt: skip
    found = collections.defaultdict(dict)
    for line in text.splitlines():
        if line.startswith('SF:'):
            path = pathlib.Path(line[3:])
        elif line.startswith('DA:'):
            number, count = map(int, line[3:].split(',')[:2])
            found[path][number] = max(count, found[path].get(number, 0))
    return found


def c_lines(target):
    """gcov's counts."""
    found = collections.defaultdict(dict)
    for notes in sorted(target.rglob('*.gcno')):
        counts = notes.with_suffix('.gcda')
        said = subprocess.run(['gcov', '--json-format', '--stdout', counts if counts.exists() else notes],
                              check=True, capture_output=True, text=True).stdout  # fmt: skip
        for file in json.loads(said)['files']:
            path = TOP / 'crates/embedded-host' / file['file']
            for line in file['lines']:
                found[path][line['line_number']] = max(line['count'], found[path].get(line['line_number'], 0))
    return found


def collect(cov, merged, programs, target, kept):
    """Writes which lines of which file are covered and which aren't."""
    counts = rust_lines(cov, merged, programs) | c_lines(target)
    tests = excluded()
    result = {}
    for path in sources():
        without = tests.get(path, set())
        if without is None or path not in counts:
            continue
        lines = {number: count for number, count in counts[path].items() if number not in without}
        result[str(path.relative_to(TOP))] = {
            'covered': sorted(number for number, count in lines.items() if count),
            'missed': sorted(number for number, count in lines.items() if not count),
        }
    kept.write_text(json.dumps(result))


# The report ---------------------------------------------------------------------------


def ranges(numbers):
    """1-3 7, for 1 2 3 7."""
    spans = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ' '.join(str(first) if first == last else f'{first}-{last}' for first, last in spans)


def report(kept, with_lines=False):
    """Prints it by file; true if less is covered than asked for."""
    rules = tomllib.loads(RULES.read_text())
    found = json.loads(kept.read_text())
    problems = []
    for path in rules['files']:
        if path not in found:
            problems.append(f'{path}: in {RULES.name}, and has no line that counts')
    covered = lines = 0
    for path, of in found.items():
        have, want = len(of['covered']), len(of['covered']) + len(of['missed'])
        covered += have
        lines += want
        if not want:
            continue
        rule = rules['files'].get(path, {})
        part = 100 * have / want
        floor = rule.get('floor', rules['file'])
        # Of a short file one line is much.
        if part < floor and (rule or len(of['missed']) > rules['lines']):
            problems.append(f'{path}: {part:.1f} % of its lines are covered, {floor} % are asked for')
        print(f'{path:74} {have:5} of {want:5} {part:6.1f} %' + (f'  {ranges(of["missed"])}' if with_lines else ''))
        if 'reason' in rule and of['missed']:
            print(f'    {rule["reason"]}')
    part = 100 * covered / lines
    if part < rules['all']:
        problems.append(f'{part:.2f} % of all lines are covered, {rules["all"]} % are asked for')
    for problem in problems:
        print(f'not covered: {problem}')
    print(f'{covered} of {lines} lines are covered, {part:.2f} %')
    return bool(problems)
