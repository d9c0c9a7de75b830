//! Channels in tokio's reactor.
#![expect(clippy::unwrap_used, reason = "a failure is the test's")]

use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::pin::Pin;
use std::task::{self, Poll};
use std::thread;

use ::tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ::tokio::runtime::{Builder, Runtime};
use qio::tokio::Stream;
use qio::{
    Access, Address, BufferChannel, CommandChannel, Context, Endpoint, FileChannel, Listener,
    Result, SocketChannel, Task, TlsChannel, TlsCredentials, WebsockChannel, WebsockRequest,
};

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_io()
        .build()
        .unwrap()
}

/// Sends plenty both ways at once, and waits for the end.
async fn echo(client: Stream, server: Stream) {
    let server = ::tokio::spawn(async move {
        let (mut input, mut output) = ::tokio::io::split(server);
        ::tokio::io::copy(&mut input, &mut output).await.unwrap();
        output.shutdown().await.unwrap();
    });
    let sent: Vec<u8> = (0..2_000_000_u32).map(|n| (n % 251) as u8).collect();
    let (mut input, mut output) = ::tokio::io::split(client);
    let copy = sent.clone();
    let writer = ::tokio::spawn(async move {
        output.write_all(&copy).await.unwrap();
        output.shutdown().await.unwrap();
    });
    let mut received = Vec::new();
    input.read_to_end(&mut received).await.unwrap();
    assert!(received == sent);
    writer.await.unwrap();
    server.await.unwrap();
}

#[test]
fn a_socket_echoes() {
    let listener = Listener::bind(&[Address::inet("127.0.0.1", "0").unwrap()]).unwrap();
    let address = listener.local_addresses().unwrap().remove(0);
    let server = thread::spawn(move || listener.accept().unwrap());
    let client = SocketChannel::connect(&address).unwrap();
    let server = server.join().unwrap();
    runtime()
        .block_on(async { echo(Stream::new(client).unwrap(), Stream::new(server).unwrap()).await });
}

/// Both ends of a handshake, each in a thread.
fn tls_pair() -> (TlsChannel, TlsChannel) {
    let (client, server) = SocketChannel::pair().unwrap();
    let server = thread::spawn(move || -> Result<TlsChannel> {
        let credentials = TlsCredentials::anonymous(Endpoint::Server)?;
        TlsChannel::server(server, &credentials, None)?.wait()
    });
    let credentials = TlsCredentials::anonymous(Endpoint::Client).unwrap();
    let client = TlsChannel::client(client, &credentials, None)
        .unwrap()
        .wait()
        .unwrap();
    (client, server.join().unwrap().unwrap())
}

#[test]
fn tls_echoes() {
    let (client, server) = tls_pair();
    runtime().block_on(async {
        let (mut client, mut server) = (Stream::new(client).unwrap(), Stream::new(server).unwrap());
        for size in [1, 5, 16_384, 16_385, 100_000] {
            let sent = vec![0x5a; size];
            let writer = async { client.write_all(&sent).await.unwrap() };
            let mut received = vec![0; size];
            let reader = async { server.read_exact(&mut received).await.unwrap() };
            ::tokio::join!(writer, reader);
            assert!(received == sent);
        }
        // One record that is read in pieces: what is left of it is in the session, not in the socket.
        client.write_all(b"abc").await.unwrap();
        for byte in b"abc" {
            assert_eq!(server.read_u8().await.unwrap(), *byte);
        }
    });
}

/// Writes until the socket takes no more; how much that was. Not by tokio, which says the same before it has heard of the
/// socket, and when a task is to pause.
fn fill(stream: &Stream) -> usize {
    let mut sent = 0;
    loop {
        match stream.channel().write(&[7; 500]) {
            Ok(written) => sent += written,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return sent;
            }
        }
    }
}

#[test]
fn a_slow_tls_peer_hears_the_end() {
    let (client, server) = tls_pair();
    runtime().block_on(async {
        let (mut client, mut server) = (Stream::new(client).unwrap(), Stream::new(server).unwrap());
        // So that the end has to wait, too.
        let sent = fill(&client);
        let mut received = Vec::new();
        let (ended, read) = ::tokio::join!(client.shutdown(), server.read_to_end(&mut received));
        ended.unwrap();
        assert!(read.unwrap() >= sent);
    });
}

