#!/usr/bin/env python3
"""Every trace event of the profile, TLS and WebSocket included, is written as a line with the arguments that
docs/spec names (R-TRACE-7), while the C programs of the tests work: those beyond the original's, too.

usage: trace-lines.py PROFILE tls|no-tls PROGRAM...
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import specified_traces
import traces

profile, tls, *programs = sys.argv[1:]
own = specified_traces.own()
assert own.keys() == traces.OWN, own.keys() ^ traces.OWN
wanted = {name: arguments for name, arguments in (specified_traces.of_profile(profile) | own).items()
          if name not in specified_traces.NEVER_EMITTED
          and (tls == 'tls' or not name.startswith('qio_channel_tls_'))}  # fmt: skip
VALUES = [(r'void \*', r'(?:0x[0-9a-f]+|\(nil\))'), (r'const char \*', r'(?:"(?:[^"\\]|\\.)*"|\(null\))'),
          ('int ', r'-?\d+'), ('', r'\d+')]  # fmt: skip


def pattern(arguments):
    values = (next(value for start, value in VALUES if re.match(start, argument)) for argument in arguments)
    return re.compile(''.join(rf' \w+={value}' for value in values))


patterns = {name: pattern(arguments) for name, arguments in wanted.items()}
LINE = re.compile(r'\d+\.\d{9} \d+ \[[^\]]*\] (\w+)(.*)')
seen, wrong = {}, []
with tempfile.TemporaryDirectory() as scratch:
    for program in programs:
        file = pathlib.Path(scratch) / 'trace'
        run = subprocess.run([program], text=True, errors='replace', capture_output=True,
                             env={**os.environ, 'QIO_TRACE': '*', 'QIO_TRACE_FILE': str(file)})  # fmt: skip
        if run.returncode:
            sys.exit(f'{program}: {run.returncode}: {run.stdout}{run.stderr}')
        for line in file.read_text(encoding='ascii').splitlines():
            match = LINE.fullmatch(line)
            if not match or match[1] not in patterns or not patterns[match[1]].fullmatch(match[2]):
                wrong.append(f'{program}: {line}')
            else:
                seen[match[1]] = seen.get(match[1], 0) + 1
        file.unlink()

print(''.join(f'{name}: {seen.get(name, 0)}\n' for name in wanted) + '\n'.join(wrong[:40]))
missing = wanted.keys() - seen.keys()
print(f'{profile}: {len(wanted)} events; never seen: {", ".join(sorted(missing)) or "none"}')
sys.exit(bool(missing or wrong))
