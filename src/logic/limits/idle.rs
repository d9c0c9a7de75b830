//! The deadline of a connection on which nothing moves.
//!
//! Nothing is noted when bytes move: the thread of all deadlines looks now and then whether some have, at what dumps
//! show anyway.

use std::sync::Arc;

use crate::logic::socket::control;
use crate::logic::statistics::{self, Count};
use crate::object::guarded::{self, Idle, Kept, Key};
use crate::object::socket::Socket;
use crate::object::waiting::ToWake;
use platform::sync::timers::{self, Armed, Expire};

/// Looks in the time that a connection may be idle. One more than that is what it may be late.
const LOOKS: u32 = 4;

/// Sets how long a connection may be idle, in milliseconds; 0 is for ever (R-LIMIT-14).
pub fn set(socket: &Socket, milliseconds: u32) {
    let moved = socket.upcast().record().moved().unwrap_or(0);
    let before = guarded::enter(socket, |key, kept| {
        let idle = (milliseconds != 0).then(|| Idle {
            milliseconds,
            moved,
            quiet: 0,
            armed: next_look(key, milliseconds),
        });
        core::mem::replace(&mut kept.idle, idle)
    });
    drop(before);
}

/// Whether the socket was shut down since it was idle.
#[cold]
pub fn has_timed_out(socket: &Socket) -> bool {
    guarded::look(socket, |kept| kept.is_timed_out).unwrap_or(false)
}

fn next_look(key: Key, milliseconds: u32) -> Armed {
    timers::arm(milliseconds.div_ceil(LOOKS), Arc::new(Look(key)))
}

struct Look(Key);

impl Expire for Look {
    fn expire(&self) {
        let waiting = guarded::with(self.0, |socket, kept| look(self.0, socket, kept));
        if let Some(coroutine) = waiting.flatten() {
            coroutine.wake();
        }
    }
}

/// Looks whether something has moved. Returns who has to be woken if nothing has for too long.
fn look(key: Key, socket: &Socket, kept: &mut Kept) -> Option<ToWake> {
    let idle = kept.idle.as_mut()?;
    // Without a record, nobody knows.
    let moved = socket.upcast().record().moved();
    if moved == Some(idle.moved) {
        idle.quiet += 1;
    } else {
        idle.moved = moved.unwrap_or(0);
        idle.quiet = 0;
    }
    if idle.quiet < LOOKS {
        // The one before is this one.
        idle.armed = next_look(key, idle.milliseconds);
        return None;
    }
    kept.is_timed_out = true;
    statistics::add(Count::IdleTimedOut);
    trace::qio_channel_socket_idle_timeout(socket.into());
    kept.idle = None;
    control::shut_down_for_good(socket)
}