#[test]
fn a_websocket_over_tls_echoes() {
    let _running = Context::global().start().unwrap();
    let (client, server) = tls_pair();
    let server = thread::spawn(move || WebsockChannel::server(server).wait());
    let request = WebsockRequest::new("localhost").protocol("binary");
    let client = WebsockChannel::client(client, &request)
        .unwrap()
        .wait()
        .unwrap();
    let server = server.join().unwrap().unwrap();
    runtime().block_on(async {
        let (mut client, mut server) = (Stream::new(client).unwrap(), Stream::new(server).unwrap());
        for size in [1, 300, 70_000] {
            let sent = vec![7; size];
            let writer = async { client.write_all(&sent).await.unwrap() };
            let mut received = vec![0; size];
            let reader = async { server.read_exact(&mut received).await.unwrap() };
            ::tokio::join!(writer, reader);
            assert!(received == sent);
        }
    });
}

#[test]
fn a_slow_websocket_peer_gets_all_before_the_end() {
    let running = Context::global().start().unwrap();
    let (client, server) = SocketChannel::pair().unwrap();
    let server = thread::spawn(move || WebsockChannel::server(server).wait());
    let request = WebsockRequest::new("localhost").protocol("binary");
    let client = WebsockChannel::client(client, &request).unwrap();
    let client = client.wait().unwrap();
    let server = server.join().unwrap().unwrap();
    // Nobody but the stream sends what it has taken.
    drop(running);
    runtime().block_on(async {
        let (mut client, mut server) = (Stream::new(client).unwrap(), Stream::new(server).unwrap());
        let sent = fill(&client);
        let flush = |about: &mut task::Context<'_>| {
            Poll::Ready(Pin::new(&mut client).poll_flush(about).is_pending())
        };
        assert!(poll_fn(flush).await);
        let mut received = Vec::new();
        let (ended, read) = ::tokio::join!(client.shutdown(), server.read_to_end(&mut received));
        ended.unwrap();
        assert_eq!(read.unwrap(), sent);
    });
}

#[test]
fn a_command_has_a_pipe_for_each_direction() {
    runtime().block_on(async {
        let cat = CommandChannel::spawn(&["/bin/cat"], Access::ReadWrite).unwrap();
        let mut cat = Stream::new(cat).unwrap();
        cat.write_all(b"meow").await.unwrap();
        let mut received = [0; 4];
        cat.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"meow");
        let echo = CommandChannel::spawn(&["/bin/echo", "x"], Access::Read).unwrap();
        let mut echo = Stream::new(echo).unwrap();
        assert_eq!(
            echo.write_all(b"x").await.unwrap_err().kind(),
            ErrorKind::Unsupported
        );
        let mut text = String::new();
        echo.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "x\n");
    });
}

#[test]
fn what_can_not_be_waited_for_is_refused() {
    let (one, _other) = SocketChannel::pair().unwrap();
    assert!(Stream::new(one).is_err(), "there is no runtime");
    runtime().block_on(async {
        let error = Stream::new(BufferChannel::new(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let error = Stream::new(FileChannel::open("/proc/self/exe").unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    });
}

#[test]
fn a_stream_gives_its_channel_back() {
    runtime().block_on(async {
        let (one, mut other) = SocketChannel::pair().unwrap();
        let mut stream = Stream::new(one).unwrap();
        assert!(format!("{stream:?}").starts_with("Stream"));
        stream.write_all(b"x").await.unwrap();
        stream.flush().await.unwrap();
        let mut received = [0];
        std::io::Read::read_exact(&mut other, &mut received).unwrap();
        assert_eq!(&received, b"x");
        assert!(stream.channel().can_shutdown());
        assert!(stream.into_channel().descriptor().is_some());
    });
}

#[test]
fn what_can_only_be_written_is_not_read() {
    runtime().block_on(async {
        let sink = CommandChannel::spawn(&["/bin/cat"], Access::Write).unwrap();
        let mut sink = Stream::new(sink).unwrap();
        let error = sink.read(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        // A pipe can't end by itself, so nothing happens.
        sink.shutdown().await.unwrap();
    });
}

#[test]
fn tasks_are_awaited_in_tokio() {
    let context = Context::new().unwrap();
    let _running = context.start().unwrap();
    let sum = runtime().block_on(async move {
        let task = ::tokio::spawn(Task::run(&context, || 1 + 2));
        task.await.unwrap()
    });
    assert_eq!(sum, 3);
}
