//! One GnuTLS session that a reader and a writer use at the same time.

use core::mem;

use super::Endpoint;
use super::callbacks::Callbacks;
use super::gnutls::{Code, Direction, Handle, Received};
use super::state::End;
pub(crate) use super::state::{Failure, Reason};
use super::transport::{SessionGuard, Shared};
use platform::os::iov::{IoVec, IoVecMut};

/// Records that a TLS 1.3 session encrypts with one key: the number for AES-GCM. GnuTLS would count
/// them too, but it doesn't wait for the reader.
const RECORDS_PER_KEY: u64 = 1 << 24;

/// Records without data in a row that a peer may send: tickets, or padding. See
/// [`super::transport`].
const RECORDS_WITHOUT_DATA: u32 = 24;

/// How far a handshake is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// It is done.
    Complete,
    /// It waits.
    Waiting(Direction),
}

/// A session with its transport.
pub(crate) struct Connection {
    shared: Box<Shared>,
    endpoint: Endpoint,
}

impl Connection {
    /// A connection without a transport.
    pub(crate) fn new(handle: Handle, endpoint: Endpoint) -> Self {
        Self {
            shared: Shared::new(handle),
            endpoint,
        }
    }

    /// Sets the transport.
    pub(crate) fn set_callbacks(&self, callbacks: Callbacks) {
        self.shared
            .locked(|guard| guard.state(|state| state.callbacks = callbacks));
    }

    /// Goes on with the handshake.
    pub(crate) fn handshake(&self) -> Result<Progress, Reason> {
        self.shared.locked(|guard| {
            if guard.state(|state| state.is_complete) {
                return Ok(Progress::Complete);
            }
            let result = loop {
                match guard.handle().handshake() {
                    // Such as that the server doesn't know its name (RFC 6066 3).
                    Err(Code::WARNING_ALERT_RECEIVED) => {}
                    result => break result,
                }
            };
            guard.update_pending();
            match result {
                Ok(()) => {
                    let wears_out = guard.handle().changes_keys();
                    guard.state(|state| {
                        state.is_complete = true;
                        state.records_per_key = if wears_out { RECORDS_PER_KEY } else { 0 };
                    });
                    Ok(Progress::Complete)
                }
                Err(Code::AGAIN | Code::INTERRUPTED) => {
                    Ok(Progress::Waiting(guard.handle().direction()))
                }
                Err(code) => Err(guard.state(|state| state.reason(code))),
            }
        })
    }

