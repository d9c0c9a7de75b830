#!/usr/bin/env python3
"""Makes the inline trace functions of a small tree, from a list of events, for one back end or several at once:

log      lines on standard error
simple   records in TREE_SIMPLE, each the event's number and its first argument, by a function that is not inline
ftrace   lines in TREE_MARKER, written with write(2), as the kernel's trace_marker takes them
dtrace   probes in the code, which nobody has to switch on
nop      nothing

usage: generate.py BACK-END[,BACK-END]... header|source EVENTS
"""

import re
import sys

backends, what, path = sys.argv[1].split(','), *sys.argv[2:]
FORMATS = {'int': '%d', 'unsigned char': '%u', 'uint8_t': '%u', 'uint32_t': '%u', 'size_t': '%zu'}

HEADER = r'''#ifndef TRACE_IO_H
#define TRACE_IO_H
#include <stdint.h>
#include <stdio.h>
#include "qemu/osdep.h"
extern int trace_events_enabled_count;
extern int trace_marker_fd;
void trace_simple_write(uint64_t number, uint64_t argument);
'''

# What sys/sdt.h makes of a probe with one argument.
PROBE = r'''#define TREE_PROBE(name, argument) __asm__ volatile( \
    "990: nop\n.pushsection .note.stapsdt,\"?\",\"note\"\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n" \
    "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte 0\n.8byte 0\n" \
    ".asciz \"tree\"\n.asciz \"" name "\"\n.asciz \"8@%0\"\n994: .balign 4\n.popsection\n" : : "r" (argument))
'''

SOURCE = r'''#include <fcntl.h>
#include <string.h>
#include <unistd.h>
int trace_events_enabled_count;
int trace_marker_fd = -1;
static int simple_fd = -1;
void trace_simple_write(uint64_t number, uint64_t argument)
{
    uint64_t record[] = { number, argument };
    if (write(simple_fd, record, sizeof(record)) < 0) {
        return;
    }
}
static int open_file(const char *variable)
{
    const char *path = getenv(variable);
    return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}
static void __attribute__((constructor)) start(void)
{
    const char *wanted = getenv("TREE_TRACE");
    if (!wanted) {
        return;
    }
    trace_events_enabled_count = 1;
    trace_marker_fd = open_file("TREE_MARKER");
    simple_fd = open_file("TREE_SIMPLE");
'''


def function(number, name, arguments):
    """The inline function of an event."""
    flag = f'_TRACE_{name.upper()}_DSTATE'
    pairs = [re.fullmatch(r'(.*[ *])(\w+)', each.strip()).groups() for each in arguments.split(',')]
    shown, values = [], []
    for kind, argument in pairs:
        text = 'char *' in kind
        shown.append(f'{argument}=' + ('%s' if text else FORMATS.get(kind.strip(), '%p')))
        values.append(f'{argument} ? {argument} : "(null)"' if text else argument)
    line, values, first = f'"{name} {" ".join(shown)}\\n"', ', '.join(values), pairs[0][1]
    if_on = f'    if (trace_events_enabled_count && {flag}) {{\n        '
    print(f'extern uint16_t {flag};\nstatic inline void trace_{name}({arguments})\n{{')
    if 'log' in backends:
        print(f'{if_on}fprintf(stderr, {line}, {values});\n    }}')
    if 'simple' in backends:
        print(f'{if_on}trace_simple_write({number}, (uintptr_t){first});\n    }}')
    if 'ftrace' in backends:
        print(f'{if_on}char text[256];\n        int size = snprintf(text, sizeof(text), {line}, {values});\n'
              '        size = size < (int)sizeof(text) ? size : (int)sizeof(text) - 1;\n'
              '        if (write(trace_marker_fd, text, size) < 0) {\n            return;\n        }\n    }')
    if 'dtrace' in backends:
        print(f'    TREE_PROBE("{name}", (uintptr_t){first});')
    print('}')


events = [re.fullmatch(r'(\w+)\((.*)\)\n', line).groups() for line in open(path)]
if what == 'header':
    print(HEADER + PROBE)
    for number, event in enumerate(events):
        function(number, *event)
    print('#endif')
else:
    has_switches = backends != ['nop'] and backends != ['dtrace']
    flags = {name: f'_TRACE_{name.upper()}_DSTATE' for name, _ in events} if has_switches else {}
    print('#include "trace-io.h"')
    for flag in flags.values():
        print(f'uint16_t {flag};')
    print(SOURCE)
    for name, flag in flags.items():
        print(f'    {flag} = !strcmp(wanted, "all") || strstr(wanted, "{name}") != NULL;')
    print('}')
