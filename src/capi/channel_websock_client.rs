//! `qio/websock-client.h`.

use core::ffi::{CStr, c_char};
use core::ptr;

use super::convert::{optional_text, ptr_or_propagate, required};
use crate::logic::websock;
use crate::object::{Ref, Shared};
use abi::layout::{Error, QIOChannel, QIOChannelWebsock};
use abi::origin;
use host::error::Error as Failure;
use platform::check_usage;
use platform::os::errno::Errno;
use rfc6455::client::Wish;

/// See `qio/websock-client.h`, and there for the fields.
#[repr(C)]
pub struct QIOWebsockRequest {
    size: usize,
    host: *const c_char,
    path: *const c_char,
    protocols: *const *const c_char,
    headers: *const *const c_char,
}

/// See `qio/websock-client.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_websock_new_client(
    master: *mut QIOChannel,
    request: *const QIOWebsockRequest,
    errp: *mut *mut Error,
) -> *mut QIOChannelWebsock {
    const NAME: &str = "qio_channel_websock_new_client";
    // SAFETY: the caller's channel is live or NULL.
    let master = required(unsafe { Shared::from_ptr(master) }, NAME, "master");
    check_usage!(!request.is_null(), NAME, "request is NULL");
    // SAFETY: the caller's struct has at least its size in it.
    let size = unsafe { (&raw const (*request).size).read() };
    check_usage!(
        size >= size_of::<QIOWebsockRequest>(),
        NAME,
        "request->size is {size}"
    );
    // SAFETY: as large as it says.
    let request = unsafe { &*request };
    // SAFETY: the caller's strings live for the call.
    let result = unsafe { create(master, request, NAME) };
    let result = result.map(Ref::into_ptr);
    // SAFETY: the caller's error destination.
    unsafe { ptr_or_propagate(result, errp, &origin!(c"qio_channel_websock_new_client")) }
}

/// Makes the channel.
///
/// # Safety
/// The strings of the request live for the call.
unsafe fn create(
    master: &Shared<QIOChannel>,
    request: &QIOWebsockRequest,
    function: &str,
) -> Result<Ref<QIOChannelWebsock>, Failure> {
    // SAFETY: as promised.
    let (host, path) = unsafe { (optional_text(request.host), optional_text(request.path)) };
    let host = text(required(host, function, "request->host"))?;
    let path = path.map_or(Ok("/"), text)?;
    // SAFETY: as promised.
    let (protocols, headers) = unsafe { (texts(request.protocols)?, texts(request.headers)?) };
    let wish = Wish {
        host,
        path,
        protocols: &protocols,
        headers: &headers,
    };
    websock::create_client(master, &wish)
}

fn text(text: &CStr) -> Result<&str, Failure> {
    text.to_str().map_err(|_| {
        let text = text.to_string_lossy();
        Failure::os(
            Errno::EINVAL,
            format!("'{text}' in a WebSocket request is not UTF-8"),
        )
    })
}

/// The members of an array that ends with NULL, or is NULL.
///
/// # Safety
/// It is one, of C strings, which live for `'a`.
unsafe fn texts<'a>(mut array: *const *const c_char) -> Result<Vec<&'a str>, Failure> {
    let mut found = Vec::new();
    if array.is_null() {
        return Ok(found);
    }
    // SAFETY: as promised, a member or the NULL at the end.
    while let Some(member) = unsafe { optional_text(array.read()) } {
        found.push(text(member)?);
        // SAFETY: there is one behind each that is not NULL.
        array = unsafe { array.add(1) };
    }
    Ok(found)
}

/// See `qio/websock-client.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_websock_get_protocol(
    ioc: *mut QIOChannelWebsock,
) -> *const c_char {
    const NAME: &str = "qio_channel_websock_get_protocol";
    // SAFETY: the caller's channel is live or NULL.
    let channel = required(unsafe { Shared::from_ptr(ioc) }, NAME, "ioc");
    websock::protocol(channel).map_or(ptr::null(), CStr::as_ptr)
}

/// See `qio/websock-client.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_websock_get_close_status(ioc: *mut QIOChannelWebsock) -> u16 {
    const NAME: &str = "qio_channel_websock_get_close_status";
    // SAFETY: the caller's channel is live or NULL.
    let channel = required(unsafe { Shared::from_ptr(ioc) }, NAME, "ioc");
    websock::peer_status(channel)
}