    /// How far the handshake is.
    #[cfg_attr(
        handshake_result,
        allow(dead_code, reason = "for qcrypto_tls_session_get_handshake_status")
    )]
    pub(crate) fn progress(&self) -> Progress {
        self.shared.locked(|guard| {
            if guard.state(|state| state.is_complete) {
                Progress::Complete
            } else {
                Progress::Waiting(guard.handle().direction())
            }
        })
    }

    /// Encrypts and writes what one record holds.
    ///
    /// When this blocks the bytes are encrypted all the same: the next call writes them and returns
    /// their number, whatever it is offered (R-TLS-40).
    pub(crate) fn write(&self, data: IoVec<'_>) -> Result<usize, Failure> {
        self.shared.locked(|guard| {
            guard.flush()?;
            let accepted = guard.state(|state| mem::take(&mut state.accepted));
            if accepted > 0 {
                return Ok(accepted);
            }
            let (is_asked, is_worn_out) = guard.state(|state| {
                let is_worn_out =
                    state.records_per_key != 0 && state.records >= state.records_per_key;
                (mem::take(&mut state.key_may_be_due), is_worn_out)
            });
            let sent = if is_asked || is_worn_out {
                send_with_new_key(guard, data, is_worn_out)
            } else {
                guard.handle().send(data)
            };
            match sent {
                Ok(bytes) => {
                    guard.state(|state| state.records += 1);
                    guard
                        .all_written()
                        .inspect_err(|_| guard.state(|state| state.accepted = bytes))
                        .map(|()| bytes)
                }
                Err(Code::AGAIN) => Err(Failure::Block),
                Err(Code::INTERRUPTED) => Err(Failure::Interrupted),
                Err(code) => Err(Failure::Failed(Reason {
                    code,
                    transport: guard.state(|state| state.write_error.take()),
                })),
            }
        })
    }

    /// Reads what a record has; 0 is the end of file (R-TLS-93).
    pub(crate) fn read(&self, room: IoVecMut<'_>) -> Result<usize, Failure> {
        self.shared.locked(|guard| {
            match guard.state(|state| state.end) {
                Some(End::Closed | End::Canceled) => return Ok(0),
                Some(End::Premature) => return Err(Failure::Premature),
                Some(End::Failed(code)) => return Err(Failure::Failed(Reason::from(code))),
                None => {}
            }
            if room.is_empty() {
                // As GnuTLS says, but that isn't to look like the end of file.
                return Err(Failure::Failed(Reason::from(Code::INVALID_REQUEST)));
            }
            loop {
                if guard.state(|state| state.is_complete) && guard.pending() == 0 {
                    guard.fetch_header()?;
                }
                guard.state(|state| state.read_stop = None);
                let received = guard.handle().receive(room);
                guard.update_pending();
                let (end, result) = match received {
                    Ok(Received::Bytes(bytes)) => {
                        guard.state(|state| state.without_data = 0);
                        return Ok(bytes);
                    }
                    Ok(Received::End) => (End::Closed, Ok(0)),
                    Err(Code::PREMATURE_TERMINATION) => (End::Premature, Err(Failure::Premature)),
                    Err(Code::AGAIN) => {
                        if let Some(failure) = guard.state(|state| state.read_stop.take()) {
                            return Err(failure);
                        }
                        // The record was for the session itself: a ticket or a key. More may be
                        // there.
                        guard.state(|state| state.key_may_be_due = true);
                        count_without_data(guard)?;
                        continue;
                    }
                    // A client need not answer a HelloRequest (RFC 5246 7.4.1.1).
                    Err(Code::REHANDSHAKE) if self.endpoint == Endpoint::Client => {
                        count_without_data(guard)?;
                        continue;
                    }
                    Err(Code::WARNING_ALERT_RECEIVED) => {
                        count_without_data(guard)?;
                        continue;
                    }
                    Err(Code::REHANDSHAKE) => (
                        End::Failed(Code::REHANDSHAKE),
                        Err(Failure::Failed(Reason::from(Code::REHANDSHAKE))),
                    ),
                    // That is no failure, and close_notify would follow (RFC 8446 6.1).
                    Err(Code::FATAL_ALERT_RECEIVED) if guard.handle().was_canceled() => {
                        (End::Canceled, Ok(0))
                    }
                    Err(Code::INTERRUPTED) => return Err(Failure::Interrupted),
                    Err(code) => {
                        return Err(Failure::Failed(guard.state(|state| {
                            // GnuTLS knows better than the transport from now on.
                            state.incoming.has_ended |= state.is_complete && code.is_fatal();
                            Reason {
                                code,
                                transport: state.read_error.take(),
                            }
                        })));
                    }
                };
                guard.state(|state| state.end = Some(end));
                return result;
            }
        })
    }

    /// Decrypted bytes that have not been read (R-TLS-81). Any thread may ask.
    #[cfg_attr(
        not(tls_check_pending),
        allow(dead_code, reason = "for qcrypto_tls_session_check_pending")
    )]
    pub(crate) fn pending(&self) -> usize {
        self.shared.pending()
    }

    /// Sends close_notify, once: nothing more will be written. Before the end of the handshake there is nothing to
    /// do (R-TLS-81).
    pub(crate) fn bye(&self) -> Result<Progress, Reason> {
        self.shared.locked(|guard| {
            let is_for_nobody =
                guard.state(|state| !state.is_complete || state.end == Some(End::Canceled));
            if is_for_nobody {
                return Ok(Progress::Complete);
            }
            match guard.flush() {
                Ok(()) => {}
                // With GnuTLS's text first, as other failures of this function have it.
                Err(Failure::Failed(reason)) => return Err(reason),
                Err(_) => return Ok(Progress::Waiting(Direction::Sending)),
            }
            if !guard.state(|state| state.has_sent_close_notify) {
                match guard.handle().bye() {
                    Ok(()) => guard.state(|state| state.has_sent_close_notify = true),
                    Err(Code::AGAIN | Code::INTERRUPTED) => {
                        return Ok(Progress::Waiting(guard.handle().direction()));
                    }
                    Err(code) => return Err(guard.state(|state| state.reason(code))),
                }
            }
            Ok(guard
                .all_written()
                .map_or(Progress::Waiting(Direction::Sending), |()| {
                    Progress::Complete
                }))
        })
    }

    /// Asks GnuTLS something that doesn't need the transport.
    pub(crate) fn ask<R>(&self, question: impl FnOnce(&Handle) -> R) -> R {
        self.shared.locked(|guard| question(guard.handle()))
    }
}

