#!/usr/bin/env python3
"""scripts/timeline makes a page of a timeline, and Chromium draws it: the spans, their names, the arrows, and a part of it.

usage: page.py SCRIPT WORK
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

script, work = sys.argv[1:]
failures = 0


def check(what, fine, seen=''):
    global failures
    print(f'{"ok" if fine else "NOT OK"}: {what}{"" if fine else f": {seen}"}', flush=True)
    failures += not fine


def convert(*arguments):
    return subprocess.run([script, *arguments], text=True, capture_output=True)


def chromium(scratch, *arguments):
    return subprocess.run([browser, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', f'--user-data-dir={scratch}/profile',
                           '--window-size=1200,500', *arguments], check=True, capture_output=True, timeout=100)  # fmt: skip


def spans(dom):
    return re.findall(r'<rect [^>]*class="span"[^>]*data-name="([^"]*)"', dom)


def colours(png):
    """Which colours a picture has: 8 bits a channel, without interlacing."""
    width, height, depth, kind = struct.unpack('>IIBB', png[16:26])
    assert png[:8] == b'\x89PNG\r\n\x1a\n' and depth == 8 and kind in (2, 6), png[:32]
    step, data, at = 3 if kind == 2 else 4, b'', 8
    while at < len(png):
        length, name = struct.unpack('>I4s', png[at:at + 8])
        data += png[at + 8:at + 8 + length] if name == b'IDAT' else b''
        at += length + 12
    lines, before, found = zlib.decompress(data), bytes(width * step), set()
    for y in range(height):
        start = y * (width * step + 1)
        method, line = lines[start], bytearray(lines[start + 1:start + 1 + width * step])
        for x, byte in enumerate(line):
            left = line[x - step] if x >= step else 0
            above, corner = before[x], before[x - step] if x >= step else 0
            nearest = min((abs(above - corner), 0, left), (abs(left - corner), 1, above), (abs(left + above - 2 * corner), 2, corner))[2]
            line[x] = byte + (0, left, above, (left + above) // 2, nearest)[method] & 255
        found |= {bytes(line[x:x + 3]) for x in range(0, width * step, step)}
        before = bytes(line)
    return found


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    file, page = scratch / 'a <b>.json', scratch / 'a <b>.html'
    subprocess.run([work, 'nested'], check=True, env={**os.environ, 'QIO_TRACE_TIMELINE': str(file)})
    run = convert(file)
    check('it says where the page is', (run.returncode, run.stdout) == (0, f'{page}\n'), run)
    text = page.read_text(encoding='utf-8')
    outside = re.findall(r'(?:src|href)=|@import|fetch\(|https?://(?!www\.w3\.org/2000/svg)', text)
    check('the page needs nothing else', outside == [], outside)
    bad = scratch / 'bad.json'
    # The end that the kernel may leave of a killed process: a part of a row, also with something of what stood there.
    for end in 'x', '\n', ',\n', ',\n{"ph":"M","na', ',\n{"ph":"M","na\n]}\n', ',\n]}\n', ',\n}\n':
        bad.write_text(file.read_text(encoding='utf-8').removesuffix('\n]}\n') + end)
        run = convert(bad)
        check(f'cut off with {end!r}', run.returncode == 0 and run.stderr
              == f'timeline: {bad} ends in the middle of an event; the page has those before it\n', run)  # fmt: skip
    for content, why in (('{', 'is no timeline'), ('{"traceEvents":[]}', 'no event has fired'), ('[1]', 'is no timeline')):
        bad.write_text(content)
        run = convert(bad)
        check(f'{content}: {why}', run.returncode == 1 and why in run.stderr and 'Traceback' not in run.stderr, run)
    run = convert(scratch / 'none.json')
    check('no file', run.returncode == 1 and run.stderr.endswith('none.json: No such file or directory\n'), run)
    if failures:
        sys.exit(1)

    browser = shutil.which('chromium')
    if not browser:
        print('chromium is not installed: what the page looks like was not tested (scripts/setup check installs it)')
        sys.exit(77)
    dom = chromium(scratch, '--dump-dom', page.as_uri()).stdout.decode()
    names = spans(dom)
    check('the worker and its callback are there', {'static_worker', 'nesting_callback'} <= set(names), names)
    check('there are arrows', dom.count('class="arrow"') >= 2, dom.count('class="arrow"'))
    check('there are three counters', dom.count('class="count"') == 3, dom.count('class="count"'))
    check('threads have names', '>io-task-worker ' in dom and '>timeline-work ' in dom)
    part = chromium(scratch, '--dump-dom', page.as_uri() + '#100-200').stdout.decode()
    check('a part is shown', 'data-from="1' in part and 'data-to="2' in part, re.findall('data-(?:from|to)="[^"]*"', part))
    check('with fewer spans', 0 <= len(spans(part)) < len(names), spans(part))
    chromium(scratch, f'--screenshot={scratch / "page.png"}', page.as_uri())
    found = colours((scratch / 'page.png').read_bytes())
    wanted = {'workers': '4878cf', 'callbacks': '2c9c5a', 'submits': 'c9a227', 'waits': 'd9d9d9'}
    missing = [what for what, colour in wanted.items() if bytes.fromhex(colour) not in found]
    check('the picture shows workers, callbacks, submits and waits', not missing, missing)
sys.exit(failures > 0)
