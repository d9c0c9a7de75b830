//! The `io_*` methods of `QIOChannelTLS`.

use super::{
    close, handshake_timeout, init, no_session, read, set_handshake_timeout, shutdown, watch, write,
};
use crate::logic::limits::properties::HANDSHAKE_TIMEOUT;
use crate::logic::{control, layered};
use crate::object::Finalizing;
use crate::object::channel_class::Transfer;
use crate::object::class::{ChannelImpl, ObjectImpl, SetHandlers, SetTimeout, Shutdown, Switch};
use crate::object::property::Uint32;
use crate::object::socket::Socket;
use crate::object::tls::Tls;
use crate::object::watch::WatchSource;
use abi::layout::QIOChannelTLS;
use abi::origin;
use host::error::{Error, Origin};
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{IoVec, IoVecMut};
use platform::os::poll::{Until, Waited};

impl ObjectImpl for QIOChannelTLS {
    fn init(channel: &Tls) {
        init(channel);
    }

    fn finalize(channel: Finalizing<'_, Self>) {
        channel.release();
    }

    const PROPERTIES: &'static [Uint32<Self>] = &[Uint32 {
        name: HANDSHAKE_TIMEOUT.0,
        description: HANDSHAKE_TIMEOUT.1,
        get: Some(handshake_timeout),
        set: |channel, value| {
            set_handshake_timeout(channel, value);
            Ok(())
        },
    }];
}

/// Whether a premature end reads as an end of file.
fn relaxed_eof(flags: i32) -> bool {
    #[cfg(tls_bye)]
    return flags & abi::layout::QIO_CHANNEL_READ_FLAG_RELAXED_EOF != 0;
    #[cfg(not(tls_bye))]
    {
        let _ = flags;
        false
    }
}

impl ChannelImpl for QIOChannelTLS {
    const ORIGIN: Origin = origin!(c"qio_channel_tls");

    // Without descriptors, and never to peek: that is refused before (R-TLS-37).
    fn readv(
        channel: &Tls,
        iov: &[IoVecMut<'_>],
        _: ReceivedFds<'_>,
        flags: i32,
    ) -> Result<Transfer, Error> {
        read(channel, iov, relaxed_eof(flags))
    }

    // Flags mean nothing here (R-TLS-43).
    fn writev(
        channel: &Tls,
        iov: &[IoVec<'_>],
        _: PassedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        write(channel, iov)
    }

    fn close(channel: &Tls) -> Result<(), Error> {
        close(channel)
    }

    // Told if it fails (R-TLS-59).
    fn set_blocking(channel: &Tls, enabled: bool) -> Result<(), Error> {
        let master = channel.master().ok_or_else(no_session)?;
        control::set_blocking(master, enabled)
    }

    fn create_watch(channel: &Tls, condition: u32) -> Option<WatchSource> {
        watch::create(channel, condition)
    }

    fn wait(channel: &Tls, condition: u32, until: Until) -> Waited {
        watch::wait(channel, condition, until)
    }

    fn socket(channel: &Tls) -> Option<&Socket> {
        channel.master()?.socket()
    }

    const SET_HANDSHAKE_TIMEOUT: Option<SetTimeout<Self>> = Some(set_handshake_timeout);
    const SHUTDOWN: Option<Shutdown<Self>> = Some(shutdown);
    const SET_CORK: Option<Switch<Self>> = Some(layered::set_cork);
    const SET_DELAY: Option<Switch<Self>> = Some(layered::set_delay);
    const SET_HANDLERS: Option<SetHandlers<Self>> = Some(layered::set_handlers);
}
