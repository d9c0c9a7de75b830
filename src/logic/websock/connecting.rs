//! A client's opening handshake, piece by piece: the request goes out, the response comes in.

use super::handshake::Step;
use super::state::State;
use super::transport::{self, Head};
use crate::object::channel::Channel;
use host::error::Error;
use rfc6455::client::{Answer, Request};
use rfc6455::http::{self, HANDSHAKE_MAX};

/// What has been transferred so far.
pub(super) enum Connecting {
    Request { sent: usize },
    Response(Vec<u8>),
}

impl Default for Connecting {
    fn default() -> Self {
        Self::Request { sent: 0 }
    }
}

impl Connecting {
    /// The master is ready for what comes next.
    pub(super) fn step(&mut self, state: &State, master: &Channel) -> Step {
        let Some(request) = state.client() else {
            return Step::Over(Err(Error::new("The WebSocket is no client's end")));
        };
        match self {
            Self::Request { sent } => {
                match transport::send_more(master, &request.bytes, sent) {
                    Ok(true) => {}
                    Ok(false) => return Step::Waits,
                    Err(error) => return Step::Over(Err(error)),
                }
                *self = Self::Response(Vec::new());
                Step::Turns
            }
            Self::Response(bytes) => match receive(master, bytes, request, state) {
                Ok(true) => Step::Over(Ok(())),
                Ok(false) => Step::Waits,
                Err(error) => Step::Over(Err(error)),
            },
        }
    }
}

/// Takes more of the response; whether the connection is open. What came behind the response begins the frames.
fn receive(
    master: &Channel,
    bytes: &mut Vec<u8>,
    request: &Request,
    state: &State,
) -> Result<bool, Error> {
    let mut rest = match transport::receive_head(master, bytes)? {
        Head::Whole(rest) => rest,
        Head::TooLarge => {
            return Err(Error::new(format!(
                "The WebSocket server's response has no end within {HANDSHAKE_MAX} bytes"
            )));
        }
        Head::Part => return Ok(false),
        Head::Ended => {
            return Err(Error::new(
                "The connection has ended before the WebSocket server's response",
            ));
        }
    };
    loop {
        match request.judge(bytes).map_err(Error::new)? {
            Answer::Open { protocol } => {
                state.set_protocol(protocol);
                state.receiver.begin(&rest);
                return Ok(true);
            }
            // The next one may have come with it.
            Answer::Interim => match http::end_of_head(&rest) {
                Some(end) => {
                    let behind = rest.split_off(end);
                    *bytes = core::mem::replace(&mut rest, behind);
                }
                None => {
                    *bytes = rest;
                    return Ok(false);
                }
            },
        }
    }
}
