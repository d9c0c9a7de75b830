//! The headers `io/*.h`, written by cbindgen from the Rust source.

use std::error::Error;
use std::fs;
use std::path::Path;

/// One header.
struct Header {
    /// File name under `io/`.
    name: &'static str,
    /// What the header is for, in one line.
    about: &'static str,
    /// The Rust files with its types and functions, from the top.
    sources: &'static [&'static str],
    /// What including it brings along (B.2 of `docs/spec/host-layer.md`).
    includes: &'static [&'static str],
    /// C that stands before the types: type names, cast macros, incomplete types.
    declarations: &'static [&'static str],
    /// Types to show even if no function mentions them.
    types: &'static [&'static str],
}

/// What the hand-written headers have too.
const OSDEP_CHECK: &str = "\
#ifndef QEMU_OSDEP_H
#error \"include qemu/osdep.h before any other header\"
#include \"qemu/osdep.h\" /* so that the compiler says only this */
#endif";

const HEADERS: &[Header] = &[
    Header {
        name: "task.h",
        about: "An operation that reports its end to a callback, and may run in a thread.",
        sources: &["src/capi/task.rs"],
        includes: &[],
        declarations: &["typedef struct QIOTask QIOTask;"],
        types: &[],
    },
    Header {
        name: "channel.h",
        about: "A channel, the base of all that bytes can be read from or written to.",
        sources: &[
            "crates/abi/src/layout/channel.rs",
            "src/capi/channel.rs",
            "src/capi/channel_coroutine.rs",
            "src/capi/channel_transfer.rs",
            "src/capi/channel_bytes.rs",
            "src/capi/channel_positional.rs",
        ],
        includes: &["qom/object.h", "qemu/coroutine.h", "qemu/aio.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL \"qio-channel\"",
            "OBJECT_DECLARE_TYPE(QIOChannel, QIOChannelClass, QIO_CHANNEL)",
            "",
            "/* What buffers of bytes are made of. */",
            "#if defined(QIO_HAS_VOID_BUFFERS)",
            "#define QIO_BYTE void",
            "#else",
            "#define QIO_BYTE char",
            "#endif",
        ],
        types: &["QIOChannelClass", "QIOChannelFeature", "QIOChannelShutdown"],
    },
    Header {
        name: "channel-socket.h",
        about: "A channel over a socket.",
        sources: &[
            "crates/abi/src/layout/channel_socket.rs",
            "src/capi/channel_socket.rs",
        ],
        includes: &["io/channel.h", "io/task.h", "qemu/sockets.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_SOCKET \"qio-channel-socket\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelSocket, QIO_CHANNEL_SOCKET)",
        ],
        types: &["QIOChannelSocket"],
    },
    Header {
        name: "channel-file.h",
        about: "A channel over a file, a pipe or any other descriptor.",
        sources: &[
            "crates/abi/src/layout/channel_file.rs",
            "src/capi/channel_file.rs",
        ],
        includes: &["io/channel.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_FILE \"qio-channel-file\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelFile, QIO_CHANNEL_FILE)",
        ],
        types: &["QIOChannelFile"],
    },
    Header {
        name: "channel-command.h",
        about: "A channel over the standard input and output of a child process.",
        sources: &[
            "crates/abi/src/layout/channel_command.rs",
            "src/capi/channel_command.rs",
        ],
        includes: &["io/channel.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_COMMAND \"qio-channel-command\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelCommand, QIO_CHANNEL_COMMAND)",
        ],
        types: &["QIOChannelCommand"],
    },
    Header {
        name: "channel-buffer.h",
        about: "A channel over memory.",
        sources: &[
            "crates/abi/src/layout/channel_buffer.rs",
            "src/capi/channel_buffer.rs",
        ],
        includes: &["io/channel.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_BUFFER \"qio-channel-buffer\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelBuffer, QIO_CHANNEL_BUFFER)",
        ],
        types: &["QIOChannelBuffer"],
    },
    Header {
        name: "channel-null.h",
        about: "A channel that is always at its end and forgets what is written.",
        sources: &[
            "crates/abi/src/layout/channel_null.rs",
            "src/capi/channel_null.rs",
        ],
        includes: &["io/channel.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_NULL \"qio-channel-null\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelNull, QIO_CHANNEL_NULL)",
        ],
        types: &["QIOChannelNull"],
    },
    Header {
        name: "channel-tls.h",
        about: "One end of a TLS connection, over any other channel.",
        sources: &[
            "crates/abi/src/layout/channel_tls.rs",
            "src/capi/channel_tls.rs",
        ],
        includes: &["io/channel.h", "io/task.h", "crypto/tlssession.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_TLS \"qio-channel-tls\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelTLS, QIO_CHANNEL_TLS)",
        ],
        types: &["QIOChannelTLS"],
    },
    Header {
        name: "channel-websock.h",
        about: "The server's end of a WebSocket, over any other channel.",
        sources: &[
            "crates/abi/src/layout/channel_websock.rs",
            "src/capi/channel_websock.rs",
        ],
        includes: &["io/channel.h", "qemu/buffer.h", "io/task.h"],
        declarations: &[
            "#define TYPE_QIO_CHANNEL_WEBSOCK \"qio-channel-websock\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIOChannelWebsock, QIO_CHANNEL_WEBSOCK)",
        ],
        types: &["QIOChannelWebsock"],
    },
    Header {
        name: "channel-watch.h",
        about: "Event sources for descriptors, for those who write channels.",
        sources: &["src/capi/channel_watch.rs"],
        includes: &["io/channel.h"],
        declarations: &[],
        types: &[],
    },
    Header {
        name: "channel-util.h",
        about: "Channels from bare descriptors.",
        sources: &["src/capi/channel_util.rs"],
        includes: &["io/channel.h"],
        declarations: &[],
        types: &[],
    },
    Header {
        name: "net-listener.h",
        about: "A listener that hands out the clients of any number of sockets.",
        sources: &[
            "crates/abi/src/layout/net_listener.rs",
            "src/capi/net_listener.rs",
        ],
        includes: &["io/channel-socket.h"],
        declarations: &[
            "#define TYPE_QIO_NET_LISTENER \"qio-net-listener\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIONetListener, QIO_NET_LISTENER)",
            "",
            "#if defined(QIO_HAS_LISTENER_SOURCE)",
            "typedef struct QIONetListenerSource QIONetListenerSource;",
            "#endif",
        ],
        types: &["QIONetListener"],
    },
    Header {
        name: "dns-resolver.h",
        about: "The resolver of the names in socket addresses.",
        sources: &[
            "crates/abi/src/layout/dns_resolver.rs",
            "src/capi/dns_resolver.rs",
        ],
        includes: &["io/task.h", "qom/object.h", "qapi/qapi-types-sockets.h"],
        declarations: &[
            "#define TYPE_QIO_DNS_RESOLVER \"qio-dns-resolver\"",
            "OBJECT_DECLARE_SIMPLE_TYPE(QIODNSResolver, QIO_DNS_RESOLVER)",
        ],
        types: &["QIODNSResolver"],
    },
];

