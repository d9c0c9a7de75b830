"""A source tree that is laid out and built like QEMU's: io/ with its trace events, QOM, some programs.

The headers say what the facts of a profile say, the events are those of docs/spec, and everything
else is written here. io/ is a few functions of its own and, for the rest, symbols.
"""

import pathlib
import re
import subprocess

import abi
import contract
import specified_traces
import tree

TOP = """
project('tree', 'c', 'cpp', default_options: ['c_std=gnu11', 'warning_level=2', 'werror=true'])
top = meson.current_source_dir()
add_project_arguments('-D_GNU_SOURCE', '-Wno-unused-parameter', '-I' + top / 'include', '-I' + top / 'build',
                      '-I' + meson.current_build_dir(), language: ['c', 'cpp'])
add_project_arguments(meson.get_compiler('c').get_supported_arguments(
  '-Wmissing-prototypes', '-Wstrict-prototypes', '-Wredundant-decls', '-Wundef', '-Wold-style-definition',
  '-Wshadow=local', '-Wnested-externs'), language: 'c')
glib = dependency('glib-2.0')
io_ss = import('sourceset').source_set()
subdir('trace')
subdir('io')
io_ss = io_ss.apply({{}})
libio = static_library('io', io_ss.sources() + genh, dependencies: glib, build_by_default: false,
                       name_suffix: 'fa')
libqom = static_library('qom', objects: {objects}, name_suffix: 'fa')
qom = declare_dependency(link_with: libqom, dependencies: glib)
trace = declare_dependency(link_with: static_library('trace', trace_source, genh, dependencies: glib), sources: genh)
helper = shared_library('helper', 'helper.c')

io = declare_dependency(link_whole: libio, dependencies: [qom, trace, gnutls])
chardev = declare_dependency(dependencies: [io])
executable('whole', 'program.c', dependencies: [chardev, io, qom], link_with: helper, export_dynamic: true)
executable('in-cpp', 'program.c', 'main.cpp', dependencies: [chardev, io, qom], link_with: helper,
           c_args: '-Dmain=c_main')

# The dependency can have objects from meson 1.1 on, so that is what newer trees do.
extracted = libio.extract_all_objects(recursive: false)
if meson.version().version_compare('>=1.1')
  io = declare_dependency(objects: extracted, dependencies: [qom, trace, gnutls])
  extracted = []
else
  io = declare_dependency(dependencies: [qom, trace, gnutls])
endif
chardev = declare_dependency(dependencies: [io])
executable('extracted', 'program.c', dependencies: [chardev, io, qom], link_with: helper, objects: extracted)
executable('without', 'helper.c', 'without.c')
shared_module('part', 'part.c', dependencies: glib, name_prefix: '')
"""

IO = """io_ss.add(genh)
io_ss.add(files(
  'channel.c',
  'rest.c', # the list ends in a way of its own :)
  'task.c',
), gnutls)
"""

TRACE = """generate = find_program('generate.py')
gnutls = dependency('gnutls')
events = files('../io/trace-events')
backend = ','.join(get_option('trace_backend'))
genh = custom_target('trace-io.h', output: 'trace-io.h', input: events, capture: true,
                     command: [generate, backend, 'header', '@INPUT@'])
trace_source = custom_target('trace-io.c', output: 'trace-io.c', input: events, capture: true,
                             command: [generate, backend, 'source', '@INPUT@'])
"""

OPTIONS = """option('trace_backend', type: 'array', choices: ['log', 'simple', 'ftrace', 'dtrace', 'nop'], value: ['log'])
"""

GENERATE = pathlib.Path(__file__).with_name('generate.py').read_text()

TASK = """#include "qemu/osdep.h"
#include "io/task.h"
#include "trace.h"

struct QIOTask {
    Object *source;
    QIOTaskFunc func;
    gpointer opaque;
};

QIOTask *qio_task_new(Object *source, QIOTaskFunc func, gpointer opaque, GDestroyNotify destroy)
{
    QIOTask *task = g_new0(QIOTask, 1);

    task->source = source;
    task->func = func;
    task->opaque = opaque;
    trace_qio_task_new(task, source, (void *)func, opaque);
    return task;
}

void qio_task_run_in_thread(QIOTask *task, QIOTaskWorker worker, gpointer opaque,
                            GDestroyNotify destroy, GMainContext *context)
{
    worker(task, opaque);
    task->func(task, task->opaque);
    g_free(task);
}
"""

