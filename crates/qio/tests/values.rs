//! Addresses, errors, memory, files, what is shown of values, and contexts of gtk-rs.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use qio::{
    Address, BufferChannel, Channel, Context, Error, FileChannel, Interest, Listener,
    SocketChannel, Task, WebsockChannel, WebsockRequest,
};

#[test]
fn addresses_are_what_they_show() {
    for text in [
        "localhost:80",
        "[::1]:7",
        ":80",
        "unix:/run/x",
        "unix:@name",
        "vsock:2:99",
    ] {
        let address: Address = text.parse().unwrap();
        assert_eq!(address.to_string(), text);
    }
    for text in ["no-port", "::1", "::1:7", "vsock:a:1", "vsock:1:b"] {
        let refused = text.parse::<Address>();
        assert!(refused.is_err(), "{text}: {refused:?}");
    }
    let file = Address::unix("@name").unwrap();
    assert_eq!(file.to_string(), "unix:./@name");
    let again: Address = file.to_string().parse().unwrap();
    assert_eq!(again.path().as_deref(), Some(Path::new("./@name")));
    assert_eq!(Address::vsock(2, 99).to_string(), "vsock:2:99");
    let name = Address::unix_abstract("name").unwrap();
    assert_eq!(format!("{name:?}"), "Address(unix:@name)");
    assert_eq!(name.path(), None);
    let path = Address::unix("/run/x").unwrap();
    assert_eq!(path.path().as_deref(), Some(Path::new("/run/x")));
    assert_eq!(path.socket_addr(), None);
    for text in ["127.0.0.1:80", "[fe80::1%3]:80"] {
        let addr: SocketAddr = text.parse().unwrap();
        let address = Address::from(addr);
        assert_eq!(address.to_string(), text);
        assert_eq!(address.path(), None);
    }
}

#[test]
fn errors_go_through_those_of_the_standard_library() {
    let own = Error::new(ErrorKind::TimedOut, "too late");
    let through = std::io::Error::from(own.clone());
    assert_eq!(through.kind(), ErrorKind::TimedOut);
    assert_eq!(Error::from(through), own);
    assert_eq!(own.to_string(), "too late");
    let other = Error::from(std::io::Error::from_raw_os_error(13));
    assert_eq!(
        (other.kind(), other.raw_os_error()),
        (ErrorKind::PermissionDenied, Some(13))
    );
}

#[test]
fn memory_is_written_read_and_moved_in() {
    let mut memory = BufferChannel::new(4);
    assert!(memory.is_empty());
    let parts = [IoSlice::new(b"ab"), IoSlice::new(b"cdef")];
    assert_eq!(memory.write_vectored(&parts).unwrap(), 6);
    memory.flush().unwrap();
    assert_eq!(memory.len(), 6);
    assert_eq!(memory.seek(SeekFrom::End(-2)).unwrap(), 4);
    assert_eq!(memory.seek(SeekFrom::Current(-3)).unwrap(), 1);
    assert!(memory.seek(SeekFrom::Start(u64::MAX)).is_err());
    let (mut one, mut other) = ([0; 2], [0; 3]);
    let mut parts = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut other)];
    assert_eq!(memory.read_vectored(&mut parts).unwrap(), 5);
    assert_eq!((&one, &other), (b"bc", b"def"));
    let mut any = Channel::from(memory);
    any.rewind().unwrap();
    let mut parts = [IoSliceMut::new(&mut one)];
    assert_eq!(any.read_vectored(&mut parts).unwrap(), 2);
    assert_eq!(any.write_vectored(&[IoSlice::new(b"X")]).unwrap(), 1);
    any.flush().unwrap();
    any.rewind().unwrap();
    let mut text = String::new();
    any.read_to_string(&mut text).unwrap();
    assert_eq!(text, "abXdef");
    assert!(any.descriptor().is_none());
    assert!(!any.can_shutdown());
    any.close().unwrap();
}

#[test]
fn a_file_is_made_and_read_again() {
    let path = std::env::temp_dir().join(format!("qio-values-{}", std::process::id()));
    let mut file = FileChannel::create(&path).unwrap();
    file.write_all(b"text").unwrap();
    file.close().unwrap();
    let mut file = FileChannel::from(std::fs::File::open(&path).unwrap());
    std::fs::remove_file(&path).unwrap();
    file.seek(SeekFrom::Start(2)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "xt");
    assert!(
        std::fs::File::from(file.as_fd().try_clone_to_owned().unwrap())
            .metadata()
            .is_ok()
    );
    assert_eq!(
        FileChannel::open(&path).unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn sockets_of_the_standard_library_become_channels() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let channel = SocketChannel::try_from(stream).unwrap();
    channel.set_no_delay(true);
    assert_eq!(
        channel.peer_address().unwrap().socket_addr(),
        Some(listener.local_addr().unwrap())
    );
    let (one, _other) = UnixStream::pair().unwrap();
    assert!(SocketChannel::try_from(one).is_ok());
    let remote = Address::from("127.0.0.1:9".parse::<SocketAddr>().unwrap());
    assert!(SocketChannel::datagrams(None, &remote).is_ok());
    assert!(Listener::bind(&[]).unwrap().accept().is_err());
    let mut none = Listener::bind(&[]).unwrap();
    let context = Context::new().unwrap();
    assert!(context.block_on(none.accept_on(&context)).is_err());
}

#[test]
fn an_early_end_is_told() {
    let context = Context::new().unwrap();
    let (one, other) = SocketChannel::pair().unwrap();
    drop(other);
    let outcome = context.block_on(one.on(&context).unwrap().read_exact(&mut [0]));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let outcome = context.block_on(one.on(&context).unwrap().write_all(b"x"));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn everything_can_be_shown() {
    let context = Context::new().unwrap();
    let (one, other) = SocketChannel::pair().unwrap();
    let task = Task::run(&context, || ());
    assert!(format!("{task:?}").starts_with("Task"));
    task.wait();
    assert!(format!("{one:?}").starts_with("SocketChannel"));
    let ready = one.ready(&context, Interest::Writable);
    assert!(format!("{ready:?}").contains("Writable"));
    context.block_on(ready).unwrap();
    let request = WebsockRequest::new("x").header("Origin", "http://x");
    let handshake = WebsockChannel::client(other, &request).unwrap();
    assert!(format!("{handshake:?}").starts_with("Handshake"));
    assert!(format!("{handshake:?}").contains("new"));
    let any = Channel::from(BufferChannel::new(0));
    assert!(format!("{any:?}").starts_with("Channel"));
    assert!(format!("{:?}", Listener::bind(&[]).unwrap()).starts_with("Listener"));
}

#[cfg(feature = "glib")]
#[test]
fn contexts_of_gtk_rs_are_contexts() {
    let main = glib::MainContext::new();
    let context = Context::from(&main);
    assert_eq!(
        main.block_on(async { Task::run(&context, || 6 * 7).await }),
        42
    );
    assert_eq!(glib::MainContext::from(&context), main);
    assert_eq!(
        Context::from(&glib::MainContext::default()),
        Context::global()
    );
}
