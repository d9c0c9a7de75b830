//! Coroutines that are suspended until a channel is ready.

use super::aio;
use crate::object::channel::Channel;
use crate::object::waiting::Direction;
use abi::profile;
use host::aio::{Context, Places};
use host::coroutine::{self, Coroutine};
use platform::check_usage;
use platform::glib::condition::{IN, OUT};
use platform::os::abort::misuse;

const NAME: &str = "qio_channel_yield";

/// Suspends the coroutine that the caller is in until the channel is ready, or somebody wakes it
/// (R-CHAN-43).
pub fn yield_until(channel: &Channel, condition: u32) {
    match Coroutine::current() {
        Some(coroutine) => wait(channel, condition, coroutine),
        None => misuse(NAME, format_args!("the caller is not in a coroutine")),
    }
}

/// As above; `this` is the coroutine that the caller is in.
#[cold]
pub(super) fn wait(channel: &Channel, condition: u32, this: Coroutine) {
    let direction = match condition {
        IN => Direction::Read,
        OUT => Direction::Write,
        _ => misuse(
            NAME,
            format_args!("condition is {condition:#x}, neither G_IO_IN nor G_IO_OUT alone"),
        ),
    };
    let home = coroutine::context();
    let Some(context) = channel.waiting_context(home) else {
        misuse(
            NAME,
            format_args!("the channel follows the coroutine, which has no AioContext"),
        )
    };
    // Before the handlers are set: they, and other threads, wake whom they find.
    check_usage!(
        channel.publish(direction, this, context),
        NAME,
        "another coroutine waits for the same direction of the channel"
    );
    set_handlers(channel, direction, context);
    // Nothing is held that is a thread's: it may be another one afterwards (R-CHAN-12).
    coroutine::suspend();
    check_usage!(
        home.is_none_or(Context::is_home),
        NAME,
        "the coroutine goes on in a thread that its AioContext isn't at home in"
    );
    // A qemu_coroutine_enter() from elsewhere may have left it in its slot (R-CHAN-48).
    if channel.withdraw(direction, this) || profile::WAKING_EMPTIES_THE_SLOT {
        // With one context for both directions, the channel may have left the one that it was in.
        let left = channel
            .waiting_context(home)
            .filter(|_| cfg!(not(two_aio_contexts)));
        set_handlers(channel, direction, left.unwrap_or(context));
    }
}

/// Sets the handler of a direction in `context`, or removes it if no coroutine waits there. In one
/// call with that of the other direction if a coroutine waits for that one in the same context: a context
/// has one registration of a descriptor (R-CHAN-45).
fn set_handlers(channel: &Channel, direction: Direction, context: Context) {
    let along = |other| channel.waits_in(other).filter(|&found| found == context);
    let places = match direction {
        Direction::Read => Places {
            read: Some(context),
            write: along(Direction::Write),
        },
        Direction::Write => Places {
            read: along(Direction::Read),
            write: Some(context),
        },
    };
    aio::set_handlers(channel, places, channel.waking_handlers(context), NAME);
}

/// Wakes the coroutine that waits to read, from any thread. Nothing if none does (R-CHAN-46).
pub fn wake_reader(channel: &Channel) {
    channel.wake(Direction::Read);
}

/// Coroutines wait in `context` from now on; None is the main loop (R-CHAN-50).
#[cfg(not(two_aio_contexts))]
pub fn attach(channel: &Channel, context: Option<Context>) {
    check_usage!(
        !channel.is_waited_for(),
        "qio_channel_attach_aio_context",
        "a coroutine waits for the channel"
    );
    channel.set_context(context);
}

/// Leaves the context. Coroutines that wait stay suspended, and the caller enters them (R-CHAN-50).
#[cfg(not(two_aio_contexts))]
pub fn detach(channel: &Channel) {
    use host::aio::Handlers;

    channel.forget_waiting();
    if let Some(context) = channel.waiting_context(None) {
        let places = Places {
            read: Some(context),
            write: Some(context),
        };
        // A class without the method has no handlers that could be removed.
        let _: Option<()> = channel.io_set_aio_fd_handler(places, Handlers::NONE);
    }
    channel.set_context(None);
}