CHANNEL = """#include "qemu/osdep.h"
#include "io/channel.h"
#include "trace.h"

static void register_types(void)
{
    static const TypeInfo info = {
        .name = "qio-channel",
        .parent = "object",
        .instance_size = sizeof(QIOChannel),
        .abstract = true,
        .class_size = sizeof(QIOChannelClass),
    };

    type_register_static(&info);
}

static void __attribute__((constructor)) start(void)
{
    register_module_init(register_types, MODULE_INIT_QOM);
}
"""

PROGRAM = r"""#include "qemu/osdep.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include "io/task.h"
#include "qemu/module.h"
#include "qom/object.h"

extern void module_call_init(module_init_type type);
extern ObjectClass *object_class_by_name(const char *name);
extern int helper(void);
extern int main(int argc, char **argv);

static bool done;

static void work(QIOTask *task, gpointer opaque)
{
}

static void ended(QIOTask *task, gpointer opaque)
{
    done = true;
}

int main(int argc, char **argv)
{
    void *part = argc > 1 && strchr(argv[1], '/') ? dlopen(argv[1], RTLD_NOW) : NULL;
    QIOTask *(*in_part)(QIOTaskFunc) = part ? (QIOTask * (*)(QIOTaskFunc))dlsym(part, "in_part") : NULL;
    QIOTask *task;

    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("program of a small tree, version %d\n", helper());
        return 0;
    }
    if (argc > 1 && !in_part) {
        puts(dlerror());
        return 1;
    }
    module_call_init(MODULE_INIT_QOM);
    task = in_part ? in_part(ended) : qio_task_new(NULL, ended, NULL, NULL);
    qio_task_run_in_thread(task, work, NULL, NULL, NULL);
    while (!done) {
        g_main_context_iteration(NULL, TRUE);
    }
    /* The tree's own io/ has no more types than it needs. */
    puts(object_class_by_name("qio-channel-file") ? "libqio" : "its own");
    return 0;
}
"""

OTHER_SOURCES = {
    'io/trace.h': '#include "trace/trace-io.h"\n',
    'helper.c': 'int helper(void);\nint helper(void) { return 1; }\n',
    'without.c': 'int main(void) { return 0; }\n',
    'main.cpp': 'extern "C" int c_main(int, char **);\n'
                'int main(int argc, char **argv) { return c_main(argc, argv); }\n',
    'part.c': '#include "qemu/osdep.h"\n#include "io/task.h"\n\nQIOTask *in_part(QIOTaskFunc func);\n\n'
              'QIOTask *in_part(QIOTaskFunc func)\n{\n'
              '    return qio_task_new(NULL, func, NULL, NULL);\n}\n',
}  # fmt: skip


def rest(parts, profile):
    """C that defines the functions which io/ has besides; nobody calls them."""
    defined = set(re.findall(r'^\w.*\b(qio_\w+)\(', TASK, re.M))
    names = sorted(name for name in contract.api(profile) if name in parts['functions'] and name not in defined)
    return '\n'.join([
        '#include <stdlib.h>', '#pragma GCC diagnostic ignored "-Wmissing-prototypes"',
        *(f'void {name}(void) {{ abort(); }}' for name in names),
        '/* The host objects are compiled with headers of libqio, which refer to it. */',
        f'extern const char {abi.symbol(profile)};', f'const char {abi.symbol(profile)};',
    ]) + '\n'  # fmt: skip


def write(root, profile, host_objects, change=None, traces=None):
    """Writes a tree; `change` alters the facts, `traces` the list of events."""
    parts = tree.facts(profile)
    if change:
        change(parts)
    root.mkdir(exist_ok=True)
    tree.write(root, parts)
    events = specified_traces.of_profile(profile)
    if traces:
        traces(events)
    for path, text in {
        **OTHER_SOURCES,
        'meson.build': TOP.format(objects=[str(path) for path in host_objects]),
        'meson_options.txt': OPTIONS,
        'io/meson.build': IO,
        'io/task.c': TASK,
        'io/channel.c': CHANNEL,
        'io/rest.c': rest(parts, profile),
        'io/trace-events': ''.join(f'{name}({", ".join(arguments)})\n' for name, arguments in events.items()),
        'program.c': PROGRAM,
        'trace/meson.build': TRACE,
        'trace/generate.py': GENERATE,
    }.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    (root / 'trace' / 'generate.py').chmod(0o755)


def run(command, **arguments):
    """Runs a command that has to succeed; returns what it printed."""
    done = subprocess.run([*map(str, command)], text=True, capture_output=True, **arguments)
    assert done.returncode == 0, f'{command}\n{done.stdout}{done.stderr}'
    return done.stdout
