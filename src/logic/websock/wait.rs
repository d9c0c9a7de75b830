//! Waiting for a WebSocket with no more than waiting for its master takes: no main context, and no
//! descriptor that it can't do without (C8).

use std::sync::Arc;

use super::phase::Kind;
use super::state::State;
use crate::logic::wait;
use crate::object::websock::Websock;
use platform::glib::condition::{ERR, HUP, IN};
use platform::os::poll::{self, Until, Waited};

/// Milliseconds that a handshake gets to find the end of its master, which must be over within C9's
/// time.
const GRACE: i32 = 2;

/// Waits until a watch for `condition` would fire.
pub(super) fn until(websock: &Websock, condition: u32, until: Until) -> Waited {
    let (Some(state), Some(master)) = (websock.state::<Arc<State>>(), websock.master()) else {
        // A transfer fails.
        return Waited::Ready(condition);
    };
    if matches!(state.phase.kind(), Kind::New) {
        // A transfer fails.
        return Waited::Ready(condition);
    }
    // What the master was found to be for good.
    let mut raised = 0;
    let ready = |raised: u32| (state.ready() | raised) & condition;
    let now = ready(raised);
    if now != 0 {
        return Waited::Ready(now);
    }
    // What others take from the master, or change without it, isn't seen there.
    let waiter = state.stream.waiters.join_thread();
    let for_master = until.or(waiter.fd());
    loop {
        // What changes from here on wakes; what has changed before is seen.
        waiter.begin();
        let now = ready(raised);
        if now != 0 {
            return Waited::Ready(now);
        }
        if state.needs_step() {
            // Its pong has to make room first, which may bring to light what is behind it.
            state.step(master, false);
            let now = ready(raised);
            if now != 0 {
                return Waited::Ready(now);
            }
        }
        let is_opening = matches!(state.phase.kind(), Kind::Opening);
        // The input before the frames is the handshake's, the end of the connection is everybody's.
        let needs = if is_opening {
            HUP | ERR
        } else {
            state.needs(condition)
        };
        let waited = if needs == 0 {
            wait::for_memory(0, for_master)
        } else {
            wait::until(master, needs, for_master)
        };
        match waited {
            Waited::Ready(_) if is_opening => {
                // The default context may stand, where the handshake would fail now (C9).
                poll::rest(if until.limit() == 0 { 0 } else { GRACE });
                if matches!(state.phase.kind(), Kind::Opening) {
                    return Waited::Ready(condition);
                }
            }
            Waited::Ready(bits) => {
                raised |= bits & (HUP | ERR);
                // A blocking master is read from only if it is ready for that.
                state.step(master, bits & IN != 0);
            }
            Waited::NotYet => {
                let now = ready(raised);
                if now != 0 {
                    return Waited::Ready(now);
                }
                if until.limit() >= 0 || until.is_woken() {
                    return Waited::NotYet;
                }
            }
        }
    }
}
