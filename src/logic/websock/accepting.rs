//! A server's opening handshake, piece by piece: the request comes in, the response goes out.

use super::handshake::Step;
use super::state::State;
use super::traced::Traced;
use super::transport::{self, Head};
use crate::object::channel::Channel;
use host::error::Error;
use rfc6455::http::{self, Response};

/// What has been transferred so far.
pub(super) enum Accepting {
    Request(Vec<u8>),
    Response { response: Response, sent: usize },
}

impl Default for Accepting {
    fn default() -> Self {
        Self::Request(Vec::new())
    }
}

impl Accepting {
    /// The master is ready for what comes next.
    pub(super) fn step(&mut self, state: &State, master: &Channel) -> Step {
        match self {
            Self::Request(bytes) => match receive(master, bytes, state) {
                Ok(Some(response)) => {
                    *self = Self::Response { response, sent: 0 };
                    trace::qio_channel_websock_handshake_reply(state.id());
                    Step::Turns
                }
                Ok(None) => Step::Waits,
                Err(error) => Step::Over(Err(error)),
            },
            Self::Response { response, sent } => send(master, response, sent),
        }
    }
}

/// Takes more of the request; the response to it once its head has ended. What came behind it begins
/// the frames.
fn receive(
    master: &Channel,
    bytes: &mut Vec<u8>,
    state: &State,
) -> Result<Option<Response>, Error> {
    match transport::receive_head(master, bytes)? {
        Head::Whole(rest) => {
            let response = http::respond(bytes, &Traced(state.id()));
            if response.outcome.is_ok() {
                state.receiver.begin(&rest);
            }
            Ok(Some(response))
        }
        Head::TooLarge => Ok(Some(http::respond_too_large(bytes))),
        Head::Part => Ok(None),
        Head::Ended => Err(Error::new(
            "The connection has ended before the WebSocket opening handshake",
        )),
    }
}

/// Sends more of the response.
fn send(master: &Channel, response: &mut Response, sent: &mut usize) -> Step {
    match transport::send_more(master, &response.bytes, sent) {
        Ok(true) => {}
        Ok(false) => return Step::Waits,
        Err(error) => return Step::Over(Err(error)),
    }
    if response.outcome.is_err() {
        // The program is about to close the master, and the client is to get the response.
        transport::discard_input(master);
    }
    let outcome = core::mem::replace(&mut response.outcome, Ok(()));
    Step::Over(outcome.map_err(Error::new))
}
