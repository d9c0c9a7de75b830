//! Command channels: a child process behind a pair of pipes.

use super::statistics;
use super::wait;
use crate::object::channel::Polled;
use crate::object::class::{ChannelImpl, ObjectImpl, SetHandlers};
use crate::object::watch::WatchSource;
use abi::layout::QIOChannelCommand;
use abi::origin;
use core::ffi::CStr;
use host::error::Origin;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::poll::{Until, Waited};

use super::aio::set_fd_handlers;
use super::file::transfer;
use super::watch;
use crate::object::channel_class::Transfer;
use crate::object::command::Command;
use crate::object::{Finalizing, Ref};
use abi::layout;
use host::aio::{Handlers, Places};
use host::error::Error;
use platform::glib::reaper::{leave_to_reaper, reap_within};
use platform::glib::{Spawned, spawn};
use platform::os::errno::Errno;
use platform::os::fd::{self, Descriptor};
use platform::os::file;
use platform::os::iov::{IoVec, IoVecMut};
use platform::os::process::{self, Pid};

/// How long closing waits for the child, in milliseconds (R-CHAN-94).
pub const CLOSE_LIMIT: i32 = 1000;

/// How long the finaliser waits after each signal, in milliseconds (R-CHAN-95).
const SIGNAL_LIMIT: i32 = 10;

/// Starts the program `argv[0]`; the access mode in `flags` says which pipes to it there are
/// (R-CHAN-91).
pub fn start(argv: &[&CStr], flags: i32) -> Result<Ref<layout::QIOChannelCommand>, Error> {
    let access = flags & libc::O_ACCMODE;
    let Spawned { pid, input, output } =
        spawn(argv, access != libc::O_RDONLY, access != libc::O_WRONLY).map_err(Error::new)?;
    let channel = Ref::<layout::QIOChannelCommand>::create();
    channel.set_write_end(input);
    channel.set_read_end(output);
    channel.set_child(Pid::new(pid));
    trace::qio_channel_command_new_pid(
        channel.as_ptr().into(),
        channel.write_fd(),
        channel.read_fd(),
        pid,
    );
    Ok(channel)
}

