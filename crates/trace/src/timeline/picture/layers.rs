//! What lies over sockets, TLS and WebSocket, and child processes.

use super::super::json::Value;
use super::super::tracks::Key;
use super::{At, COMMAND, CONNECTION};

/// As many channels as are looked through for the socket below.
const DEPTH: usize = 16;

impl At<'_, '_> {
    pub(super) fn layer(&mut self) {
        let (ioc, second) = (self.fired.number(0), self.fired.number(1));
        let done = |result| [("result", Value::Text(result))];
        let (tls, bye, websock): (Key, Key, Key) = (
            ("TLS handshake", ioc),
            ("TLS close", ioc),
            ("WebSocket handshake", ioc),
        );
        match self.fired.name {
            "qio_channel_tls_new_client"
            | "qio_channel_tls_new_server"
            | "qio_channel_websock_new_server" => {
                self.picture.masters.insert(ioc, second);
            }
            "qio_channel_tls_handshake_start" => self.begin_over(tls),
            "qio_channel_tls_handshake_pending" => {
                let what = if self.fired.int(1) == 1 {
                    "to send"
                } else {
                    "to receive"
                };
                self.moment_of_track(CONNECTION, tls, &format!("waits {what}"));
            }
            "qio_channel_tls_handshake_fail" => self.end_track(CONNECTION, tls, &done("failed")),
            "qio_channel_tls_handshake_complete" => self.end_track(CONNECTION, tls, &done("done")),
            "qio_channel_tls_handshake_cancel" => {
                self.end_track(CONNECTION, tls, &done("cancelled"));
            }
            "qio_channel_tls_credentials_deny" => {
                let socket = self.socket_below(ioc);
                self.moment_of_track(CONNECTION, socket, "TLS peer refused");
            }
            "qio_channel_tls_bye_start" => self.begin_over(bye),
            "qio_channel_tls_bye_fail" => self.end_track(CONNECTION, bye, &done("failed")),
            "qio_channel_tls_bye_complete" => self.end_track(CONNECTION, bye, &done("done")),
            "qio_channel_tls_bye_cancel" => self.end_track(CONNECTION, bye, &done("cancelled")),
            "qio_channel_websock_handshake_start" => self.begin_over(websock),
            "qio_channel_websock_handshake_fail" => {
                let why = self.fired.text(1).unwrap_or_default();
                let arguments = [
                    ("result", Value::Text("failed")),
                    ("error", Value::Text(&why)),
                ];
                self.end_track(CONNECTION, websock, &arguments);
            }
            "qio_channel_websock_handshake_complete" => {
                self.end_track(CONNECTION, websock, &done("done"));
            }
            "qio_channel_websock_http_greeting" => {
                let greeting = self.fired.text(1).unwrap_or_default();
                self.moment_of_track(CONNECTION, websock, &greeting);
            }
            "qio_channel_command_new_pid" => {
                let name = format!("process {}", self.fired.int(3));
                let arguments = [("channel", Value::Address(ioc))];
                self.begin_track((COMMAND, ("command", ioc), None), &name, &arguments);
            }
            "qio_channel_command_done" => {
                let end = match self.fired.int(2) {
                    0 => ("result", Value::Text("goes on")),
                    -1 => ("result", Value::Text("unknown")),
                    _ => ("status", Value::Number(self.fired.int(3))),
                };
                self.end_track(COMMAND, ("command", ioc), &[end]);
            }
            _ => {}
        }
    }

    /// A span over what the channel lies over.
    fn begin_over(&mut self, key: Key) {
        let socket = self.socket_below(key.1);
        let arguments = [("channel", Value::Address(key.1))];
        self.begin_track((CONNECTION, key, Some(socket)), key.0, &arguments);
    }

    /// The socket that a channel lies over.
    fn socket_below(&self, ioc: u64) -> Key {
        let mut below = ioc;
        for _ in 0..DEPTH {
            match self.picture.masters.get(&below) {
                Some(&master) => below = master,
                None => break,
            }
        }
        ("socket", below)
    }
}
