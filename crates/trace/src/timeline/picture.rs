//! What is open at a moment of the picture, and which rows an event makes of that.
//!
//! A row per thread, with what runs in it: submitting, workers, callbacks. An arrow leads from the submit through
//! the worker to the callback. What a task waits, connections, handshakes, pauses and child processes are
//! asynchronous spans, those of one connection in one track.

use std::collections::HashMap;

use super::json::{Row, Rows, Value};
use super::names::Names;
use super::record::Fired;
use super::tracks::{Key, Span, Stacks, Tracks};

/// The events that the picture is made of.
pub(super) const EVENTS: &[&str] = &[
    "qio_task_new",
    "qio_task_named",
    "qio_task_thread_start",
    "qio_task_thread_submit",
    "qio_task_thread_run",
    "qio_task_thread_exit",
    "qio_task_thread_result",
    "qio_task_callback",
    "qio_task_complete",
    "qio_net_listener_client",
    "qio_net_listener_client_done",
    "qio_net_listener_accept_fail",
    "qio_net_listener_pause",
    "qio_net_listener_resume",
    "qio_channel_socket_open",
    "qio_channel_socket_close",
    "qio_channel_socket_connect_sync",
    "qio_channel_socket_connect_full",
    "qio_channel_socket_connect_complete",
    "qio_channel_socket_connect_fail",
    "qio_channel_tls_new_client",
    "qio_channel_tls_new_server",
    "qio_channel_tls_handshake_start",
    "qio_channel_tls_handshake_pending",
    "qio_channel_tls_handshake_fail",
    "qio_channel_tls_handshake_complete",
    "qio_channel_tls_handshake_cancel",
    "qio_channel_tls_credentials_deny",
    "qio_channel_tls_bye_start",
    "qio_channel_tls_bye_fail",
    "qio_channel_tls_bye_complete",
    "qio_channel_tls_bye_cancel",
    "qio_channel_websock_new_server",
    "qio_channel_websock_handshake_start",
    "qio_channel_websock_handshake_fail",
    "qio_channel_websock_handshake_complete",
    "qio_channel_websock_http_greeting",
    "qio_channel_command_new_pid",
    "qio_channel_command_done",
];

/// What is known of a task.
#[derive(Default)]
struct Task {
    /// Its worker function, or its callback.
    function: String,
    /// What the program calls it.
    name: Option<String>,
    /// The number of its arrow; 0 if it has no worker, or the arrow has ended.
    flow: u64,
    /// Its worker function has returned.
    has_run: bool,
    /// Its callback was called before that, or is about to be: it was given up.
    is_told: bool,
}

/// How many tasks wait for a thread, run, and wait for their callback.
#[derive(Default)]
struct Counts {
    queued: i64,
    running: i64,
    finished: i64,
}

/// What is open.
pub(super) struct Picture {
    process: u32,
    threads: Stacks<u32>,
    tracks: Tracks,
    tasks: HashMap<u64, Task>,
    counts: Counts,
    /// The channels under others.
    masters: HashMap<u64, u64>,
    names: Names,
    last_flow: u64,
}

impl Picture {
    /// Nothing is open in the process yet.
    pub(super) fn new(process: u32) -> Self {
        Self {
            process,
            threads: Stacks::default(),
            tracks: Tracks::default(),
            tasks: HashMap::new(),
            counts: Counts::default(),
            masters: HashMap::new(),
            names: Names::default(),
            last_flow: 0,
        }
    }

    /// The row that says what the process is called.
    pub(super) fn process_name(&self, name: &str) -> String {
        let mut rows = Rows::default();
        self.name_row(&mut rows, "process_name", self.process, name);
        rows.text
    }

    fn name_row(&self, rows: &mut Rows, what: &str, thread: u32, name: &str) {
        let row = Row {
            phase: 'M',
            name: what,
            category: "",
            time: 0,
            thread,
            id: None,
            arguments: &[("name", Value::Text(name))],
        };
        rows.add(self.process, &row);
    }

