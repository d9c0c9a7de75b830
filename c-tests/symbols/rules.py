"""scripts/rule: what its answers have to show, and what they must not.

usage: rules.py SCRIPTS-DIR
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
loader = importlib.machinery.SourceFileLoader('rule', f'{sys.argv[1]}/rule')
rule = importlib.util.module_from_spec(importlib.util.spec_from_loader('rule', loader))
loader.exec_module(rule)
from rules import store  # noqa: E402
from rules.cases import said  # noqa: E402


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
shows('qemu_coroutine_enter', 'crates/embedded-host/src/coroutine.rs', ' Coroutine::enter ')
shows('qemu_mutex_trylock_impl', 'crates/embedded-host/src/thread.rs', ' Mutex::try_lock')
shows('qauthz_list_new', 'crates/embedded-host/src/authz/list.rs', 'create')
shows('visit_type_SocketAddress', 'crates/embedded-host/src/qapi/visitor.rs', ' visit ')
shows('qapi_free_strList', 'crates/embedded-host/src/qapi/lists.rs', 'free_texts')
shows('qemu_set_fd_handler', 'crates/embedded-host/src/aio/context.rs', 'set_handlers')
shows('qio_channel_set_name', 'src/object/channel.rs', 'set_name')

# Source goes down through all that a thin function calls, C or Rust, and only as far as there is work.
shows('error_propagate_prepend', ' error_propagate ', 'destination.rs', ' propagate ', ' LiveError::prepend ')
shows('error_reportf_err', ' error_report_err ', 'src/report.rs', ' LiveError::prepend ')
shows('error_setg_file_open_internal', 'crates/embedded-host/src/destination.rs', '1. R-ERR-2 ')
shows('qio_channel_wake_read', ' wake_reader ', ' Channel::wake ', ' Channel::take ', '1. R-CHAN-46 ',
      'a_wake_up_meets_a_coroutine_that_is_about_to_yield (a model) crates/platform/src/sync/slot.rs',
      never=('R-DUMP-8',))
shows('qio_channel_socket_listen_async', 'src/logic/task/mod.rs', ' Task::run_in_thread ', ' listen ', '1. R-CHAN-67 ')
shows('qio_task_run_in_thread', 'crates/platform/src/sync/workers.rs', ' Workers::submit ', never=('crates/registry', 'function_id'))


shows('qio_channel_create_fd_watch', ' FdWatch::create ', ' suits ')
shows('socket_listen_cleanup', ' made_for ', 'crates/platform/src/os/socket_file.rs')
shows('qio_channel_pwritev', ' Channel::pwritev_method ', 'io_pwritev of QIOChannelFile', never=('io_readv', 'Reader::call'))
shows('qemu_thread_naming', '1. R-THR-4 ')
shows('qio_channel_command_new_spawn', 'crates/platform/src/glib/spawn.rs')
shows('object_new_with_class', ' create ', never=('unparent of class',))
shows('socket_dgram', ' open_to ', never=('Waiters',))
shows('error_fatal', ' Destination::of ')
shows('qemu_mutex_lock_func', ' qemu_mutex_lock_impl ', ' Mutex::lock ')
shows('qio_debug_dump', 'crates/registry/src/channel.rs', never=('R-SOCK-4',))
shows('qio_abi_qemu_10_1_3', 'a symbol that only the library of the same profile has', '1. R-HDR-3 ')

# What stands above a type or a block is no function's before it; the block's own functions have it.
shows('qio_channel_read_all', 'readv_full_all', never=(' ended_early) ',))
answer = shows('qio_task_run_in_thread', ' Worker::ids', never=('mod.rs:55 ids', 'W-TASK-4 (', 'ReceivedFds::store'))

# Each way shows where it ends, and what runs on another thread.
shows('qio_channel_add_watch', 'with Source::attach')
shows('qio_net_listener_wait_client', 'with poll::wait', 'AcceptLock::accept_descriptor', 'ends in socket::local_name',
      never=('Handover::collect',))
shows('qio_channel_tls_new_server', ' OwnedSession::into_ptr ', 'qcrypto_tls_session_set_callbacks')
shows('qio_channel_read_all', ' Reader::read ', ' Reader::call ', ' complete ', ' wait::for_transfer ')
flat = ' '.join(answer.split('on the worker thread:')[1].split('Requirements')[0].split())
assert ' Task::work ' in flat and ' CompletionQueue::publish ' in flat, flat
shows('qio_channel_pwritev', ' Positioned::call ')
shows('qio_channel_set_idle_timeout', 'when the time is over:', ' Look::expire ', never=('Classes',))

# A class's function that only passes on stands for the one that works.
shows('qio_channel_shutdown', ' shutdown, io_shutdown of QIOChannelSocket: R-CHAN-37', 'R-CHAN-78', '(docs/spec/channels.md:',
      never=('a closure, io_shutdown', ' direction, io_shutdown'))
shows('qio_channel_create_watch', 'src/logic/tls/watch.rs', 'src/logic/websock/watch.rs', 'src/logic/socket/watch.rs')

# First the tests that are called after it and those of what rules it; all, if asked for.
for name, first in (('qio_channel_read_all', r'read-all'), ('qio_channel_shutdown', r'shutdown')):
    case = re.search(r'^Tests \(\d+\)\n  (\S+)', run(name)[1], re.M)[1]
    assert case.endswith(f'/{first}'), (name, case)
for name, label in (('qio_net_listener_wait_client', 'L9'), ('qio_net_listener_wait_client', 'L4'), ('qio_channel_shutdown', 'C9'),
                    ('qio_channel_set_blocking', 'C12')):
    assert f'/qio/properties/{label}' in run(name)[1].partition('\nTests (')[2], (name, label)
code, answer, _ = run('--all', 'qio_channel_read_all')
cases, shown = re.search(r'^Tests \((\d+)\)\n((?:  .*\n)+)', answer, re.M).groups()
assert code == 0 and int(cases) == shown.count('\n') > 20 and 'more' not in shown, (code, cases, shown)
assert 'more, which scripts/rule --all qio_channel_read_all shows' in run('qio_channel_read_all')[1]


def parts(name):
    """The labels in each of the parts about requirements."""
    answer = run(name)[1]
    found = {}
    for heading, text in re.findall(r'^(Requirements that rule it|Requirements of the parts|Only named in)[^\n]*\n(.*?)(?:\n\n|\Z)',
                                    answer, re.M | re.S):
        found[heading] = re.findall(r'^  (?:\d+\. )?([A-Z][A-Z0-9-]*\d) \(', text, re.M)
    return found


# What rules a name comes first and apart from what others that it calls have to keep, and from mere mentions.
for name, rules, passed, named in (
        ('qio_channel_wake_read', ['R-CHAN-46', 'C11'], ['R-COR-4'], ['R-801-3']),
        ('error_propagate_prepend', ['R-ERR-6'], ['R-ERR-3', 'R-ERR-7'], ['R-HDR-9']),
        ('error_setg_file_open_internal', ['R-ERR-2'], ['R-ERR-6'], []),
        ('qio_channel_socket_listen_async', ['R-CHAN-67', 'R-CHAN-65'], ['R-TASK-40'], []),
        ('qio_channel_pread_all', ['R-111-6', 'R-111-8', 'R-111-10'], ['R-CHAN-33'], []),
        ('qio_task_free', ['R-TASK-23', 'R-1013-2', 'T5'], [], ['R-TASK-22']),
        ('inet_parse', ['R-SOCK-23', 'R-SOCK-25'], [], ['R-SOCK-22']),
        ('inet_connect_saddr', ['R-SOCK-14'], ['R-SOCK-27'], []),
        ('socket_connect', ['R-SOCK-14'], [], ['R-CHAN-64']),
        ('error_abort', ['R-HOST-9', 'R-ERR-3'], [], ['R-ERR-2']),
        ('monitor_cur', ['R-MON-1'], [], ['R-SOCK-20']),
        ('qio_channel_detach_aio_context', ['R-CHAN-50'], ['R-CHAN-51'], []),
        ('qio_channel_tls_handshake', ['R-TLS-13', 'R-TLS-20'], ['R-TASK-2'], []),
        ('qcrypto_tls_session_read', ['R-CRY-7', 'R-TLS-81'], [], []),
        ('qemu_open', ['R-SOCK-4', 'N7'], ['R-CHAN-13'], []),
        ('qemu_set_cloexec', ['R-SOCK-30'], [], []),
        ('qemu_socket_try_set_nonblock', ['R-SOCK-2'], [], []),
        ('qio_task_run_in_thread', ['R-TASK-40', 'R-TASK-41', 'R-TASK-45', 'P-TASK-48'], [], []),
        ('qio_net_listener_wait_client', ['R-LSN-40', 'R-LSN-41', 'R-LSN-42', 'L6'], [], []),
        ('qio_channel_write_all', ['R-CHAN-23', 'R-CHAN-24', 'R-CHAN-25'], [], []),
        ('qio_channel_shutdown', ['R-CHAN-37', 'R-CHAN-78', 'W-30', 'C9'], [], []),
        ('qio_channel_new_fd', ['R-CHAN-59', 'R-UTIL-1'], [], []),
        ('aio_co_wake', ['R-COR-4'], ['R-COR-2'], ['R-CHAN-46']),
        ('object_property_set_description', ['R-QOM-26'], ['R-QOM-16', 'R-QOM-15'], []),
        ('object_class_property_set_description', ['R-QOM-26'], [], [])):
    found = parts(name)
    ruling, calls, mentions = (found.get(part, []) for part in ('Requirements that rule it', 'Requirements of the parts', 'Only named in'))
    assert ruling[:1] == rules[:1] and not set(rules) - set(ruling), (name, found)
    assert not set(passed) - set(calls) and not set(named) - set(mentions), (name, found)
    assert not set(ruling) & {'R-CHAN-13', 'R-DUMP-8', *calls, *mentions}, (name, found)
assert 'aio_co_wake' not in re.search(r'\nNames.*?\n\n', run('R-CHAN-46')[1], re.S)[0]

# Requirements that name a family late, and what has no label.
shows('object_property_get_uint', 'R-QOM-16')
shows('aio_co_enter', 'R-COR-6')
shows('aio_context_ref', 'Only named in "B.3.8 Event loop and coroutines" (docs/spec/host-layer.md:')

# Names that macros put together are those and no others; cases of tables have their paths.
answer = shows('visit_type_InetSocketAddressBase_members', '/qio/qapi/clone/branch-members')
assert 'Tests (1)' in answer, answer
shows('qapi_free_SocketAddressList', '/qio/qapi/clone/list')
shows('qemu_mutex_trylock_impl', '/qio/thread/mistake/trylock', never=('trylock_unset',))
shows('object_class_dynamic_cast', '/qio/object/misuse/class-dynamic-cast-null-name')
shows('qio_task_complete', '/qio/task/mistake/complete-null')
shows('aio_set_fd_handler', '/qio/aio/descriptors/fork/poll')

# Tests that cast with what macros of macros make; of numbered cases those that are about the name; no test of these answers.
shows('object_class_dynamic_cast_assert', '/qio/object/cast/class', '/qio/object/define/class')
shows('qio_net_listener_is_connected', '/qio/net-listener/misuse/9', 'fuzz program c-tests/fuzz/listener.c',
      never=('/qio/net-listener/misuse/3',))
shows('qio_abi_qemu_10_2_0', 'c-tests/profile/abi-profile.py', never=('c-tests/symbols',))

# Which profiles have it, as what; who reads a variable.
shows('qio_channel_preadv_all_eof', 'Exported in the profiles qemu-11.1.', 'where QIO_HAS_POSITIONAL_ALL')
shows('bql_lock', 'Exported in all profiles but qemu-7.2,', 'where QIO_HAS_BQL_NAMES')
shows('qio_channel_set_blocking', 'where QIO_HAS_BOOL_SET_BLOCKING', 'where not QIO_HAS_BOOL_SET_BLOCKING', never=('Exported in',))
shows('QAuthZListPolicy_lookup', ' class_init ')
shows('SocketAddressType_lookup', 'a variable; only programs read it')

# Methods of fields and of what calls give back, but not those that options have; what prepares an object; a task's way to
# its callback, whole only where that is what a function is for; what a constant is ruled by.
shows('aio_co_schedule', ' Context::schedule ', ' Queue::schedule ')
shows('qcrypto_tls_session_handshake', ' State::reason ', never=('Until::or',))
shows('qio_channel_tls_handshake', 'imports::qcrypto_tls_session_handshake', ' Operation::wait ')
shows('qio_channel_socket_new', ' Socket::init ')
shows('qio_task_run_in_thread', 'in the thread that iterates the context:', ' Task::call_back ')
shows('qio_channel_socket_connect_async', ' Delivery::dispatch ', never=(' Task::call_back ',))
shows('qio_task_complete', 'R-TASK-21 ')
shows('qio_channel_readv_full_all', 'R-CHAN-26 (docs/spec/channels.md:', 'R-CHAN-27 ')
shows('object_class_property_add_enum', '/qio/property/enum')
assert re.search(r'^Tests \(\d+\)\n  /qio/(?:host|channel)/tls/new ', run('qio_channel_tls_new_client')[1], re.M)
assert '/qio/iov/to-buf' in run('iov_to_buf_full')[1].partition('\nTests (')[2][:150]
assert '\n  /qio/task/error ' in run('qio_task_set_error')[1].partition('\nTests (')[2][:40]

# The module that a class names has its method, and what only passes on isn't the work.
shows('qio_channel_set_cork', 'src/logic/socket/control.rs', 'io_set_cork of QIOChannelSocket: R-CHAN-77')
shows('qio_channel_readv', 'src/logic/websock/state.rs', 'io_readv of QIOChannelWebsock: R-WS-30', 'io_readv of QIOChannelNull: R-CHAN-103')

# A requirement; a list; what is unknown.
shows('R-COR-6', '`CoMutex`: a coroutine-aware lock', 'qemu_aio_coroutine_enter include/qemu/coroutine-core.h', 'qemu_co_mutex_lock')
shows('W-2', 'none: no function and no test cites it', never=('Names (', 'Source'))
shows('C8', '/qio/properties/C8/limit/socket', 'script c-tests/symbols/limit.py:')
# Scripts name what they hold in a docstring or a comment, not in what they print.
shows('R-HDR-7', 'script c-tests/headers/alone.py:')
shows('R-111-21', 'script c-tests/headers/refuses.py:')
assert [*said('"""R-A-1\n\nR-A-2"""\nprint("R-A-3")  # R-A-4\n\n\ndef f():\n    """R-A-5"""\n    return "R-A-6"\n')] == [
    (1, '"""R-A-1'), (2, ''), (3, 'R-A-2"""'), (4, '# R-A-4'), (8, '"""R-A-5"""')]
code, names, _ = run('--list')
assert code == 0 and all(re.fullmatch(r'\w+  \S.*\.h', line) for line in names.splitlines()), names
assert names.count('\n') > 400, names
assert run('--list', 'co_mutex_lock') == (0, 'qemu_co_mutex_lock  qemu/coroutine-core.h\n', '')
assert run('--list', 'qio_task_get_*')[1].splitlines()[:3:2] == ['qio_task_get_name  qio/ext.h', 'qio_task_get_result_pointer  io/task.h']
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

# What was found out serves the next run, until a file is another.
with tempfile.TemporaryDirectory() as folder:
    store.KEPT = pathlib.Path(folder, 'build', 'rule.pickle')
    header = pathlib.Path(folder, 'include', 'new.h')
    header.parent.mkdir()
    store.READ += str(header.parent),
    assert store.load() == {}
    store.save(store.state())
    again = store.load()
    assert again.keys() == store.known.keys() and again['rules.answer.ruled'] == store.known['rules.answer.ruled']
    header.touch()
    assert store.load() == {}
    store.save(store.state())
    assert store.load().keys() == again.keys()
    store.KEPT.write_bytes(b'torn')
    assert store.load() == {}
