//! Waiting to write to a UNIX socket, with a wake-up when this end is shut down.
//!
//! A poll of such a socket doesn't notice that this end has shut its writing side down: while
//! the buffer is full it is neither writable nor hung up, and no call on the descriptor makes it so
//! (docs/spec/channels.md, W-30). So the channel's own shutdown tells (C9).

use std::collections::HashMap;
use std::sync::Arc;

use crate::logic::wait;
use crate::object::channel::{Channel, Feature};
use crate::object::socket::Socket;
use platform::glib::Source;
use platform::glib::condition::OUT;
use platform::glib::waiters::{Waiter, Waiters};
use platform::os::poll::{Until, Waited};
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use platform::sync::fork::PerProcess;

/// What belongs to the sockets of this process: a forked child begins anew, as a thread of its parent
/// may have held the lock.
#[derive(Default)]
struct Table {
    /// By the socket's address: there while something waits, and once it is shut down.
    sockets: Mutex<HashMap<usize, Entry>>,
    /// How many there are, so that the lock is not taken for nothing.
    count: AtomicUsize,
}

#[derive(Default)]
struct Entry {
    writers: Arc<Writers>,
    /// How many [`Writer`]s there are.
    joined: usize,
}

/// What belongs to a socket.
struct Writers {
    waiters: Arc<Waiters>,
    /// The descriptor whose writing side was shut down. A program may store another one in the channel.
    shut_fd: AtomicI32,
}

impl Default for Writers {
    fn default() -> Self {
        Self {
            waiters: Arc::default(),
            shut_fd: AtomicI32::new(-1),
        }
    }
}

impl Table {
    fn get() -> &'static Self {
        static TABLE: PerProcess<Table> = PerProcess::new();
        TABLE.get()
    }

    /// Has `change` change the table.
    fn change<R>(&self, change: impl FnOnce(&mut HashMap<usize, Entry>) -> R) -> R {
        let mut sockets = self.sockets.lock();
        let result = change(&mut sockets);
        self.count.store(sockets.len(), Ordering::Release);
        drop(sockets);
        result
    }
}

/// Whether the system leaves something to tell about this wait.
fn tells(socket: &Socket, condition: u32) -> bool {
    // Of a UNIX socket the feature tells, without the lock of the addresses.
    let channel: &Channel = socket.upcast();
    let is_unix = || channel.has_feature(Feature::FD_PASS) || socket.is_unix();
    condition & OUT != 0 && socket.is_open() && is_unix()
}

/// A part in that.
pub(super) struct Writer {
    address: usize,
    fd: i32,
    writers: Arc<Writers>,
}

impl Writer {
    fn join(socket: &Socket) -> Self {
        let address = socket.as_ptr().addr();
        let writers = Table::get().change(|sockets| {
            let entry = sockets.entry(address).or_default();
            entry.joined += 1;
            Arc::clone(&entry.writers)
        });
        Self {
            address,
            fd: socket.fd(),
            writers,
        }
    }

    /// For a watch: with what is to be a part of its source.
    pub(super) fn for_watch(socket: &Socket, condition: u32) -> Option<(Self, Waiter, Source)> {
        if !tells(socket, condition) {
            return None;
        }
        let writer = Self::join(socket);
        let (waiter, wakeup) = writer.writers.waiters.join();
        Some((writer, waiter, wakeup))
    }

    /// Whether the writing side was shut down: a write would not wait.
    pub(super) fn is_shut(&self) -> bool {
        self.writers.shut_fd.load(Ordering::Acquire) == self.fd
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        Table::get().change(|sockets| {
            // What was forgotten meanwhile, or is of the parent process, is not there any more.
            if let Some(entry) = sockets.get_mut(&self.address)
                && Arc::ptr_eq(&entry.writers, &self.writers)
            {
                entry.joined -= 1;
                if entry.joined == 0 && entry.writers.shut_fd.load(Ordering::Acquire) < 0 {
                    sockets.remove(&self.address);
                }
            }
        });
    }
}

/// The writing side has been shut down.
pub(super) fn shut_down(socket: &Socket) {
    if !socket.is_unix() {
        return;
    }
    let address = socket.as_ptr().addr();
    let writers =
        Table::get().change(|sockets| Arc::clone(&sockets.entry(address).or_default().writers));
    writers.shut_fd.store(socket.fd(), Ordering::Release);
    writers.waiters.wake();
}

/// The socket is closed: what was known of it is not about the next one.
pub(super) fn forget(socket: &Socket) {
    let table = Table::get();
    if table.count.load(Ordering::Acquire) > 0 {
        let forgotten = table.change(|sockets| sockets.remove(&socket.as_ptr().addr()));
        drop(forgotten);
    }
}

/// Waits until a watch for `condition` would fire.
pub fn wait(socket: &Socket, condition: u32, until: Until) -> Waited {
    let channel = socket.upcast();
    let poll = |until| wait::for_fd(channel, socket.fd(), condition, until);
    if !tells(socket, condition) {
        return poll(until);
    }
    // Most often there is room, and nothing to join for.
    let now = poll(Until::NOW);
    if now != Waited::NotYet {
        return now;
    }
    let writer = Writer::join(socket);
    if until.limit() == 0 && !writer.is_shut() {
        return now;
    }
    let waiter = writer.writers.waiters.join_thread();
    loop {
        // A shutdown from here on wakes; one before is seen.
        waiter.begin();
        if writer.is_shut() {
            return Waited::Ready(OUT);
        }
        let found = poll(until.or(waiter.fd()));
        if found != Waited::NotYet || until.limit() >= 0 || until.is_woken() {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::socket::control;
    use crate::logic::socket::establish::from_fd;
    use platform::os::connection::Direction;
    use platform::os::socket;

    fn is_known(address: usize) -> bool {
        Table::get().sockets.lock().contains_key(&address)
    }

    #[test]
    fn a_shutdown_is_told_to_all_that_wait_and_to_those_that_come_later() {
        crate::types::initialise();
        let (a, _b) =
            socket::pair(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_NONBLOCK, 0).unwrap();
        let channel = from_fd(a.into_raw()).unwrap();
        while socket::send(channel.fd(), &[0; 4096]).is_ok() {}
        let address = channel.as_ptr().addr();
        assert_eq!(wait(&channel, OUT, Until::NOW), Waited::NotYet);
        assert!(!is_known(address));
        let (writer, _waiter, _wakeup) = Writer::for_watch(&channel, OUT).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| wait(&channel, OUT, Until::READY));
            control::shutdown(&channel, Direction::Write).unwrap();
            assert_eq!(waiting.join().unwrap(), Waited::Ready(OUT));
        });
        assert!(writer.is_shut());
        drop(writer);
        assert_eq!(wait(&channel, OUT, Until::NOW), Waited::Ready(OUT));
        control::close(&channel).unwrap();
        assert!(!is_known(address));
    }
}
