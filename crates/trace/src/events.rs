//! The table of the trace events of io/.
//!
//! Names and arguments are the specification's: section 7 of the tasks, where 7.3 has those beyond the
//! original's, 10 of the channels, 1.12 of TLS, 3.13 of the WebSocket. Each line makes a function that io/ calls, a number, and a row of
//! [`EVENTS`]; `scripts/traces.py` reads the same lines for the C side.

use core::ffi::{CStr, c_int, c_void};
use core::ptr::NonNull;

use super::argument::{Argument, Id};
use super::lines;
use super::listeners::{Gate, LINES, TIMELINE};
use super::sinks::sink;
use super::timeline;
use super::usdt::{Word, usdt};
use host::error::Error;
use platform::os::socket_name::SocketName;

/// Whether there are events at all: not in a library that is made to count what they cost (scripts/counts).
const IS_TRACED: bool = !cfg!(feature = "empty");

/// What is known of an event.
pub(super) struct Event {
    /// Its name.
    pub name: &'static str,
    /// A letter for each argument, see [`Argument::KIND`].
    pub kinds: &'static [u8],
    /// Whether the profile has it.
    pub known: bool,
    /// What its arguments are called.
    pub arguments: &'static [&'static str],
}

/// Makes of each line: when the event fires, its name, the switch without which it doesn't, its
/// arguments.
macro_rules! events {
    ($($(#[doc = $when:literal])+ $name:ident $([$switch:ident])? (
        $($(#[cfg($only:ident)])? $argument:ident: $type:ty),*
    );)*) => {
        #[allow(non_camel_case_types, reason = "the events' names")]
        #[derive(Clone, Copy)]
        pub(super) enum Number { $($name),* }

        /// Who listens to which event. In a section of the name by which tracers find semaphores.
        #[allow(non_upper_case_globals, reason = "the events' names")]
        mod gates {
            use super::super::listeners::Gate;

            $(
                #[unsafe(link_section = ".probes")]
                pub(in super::super) static $name: Gate = Gate::new();
            )*
        }

        $(
            $(#[doc = $when])+
            #[inline]
            pub fn $name($($(#[cfg($only)])? $argument: $type),*) {
                use gates::$name as GATE;

                /// Out of the way of those who go on without a trace.
                #[cold]
                #[inline(never)]
                fn fire($($(#[cfg($only)])? $argument: $type),*) {
                    type Function = unsafe extern "C" fn($($(#[cfg($only)])? <$type as Argument>::C),*);
                    $($(#[cfg($only)])? let $argument = $argument.hold();)*
                    // A function that nobody calls is compiled, too, and a probe of it would be found.
                    if const { true $(&& cfg!($switch))? } {
                        usdt!(GATE $name($($(#[cfg($only)])? $argument: $type,)*));
                    }
                    if GATE.has(LINES) {
                        lines::add(Number::$name, &[$($(#[cfg($only)])? &$argument),*]);
                    }
                    if GATE.has(TIMELINE) {
                        timeline::add(Number::$name, &[$($(#[cfg($only)])? &$argument),*]);
                    }
                    let Some(sink) = sink(Number::$name) else {
                        return;
                    };
                    // SAFETY: whoever registers a sink for an event promises that it takes the
                    // arguments of the event's kinds, which are these.
                    let sink = unsafe { core::mem::transmute::<NonNull<c_void>, Function>(sink) };
                    // SAFETY: as above; what is pointed to lives until the function has returned.
                    unsafe { sink($($(#[cfg($only)])? <$type as Argument>::c(&$argument)),*) };
                }
                if const { IS_TRACED $(&& cfg!($switch))? } && GATE.is_open() {
                    fire($($(#[cfg($only)])? $argument),*);
                }
            }
        )*

        /// By the number of the event.
        pub(super) const GATES: &[&Gate] = &[$(&gates::$name),*];

        /// The events, by number.
        pub(super) const EVENTS: &[Event] = &[$(Event {
            name: stringify!($name),
            kinds: &[$($(#[cfg($only)])? <$type as Argument>::KIND),*],
            known: true $(&& cfg!($switch))?,
            arguments: &[$($(#[cfg($only)])? stringify!($argument)),*],
        }),*];
    };
}

events! {
    /// A task was made.
    qio_task_new(task: Id, source: Id, func: Id, opaque: Id);
    /// A task's callback is next.
    qio_task_callback(task: Id, func: Id);
    /// A task's callback has returned; the task isn't freed yet.
    qio_task_complete(task: Id);
    /// A task that has a name is next to be given to a worker thread.
    qio_task_named(task: Id, name: &CStr);
    /// A task is about to be given to a worker thread.
    qio_task_thread_start(task: Id, worker: Id, opaque: Id);
    /// A worker thread begins a task.
    qio_task_thread_run(task: Id);
    /// A worker thread has done a task; its delivery isn't armed yet.
    qio_task_thread_exit(task: Id);
    /// A task's delivery is armed; the task may be gone already.
    qio_task_thread_source_attach(task: Id, source: Id);
    /// A task was given to a worker thread; it may be gone already.
    qio_task_thread_submit(task: Id);
    /// A waiting thread takes a delivery over.
    qio_task_thread_source_cancel(task: Id, source: Id);
    /// A task's result is about to be delivered.
    qio_task_thread_result(task: Id);

    /// Sockets are watched; `extra` names the operation.
    qio_net_listener_watch[listener_lock](
        listener: Id, func: Id, context: Id, #[cfg(listener_source)] aio_context: Id, extra: &CStr
    );
    /// Watches are removed; `extra` names the operation.
    qio_net_listener_unwatch[listener_lock](
        listener: Id, func: Id, context: Id, #[cfg(listener_source)] aio_context: Id, extra: &CStr
    );
    /// A client was accepted and is about to be handed over.
    qio_net_listener_callback[listener_lock](
        listener: Id, func: Id, context: Id, #[cfg(listener_source)] aio_context: Id
    );
    /// A client is handed over next.
    qio_net_listener_client(listener: Id, cioc: Id, func: Id);
    /// The function that a client was handed to has returned.
    qio_net_listener_client_done(listener: Id, cioc: Id);
    /// An accept failed for good or for lack of resources (L1).
    qio_net_listener_accept_fail(listener: Id, fd: c_int, errno: c_int);
    /// A socket is left alone for so many milliseconds, since it can't be accepted from now.
    qio_net_listener_pause(listener: Id, fd: c_int, milliseconds: u32);
    /// A socket that was left alone is watched again.
    qio_net_listener_resume(listener: Id, fd: c_int);
    /// A socket is left alone because of a limit: for so many milliseconds, or for 0, until a client goes.
    qio_net_listener_limit(listener: Id, fd: c_int, milliseconds: u32);
    /// A client is closed at once, since its peer has as many as it may have.
    qio_net_listener_refuse(listener: Id, fd: c_int, remote: Option<&SocketName>);
    /// A handshake has reached its deadline; the channel may be gone.
    qio_channel_handshake_timeout(ioc: Id);
    /// A socket is shut down, since nothing has moved for too long.
    qio_channel_socket_idle_timeout(ioc: Id);

    /// A socket channel was made.
    qio_channel_socket_new(ioc: Id);
    /// A socket channel took over a descriptor.
    qio_channel_socket_new_fd(ioc: Id, fd: c_int);
    /// A socket channel is open; `local` and `remote` are the names of its ends, NULL if there is none.
    qio_channel_socket_open(ioc: Id, fd: c_int, local: Option<&SocketName>, remote: Option<&SocketName>);
    /// A socket channel is closed; its descriptor isn't yet.
    qio_channel_socket_close(ioc: Id, fd: c_int);
    /// A connect begins.
    qio_channel_socket_connect_sync(ioc: Id, addr: Id);
    /// A listen begins.
    qio_channel_socket_listen_sync(ioc: Id, addr: Id, num: c_int);
    /// A datagram socket is about to be made.
    qio_channel_socket_dgram_sync(ioc: Id, local_addr: Id, remote_addr: Id);
    /// A connect is about to be given to a worker.
    qio_channel_socket_connect_async(ioc: Id, addr: Id);
    /// A listen is about to be given to a worker.
    qio_channel_socket_listen_async(ioc: Id, addr: Id, num: c_int);
    /// A datagram socket is about to be made by a worker.
    qio_channel_socket_dgram_async(ioc: Id, local_addr: Id, remote_addr: Id);
    /// A connect begins that no thread waits for.
    qio_channel_socket_connect_full(ioc: Id, addr: Id);
    /// One of its attempts is under way.
    qio_channel_socket_connect_attempt(ioc: Id, fd: c_int, remote: Option<&SocketName>);
    /// One of its attempts has failed.
    qio_channel_socket_connect_attempt_fail(ioc: Id, remote: Option<&SocketName>, errno: c_int);
    /// Such connects of a channel are to be cancelled, if there are any.
    qio_channel_socket_connect_cancel(ioc: Id);
    /// The host's connect failed.
    qio_channel_socket_connect_fail(ioc: Id);
    /// The host's listen failed.
    qio_channel_socket_listen_fail(ioc: Id);
    /// The host's datagram helper failed.
    qio_channel_socket_dgram_fail(ioc: Id);
    /// The host's connect succeeded; the descriptor isn't adopted yet.
    qio_channel_socket_connect_complete(ioc: Id, fd: c_int);
    /// The host's listen succeeded; the descriptor isn't adopted yet.
    qio_channel_socket_listen_complete(ioc: Id, fd: c_int);
    /// The host's datagram helper succeeded; the descriptor isn't adopted yet.
    qio_channel_socket_dgram_complete(ioc: Id, fd: c_int);
    /// An accept is attempted.
    qio_channel_socket_accept(ioc: Id);
    /// An accept failed.
    qio_channel_socket_accept_fail(ioc: Id);
    /// A client was accepted.
    qio_channel_socket_accept_complete(ioc: Id, cioc: Id, fd: c_int);

    /// A file channel took over a descriptor.
    qio_channel_file_new_fd(ioc: Id, fd: c_int);
    /// A file channel opened a path.
    qio_channel_file_new_path(ioc: Id, path: &CStr, flags: c_int, mode: c_int, fd: c_int);

    /// A command channel has started its child.
    qio_channel_command_new_pid(ioc: Id, writefd: c_int, readfd: c_int, pid: c_int);
    /// The finaliser of a command channel is about to look after the child.
    qio_channel_command_abort(ioc: Id, pid: c_int);
    /// The finaliser of a command channel has looked after the child. `ret` is 0 while that runs,
    /// and so is `status` (W-27).
    qio_channel_command_wait(ioc: Id, pid: c_int, ret: c_int, status: c_int);
    /// A command channel has nothing to do with its child any more. `ret` is the child if it has ended, with `status`; 0
    /// if it is left to be reaped; -1 if its end can't be known.
    qio_channel_command_done(ioc: Id, pid: c_int, ret: c_int, status: c_int);

    /// A TLS channel was made for a client; `hostname` is NULL or the server's name.
    qio_channel_tls_new_client(ioc: Id, master: Id, creds: Id, hostname: Option<&CStr>);
    /// A TLS channel was made for a server; `aclname` is NULL or who decides about clients.
    qio_channel_tls_new_server(ioc: Id, master: Id, creds: Id, aclname: Option<&CStr>);
    /// A TLS handshake begins.
    qio_channel_tls_handshake_start(ioc: Id);
    /// A TLS handshake is about to wait, to send (1) or to receive (2).
    qio_channel_tls_handshake_pending(ioc: Id, status: c_int);
    /// A TLS handshake has failed; its callback is next.
    qio_channel_tls_handshake_fail(ioc: Id);
    /// A TLS handshake is done; the peer isn't checked yet.
    qio_channel_tls_handshake_complete(ioc: Id);
    /// A TLS handshake ended because the channel is being closed .
    qio_channel_tls_handshake_cancel[tls_cancel_trace](ioc: Id);
    /// The TLS peer was accepted; the callback is next.
    qio_channel_tls_credentials_allow(ioc: Id);
    /// The TLS peer was refused; the callback is next.
    qio_channel_tls_credentials_deny(ioc: Id);
    /// The end of a TLS connection is about to be told.
    qio_channel_tls_bye_start[tls_bye](ioc: Id);
    /// Telling the end is about to wait, to send (1) or to receive (2).
    qio_channel_tls_bye_pending[tls_bye](ioc: Id, status: c_int);
    /// The end could not be told.
    qio_channel_tls_bye_fail[tls_bye](ioc: Id);
    /// The end was told.
    qio_channel_tls_bye_complete[tls_bye](ioc: Id);
    /// Telling the end stopped because the channel is being closed.
    qio_channel_tls_bye_cancel[tls_bye](ioc: Id);

    /// A WebSocket channel was made.
    qio_channel_websock_new_server(ioc: Id, master: Id);
    /// A client's WebSocket channel was made; it will ask `host` for `path`.
    qio_channel_websock_new_client(ioc: Id, master: Id, host: &str, path: &str);
    /// A handshake begins.
    qio_channel_websock_handshake_start(ioc: Id);
    /// A handshake waits for `status`, `G_IO_IN` or `G_IO_OUT`.
    qio_channel_websock_handshake_pending(ioc: Id, status: c_int);
    /// The response to a request is made; it isn't sent yet.
    qio_channel_websock_handshake_reply(ioc: Id);
    /// A handshake has failed; its callback is next.
    qio_channel_websock_handshake_fail(ioc: Id, error: &Error);
    /// A handshake has succeeded; its callback is next.
    qio_channel_websock_handshake_complete(ioc: Id);
    /// The first line of a request is known.
    qio_channel_websock_http_greeting(ioc: Id, greeting: &str);
    /// All headers that a request needs are there; they aren't judged yet.
    qio_channel_websock_http_request(
        ioc: Id, protocols: Option<&str>, version: &str, host: &str, connection: &str, upgrade:
        &str, key: &str
    );
    /// The first two bytes of a frame are there: the short length, `fin` and `has_mask` as 0x80 or
    /// 0, and the opcode, a continuation's being the message's.
    qio_channel_websock_header_partial_decode(
        ioc: Id, payloadlen: usize, fin: u8, opcode: u8, has_mask: u8
    );
    /// The header of a frame is there and accepted; the mask is in the order of the machine.
    qio_channel_websock_header_full_decode(ioc: Id, headerlen: usize, payloadlen: usize, mask: u32);
    /// A piece of payload was unmasked; so much of the frame is to come.
    qio_channel_websock_payload_decode(ioc: Id, opcode: u8, payload_remain: usize);
    /// A frame was queued, or sent right away. The header's size goes first, whatever the
    /// original's names say.
    qio_channel_websock_encode(ioc: Id, opcode: u8, headerlen: usize, payloadlen: usize);
    /// A WebSocket channel is about to be closed.
    qio_channel_websock_close(ioc: Id);

    /// A null channel was made.
    qio_channel_null_new(ioc: Id);
}

#[cfg(test)]
mod tests {
    use super::EVENTS;
    use std::collections::BTreeMap;

    /// The rows of a table in the specification: names and, if they stand in a column, how many
    /// arguments.
    fn specified(text: &str, section: &str) -> BTreeMap<String, Option<usize>> {
        let start = text.find(section).unwrap() + section.len();
        let rows = text[start..]
            .lines()
            .skip_while(|line| !line.starts_with('|'));
        let mut events = BTreeMap::new();
        for row in rows.take_while(|line| line.starts_with('|')).skip(2) {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let is_list = cells[2].contains("void *");
            let mut lists = cells[2].split(" / ").map(|list| list.split(',').count());
            let (mut last, mut count) = (String::new(), 0);
            for name in cells[1].split(" / ") {
                let name = name.trim_matches('`');
                let (name, has_arguments) = match name.split_once('(') {
                    Some((name, _)) => (name, false),
                    None => (name, is_list),
                };
                // `_listen_sync` behind `qio_channel_socket_connect_sync` takes the place of its end.
                last = match name.strip_prefix('_') {
                    Some(end) => {
                        let kept = last.split('_').count() - end.split('_').count();
                        let kept: Vec<_> = last.split('_').take(kept).collect();
                        format!("{}_{end}", kept.join("_"))
                    }
                    None => name.to_owned(),
                };
                count = lists.next().unwrap_or(count);
                events.insert(last.clone(), has_arguments.then_some(count));
            }
        }
        events
    }

    #[test]
    fn the_events_are_those_of_the_specification() {
        let tls = include_str!("../../../docs/spec/tls-websock.md");
        let tasks = include_str!("../../../docs/spec/task-listener-dns-watch.md");
        let mut expected = specified(tasks, "\n## 7. Trace events\n");
        let channels = include_str!("../../../docs/spec/channels.md");
        expected.extend(specified(channels, "\n## 10. Trace events\n"));
        expected.extend(specified(tls, "\n## 1.12 Trace events"));
        expected.extend(specified(tls, "\n## 3.13 Trace events"));
        // Declared, never emitted.
        assert!(
            expected.contains_key("qio_channel_command_new_spawn"),
            "{expected:?}"
        );
        expected.remove("qio_channel_command_new_spawn");
        expected.extend(specified(tasks, "\n### 7.3 Own events\n"));
        for event in EVENTS {
            let (name, arguments) = (event.name, event.arguments);
            let count = expected.remove(name);
            assert!(
                count.is_some(),
                "{name} isn't specified, or stands here twice"
            );
            let count = count.flatten().unwrap_or(arguments.len());
            assert_eq!(arguments.len(), count, "{name}");
        }
        assert!(expected.is_empty(), "{expected:?}");
    }
}
