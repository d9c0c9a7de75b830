//! The registration of a client callback, and the context that the callback runs in.

use std::sync::Arc;

use super::handler::HandlerWatch;
use super::server::Server;
use super::source::SourceWatch;
use super::state::Watching;
use crate::object::client_func::{ClientFunc, ContextName};
use crate::object::listener::Listener;
use host::aio;
use platform::glib::WeakContext;

/// A registered client callback. Watches keep the one they were made for, so that function and
/// data always belong together (L5).
pub struct Registration {
    /// What is called.
    pub func: ClientFunc,
    /// Where the program wants it called.
    pub context: ContextName,
}

/// The registration in force.
pub struct Registered {
    /// What was registered.
    pub registration: Arc<Registration>,
    /// Where its sockets are watched.
    pub context: CallbackContext,
}

/// The context that callbacks run in.
///
/// A main context has the watches, which have the listener, so the listener must not keep the
/// context: the program would get rid of neither (W-LSN-13).
pub enum CallbackContext {
    /// May go at any time.
    Main(Arc<WeakContext>),
    /// Lives as long as the process.
    Aio(aio::Context),
    /// There is no callback.
    None,
}

impl CallbackContext {
    /// Whether the context can run a callback.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Main(context) => context.is_live(),
            Self::Aio(_) => true,
            Self::None => false,
        }
    }

    /// Watches a socket. None if the context has gone.
    pub(super) fn watch(
        &self,
        listener: &Listener,
        index: usize,
        server: Server,
    ) -> Option<Watching> {
        match self {
            Self::Main(context) => {
                let source = SourceWatch::start(listener, index, server, context)?;
                Some(Watching::Source(source, Arc::clone(context)))
            }
            Self::Aio(context) => {
                let handler = HandlerWatch::start(listener, index, server, *context);
                Some(Watching::Handler(handler))
            }
            Self::None => None,
        }
    }
}
