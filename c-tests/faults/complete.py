#!/usr/bin/env python3
"""Every system call that the library makes is one that c-tests/faults makes fail, or has a reason here why not.

usage: complete.py LIBRARY INJECTION.c
"""

import os
import pathlib
import re
import subprocess
import sys

library, injection = sys.argv[1:]

# Functions of the C library that are no system calls by name, and fail like some.
BESIDES = {'eventfd', 'getaddrinfo', 'getnameinfo', 'mkostemp', 'mkstemp', 'pthread_create', 'realpath', 'recv', 'send',
           'sigtimedwait', 'waitpid'}  # fmt: skip

NOT_INJECTED = {
    'clock_gettime': 'it fails for clocks only that there are not',
    'exit': 'it does not return',
    'flock': 'the lock of a trace file, which c-tests/timeline holds from another process',
    'ftruncate': 'a trace file, whose disk c-tests/timeline fills',
    'getcwd': 'without an answer a path is kept as it was given',
    'getpid': 'it can not fail',
    'gettid': 'it can not fail',
    'ioctl': 'how many bytes wait: without an answer none do',
    'lstat': 'what std does on kernels without statx',
    'stat': 'what std does on kernels without statx',
    'nanosleep': 'an interruption, which std sleeps on after',
    'readlink': 'std asks for the path of the program for a backtrace',
    'realpath': 'std asks for the path of the program for a backtrace',
    'sched_getaffinity': 'without an answer one processor is taken for granted',
    'sigtimedwait': 'an interruption; the signal that it takes is pending',
    'syscall': 'pidfd_open goes through it, and is injected; the others are the waits of locks',
}

defined = subprocess.run([*os.environ.get('CC', 'cc').split(), '-E', '-dM', '-include', 'sys/syscall.h', '-x', 'c', '/dev/null'], check=True,
                         capture_output=True, text=True).stdout  # fmt: skip
calls = set(re.findall(r'^#define SYS_(\w+) ', defined, re.M)) | BESIDES | {'syscall'}
symbols = subprocess.run(['nm', '-D', '--undefined-only', library], check=True, capture_output=True, text=True).stdout
imported = {re.sub(r'64$', '', name) for name in re.findall(r' [Uw] (\w+)', symbols)} & calls
injected = set(re.findall(r'^\s+\[\w+\] = \{ "(\w+)"', pathlib.Path(injection).read_text(), re.M))

bad = [f'{name}: the library calls it, and nothing makes it fail' for name in sorted(imported - injected - NOT_INJECTED.keys())]
bad += [f'{name}: is made to fail, and is in the list of those that are not' for name in sorted(injected & NOT_INJECTED.keys())]
if len(imported & injected) < 30:
    bad.append(f'found only {len(imported & injected)} calls')
print('\n'.join(bad) or f'{len(imported & injected)} calls are made to fail, {len(imported - injected)} have a reason')
sys.exit(bool(bad))