/// Counts a record that had no data. New keys don't count: GnuTLS sees to it that they are few.
fn count_without_data(guard: &SessionGuard<'_>) -> Result<(), Failure> {
    if guard.handle().has_new_read_key() {
        return Ok(());
    }
    guard.state(|state| {
        state.without_data += 1;
        if state.without_data <= RECORDS_WITHOUT_DATA {
            return Ok(());
        }
        let code = Code::TOO_MANY_EMPTY_PACKETS;
        state.end = Some(End::Failed(code));
        Err(Failure::Failed(Reason::from(code)))
    })
}

/// Encrypts a record, perhaps with a new key, while no reader is inside GnuTLS; then writes.
fn send_with_new_key(
    guard: &SessionGuard<'_>,
    data: IoVec<'_>,
    is_worn_out: bool,
) -> Result<usize, Code> {
    guard.wait_for_reader();
    guard.state(|state| state.keeps_lock = true);
    let renewed = if is_worn_out {
        guard.handle().renew_key()
    } else {
        Ok(())
    };
    let sent = renewed.and_then(|()| guard.handle().send(data));
    guard.state(|state| {
        state.keeps_lock = false;
        if is_worn_out {
            state.records = 0;
        }
    });
    let sent = sent?;
    match guard.flush() {
        // The rest waits for the next call.
        Ok(()) | Err(Failure::Block | Failure::Interrupted | Failure::Premature) => Ok(sent),
        Err(Failure::Failed(reason)) => {
            guard.state(|state| {
                state.accepted = sent;
                state.write_error = reason.transport;
            });
            Err(reason.code)
        }
    }
}

#[cfg(test)]
mod tests {
    use core::ffi::{c_char, c_void};
    use std::fs;
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;

    use libc::ssize_t;

    use super::*;
    use crate::tls::Endpoint;
    use crate::tls::files::Directory;
    use crate::tls::identity::Identity;
    use crate::tls::psk;
    use crate::tls::state::State;
    use platform::os::errno::{self, Errno};

    /// # Safety
    /// `opaque` is a stream that lives for `'a`.
    unsafe fn stream<'a>(opaque: *mut c_void) -> &'a UnixStream {
        // SAFETY: as promised.
        unsafe { &*opaque.cast::<UnixStream>() }
    }

    fn told(result: io::Result<usize>) -> ssize_t {
        result.map_or_else(
            |_| {
                errno::set(Errno::EAGAIN);
                if cfg!(not(session_errp)) { -1 } else { -2 }
            },
            |bytes| bytes.try_into().unwrap(),
        )
    }

    unsafe fn write_to(buf: *const c_char, len: usize, opaque: *mut c_void) -> ssize_t {
        // SAFETY: GnuTLS's memory, and the stream of `pair`.
        let (data, mut to) =
            unsafe { (core::slice::from_raw_parts(buf.cast(), len), stream(opaque)) };
        told(to.write(data))
    }

    unsafe fn read_from(buf: *mut c_char, len: usize, opaque: *mut c_void) -> ssize_t {
        // SAFETY: as above.
        let (room, mut from) = unsafe {
            (
                core::slice::from_raw_parts_mut(buf.cast(), len),
                stream(opaque),
            )
        };
        told(from.read(room))
    }

    #[cfg(not(session_errp))]
    mod functions {
        use super::{c_char, c_void, ssize_t};

