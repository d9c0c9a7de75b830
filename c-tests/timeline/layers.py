#!/usr/bin/env python3
"""The layers over sockets in timelines of the C programs that use them: TLS, WebSocket, child processes; and listeners
that can't accept.

usage: layers.py PROGRAM...
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import trace_events

programs = {pathlib.Path(path).name: path for path in sys.argv[1:]}
failures = 0


def check(what, fine, seen=''):
    global failures
    print(f'{"ok" if fine else "NOT OK"}: {what}{"" if fine else f": {seen}"}', flush=True)
    failures += not fine


def run(name, *paths):
    """The timeline of those cases of a program."""
    print(f'--- {name}')
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / 'timeline.json'
        chosen = [argument for path in paths for argument in ('-p', path)]
        ran = subprocess.run([programs[name], *chosen], capture_output=True, text=True,
                             env={**os.environ, 'QIO_TRACE_TIMELINE': str(file)})  # fmt: skip
        check(f'{name} ends well', ran.returncode == 0, ran.stdout + ran.stderr)
        return trace_events.Trace(file.read_text(encoding='utf-8'))


def results(seen, name):
    """How often spans of a track ended how."""
    found = [span[5].get('result') for span in seen.tracks if span[1] == name and span[4] is not None]
    return {result: found.count(result) for result in found}


def over_sockets(seen, name):
    """Whether each of these spans is in the track of a socket."""
    sockets = {span[0] for span in seen.tracks if span[1].startswith('socket ')}
    return any(span[0] in sockets for span in seen.tracks if span[1] == name)


def moments(seen, *names):
    return [name for name in names if name not in {moment[1] for moment in seen.moments}]


def tls():
    seen = run('test-channel-tls')
    ends = results(seen, 'TLS handshake')
    check('handshakes are done, fail and are cancelled', {'done', 'failed', 'cancelled'} <= ends.keys(), ends)
    check('they lie over sockets', over_sockets(seen, 'TLS handshake'))
    check('they wait either way', not moments(seen, 'waits to send', 'waits to receive'), seen.moments[:9])
    seen = run('test-channel-tls-certificates')
    check('a peer is refused', not moments(seen, 'TLS peer refused'), seen.moments[:9])
    if 'test-channel-tls-write' in programs:
        ends = results(run('test-channel-tls-write'), 'TLS close')
        check('closing is done and fails', {'done', 'failed'} <= ends.keys(), ends)


def websock():
    seen = run('test-channel-websock-handshake')
    ends = results(seen, 'WebSocket handshake')
    check('handshakes are done and fail', {'done', 'failed'} <= ends.keys(), ends)
    check('they lie over sockets', over_sockets(seen, 'WebSocket handshake'))
    errors = [span[5].get('error') for span in seen.tracks if span[5].get('result') == 'failed']
    check('those that fail say why', errors and all(errors), errors)
    check('the request is told', not moments(seen, 'GET / HTTP/1.1'), seen.moments[:9])


def command():
    seen = run('test-channel-command')
    found = [span for span in seen.tracks if span[1].startswith('process ')]
    statuses = {span[5]['status'] for span in found if 'status' in span[5]}
    check('processes end, with their status', 0 in statuses and len(statuses) > 1, found)


def listener():
    seen = run('test-net-listener-callback-failures')
    fails = [row['args'] for row in seen.rows if row['name'] == 'accept fails']
    check('an accept that fails is told with its reason', fails and all(args['error'] for args in fails), fails)
    # Of its cases this one counts no descriptors; who looks for the names of functions opens files meanwhile.
    seen = run('test-properties-listener-accept', '/qio/properties/L1/teardown')
    rests = [span for span in seen.tracks if span[1].startswith('accept back-off')]
    check('a listener that looks away for a while is seen', any(span[4] is not None for span in rests), rests)


for test in tls, websock, command, listener:
    test()
sys.exit(failures > 0)
