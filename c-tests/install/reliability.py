"""The tests that docs/reliability.md names are there, and so are the parts of scripts/check.

usage: reliability.py SOURCE-DIR
"""

import pathlib
import re
import subprocess
import sys

top = pathlib.Path(sys.argv[1])
page = (top / 'docs/reliability.md').read_text()
sources = '\n'.join(path.read_text() for path in (top / 'c-tests').glob('*.c'))

paths = set(re.findall(r'`(/qio/[^`]+)`', page))
cves = re.findall(r'^\| (20\d\d-\d+) .*\|.*\| (.*) \|$', page, re.M)
parts = [part for line in re.findall(r'`scripts/check ([a-z -]+)`', page) for part in line.split()]
known = subprocess.run([top / 'scripts/check', '--list'], capture_output=True, text=True, check=True).stdout
bad = [f'no test {path}' for path in sorted(paths) if f'"{path}"' not in sources]
bad += [f'CVE-{number} has no test' for number, tests in cves if '`/qio/' not in tests]
bad += [f'no part {part} of scripts/check' for part in parts if not re.search(f'^{part} ', known, re.M)]
if len(cves) < 5 or len(paths) < 10 or len(parts) < 3:
    bad.append(f'found only {len(cves)} CVEs, {len(paths)} tests, {len(parts)} parts')
print('\n'.join(bad) or f'{len(cves)} CVEs, {len(paths)} tests, {len(parts)} parts')
sys.exit(bool(bad))
