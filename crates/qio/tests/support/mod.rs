//! What the tests of connections share.

use std::io::{Read, Write};

use qio::{Channel, Result};

/// Sends back what comes, until it ends.
pub(crate) fn echo(channel: &Channel) -> Result<()> {
    let mut bytes = vec![0; 30_000];
    loop {
        match (&*channel).read(&mut bytes)? {
            0 => return Ok(()),
            read => (&*channel).write_all(&bytes[..read])?,
        }
    }
}

/// Both futures, as they come.
pub(crate) async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    use std::pin::pin;
    use std::task::Poll;
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |about| {
        if first.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(about)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(about)
        {
            second = Some(output);
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}