        pub(super) unsafe extern "C" fn write(
            b: *const c_char,
            n: usize,
            o: *mut c_void,
        ) -> ssize_t {
            // SAFETY: passed on.
            unsafe { super::write_to(b, n, o) }
        }
        pub(super) unsafe extern "C" fn read(b: *mut c_char, n: usize, o: *mut c_void) -> ssize_t {
            // SAFETY: passed on.
            unsafe { super::read_from(b, n, o) }
        }
    }

    #[cfg(session_errp)]
    mod functions {
        use super::{c_char, c_void, ssize_t};
        use abi::layout::Error;

        pub(super) unsafe extern "C" fn write(
            b: *const c_char,
            n: usize,
            o: *mut c_void,
            _errp: *mut *mut Error,
        ) -> ssize_t {
            // SAFETY: passed on.
            unsafe { super::write_to(b, n, o) }
        }
        pub(super) unsafe extern "C" fn read(
            b: *mut c_char,
            n: usize,
            o: *mut c_void,
            _errp: *mut *mut Error,
        ) -> ssize_t {
            // SAFETY: passed on.
            unsafe { super::read_from(b, n, o) }
        }
    }

    /// A connection with what it needs to live.
    struct End {
        connection: Connection,
        _identity: Identity,
        _stream: Box<UnixStream>,
    }

    fn end(endpoint: Endpoint, directory: &Directory, stream: UnixStream) -> End {
        stream.set_nonblocking(true).unwrap();
        let stream = Box::new(stream);
        let identity = psk::load(endpoint, directory, None).unwrap();
        let handle = Handle::new(endpoint).unwrap();
        handle
            .set_priority(c"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CHACHA20-POLY1305:+ECDHE-PSK:+PSK")
            .unwrap();
        // SAFETY: the identity goes after the connection.
        unsafe { identity.give_to(&handle) }.unwrap();
        let connection = Connection::new(handle, endpoint);
        let opaque = (&raw const *stream).cast_mut().cast::<c_void>();
        // SAFETY: the functions take a stream, which goes after the connection.
        connection.set_callbacks(unsafe {
            Callbacks::new(Some(functions::write), Some(functions::read), opaque)
        });
        End {
            connection,
            _identity: identity,
            _stream: stream,
        }
    }

    /// Both ends of a connection.
    fn pair() -> (End, End) {
        let path = std::env::temp_dir().join(format!("qio-psk-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(
            path.join("keys.psk"),
            "qemu:00112233445566778899aabbccddeeff\n",
        )
        .unwrap();
        let directory = Directory::new(Some(path.as_os_str().as_encoded_bytes()));
        let (one, other) = UnixStream::pair().unwrap();
        let server = end(Endpoint::Server, &directory, one);
        let client = end(Endpoint::Client, &directory, other);
        let is_done = |end: &End| end.connection.handshake().unwrap() == Progress::Complete;
        while !(is_done(&client) & is_done(&server)) {}
        fs::remove_dir_all(path).unwrap();
        (server, client)
    }

    fn state<R>(end: &End, look: impl FnOnce(&mut State) -> R) -> R {
        end.connection.shared.locked(|guard| guard.state(look))
    }

    #[test]
    fn a_worn_out_key_is_renewed() {
        let (server, client) = pair();
        assert_eq!(
            state(&client, |state| state.records_per_key),
            RECORDS_PER_KEY
        );
        state(&client, |state| state.records_per_key = 4);
        let mut room = [0; 16];
        for number in 0..20_u8 {
            let data = [number; 7];
            let sent = client.connection.write(IoVec::from_slice(&data));
            assert_eq!(sent.unwrap(), 7);
            let received = server.connection.read(IoVec::from_mut(&mut room));
            assert_eq!(received.unwrap(), 7);
            assert_eq!(room[..7], [number; 7]);
            assert!(state(&client, |state| state.records) <= 4);
            let sent = server.connection.write(IoVec::from_slice(&data));
            assert_eq!(sent.unwrap(), 7);
            let received = client.connection.read(IoVec::from_mut(&mut room));
            assert_eq!(received.unwrap(), 7);
        }
        // That of the other one was never renewed.
        assert_eq!(state(&server, |state| state.records), 20);
    }
}
