"""The sanitizers are at work: what they look for is found, in C code and in the library's Rust code.

usage: active.py PROGRAM address|thread
"""

import subprocess
import sys

# The fault, and what the report says; the name of the function that has committed it tells whose code was watched.
FAULTS = {
    'address': {
        'overrun-in-rust': ['AddressSanitizer: heap-buffer-overflow', 'iov_size'],
        'overrun-in-c': ['AddressSanitizer: heap-buffer-overflow', 'in overrun_in_c'],
        'overflow': ['runtime error: signed integer overflow'],
        'leak': ['LeakSanitizer: detected memory leaks', 'in leak'],
    },
    'thread': {
        'race': ['ThreadSanitizer: data race', 'counts'],
        'race-in-rust': ['ThreadSanitizer: data race', 'iov_size'],
    },
}


def main():
    program, sanitizer = sys.argv[1:]
    bad = 0

    def run(fault):
        return subprocess.run([program, fault], capture_output=True, text=True, stdin=subprocess.DEVNULL)

    innocent = run('none')
    if innocent.returncode or innocent.stderr:
        print(f'not ok: without a fault there is a report\n{innocent.stderr}')
        bad += 1
    for fault, expected in FAULTS[sanitizer].items():
        result = run(fault)
        # The first frame of the report: for code that isn't watched it would be the C library's function.
        if result.returncode == 0 or any(text not in result.stderr for text in expected):
            print(f'not ok: {fault} ended with {result.returncode} and said\n{result.stderr}')
            bad += 1
        else:
            print(f'ok: {fault} was found')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