/// Writes the headers to `include`/io.
///
/// Not to the tree's own `include/`: what is checked in there is compared with it by a test and
/// updated by `scripts/update-headers`.
pub(super) fn generate(include: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build_headers.rs");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    super::watch(Path::new("crates/abi/src/layout"))?;
    super::watch(Path::new("src/capi"))?;
    let dir = include.join("io");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    for header in HEADERS {
        // Without functions a header has nothing to say.
        if header.sources.iter().all(|file| Path::new(file).exists()) {
            fs::write(dir.join(header.name), header.text()?)?;
        }
    }
    Ok(())
}

impl Header {
    fn text(&self) -> Result<String, Box<dyn Error>> {
        let mut config = cbindgen::Config::from_file("cbindgen.toml")?;
        // `cfg(SWITCH)` in Rust is QIO_HAS_* in C, as qio-profile.h has it.
        config.defines = std::env::var("DEP_QIO_ABI_SWITCHES")?
            .split(' ')
            .map(|name| (name.to_owned(), format!("QIO_HAS_{}", name.to_uppercase())))
            .collect();
        config.header = Some(format!(
            "/*\n * {}\n *\n * Generated from {}.\n *\n * SPDX-License-Identifier: LGPL-2.1-or-later\n */",
            self.about,
            self.sources.join(" and "),
        ));
        let guard = self.name.replace(['-', '.'], "_").to_uppercase();
        config.include_guard = Some(format!("QIO_{guard}"));
        let includes: Vec<_> = self
            .includes
            .iter()
            .map(|file| format!("#include \"{file}\""))
            .collect();
        let preamble = [
            OSDEP_CHECK.to_owned(),
            includes.join("\n"),
            self.declarations.join("\n"),
        ];
        let preamble = preamble.into_iter().filter(|part| !part.is_empty());
        config.after_includes = Some(preamble.collect::<Vec<_>>().join("\n\n"));
        config.export.include = self.types.iter().map(ToString::to_string).collect();

        let mut builder = cbindgen::Builder::new().with_config(config);
        for source in self.sources {
            builder = builder.with_src(source);
        }
        let mut text = Vec::new();
        builder.generate()?.write(&mut text);
        Ok(tidy(&String::from_utf8(text)?))
    }
}

/// Brings cbindgen's text into the style of the other headers.
///
/// The typedef of a struct comes from its `OBJECT_DECLARE` macro, and types are written without
/// their tag; a comment of one line takes one line; a function pointer's star stands at the name;
/// a field that depends on a switch ends before the `#endif`.
fn tidy(text: &str) -> String {
    let text = text.replace("\n#endif\n    ;\n", ";\n#endif\n");
    let mut tidied = String::new();
    let mut lines = text.lines().peekable();
    let mut in_struct = false;
    while let Some(line) = lines.next() {
        if let Some(definition) = line.strip_prefix("typedef struct ") {
            in_struct = definition.ends_with('{');
            let typedef = if in_struct { "" } else { "typedef " };
            tidied += &format!("{typedef}struct {definition}\n");
            continue;
        }
        if in_struct && line.starts_with('}') {
            in_struct = false;
            tidied += "};\n";
            continue;
        }
        if line.ends_with("/**") {
            let first = lines.next().unwrap_or_default();
            if lines.next_if(|next| next.trim() == "*/").is_some() {
                let words = first.trim().trim_start_matches('*').trim();
                tidied += &format!("{line} {words} */\n");
            } else {
                tidied += &format!("{line}\n{first}\n");
            }
            continue;
        }
        let line = line
            .replace("struct QIO", "QIO")
            .replace("IOHandler * ", "IOHandler *");
        tidied += &format!("{line}\n");
    }
    tidied
}
