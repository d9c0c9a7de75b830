#!/usr/bin/env python3
"""Timelines are what the Trace Event format says, and tell what the program did (R-TRACE-11).

"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import trace_events

work = sys.argv[1]
failures = 0


def check(what, fine, seen=''):
    global failures
    print(f'{"ok" if fine else "NOT OK"}: {what}{"" if fine else f": {seen}"}', flush=True)
    failures += not fine


def start(file, what, **more):
    return subprocess.Popen([work, what], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, 'QIO_TRACE_TIMELINE': str(file)}, **more)  # fmt: skip


def run(file, what):
    """Its output and what it says on standard error."""
    process = start(file, what)
    output, errors = process.communicate()
    check(f'{what} ends well', process.returncode == 0, f'{process.returncode} {errors}')
    return output, errors


def trace(file):
    return trace_events.Trace(file.read_text(encoding='utf-8'))


def trace_of_killed(file):
    """What of it is whole: the kernel ends the last write of a killed process behind any page of the file."""
    text = file.read_text(encoding='utf-8')
    if not text.endswith('\n]}\n'):
        text = text[:text.rindex('\n')].removesuffix(',') + ']}'
    return trace_events.Trace(text)


def by_name(spans, name):
    return [span for span in spans if span[1] == name]


def check_tasks(seen, count):
    """So many tasks went through submit, worker and callback, each with its arrow."""
    for name in 'submit static_worker', 'static_worker', 'static_callback':
        check(f'{count} spans {name}', len(by_name(seen.spans, name)) == count, len(by_name(seen.spans, name)))
    waits = by_name(seen.tracks, 'static_worker waits for its callback')
    check('each waited for its callback', len(waits) == count and all(span[4] is not None for span in waits), waits)
    whole = [[name for _, _, name in points] for points in seen.arrows.values()]
    whole = whole.count(['submit static_worker', 'static_worker', 'static_callback'])
    check('arrows lead from submit to worker to callback', whole == count, whole)
    check('nothing is counted at the end', seen.counters[-1] == ('tasks', {'queued': 0, 'running': 0, 'finished': 0}),
          seen.counters[-1])  # fmt: skip
    last = max(seen.counters, key=lambda row: row[1]['running'])
    check('workers are counted', last[1]['running'] >= 1, last)


def tasks(file):
    _, errors = run(file, 'tasks')
    check('nothing is said', errors == '', errors)
    seen = trace(file)
    check_tasks(seen, 20)
    main = {span[0] for span in by_name(seen.spans, 'static_callback')}
    workers = {span[0] for span in by_name(seen.spans, 'static_worker')}
    check('callbacks are in one thread, workers in others', len(main) == 1 and not main & workers, (main, workers))
    check('threads have their names', {seen.threads[thread] for thread in workers} == {'io-task-worker'}, seen.threads)
    check('the process has its name', seen.process == pathlib.Path(work).name[:15], seen.process)
    check('workers last as long as they sleep', all(span[4] - span[3] >= 1000 for span in by_name(seen.spans, 'static_worker')))


def named(file):
    """Spans are called what the program calls a task, and one that is given up is told once and waits for nothing."""
    run(file, 'named')
    seen = trace(file)
    for name, worker in ('small "sum"', 'static_worker'), ('given up', 'patient_worker'):
        ran = by_name(seen.spans, name)
        check(f'the worker of {name}', [span[5]['worker'] for span in ran] == [worker], ran)
        check(f'the submit of {name}', len(by_name(seen.spans, f'submit {name}')) == 1, seen.spans)
    told = [span[5].get('name') for span in by_name(seen.spans, 'static_callback')]
    check('callbacks say whose they are', [name for name in told if name] == ['small "sum"', 'never begun', 'given up'], told)
    check('an empty name is none', len(told) == 24 and len(by_name(seen.spans, 'static_worker')) == 21, told)
    # Whether a thread comes before the callback for what was never begun is up to the threads.
    waits = sorted(span[1] for span in seen.tracks if not span[1].startswith('never begun'))
    wanted = ['small "sum" waits for its callback'] + 21 * ['static_worker waits for its callback']
    check('what is given up waits for no callback', waits == wanted, waits)
    check('each wait ends', all(span[4] is not None for span in seen.tracks), seen.tracks)
    check('nothing is counted at the end', seen.counters[-1][1] == {'queued': 0, 'running': 0, 'finished': 0}, seen.counters[-1])
    told = [[name for _, _, name in points] for points in seen.arrows.values()]
    check('an arrow of what is given up', ['submit given up', 'given up', 'static_callback'] in told, told)
    never = [points for points in told if points[0] == 'submit never begun']
    check('an arrow of what was never begun', len(never) == 1 and never[0][-1] == 'static_callback', never)


def nested(file):
    run(file, 'nested')
    seen = trace(file)
    outer, = by_name(seen.spans, 'nesting_callback')
    inner = by_name(seen.spans, 'static_callback')
    check('callbacks are inside the one that runs the loop',
          len(inner) == 20 and all(span[6] == 1 and outer[3] <= span[3] <= span[4] <= outer[4] for span in inner), inner)  # fmt: skip


def clients(file):
    run(file, 'clients')
    seen = trace(file)
    check('the client function is a span', len(by_name(seen.spans, 'client_arrived')) == 1, seen.spans)
    sockets = [span for span in seen.tracks if span[1].startswith('socket ')]
    check('three sockets, all closed', len(sockets) == 3 and all(span[4] is not None for span in sockets), sockets)
    check('they say where they are', any('/tmp/qio-timeline-' in span[5]['local'] for span in sockets), sockets)
    connects = sorted(span[5].get('result', 'done') for span in by_name(seen.tracks, 'connect'))
    check('two connects failed', connects == ['done', 'failed', 'failed'], connects)


def commands(file):
    """Child processes are there until their channel leaves them, however it does."""
    run(file, 'commands')
    found = [span for span in trace(file).tracks if span[1].startswith('process ')]
    ends = [{name: value for name, value in span[5].items() if name != 'channel'} for span in found]
    wanted = [{'status': 3 << 8}, {'status': signal.SIGTERM}, {'result': 'goes on'}, {'result': 'unknown'}]
    check('processes end with what has become of them', ends == wanted, ends)
    check('each has an end', all(span[4] is not None for span in found), found)


def undelivered(file):
    run(file, 'undelivered')
    seen = trace(file)
    waits = by_name(seen.tracks, 'static_worker waits for its callback')
    check('a callback that never comes is waited for to the end', [span[4] for span in waits] == [None], waits)
    check('it is counted', seen.counters[-1][1] == {'queued': 0, 'running': 0, 'finished': 1}, seen.counters[-1])


def fork(file):
    """A child has a file of its own, from its first event on (R-TRACE-12)."""
    output, errors = run(file, 'fork')
    child = file.with_name(f'{file.name}.{output.strip()}')
    check('nothing is said', errors == '', errors)
    check_tasks(trace(file), 40)
    check_tasks(trace(child), 20)
    numbers = {row['pid'] for row in trace(child).rows}
    check("the child's rows have its number", numbers == {int(output)}, numbers)
    run(file, 'silent-fork')
    others = sorted(path.name for path in file.parent.iterdir())
    check('a child without events makes no file', others == [file.name, child.name], others)


def ends(file):
    """What ends without exit leaves a file that is whole, up to the last flush or the last 50 ms; but for the row that it
    was killed in."""
    run(file, 'flush')
    check_tasks(trace(file), 20)
    process = start(file, 'forever')
    process.stdout.readline()
    for _ in range(20):
        # Else it is read in pieces of different moments.
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        json.loads(file.read_text())
        process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    spans = trace_of_killed(file).spans
    check('a killed process leaves what was written', len(spans) > 100, len(spans))


def two(file):
    """A second program that has the variable from the first doesn't write to its file (R-TRACE-12)."""
    first = start(file, 'forever')
    first.stdout.readline()
    run(file, 'tasks')
    first.send_signal(signal.SIGKILL)
    first.communicate()
    other, = (path for path in file.parent.iterdir() if path != file)
    check_tasks(trace(other), 20)
    check('the first goes on', len(trace_of_killed(file).spans) > 100)
    run(file, 'tasks')
    check_tasks(trace(file), 20)


