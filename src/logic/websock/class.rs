//! The `io_*` methods of `QIOChannelWebsock`.

use super::{
    close, finalize, handshake_timeout, init, read, set_handshake_timeout, shutdown, wait, watch,
    write,
};
use crate::logic::limits::properties::HANDSHAKE_TIMEOUT;
use crate::logic::{control, layered};
use crate::object::Finalizing;
use crate::object::channel_class::Transfer;
use crate::object::class::{ChannelImpl, ObjectImpl, SetHandlers, SetTimeout, Shutdown, Switch};
use crate::object::property::Uint32;
use crate::object::socket::Socket;
use crate::object::watch::WatchSource;
use crate::object::websock::Websock;
use abi::layout::QIOChannelWebsock;
use abi::origin;
use host::error::{Error, Origin};
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{IoVec, IoVecMut};
use platform::os::poll::{Until, Waited};

impl ObjectImpl for QIOChannelWebsock {
    fn init(channel: &Websock) {
        init(channel);
    }

    fn finalize(channel: Finalizing<'_, Self>) {
        finalize(channel);
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

impl ChannelImpl for QIOChannelWebsock {
    const ORIGIN: Origin = origin!(c"qio_channel_websock");

    fn readv(
        channel: &Websock,
        iov: &[IoVecMut<'_>],
        _: ReceivedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        read(channel, iov)
    }

    fn writev(
        channel: &Websock,
        iov: &[IoVec<'_>],
        _: PassedFds<'_>,
        _: i32,
    ) -> Result<Transfer, Error> {
        write(channel, iov)
    }

    fn close(channel: &Websock) -> Result<(), Error> {
        close(channel)
    }

    // Told if it fails (R-WS-46).
    fn set_blocking(channel: &Websock, enabled: bool) -> Result<(), Error> {
        let master = channel.master();
        master.map_or(Ok(()), |master| control::set_blocking(master, enabled))
    }

    fn create_watch(channel: &Websock, condition: u32) -> Option<WatchSource> {
        Some(watch::create(channel, condition))
    }

    fn wait(channel: &Websock, condition: u32, until: Until) -> Waited {
        wait::until(channel, condition, until)
    }

    fn socket(channel: &Websock) -> Option<&Socket> {
        channel.master()?.socket()
    }

    const SET_HANDSHAKE_TIMEOUT: Option<SetTimeout<Self>> = Some(set_handshake_timeout);
    const SHUTDOWN: Option<Shutdown<Self>> = Some(shutdown);
    const SET_CORK: Option<Switch<Self>> = Some(layered::set_cork);
    const SET_DELAY: Option<Switch<Self>> = Some(layered::set_delay);
    const SET_HANDLERS: Option<SetHandlers<Self>> = Some(layered::set_handlers);
}
