//! Both ends of the WebSocket protocol (RFC 6455), without channels: what comes in is given to it as
//! bytes, what goes out is taken from it as bytes.
//!
//! - [`http`]: a server's opening handshake, from a client's request to the response; [`client`]: a client's.
//! - [`frame`], [`mask`]: headers of frames and the order that they may have.
//! - [`input`]: what has come in, [`output`], [`direct`]: what goes out; [`pongs`]: what is owed for pings.

#![forbid(unsafe_code)]

pub mod client;
pub mod direct;
pub mod frame;
pub mod http;
pub mod input;
pub mod mask;
pub mod output;
pub mod pongs;

/// Which end of a connection this one is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Role {
    /// It gets masked frames.
    #[default]
    Server,
    /// It masks frames.
    Client,
}

/// Is told what is decoded and encoded; all of it may be ignored.
pub trait Observer {
    /// The request line.
    fn request_line(&self, _line: &str) {}
    /// The fields of a request that has all of them.
    fn request(&self, _request: &http::Request<'_>) {}
    /// The first two bytes of a frame: its short length, FIN, the effective opcode, MASK.
    fn frame_begins(&self, _short: u8, _fin: u8, _opcode: u8, _mask: u8) {}
    /// A whole header.
    fn header(&self, _length: usize, _payload: u64, _mask: [u8; 4]) {}
    /// Payload was taken; so much of its frame is still to come.
    fn payload(&self, _opcode: u8, _remaining: usize) {}
    /// A frame goes out.
    fn encoded(&self, _opcode: u8, _header: usize, _payload: usize) {}
}

/// Nobody.
impl Observer for () {}
