"""What a part comes to, what the screen shows meanwhile, and commands that are run for it."""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


class Suite:
    """What a part came to."""

    def __init__(self, passed=0, failed=0, skipped=(), failures=()):
        self.passed = passed
        self.failed = failed
        self.skipped = list(skipped)
        # What is known of those that failed: each a name, and under it the end of what it said.
        self.failures = list(failures)
        # What passed, by meson's suites.
        self.by_suite = collections.Counter()
        # Seconds and name of each test program.
        self.durations = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.durations += other.durations


class Screen:
    """What all parts print: lines that stay, each behind its part's name, and how far the parts are: on a terminal in
    place, elsewhere a line now and then."""

    EVERY = 30

    def __init__(self):
        self.lock = threading.Lock()
        # Of this thread: its part, and the seconds of CPU that its commands took.
        self.here = threading.local()
        self.running = {}
        self.told = time.monotonic()
        self.width = 0

    def name(self):
        return getattr(self.here, 'part', '')

    def begin(self, part, text):
        self.here.part, self.here.cpu = part, 0
        self.line(text)

    def end(self):
        """The part is over; the seconds of CPU that it took."""
        with self.lock:
            self.running.pop(self.name(), None)
        self.here.part = ''
        return self.here.cpu

    def used(self, usage):
        self.here.cpu = getattr(self.here, 'cpu', 0) + usage.ru_utime + usage.ru_stime

    def line(self, text):
        """Lines that stay, as they are."""
        with self.lock:
            if self.width:
                print(f'\r{"":{self.width}}\r', end='')
                self.width = 0
            print(text, flush=True)

    def say(self, text):
        """A line that stays, of the part that runs here."""
        self.line(f'    {self.name()}: {text}' if self.name() else f'    {text}')

    def tell(self, text):
        """How far the part is that runs here."""
        with self.lock:
            self.running[self.name()] = text
            if not sys.stdout.isatty() and time.monotonic() - self.told < self.EVERY:
                return
            self.told = time.monotonic()
            told = '    ' + '; '.join(f'{part}: {text}' if part else text for part, text in self.running.items())
            if not sys.stdout.isatty():
                print(told, flush=True)
                return
            told = told[:shutil.get_terminal_size().columns - 1]
            print(f'\r{told:{self.width}}', end='', flush=True)
            self.width = len(told)


screen = Screen()


def run(command, log, **environment):
    """Runs a command with its output in a file and its progress on the screen; true if it succeeded."""
    name = pathlib.Path(command[0]).name + ' ' + next((a for a in command[1:] if not a.startswith('-')), '')
    with open(log, 'a', buffering=1) as output:
        output.write('$ ' + ' '.join(map(str, command)) + '\n')
        output.flush()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TOP,
                              stdin=subprocess.DEVNULL, text=True, errors='replace',
                              env=os.environ | environment) as process:  # fmt: skip
            for line in process.stdout:
                output.write(line)
                # ninja and meson count what they do; cargo names it.
                if count := re.match(r'\[?\s*(\d+)/(\d+)\b', line):
                    screen.tell(f'{name}: {count[1]} of {count[2]}')
                    if bad := re.search(r'(?: / | - qio:)(\S+) +(FAIL|ERROR|TIMEOUT)', line):
                        screen.say(f'{bad[2].lower()}: {bad[1]}')
                elif pathlib.Path(command[0]).name == 'userland':
                    screen.tell(line.strip())
                elif crate := re.match(r'\s+(?:Compiling|Checking) (\S+)', line):
                    screen.tell(f'{name}: {crate[1]}')
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            screen.used(usage)
    return process.returncode == 0


def single(*commands):
    """A part of commands that all have to succeed: each counts as a test."""
    def step(log):
        suite = Suite()
        for command in commands:
            begin = time.monotonic()
            succeeded = run(command, log)
            suite.add(Suite(succeeded, not succeeded, failures=[] if succeeded else [' '.join(command)]))
            if len(commands) > 1:
                screen.say(f'{"ok" if succeeded else "failed"}: {" ".join(command)} ({time.monotonic() - begin:.0f} s)')
        return suite
    step.builds = {after for command in commands for before, after in zip(command, command[1:]) if before == '--build'}
    return step
