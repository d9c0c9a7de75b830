//! Connections of each kind, both ends in this process.
#![expect(clippy::unwrap_used, reason = "a failure is the test's")]

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use qio::{
    Access, Address, Channel, CommandChannel, Context, Error, Interest, Listener, SocketChannel,
    WebsockChannel, WebsockRequest,
};

mod support;
use support::{both, echo};

/// More than the buffers of a socket hold.
fn plenty() -> Vec<u8> {
    (0..3_000_000_u32).map(|n| (n % 251) as u8).collect()
}

/// One thread writes while another one reads.
fn send_and_get_back(channel: &Channel) {
    let sent = plenty();
    let mut received = vec![0; sent.len()];
    thread::scope(|scope| {
        scope.spawn(|| (&*channel).write_all(&sent).unwrap());
        (&*channel).read_exact(&mut received).unwrap();
    });
    assert!(received == sent);
}

#[test]
fn threads_talk_over_tcp() {
    let listener = Listener::bind(&[Address::inet("127.0.0.1", "0").unwrap()]).unwrap();
    let address = listener.local_addresses().unwrap().remove(0);
    let server = thread::spawn(move || echo(&listener.accept().unwrap()));
    let client = SocketChannel::connect(&address).unwrap();
    assert_eq!(
        client.peer_address().unwrap().to_string(),
        address.to_string()
    );
    send_and_get_back(&client);
    client.shutdown(Shutdown::Write).unwrap();
    server.join().unwrap().unwrap();
    assert_eq!((&client).read(&mut [0]).unwrap(), 0);
}

#[test]
fn futures_read_and_write_in_one_context() {
    let context = Context::new().unwrap();
    let (one, other) = SocketChannel::pair().unwrap();
    let sent = plenty();
    let outcome = context.block_on(async {
        let (one, other) = (one.on(&context)?, other.on(&context)?);
        let mut received = vec![0; sent.len()];
        let (written, read) = both(one.write_all(&sent), other.read_exact(&mut received)).await;
        written?;
        read?;
        Ok::<_, Error>(received)
    });
    assert!(outcome.unwrap() == sent);
}

#[test]
fn a_request_that_no_server_could_be_sent_is_refused() {
    let (client, _server) = SocketChannel::pair().unwrap();
    let request = WebsockRequest::new("localhost").path("no slash");
    let error = WebsockChannel::client(client, &request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_channel_that_would_block_says_so() {
    let (one, mut other) = SocketChannel::pair().unwrap();
    one.set_blocking(false).unwrap();
    assert_eq!(
        (&one).read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    other.write_all(b"x").unwrap();
    let context = Context::new().unwrap();
    context
        .block_on(one.ready(&context, Interest::Readable))
        .unwrap();
    assert_eq!((&one).read(&mut [0]).unwrap(), 1);
    let error = one.on(&context).err().map(|error| error.kind());
    assert_eq!(error, None);
}

#[test]
fn a_command_is_read_from_and_written_to() {
    let mut cat = CommandChannel::spawn(&["/bin/cat"], Access::ReadWrite).unwrap();
    cat.write_all(b"meow").unwrap();
    let mut received = [0; 4];
    cat.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"meow");
    assert!(cat.descriptor().is_none(), "it has two");
    cat.close().unwrap();
    let nothing: [&str; 0] = [];
    let error = CommandChannel::spawn(&nothing, Access::Read).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_client_is_not_lost_with_the_future_that_waited_for_it() {
    let context = Context::new().unwrap();
    let mut listener = Listener::bind(&[Address::inet("127.0.0.1", "0").unwrap()]).unwrap();
    let address = listener.local_addresses().unwrap().remove(0);
    let waker = std::task::Waker::noop();
    let mut about = std::task::Context::from_waker(waker);
    let mut waiting = Box::pin(listener.accept_on(&context));
    assert!(waiting.as_mut().poll(&mut about).is_pending());
    let client = SocketChannel::connect(&address).unwrap();
    while context.iterate(false) {}
    thread::sleep(Duration::from_millis(1));
    while context.iterate(false) {}
    drop(waiting);
    let server = listener.accept().unwrap();
    assert_eq!(
        server.peer_address().unwrap().to_string(),
        client.local_address().unwrap().to_string()
    );
}

#[test]
fn failures_have_the_number_of_the_system() {
    let error = SocketChannel::connect(&Address::unix("/nonexistent/socket").unwrap()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(2));
    let error = std::io::Error::from(error);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/nonexistent/socket"), "{error}");
    assert_eq!(Error::from(error).raw_os_error(), Some(2));
    assert!(Address::inet("a\0b", "1").is_err());
}

#[test]
fn what_is_no_socket_is_refused() {
    let file = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(
        SocketChannel::from_fd(file.into())
            .unwrap_err()
            .raw_os_error(),
        Some(88)
    );
    let (one, _other) = SocketChannel::pair().unwrap();
    assert_eq!(
        std::os::fd::AsRawFd::as_raw_fd(&one.as_fd()),
        std::os::fd::AsRawFd::as_raw_fd(&one.descriptor().unwrap())
    );
}