def bad(file):
    """What can't be written is one line, and the program goes on (R-TRACE-12)."""
    cases = [('/no/such/file', 'Unable to write the timeline to /no/such/file: No such file or directory'),
             ('/dev/full', 'Unable to write the timeline to /dev/full: No space left on device')]  # fmt: skip
    pipe = file.with_name('pipe')
    os.mkfifo(pipe)
    cases.append((pipe, f'Unable to write the timeline to {pipe}: No such device or address'))
    for name, why in cases:
        _, errors = run(name, 'tasks')
        check(f'one line about {name}', errors == f'libqio: QIO_TRACE_TIMELINE: {why}\n', errors)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    _, errors = run(pipe, 'tasks')
    check('one line about a pipe', errors == f'libqio: QIO_TRACE_TIMELINE: Unable to write the timeline to {pipe}: Illegal seek\n',
          errors)  # fmt: skip
    os.close(reader)


def close_all(file):
    _, errors = run(file, 'close-all')
    check('one line about a closed file', errors == "libqio: the timeline stops: its file can't be written: Bad file descriptor\n",
          errors)  # fmt: skip
    check_tasks(trace(file), 20)


def full(file):
    """A disk that gets full: here a limit of the file's length (R-TRACE-12)."""
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    process = start(file, 'fork', preexec_fn=limit)
    output, errors = process.communicate()
    line = "libqio: the timeline stops: its file can't be written: File too large\n"
    check('the program goes on', process.returncode == 0, process.returncode)
    check('a line of each process', errors == 2 * line, errors)
    check('what was there is whole', file.stat().st_size <= 6000 and trace(file).process, file.stat())
    check("the child's is, too", trace(file.with_name(f'{file.name}.{output.strip()}')).process)


for test in tasks, named, nested, clients, commands, undelivered, fork, ends, two, bad, close_all, full:
    print(f'--- {test.__name__}')
    with tempfile.TemporaryDirectory() as scratch:
        test(pathlib.Path(scratch) / 'timeline.json')
sys.exit(failures > 0)
