"""scripts/rule: what its answers have to show, and what they must not.

usage: rules.py SCRIPTS-DIR
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import re
import sys

sys.path.insert(0, sys.argv[1])
loader = importlib.machinery.SourceFileLoader('rule', f'{sys.argv[1]}/rule')
rule = importlib.util.module_from_spec(importlib.util.spec_from_loader('rule', loader))
loader.exec_module(rule)


def run(*arguments):
    """Status, output and problems; in one process, which reads the tree once."""
    printed, problems = io.StringIO(), io.StringIO()
    sys.argv[1:] = arguments
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(problems):
        status = rule.main()
    return status, printed.getvalue(), problems.getvalue()


def shows(name, *wanted, never=()):
    """That the answer has these texts, each in its part: `Source: text`."""
    code, answer, problems = run(name)
    assert (code, problems) == (0, ''), (name, problems)
    flat = ' '.join(answer.split())
    for text in wanted:
        assert text in flat, f'{name}: {text!r} is not in\n{answer}'
    for text in never:
        assert text not in flat, f'{name}: {text!r} is in\n{answer}'
    return answer


# The contract of a family stands at the top of its header; what is said of another function is not it.
guard = 'so that the compiler says only this'
shows('visit_type_int8', 'Visits of plain values', 'Threads: any, one at a time for each visitor',
      never=(guard, "*@obj becomes the caller's", 'A number of bytes.'))
shows('visit_type_size', 'A number of bytes. Visits of plain values')
shows('qemu_mutex_lock_impl', 'What the macros above call', 'Blocks: yes, until the mutex is free.')
shows('bql_lock', 'The big lock. There is none', 'There is no big lock (R-LOOP-4).')

# Methods, functions of modules that have other names here, rows of tables of tables.
shows('qemu_coroutine_enter', 'crates/embedded-host/src/coroutine.rs', ' enter ')
shows('qemu_mutex_trylock_impl', 'crates/embedded-host/src/thread.rs', ' try_lock')
shows('qauthz_list_new', 'crates/embedded-host/src/authz/list.rs', 'create')
shows('visit_type_SocketAddress', 'crates/embedded-host/src/qapi/visitor.rs', ' visit ')
shows('qapi_free_strList', 'crates/embedded-host/src/qapi/lists.rs', 'free_texts')
shows('qemu_set_fd_handler', 'crates/embedded-host/src/aio/context.rs', 'set_handlers')
shows('qio_channel_set_name', 'src/object/channel.rs', 'set_name')

# Requirements that name a family late, and what has no label.
shows('object_property_get_uint', 'R-QOM-16')
shows('aio_co_enter', 'R-COR-6')
shows('aio_context_ref', 'under "B.3.8 Event loop and coroutines"')

# Names that macros put together are those and no others; cases of tables have their paths.
answer = shows('visit_type_InetSocketAddressBase_members', '/qio/qapi/clone/branch-members')
assert 'Tests (1)' in answer, answer
shows('qemu_mutex_trylock_impl', '/qio/thread/mistake/trylock', never=('trylock_unset',))
shows('object_class_dynamic_cast', '/qio/object/misuse/class-dynamic-cast-null-name')
shows('qio_task_complete', '/qio/task/mistake/complete-null')
shows('aio_set_fd_handler', '/qio/aio/descriptors/fork/poll')

# A requirement; a list; what is unknown.
shows('R-COR-6', '`CoMutex`: a coroutine-aware lock', 'qemu_aio_coroutine_enter include/qemu/coroutine-core.h', 'qemu_co_mutex_lock')
shows('C8', '/qio/properties/C8/limit/socket')
code, names, _ = run('--list')
assert code == 0 and all(re.fullmatch(r'\w+  \S.*\.h', line) for line in names.splitlines()), names
assert names.count('\n') > 400, names
assert run('--list', 'co_mutex_lock') == (0, 'qemu_co_mutex_lock  qemu/coroutine-core.h\n', '')
assert run('--list', 'qio_task_get_*')[1].splitlines()[0] == 'qio_task_get_result_pointer  io/task.h'
for words, status, said in (
        (['--list', 'nothing_so'], 1, 'rule: no exported name has nothing_so\n'),
        (['--lsit'], 2, 'rule: no option --lsit; see scripts/rule --help\n'),
        (['qio_chanel_readv'], 1, 'did you mean qio_channel_readv,'),
        (['R-COR-66'], 1, 'rule: R-COR-66 is no requirement; did you mean R-COR-6,'),
        (['error_setg_errno'], 1, 'is a macro at include/qapi/error.h:'),
        (['qemu_lockable_lock'], 1, 'is an inline function at include/qemu/lockable.h:'),
        (['xyzzy'], 1, 'rule: xyzzy is not exported; scripts/rule --list shows the names\n')):
    code, printed, problems = run(*words)
    assert (code, printed) == (status, '') and said in problems, (words, code, printed, problems)
