//! What the protocol tells, as the trace events of a channel.

use rfc6455::{Observer, http};

/// The channel's name in its traces.
#[derive(Clone, Copy)]
pub(super) struct Traced(pub(super) trace::Id);

impl Observer for Traced {
    fn request_line(&self, line: &str) {
        trace::qio_channel_websock_http_greeting(self.0, line);
    }

    fn request(&self, request: &http::Request<'_>) {
        trace::qio_channel_websock_http_request(
            self.0,
            request.protocols,
            request.version,
            request.host,
            request.connection,
            request.upgrade,
            request.key,
        );
    }

    #[inline]
    fn frame_begins(&self, short: u8, fin: u8, opcode: u8, mask: u8) {
        trace::qio_channel_websock_header_partial_decode(self.0, short.into(), fin, opcode, mask);
    }

    #[inline]
    fn header(&self, length: usize, payload: u64, mask: [u8; 4]) {
        let payload = usize::try_from(payload).unwrap_or(usize::MAX);
        let mask = u32::from_ne_bytes(mask);
        trace::qio_channel_websock_header_full_decode(self.0, length, payload, mask);
    }

    #[inline]
    fn payload(&self, opcode: u8, remaining: usize) {
        trace::qio_channel_websock_payload_decode(self.0, opcode, remaining);
    }

    #[inline]
    fn encoded(&self, opcode: u8, header: usize, payload: usize) {
        trace::qio_channel_websock_encode(self.0, opcode, header, payload);
    }
}