/// Reads what there is of the child's output (R-CHAN-92).
#[inline]
pub fn read(command: &Command, iov: &[IoVecMut<'_>]) -> Result<Transfer, Error> {
    transfer(command.read_fd(), iov, file::readv)
        .inspect_err(|&errno| statistics::failed(errno))
        .map_err(|errno| Error::os(errno, "Unable to read from command"))
}

/// Writes what fits to the child's input (R-CHAN-92).
#[inline]
pub fn write(command: &Command, iov: &[IoVec<'_>]) -> Result<Transfer, Error> {
    transfer(command.write_fd(), iov, file::writev)
        .inspect_err(|&errno| statistics::failed(errno))
        .map_err(|errno| Error::os(errno, "Unable to write to command"))
}

/// Makes transfers wait or not, on the sides there are (R-CHAN-93).
pub fn set_blocking(command: &Command, enabled: bool) -> Result<(), Error> {
    for fd in [command.write_fd(), command.read_fd()] {
        if fd >= 0 {
            fd::set_blocking(fd, enabled).map_err(|errno| {
                Error::os(errno, "Unable to change the blocking mode of a command")
            })?;
        }
    }
    Ok(())
}

/// Sets handlers, each on its side's pipe (R-CHAN-96).
fn set_handlers(command: &Command, places: Places, handlers: Handlers) {
    set_fd_handlers(command.read_fd(), command.write_fd(), places, handlers);
}

/// Closes both pipes, even if closing one of them fails; the first failure.
fn close_pipes(command: &Command) -> Result<(), Errno> {
    let ends = [command.take_read_end(), command.take_write_end()];
    ends.map(|end| end.map_or(Ok(()), Descriptor::close))
        .into_iter()
        .fold(Ok(()), Result::and)
}

/// Closes the pipes and waits for the child, for a while; then it is left to be reaped when it
/// ends. It gets no signal: it may still be saving what it was given (R-CHAN-94).
pub fn close(command: &Command) -> Result<(), Error> {
    close_within(command, CLOSE_LIMIT)
}

fn close_within(command: &Command, limit: i32) -> Result<(), Error> {
    let closed = close_pipes(command);
    if let Some(child) = command.child() {
        let ended = reap_within(child, limit);
        // Whatever came of it, the number says nothing any more, or not for long (D2).
        command.set_child(None);
        trace_done(command, child, &ended);
        match ended {
            Ok(Some(_status)) => {}
            // It has ended; its status is unknown.
            Err(Errno::ECHILD) if process::children_leave_no_status() => {}
            Ok(None) => leave_to_reaper(child),
            Err(errno) => {
                let message = format!("Unable to wait for command, process {}", child.as_raw());
                return Err(Error::os(errno, message));
            }
        }
    }
    closed.map_err(|errno| Error::os(errno, "Unable to close command"))
}

/// Closes what is still open and ends the child, which was not waited for (R-CHAN-95).
fn finalize(command: &Command) {
    // A failure can't be reported any more.
    let _: Result<(), Errno> = close_pipes(command);
    let Some(child) = command.child() else {
        return;
    };
    command.set_child(None);
    let ended = end(command, child);
    trace_done(command, child, &ended);
    if let Ok(None) = ended {
        leave_to_reaper(child);
    }
}

/// What has become of a child, as events tell it: the child, 0 as long as it runs, or -1; and its status.
fn told(child: Pid, ended: &Result<Option<i32>, Errno>) -> (i32, i32) {
    match *ended {
        Ok(Some(status)) => (child.as_raw(), status),
        Ok(None) => (0, 0),
        Err(_) => (-1, 0),
    }
}

/// The channel leaves its child.
fn trace_done(command: &Command, child: Pid, ended: &Result<Option<i32>, Errno>) {
    let (ret, status) = told(child, ended);
    trace::qio_channel_command_done(command.as_ptr().into(), child.as_raw(), ret, status);
}

/// Ends the child by signals, as far as that is possible in a short time.
fn end(command: &Command, child: Pid) -> Result<Option<i32>, Errno> {
    let mut ended = Ok(None);
    for signal in [None, Some(libc::SIGTERM), Some(libc::SIGKILL)] {
        trace::qio_channel_command_abort(command.as_ptr().into(), child.as_raw());
        ended = match signal {
            None => reap_within(child, 0),
            Some(signal) => {
                process::signal(child, signal).and_then(|()| reap_within(child, SIGNAL_LIMIT))
            }
        };
        let (ret, status) = told(child, &ended);
        trace::qio_channel_command_wait(command.as_ptr().into(), child.as_raw(), ret, status);
        // If it isn't ours to reap, it isn't ours to signal either.
        if ret != 0 {
            break;
        }
    }
    ended
}

impl ObjectImpl for QIOChannelCommand {
    fn init(command: &Command) {
        command.set_read_end(None);
        command.set_write_end(None);
    }

    fn finalize(command: Finalizing<'_, Self>) {
        finalize(&command);
    }
}

impl ChannelImpl for QIOChannelCommand {
    const ORIGIN: Origin = origin!(c"qio_channel_command");

    fn readv(
        command: &Command,
        iov: &[IoVecMut<'_>],
        _: ReceivedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        read(command, iov)
    }

    fn writev(
        command: &Command,
        iov: &[IoVec<'_>],
        _: PassedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        write(command, iov)
    }

    fn close(command: &Command) -> Result<(), Error> {
        close(command)
    }

    fn set_blocking(command: &Command, enabled: bool) -> Result<(), Error> {
        set_blocking(command, enabled)
    }

    /// Each direction on its side's pipe (R-CHAN-96).
    fn create_watch(command: &Command, condition: u32) -> Option<WatchSource> {
        let (read, write) = (command.read_fd(), command.write_fd());
        Some(watch::for_fd_pair(command.upcast(), read, write, condition))
    }

    fn polled(command: &Command) -> Option<Polled> {
        Some(Polled::Pair {
            read: command.read_fd(),
            write: command.write_fd(),
        })
    }

    fn wait(command: &Command, condition: u32, until: Until) -> Waited {
        wait::for_fd_pair(command.read_fd(), command.write_fd(), condition, until)
    }

    const SET_HANDLERS: Option<SetHandlers<Self>> = Some(set_handlers);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cat(flags: i32) -> Ref<layout::QIOChannelCommand> {
        crate::types::initialise();
        start(&[c"/bin/cat"], flags).unwrap()
    }

    /// A child that doesn't end with its input, nor by SIGTERM. It says so before it is left.
    fn obstinate() -> Ref<layout::QIOChannelCommand> {
        crate::types::initialise();
        let script = c"trap '' TERM; echo; exec sleep 1000";
        let channel = start(&[c"/bin/sh", c"-c", script], libc::O_RDONLY).unwrap();
        let mut line = [0];
        let read = read(&channel, &[IoVec::from_mut(&mut line)]).unwrap();
        assert_eq!(read, Transfer::Done(1));
        channel
    }

    fn is_gone(child: Pid) -> bool {
        process::signal(child, 0).is_err()
    }

    #[test]
    fn the_sides_are_as_asked_for() {
        for (flags, reads, writes) in [
            (libc::O_RDONLY, true, false),
            (libc::O_WRONLY | libc::O_NONBLOCK, false, true),
            (libc::O_RDWR, true, true),
        ] {
            let channel = cat(flags);
            assert_eq!(channel.read_fd() >= 0, reads);
            assert_eq!(channel.write_fd() >= 0, writes);
            close(&channel).unwrap();
            assert_eq!((channel.read_fd(), channel.write_fd()), (-1, -1));
            assert_eq!(channel.child(), None);
        }
    }

    #[test]
    fn a_missing_side_is_not_open() {
        let channel = cat(libc::O_RDONLY);
        assert_eq!(write(&channel, &[]).unwrap_err().errno(), Errno::EBADF);
        let channel = cat(libc::O_WRONLY);
        assert_eq!(read(&channel, &[]).unwrap_err().errno(), Errno::EBADF);
    }

    #[test]
    fn an_obstinate_child_outlives_closing_but_not_its_finaliser() {
        let channel = obstinate();
        let child = channel.child().unwrap();
        close_within(&channel, 1).unwrap();
        assert_eq!(channel.child(), None);
        assert!(!is_gone(child));
        close(&channel).unwrap();
        process::signal(child, libc::SIGKILL).unwrap();

        let channel = obstinate();
        let killed = channel.child().unwrap();
        drop(channel);
        // By the finaliser, or behind it.
        for child in [child, killed] {
            while !is_gone(child) {
                platform::os::poll::rest(1);
            }
        }
    }

    #[test]
    fn a_child_that_the_program_reaped_is_an_error_once() {
        let channel = cat(libc::O_WRONLY);
        let child = channel.child().unwrap();
        process::signal(child, libc::SIGKILL).unwrap();
        process::reap(child).unwrap();
        let error = close(&channel).unwrap_err();
        assert_eq!(error.errno().code(), libc::ECHILD);
        assert!(error.to_string().contains(&child.as_raw().to_string()));
        close(&channel).unwrap();
    }
}