    /// Adds the rows of an event.
    pub(super) fn add(&mut self, rows: &mut Rows, fired: &Fired<'_>) {
        if self.threads.is_new(fired.thread) {
            self.threads.meet(fired.thread);
            let name = String::from_utf8_lossy(fired.thread_name);
            self.name_row(rows, "thread_name", fired.thread, &name);
        }
        let mut at = At {
            picture: self,
            rows,
            fired,
        };
        let name = fired.name;
        if name.starts_with("qio_task_") {
            at.task();
        } else if name.starts_with("qio_net_listener_") {
            at.listener();
        } else if name.starts_with("qio_channel_socket_") {
            at.socket();
        } else {
            at.layer();
        }
    }
}

/// An event, and where its rows go.
pub(super) struct At<'a, 'r> {
    picture: &'a mut Picture,
    rows: &'a mut Rows,
    fired: &'a Fired<'r>,
}

/// Categories.
const TASK: &str = "task";
const LISTENER: &str = "listener";
const CONNECTION: &str = "connection";
const COMMAND: &str = "command";

impl At<'_, '_> {
    fn row(
        &mut self,
        phase: char,
        (category, name): (&str, &str),
        id: Option<u64>,
        arguments: &[(&str, Value<'_>)],
    ) {
        let row = Row {
            phase,
            name,
            category,
            time: self.fired.time,
            thread: self.fired.thread,
            id,
            arguments,
        };
        self.rows.add(self.picture.process, &row);
    }

    /// A span of the thread.
    fn begin(&mut self, category: &str, key: Key, name: &str, arguments: &[(&str, Value<'_>)]) {
        self.row('B', (category, name), None, arguments);
        let name = name.to_owned();
        let thread = self.fired.thread;
        self.picture.threads.begin(thread, Span { key, name });
    }

    /// Ends a span of the thread.
    fn end(&mut self, category: &str, key: Key) {
        for span in self.picture.threads.end(self.fired.thread, key) {
            self.row('E', (category, &span.name), None, &[]);
        }
    }

    /// An asynchronous span, in the track of another if that is open. What was begun before under this key, and
    /// whose end no event tells, ends.
    fn begin_track(
        &mut self,
        (category, key, under): (&str, Key, Option<Key>),
        name: &str,
        arguments: &[(&str, Value<'_>)],
    ) {
        self.end_track(category, key, &[]);
        let track = self.picture.tracks.begin(key, under, name);
        self.row('b', (category, name), Some(track), arguments);
    }

    /// Ends an asynchronous span.
    fn end_track(&mut self, category: &str, key: Key, arguments: &[(&str, Value<'_>)]) {
        if let Some((track, names)) = self.picture.tracks.end(key) {
            let last = names.len().saturating_sub(1);
            for (index, name) in names.iter().enumerate() {
                let arguments = if index == last { arguments } else { &[] };
                self.row('e', (category, name), Some(track), arguments);
            }
        }
    }

    /// A moment of an asynchronous span.
    fn moment_of_track(&mut self, category: &str, key: Key, name: &str) {
        if let Some(track) = self.picture.tracks.of(key) {
            self.row('n', (category, name), Some(track), &[]);
        }
    }

    /// What the function at an address is called.
    fn function(&mut self, address: u64) -> Option<String> {
        self.picture.names.get(address).map(str::to_owned)
    }

    /// The callback as an argument of a row.
    fn function_or_none(&mut self, address: u64) -> String {
        self.function(address).unwrap_or_else(|| "none".to_owned())
    }

    fn count(&mut self, change: impl FnOnce(&mut Counts)) {
        let counts = &mut self.picture.counts;
        change(counts);
        let arguments = [
            ("queued", Value::Number(counts.queued)),
            ("running", Value::Number(counts.running)),
            ("finished", Value::Number(counts.finished)),
        ];
        self.row('C', (TASK, "tasks"), None, &arguments);
    }
}

mod layers;
mod sockets;
mod tasks;
