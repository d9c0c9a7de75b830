//! TLS channels, both ends in this process.

use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::pin::pin;
use std::task::Poll;
use std::thread;

use qio::{
    Context, Endpoint, Result, SocketChannel, TlsChannel, TlsCredentials, WebsockChannel,
    WebsockRequest,
};

mod support;
use support::{both, echo};

#[test]
fn tls_and_websocket_lie_over_each_other() {
    let _running = Context::global().start().unwrap();
    let (client, server) = SocketChannel::pair().unwrap();
    let server = thread::spawn(move || -> Result<()> {
        let credentials = TlsCredentials::anonymous(Endpoint::Server)?;
        let tls = TlsChannel::server(server, &credentials, None)?.wait()?;
        echo(&*WebsockChannel::server(tls).wait()?)
    });
    let credentials = TlsCredentials::anonymous(Endpoint::Client).unwrap();
    let tls = TlsChannel::client(client, &credentials, None)
        .unwrap()
        .wait()
        .unwrap();
    let request = WebsockRequest::new("localhost")
        .path("/")
        .protocol("binary");
    let mut client = WebsockChannel::client(tls, &request)
        .unwrap()
        .wait()
        .unwrap();
    assert_eq!(client.protocol().as_deref(), Some("binary"));
    let mut received = [0; 5];
    for _ in 0..100 {
        client.write_all(b"hello").unwrap();
        client.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"hello");
    }
    client.close().unwrap();
    // The end comes without a Close frame, which is an error or the end.
    let _: Result<()> = server.join().unwrap();
}

#[test]
fn tls_handshakes_are_futures() {
    let context = Context::new().unwrap();
    let (client, server) = SocketChannel::pair().unwrap();
    let (for_client, for_server) = (
        TlsCredentials::anonymous(Endpoint::Client).unwrap(),
        TlsCredentials::anonymous(Endpoint::Server).unwrap(),
    );
    let (client, server) = context.block_on(async {
        both(
            TlsChannel::client(client, &for_client, None)
                .unwrap()
                .on(&context)
                .unwrap(),
            TlsChannel::server(server, &for_server, None)
                .unwrap()
                .on(&context)
                .unwrap(),
        )
        .await
    });
    let (client, server) = (client.unwrap(), server.unwrap());
    let mut received = [0; 2];
    context
        .block_on(async {
            client.on(&context)?.write_all(b"ok").await?;
            server.on(&context)?.read_exact(&mut received).await
        })
        .unwrap();
    assert_eq!(&received, b"ok");
    client.bye().unwrap();
    assert_eq!(
        context
            .block_on(server.on(&context).unwrap().read(&mut received))
            .unwrap(),
        0
    );
}

#[test]
fn a_failed_handshake_tells_why() {
    let (client, mut server) = SocketChannel::pair().unwrap();
    server
        .write_all(b"this is no TLS record, and long enough to be taken for one\n")
        .unwrap();
    let credentials = TlsCredentials::anonymous(Endpoint::Client).unwrap();
    let error = TlsChannel::client(client, &credentials, None)
        .unwrap()
        .wait()
        .unwrap_err();
    assert!(error.to_string().contains("TLS"), "{error}");
}

#[test]
fn a_handshake_that_is_dropped_closes_what_is_below() {
    let context = Context::new().unwrap();
    let (client, mut server) = SocketChannel::pair().unwrap();
    let credentials = TlsCredentials::anonymous(Endpoint::Client).unwrap();
    let mut handshake = TlsChannel::client(client, &credentials, None)
        .unwrap()
        .on(&context)
        .unwrap();
    let waker = std::task::Waker::noop();
    let mut about = std::task::Context::from_waker(waker);
    assert!(
        std::pin::Pin::new(&mut handshake)
            .poll(&mut about)
            .is_pending()
    );
    drop(handshake);
    let mut hello = Vec::new();
    // What was sent is there, and then the end.
    server.read_to_end(&mut hello).unwrap();
    assert!(!hello.is_empty());
}

#[test]
fn credentials_that_are_not_there_are_an_error() {
    let error = TlsCredentials::x509(Endpoint::Client, "/nonexistent").unwrap_err();
    assert!(error.to_string().contains("/nonexistent"), "{error}");
    assert!(TlsCredentials::psk(Endpoint::Client, "/nonexistent", Some("me")).is_err());
}

#[test]
fn credentials_and_handshakes_can_be_shown() {
    let credentials = TlsCredentials::anonymous(Endpoint::Client).unwrap();
    assert!(format!("{credentials:?}").starts_with("TlsCredentials"));
    let (one, _other) = SocketChannel::pair().unwrap();
    let handshake = TlsChannel::client(one, &credentials, None).unwrap();
    assert!(format!("{handshake:?}").contains("new"));
}

#[test]
fn a_write_that_was_dropped_is_what_the_next_one_sends() {
    let (client, server) = SocketChannel::pair().unwrap();
    let server = thread::spawn(move || {
        let credentials = TlsCredentials::anonymous(Endpoint::Server).unwrap();
        TlsChannel::server(server, &credentials, None)
            .unwrap()
            .wait()
            .unwrap()
    });
    let credentials = TlsCredentials::anonymous(Endpoint::Client).unwrap();
    let client = TlsChannel::client(client, &credentials, None);
    let client = client.unwrap().wait().unwrap();
    let mut server = server.join().unwrap();
    let context = Context::new().unwrap();
    let on = client.on(&context).unwrap();
    let mut sent = 0;
    loop {
        let mut write = pin!(on.write(&[1; 1000]));
        let once = poll_fn(|about| Poll::Ready(write.as_mut().poll(about)));
        match context.block_on(once) {
            Poll::Ready(written) => sent += written.unwrap(),
            Poll::Pending => break,
        }
    }
    let reader = thread::spawn(move || {
        let mut received = Vec::new();
        server.read_to_end(&mut received).unwrap();
        received
    });
    context.block_on(on.write_all(&[2; 3000])).unwrap();
    client.bye().unwrap();
    client.close().unwrap();
    let received = reader.join().unwrap();
    assert_eq!(received.len(), sent + 3000);
    let ones = received.iter().take_while(|&&byte| byte == 1).count();
    assert_eq!(ones, sent + 1000);
    assert!(received[ones..].iter().all(|&byte| byte == 2));
}
