"""The migration example tells the truth: what it prints of threads, tasks, coroutines and the main loop
fits together, for each of its options, and its options are those that scripts/demo names.

usage: migrate.py MIGRATE DEMO
"""

import collections
import hashlib
import os
import pathlib
import pty
import re
import shutil
import stat
import subprocess
import sys
import tempfile

migrate, demo = sys.argv[1:]
TIMEOUT = 60
LINE = re.compile(r' *(?P<ms>\d+\.\d)  (?P<thread>main loop|worker) +(?P<tid>\d+)  (?P<runs>task \d+|coroutine \d+|-) +'
                  r'(?P<end>src|dst|-) +(?P<what>.+)')
CERTIFICATES = ['ca-cert.pem', 'client-cert.pem', 'client-key.pem', 'server-cert.pem', 'server-key.pem']


class Run:
    """What a successful run has printed. What holds for all of them is checked here."""

    def __init__(self, *arguments):
        ran = subprocess.run([migrate, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
        self.text = ran.stdout
        assert ran.returncode == 0, f'{arguments}: {ran.stderr}{ran.stdout}'
        self.lines = [match for match in map(LINE.fullmatch, self.text.splitlines()) if match]
        self.begun = {number: what for line in self.lines
                      for number, what in re.findall(r'begins ((?:task|coroutine) \d+): (.+)', line['what'])}
        self.by_run = collections.defaultdict(list)
        for line in self.lines:
            self.by_run[line['runs']].append(line)
        self.check_threads()
        self.check_numbers()
        self.check_ticks()
        sums = re.findall(r'^(?:source|destination) +SHA-256 ([0-9a-f]{64})$', self.text, re.M)
        assert len(sums) == 2 and len(set(sums)) == 1, self.text
        self.sum = sums[0]

    def check_threads(self):
        """There is one thread that runs the main loop, and times don't go back."""
        self.main = {line['tid'] for line in self.lines if line['thread'] == 'main loop'}
        workers = {line['tid'] for line in self.lines if line['thread'] == 'worker'}
        assert len(self.main) == 1 and not self.main & workers, self.text
        times = [float(line['ms']) for line in self.lines]
        assert times == sorted(times), self.text

    def check_numbers(self):
        """Whatever ran has begun before, and what has begun has called back on the main loop."""
        for kind in ('task', 'coroutine'):
            numbers = [int(name.split()[1]) for name in self.begun if name.startswith(kind)]
            assert numbers == list(range(1, len(numbers) + 1)), self.text
        assert set(self.by_run) - {'-'} == set(self.begun), self.text
        for name in self.begun:
            begins = next(line for line in self.lines if f'begins {name}:' in line['what'])
            assert all(self.lines.index(line) > self.lines.index(begins) for line in self.by_run[name]), self.text
            assert begins['thread'] == self.by_run[name][-1]['thread'] == 'main loop', self.text

    def check_ticks(self):
        """Whatever lies between two ticks is at most the longest pause."""
        ticks, pause = re.search(r'^main loop +(\d+) ticks, due every 10 ms; the longest pause: (\d+\.\d) ms$',
                                 self.text, re.M).groups()
        self.pause = float(pause)
        told = [line for line in self.lines if line['what'].startswith('tick ')]
        counts = [int(line['what'].split()[1].rstrip(';')) for line in told]
        lasted = float(self.lines[-1]['ms'])
        assert self.pause > 0 and (int(ticks) + 1) * (self.pause + 0.1) >= lasted, self.text
        # The first such line is due after half a second, and each next one after twice the time.
        due = sum(500 * 2**n + self.pause + 0.1 for n in range(len(told) + 1))
        assert due >= lasted and (len(told) == 0 or 500 * (2**len(told) - 1) <= lasted), self.text
        assert counts == sorted(set(counts)) and all(count <= int(ticks) for count in counts), self.text
        assert all(line['thread'] == 'main loop' and line['runs'] == '-' for line in told), self.text

    def of(self, what):
        """The lines of the task or coroutine that does that, but those about what it begins."""
        names = [name for name, begun in self.begun.items() if begun == what]
        assert len(names) == 1, f'{what}: {self.text}'
        return self.own(names[0])

    def own(self, name):
        return [(line['thread'], line['end'], line['what']) for line in self.by_run[name]
                if not line['what'].startswith('begins ')]

    def says(self, what):
        """The one line that says so."""
        lines = [line for line in self.lines if line['what'] == what]
        assert len(lines) == 1, f'{what}: {self.text}'
        return lines[0]

    def receivers(self):
        return [what for what in self.begun.values() if what.startswith('receive from connection ')]


def worker_and_callback(lines, worker, callback, thread='worker'):
    """The worker function's line, where it should run, and the callback's, on the main loop."""
    assert len(lines) == 2, lines
    assert lines[0][0] == thread and re.fullmatch(worker, lines[0][2]), lines
    assert lines[1][0] == 'main loop' and re.fullmatch(callback, lines[1][2]), lines
    assert lines[0][1] == lines[1][1], lines


def plain():
    run = Run('--streams', '3', '--size', '5M')
    assert 'making a file of 5242880 bytes\n' in run.text, run.text
    for number in range(3):
        stream = f'stream {number}'
        worker_and_callback(run.of(f'connect {stream}'), rf'{stream}: connecting to tcp:127\.0\.0\.1:\d+',
                            f'{stream}: connected')
        worker_and_callback(run.of(f'send {stream}'), f'{stream}: sending', f'{stream}: sent')
        assert run.of(f'send {stream}')[0][1] == 'src'
        run.says(f'accepted connection {number + 1} of 3')
        worker_and_callback(run.of(f'receive from connection {number + 1}'),
                            rf'stream \d: receiving, from connection {number + 1}', r'stream \d: received')
        assert run.of(f'receive from connection {number + 1}')[0][1] == 'dst'
        assert float(run.says(f'{stream}: received')['ms']) >= float(run.says(f'{stream}: sending')['ms'])
    assert len(run.receivers()) == 3
    sums = [run.own(name) for name, what in run.begun.items() if what == 'checksum of the file']
    assert sorted(lines[0][1] for lines in sums) == ['dst', 'src'], run.text
    for lines in sums:
        worker_and_callback(lines, 'summing', 'summed')


def in_main_loop():
    """The blocking work is where it is said to be, and nothing ticks meanwhile."""
    for more in ([], ['--tls', '--websocket']):
        run = Run('--in-main-loop', '--streams', '2', '--size', '24M', *more)
        for number in range(2):
            stream = f'stream {number}'
            worker_and_callback(run.of(f'connect {stream}'), f'{stream}: connecting to .+',
                                f'{stream}: connected', 'main loop')
            worker_and_callback(run.of(f'send {stream}'), f'{stream}: sending', f'{stream}: sent', 'main loop')
            worker_and_callback(run.of(f'receive from connection {number + 1}'), 'stream .+', 'stream .+')
            began, ended = (float(run.says(f'{stream}: {what}')['ms']) for what in ('sending', 'sent'))
            assert run.pause >= ended - began - 0.2, run.text
        assert [line['thread'] for line in run.lines if line['what'] == 'summing'] == ['main loop'] * 2, run.text


def coroutines():
    """What receives is on the main loop, and as many as there are streams."""
    for more in ([], ['--tls'], ['--websocket'], ['--tls', '--websocket']):
        run = Run('--coroutines', '--streams', '3', '--size', '7M', *more)
        assert len(run.receivers()) == 3 and len(run.begun) > 3, run.text
        for number in range(3):
            worker_and_callback(run.of(f'receive from connection {number + 1}'),
                                rf'stream \d: receiving, from connection {number + 1}',
                                r'stream \d: received; yielded \d+ times, \d+ of them to wait for bytes', 'main loop')
            worker_and_callback(run.of(f'send stream {number}'), 'stream .+', 'stream .+')
        # One at least after each of the 7 chunks.
        yields = [list(map(int, re.findall(r'\d+', line['what'])[1:])) for line in run.lines if 'yielded' in line['what']]
        assert sum(total - waits for total, waits in yields) == 7, run.text
        assert {name for name in run.by_run if name.startswith('coroutine')} \
            == {'coroutine 1', 'coroutine 2', 'coroutine 3'}, run.text


def layers():
    """Handshakes of TLS have no worker; the one of a WebSocket's client has."""
    run = Run('--tls', '--websocket', '--streams', '2', '--size', '1M')
    for number in range(2):
        for end, stream, peer in (('src', f'stream {number}', 'CN=migrate-destination'),
                                  ('dst', f'connection {number + 1}', 'CN=migrate-source')):
            assert run.of(f'TLS handshake of {stream}') \
                == [('main loop', end, f'{stream}: TLS with {peer}, 256 bit keys')], run.text
    worker_and_callback(run.of('WebSocket handshake of stream 0'), 'stream 0: asking for a WebSocket',
                        'stream 0: WebSocket opened')
    assert len([line for line in run.lines if re.fullmatch(r'connection \d: WebSocket accepted', line['what'])]) == 1


def files(folder):
    """What is sent is the file, and what is kept is what arrived."""
    given, kept = folder / 'given', folder / 'kept'
    content = bytes(range(256)) * 9000 + b'end'
    given.write_bytes(content)
    run = Run('--file', given, '--output', kept, '--streams', '4')
    assert run.sum == hashlib.sha256(content).hexdigest(), run.text
    assert kept.read_bytes() == content and 'making a file' not in run.text
    run = Run('--size', '0', '--streams', '1', '--address', f'unix:{folder}/socket')
    run.says(f'stream 0: connecting to unix:{folder}/socket')
    run = Run('--size', '1', '--streams', '1', '--address', 'tcp:[::1]:0')
    assert re.search(r'stream 0: connecting to tcp:\[::1\]:\d+\n', run.text), run.text
    refused('File exists', '--size', '1M', '--output', kept)
    assert kept.read_bytes() == content


def keep_certificates(folder):
    kept = folder / 'certificates'
    run = Run('--tls', '--keep-certificates', kept, '--size', '1M', '--streams', '1')
    assert f'certificates kept in {kept}\n' in run.text, run.text
    assert sorted(os.listdir(kept)) == CERTIFICATES
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert all(stat.S_IMODE((kept / name).stat().st_mode) == 0o600 for name in CERTIFICATES)
    for end in ('server', 'client'):
        subprocess.run(['openssl', 'verify', '-CAfile', kept / 'ca-cert.pem', '-purpose', f'ssl{end}',
                        kept / f'{end}-cert.pem'], check=True, capture_output=True)
    before = {name: (kept / name).read_bytes() for name in CERTIFICATES}
    refused('File exists', '--tls', '--keep-certificates', kept)
    assert before == {name: (kept / name).read_bytes() for name in CERTIFICATES}


def refused(reason, *arguments):
    ran = subprocess.run([migrate, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
    assert ran.returncode == 1 and reason in ran.stderr and 'OK' not in ran.stdout, (arguments, ran)
    return ran


# What scripts/demo says, too, and before it builds anything.
MISTAKES = [
    ('--streams expects a number from 1 to 64, not 0', '--streams', '0'),
    ('--streams expects a number from 1 to 64, not 65', '--streams=65'),
    ("--size expects a number of bytes, with K, M or G, not '1X'", '--size', '1X'),
    ("--size expects a number of bytes, with K, M or G, not '12Q'", '--size=12Q'),
    ("--size expects a number of bytes, with K, M or G, not 'K'", '--size', 'K'),
    ("Could not open '/nonexistent': No such file or directory", '--file', '/nonexistent'),
    ('--file and --size exclude each other', '--file', '/dev/null', '--size', '1'),
    ('--in-main-loop and --coroutines exclude each other: while sending blocks the main loop no coroutine receives',
     '--in-main-loop', '--coroutines'),
    ('--keep-certificates needs --tls: without it there are none', '--keep-certificates', '/nonexistent'),
    ("Unexpected argument 'more'", 'more'),
]


def mistakes():
    for reason, *arguments in MISTAKES:
        refused(f'migrate: {reason}\n', *arguments)


def nothing_made(folder):
    """What can be refused without making a file is."""
    for reason, *arguments in (
            ("error parsing address 'nowhere'", '--address', 'tcp:nowhere'),
            (f"Failed to bind socket to {folder}/none/socket", '--address', f'unix:{folder}/none/socket'),
            (f'No room for 2 files of 4294967296000000000 bytes in {tempfile.gettempdir()}', '--size', '4000000000G'),
            (f'No room for 1 file of 4294967296000000000 bytes in {tempfile.gettempdir()}', '--size', '4000000000G',
             '--output', f'{folder}/new')):
        ran = refused(reason, *arguments)
        assert ran.stdout == '', ran
    assert not (folder / 'new').exists()


def on_a_terminal():
    """There is a bar, which ends in nothing but lines."""
    seen = []

    def read(fd):
        seen.append(os.read(fd, 4096))
        return seen[-1]

    stdout, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        status = pty.spawn([migrate, '--size', '1M'], read)
    finally:
        os.dup2(stdout, 1)
    text = b''.join(seen).decode()
    assert status == 0 and re.search(r'\r\033\[K\[\.{40}\]   0 %', text), text
    assert re.search(r'\r\033\[K +\d+\.\d  main loop', text), text
    assert '%' not in text.rpartition('\033[K')[2], text


def help_texts():
    """scripts/demo answers without the program, so it has a text of its own: the same options and defaults."""
    found = []
    for command in (migrate, demo):
        text = subprocess.run([command, '--help'], check=True, capture_output=True, text=True).stdout
        # Options begin lines; their texts may go on below.
        entries = re.split(r'^  (?:-h, )?--', text, flags=re.M)[1:]
        names = [entry.split(None, 1)[0].split('=')[0] for entry in entries]
        found.append(dict(zip(names, (re.findall(r'\(.*?\)', ' '.join(entry.split())) for entry in entries))))
    assert found[0] == found[1] and len(found[0]) > 10, found


def at_once(folder):
    """What scripts/demo says before it builds anything: where there is nothing to build."""
    scripts = folder / 'alone' / 'scripts'
    scripts.mkdir(parents=True)
    alone = shutil.copy(demo, scripts)
    said = [(['--help'], 0, '--in-main-loop'), (['--size', '1M', '--halp'], 1, 'demo: unknown option --halp'),
            (['--size'], 1, 'demo: --size expects a value'), (['-x'], 1, 'demo: unknown option -x')]
    said += [(arguments, 1, f'demo: {reason}\n') for reason, *arguments in MISTAKES]
    for arguments, status, said in said:
        ran = subprocess.run([alone, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
        assert ran.returncode == status and said in (ran.stderr if status else ran.stdout), ran
    assert os.listdir(folder / 'alone') == ['scripts'] and os.listdir(scripts) == ['demo']


with tempfile.TemporaryDirectory() as directory:
    folder = pathlib.Path(directory)
    plain()
    in_main_loop()
    coroutines()
    layers()
    files(folder)
    keep_certificates(folder)
    mistakes()
    nothing_made(folder)
    on_a_terminal()
    help_texts()
    at_once(folder)
