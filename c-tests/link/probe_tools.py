"""What debuggers and tracers know of the USDT probes of a file, as far as they are installed and the kernel lets them."""

import os
import pathlib
import re
import shutil
import subprocess


def is_installed(tool):
    """Says so where it isn't."""
    if shutil.which(tool):
        return True
    print(f'{tool} is not installed: nothing asked of it')
    return False


def run(*command, **environment):
    """What a tool says."""
    return subprocess.run(command, text=True, errors='replace', capture_output=True, timeout=120,
                          env={**os.environ, **environment})  # fmt: skip


def refused(title, text, reasons):
    """Says so where the kernel is why it doesn't work."""
    reason = next((line for line in text.splitlines() if re.search(reasons, line)), None)
    if reason:
        print(f'{title}: not allowed here: {reason}')
    return bool(reason)


def known_to_gdb(path):
    """The names."""
    text = run('gdb', '-batch', '-nx', '-ex', 'info probes stap qio', str(path)).stdout
    return set(re.findall(r'^stap +qio +(\w+) +0x', text, re.M))


def known_to_perf(path):
    """The names. In a cache of its own."""
    cache = str(pathlib.Path('perf-cache').absolute())
    run('perf', '--buildid-dir', cache, 'buildid-cache', '--add', str(path))
    text = run('perf', '--buildid-dir', cache, 'list', 'sdt').stdout
    return set(re.findall(r'^ *sdt_qio:(\w+)', text, re.M))


def known_to_bpftrace(path):
    """The names, or None where it may do nothing."""
    listed = run('bpftrace', '-l', f'usdt:{path}:qio:*')
    if refused('bpftrace', listed.stderr, 'root'):
        return None
    return set(re.findall(rf'^usdt:{re.escape(str(path))}:qio:(\w+)$', listed.stdout, re.M))


# The commands of a breakpoint may come too late: where another thread stops, GDB 18 runs them after what comes next in a script,
# whose end may be there before. It doesn't print at probes by itself either (dprintf).
GDB_PROBE = '''\
python
class Probe(gdb.Breakpoint):
    def __init__(self, name, text):
        super().__init__('-probe-stap qio:' + name)
        self.text = text
    def stop(self):
        gdb.execute('printf ' + self.text)
        return False
end
'''


def gdb_stop(name, form, *values):
    """A line of a script: print and go on."""
    text = ', '.join([f'"{name} {form}\\n"', *values])
    return [f'python Probe({name!r}, {text!r})']


def gdb_run(script, program):
    """What gdb prints at the probes of a program that runs, or None where it may not run one."""
    lines = ['set breakpoint pending on', 'set startup-with-shell off', GDB_PROBE, *script, 'run']
    pathlib.Path('script').write_text('\n'.join(lines) + '\n')
    result = run('gdb', '-batch', '-nx', '-x', 'script', str(program))
    if refused(f'gdb {program}', result.stderr, 'not permitted'):
        return None
    return result.stdout + result.stderr


def bpftrace_run(script, program):
    """What bpftrace prints at the probes of a program that runs, or None where the kernel doesn't allow it."""
    result = run('bpftrace', '-e', script, '-c', str(program))
    kernel = 'root|not permitted|not supported|Permission denied|ERROR: .*(BPF|bpf|debugfs|tracefs|uprobe)'
    # It goes on after some of what it calls an error.
    if 'qio_' not in result.stdout and refused(f'bpftrace {program}', result.stderr, kernel):
        return None
    return result.stdout + result.stderr
