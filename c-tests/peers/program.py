"""Programs that are talked to: their output is collected while they run."""

import array
import fcntl
import os
import pathlib
import re
import subprocess
import termios
import threading
import time


class Stream:
    """What a program has said and nobody has taken yet."""

    def __init__(self, file):
        self.file = file
        self.text = bytearray()
        self.all = bytearray()
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._collect, daemon=True)
        self.thread.start()

    def _collect(self):
        while True:
            piece = os.read(self.file.fileno(), 1 << 16)
            with self.changed:
                self.text += piece
                self.all += piece
                self.ended = not piece
                self.changed.notify_all()
            if not piece:
                return

    def take(self, length):
        """So many bytes."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.text) >= length or self.ended)
            if len(self.text) < length:
                raise AssertionError(f'{len(self.text)} bytes instead of {length}: {self.text[:200]}')
            taken = bytes(self.text[:length])
            del self.text[:length]
            return taken

    def until(self, pattern):
        """What matches, as soon as that has been said; it and all before it is taken."""
        with self.changed:
            self.changed.wait_for(lambda: re.search(pattern, self.text) or self.ended)
            found = re.search(pattern, self.text)
            if not found:
                raise AssertionError(f'not said: {pattern}, but: {self.text.decode(errors="replace")}')
            found = re.search(pattern, bytes(self.text))
            del self.text[:found.end()]
            return found

    def whole(self):
        """All that there ever was, at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.ended)
            return self.all.decode(errors='replace')


class Program:
    """A running program. It dies with this process."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', '--', *map(str, command)], bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, 'LC_ALL': 'C'})  # fmt: skip
        self.out = Stream(self.process.stdout)
        self.err = Stream(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
        self.end_input()
        status = self.process.wait()
        if kind:
            print(f'{self.process.args[4:]}: status {status}',
                  self.out.whole()[-500:], self.err.whole()[-1000:], sep='\n')
        for stream in self.out, self.err:
            stream.thread.join()
            stream.file.close()

    def send(self, text):
        """Writes to the program."""
        done = 0
        while done < len(text):
            done += self.process.stdin.write(text[done:])

    def send_alone(self, text):
        """Writes to the program, which reads this and nothing else with it."""
        self.send(text)
        unread = array.array('i', [1])
        while unread[0]:
            fcntl.ioctl(self.process.stdin, termios.FIONREAD, unread)
            time.sleep(0.001)

    def end_input(self):
        """Nothing more is sent."""
        self.process.stdin.close()

    def kill(self):
        """Ends it without a warning."""
        self.process.kill()
        self.process.wait()

    def listens_at(self):
        """The TCP port where the program listens, as soon as it does."""
        directory = pathlib.Path('/proc') / str(self.process.pid)
        while self.process.poll() is None:
            links = set()
            for link in (directory / 'fd').iterdir():
                try:
                    links.add(os.readlink(link))
                except FileNotFoundError:
                    pass
            for line in (directory / 'net' / 'tcp').read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == '0A' and f'socket:[{fields[9]}]' in links:
                    return int(fields[1].rpartition(':')[2], 16)
        raise AssertionError(f'ended: {self.err.whole()} {self.out.whole()}')
