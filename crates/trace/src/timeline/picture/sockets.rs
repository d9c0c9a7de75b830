//! Sockets and listeners: connects, connections, clients that are handed over, pauses.

use super::super::json::Value;
use super::{At, CONNECTION, LISTENER};
use platform::os::errno::Errno;

impl At<'_, '_> {
    pub(super) fn listener(&mut self) {
        let (listener, second) = (self.fired.number(0), self.fired.number(1));
        match self.fired.name {
            "qio_net_listener_client" => {
                let function = self.function_or_none(self.fired.number(2));
                let arguments = [
                    ("listener", Value::Address(listener)),
                    ("client", Value::Address(second)),
                ];
                self.begin(LISTENER, ("client", second), &function, &arguments);
            }
            "qio_net_listener_client_done" => self.end(LISTENER, ("client", second)),
            "qio_net_listener_accept_fail" => {
                let errno = i32::try_from(self.fired.int(2)).unwrap_or(0);
                let why = match errno {
                    0 => "error on the socket".to_owned(),
                    errno => Errno::new(errno).to_string(),
                };
                let arguments = [
                    ("fd", Value::Number(self.fired.int(1))),
                    ("error", Value::Text(&why)),
                ];
                self.row('i', (LISTENER, "accept fails"), None, &arguments);
            }
            "qio_net_listener_pause" => {
                let arguments = [
                    ("fd", Value::Number(self.fired.int(1))),
                    ("milliseconds", Value::Number(self.fired.int(2))),
                ];
                let name = format!("accept back-off of socket {}", self.fired.int(1));
                self.begin_track((LISTENER, ("pause", second), None), &name, &arguments);
            }
            "qio_net_listener_resume" => self.end_track(LISTENER, ("pause", second), &[]),
            _ => {}
        }
    }

    pub(super) fn socket(&mut self) {
        let ioc = self.fired.number(0);
        match self.fired.name {
            "qio_channel_socket_open" => {
                let fd = self.fired.int(1);
                let (local, remote) = (self.fired.text(2), self.fired.text(3));
                let local = local.unwrap_or_default();
                let name = match &remote {
                    // A connected pair has no names.
                    Some(remote) if remote == "unnamed" => format!("socket {fd} {local}"),
                    Some(remote) => format!("socket {fd} to {remote}"),
                    None => format!("socket {fd} at {local}"),
                };
                let arguments = [
                    ("channel", Value::Address(ioc)),
                    ("fd", Value::Number(fd)),
                    ("local", Value::Text(&local)),
                    ("remote", Value::Text(remote.as_deref().unwrap_or("none"))),
                ];
                self.begin_track((CONNECTION, ("socket", ioc), None), &name, &arguments);
            }
            "qio_channel_socket_close" => {
                // A pause ends with its socket.
                self.end_track(LISTENER, ("pause", self.fired.number(1)), &[]);
                self.end_track(CONNECTION, ("socket", ioc), &[]);
            }
            // An open channel isn't connected, and nothing tells that.
            "qio_channel_socket_connect_sync" | "qio_channel_socket_connect_full"
                if self.picture.tracks.of(("socket", ioc)).is_none() =>
            {
                let key = (CONNECTION, ("connect", ioc), None);
                self.begin_track(key, "connect", &[("channel", Value::Address(ioc))]);
            }
            "qio_channel_socket_connect_complete" => {
                self.end_track(CONNECTION, ("connect", ioc), &[]);
            }
            "qio_channel_socket_connect_fail" => {
                let failed = [("result", Value::Text("failed"))];
                self.end_track(CONNECTION, ("connect", ioc), &failed);
            }
            _ => {}
        }
    }
}
