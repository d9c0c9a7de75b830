//! What runs on worker threads for a connection in the making: looking names up, and what only the host can connect to.

use std::sync::{Arc, Weak};

use super::Operation;
use super::eyeballs::Family;
use crate::logic::task::{Task, Worker};
use crate::object::task::Completion;
use abi::address::{Address, Inet, View, check, resolution_failed};
use host::error::Error;
use host::socket::AddressRef;
use platform::glib::MainContext;
use platform::os::resolve::{self, Query, ResolveError, Resolved};
use platform::sync::Mutex;

/// What has to be done before there are addresses to try.
pub(super) enum Plan {
    /// Nothing: they are numbers.
    Known(Family, Vec<Resolved>),
    /// Something that worker threads do.
    Work(Work),
}

/// What worker threads do.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// The addresses of these families, each by a look-up of its own.
    Families(&'static [Family]),
    /// No internet address: the host connects.
    Host,
}

const BOTH: &[Family] = &[Family::V6, Family::V4];

impl Plan {
    /// For an address.
    pub(super) fn of(address: &Address) -> Result<Self, Error> {
        let view = address.view();
        check::internet(view)?;
        match view {
            View::Inet(inet) => Self::of_inet(inet),
            View::Unix(_) | View::Vsock(_) | View::Fd(_) => Ok(Self::Work(Work::Host)),
        }
    }

    fn of_inet(inet: Inet<'_>) -> Result<Self, Error> {
        let (host, port) = (given(inet.host()), given(inet.port()));
        let (Some(host), Some(port)) = (host, port) else {
            return Err(Error::new("host and/or port not specified"));
        };
        let family = inet.family()?;
        resolve::check(Some(host), Some(port))
            .map_err(|reason| resolution_failed(Some(host), Some(port), reason))?;
        let numbers = Query {
            host: Some(host),
            service: Some(port),
            family,
            numeric: true,
            ..Query::default()
        };
        // Reads no file and asks nobody.
        if let Ok(found) = resolve::look_up_mapped(numbers)
            && let Some(first) = found.first()
        {
            return Ok(Self::Known(family_of(first), found));
        }
        Ok(Self::Work(Work::Families(match family {
            resolve::Family::Any => BOTH,
            resolve::Family::V6 => &[Family::V6],
            resolve::Family::V4 => &[Family::V4],
        })))
    }

    /// The families whose look-ups are to come.
    pub(super) fn awaits(&self) -> &'static [Family] {
        match self {
            Self::Work(Work::Families(families)) => families,
            // It takes the place of one, so that all the deadlines hold.
            Self::Work(Work::Host) => &[Family::V6],
            Self::Known(..) => &[],
        }
    }
}

impl Work {
    /// Begins. The operation is told in `context`.
    pub(super) fn begin(
        self,
        operation: &Weak<Operation>,
        address: &Arc<Address>,
        context: &MainContext,
    ) {
        match self {
            Self::Families(families) => {
                for family in families {
                    look_up(*family, families.len() > 1, operation, address, context);
                }
            }
            Self::Host => connect(operation, address, context),
        }
    }
}

fn given(text: Option<&core::ffi::CStr>) -> Option<&core::ffi::CStr> {
    text.filter(|text| !text.is_empty())
}

fn family_of(resolved: &Resolved) -> Family {
    if resolved.name.family() == libc::AF_INET {
        Family::V4
    } else {
        Family::V6
    }
}

/// Looks the addresses of one family up. `is_one_of_two`: the other family's are looked up, too (R-CONN-4).
fn look_up(
    family: Family,
    is_one_of_two: bool,
    operation: &Weak<Operation>,
    address: &Arc<Address>,
    context: &MainContext,
) {
    let address = Arc::clone(address);
    let work = move || {
        let View::Inet(inet) = address.view() else {
            return Ok(Vec::new());
        };
        addresses(inet, family, is_one_of_two)
    };
    let tell = move |operation: &Arc<Operation>, found| operation.answered(family, found);
    run(work, tell, operation, context);
}

/// What the resolver says.
///
/// Of two look-ups none leaves out what this machine has no address for, nor maps: that such a connection can't be made
/// is known at once, and the other's are there for it. A machine that has but a loopback interface would get none.
fn addresses(
    inet: Inet<'_>,
    family: Family,
    is_one_of_two: bool,
) -> Result<Vec<Resolved>, ResolveError> {
    let query = Query {
        host: given(inet.host()),
        service: given(inet.port()),
        family: match family {
            Family::V6 => resolve::Family::V6,
            Family::V4 => resolve::Family::V4,
        },
        configured_only: !is_one_of_two,
        ..Query::default()
    };
    if is_one_of_two {
        resolve::look_up(&query)
    } else {
        resolve::look_up_mapped(query)
    }
}

/// Has the host connect (R-CONN-11).
fn connect(operation: &Weak<Operation>, address: &Arc<Address>, context: &MainContext) {
    let address = Arc::clone(address);
    let work = move || host::socket::connect(AddressRef::from(&*address));
    let tell = |operation: &Arc<Operation>, result| operation.connected(result);
    run(work, tell, operation, context);
}

/// Runs `work` on a worker thread, and `tell` in `context` if the operation isn't over by then. What comes too late is
/// dropped.
fn run<T: Send + 'static>(
    work: impl Fn() -> T + Send + Sync + 'static,
    tell: impl Fn(&Arc<Operation>, T) + Send + Sync + 'static,
    operation: &Weak<Operation>,
    context: &MainContext,
) {
    let result = Arc::new(Mutex::new(None));
    let (waiting, told) = (Weak::clone(operation), Arc::clone(&result));
    let operation = Weak::clone(operation);
    let completion = Completion::of_library(move || {
        let result = told.lock().take();
        if let (Some(operation), Some(result)) = (operation.upgrade(), result) {
            tell(&operation, result);
        }
    });
    let worker = move |_: &Task| {
        let found = work();
        // A descriptor that nobody wants doesn't wait for the context.
        if waiting.strong_count() != 0 {
            *result.lock() = Some(found);
        }
    };
    let worker = Worker::Native(c"qio_channel_socket_connect_full_async", Box::new(worker));
    Task::new(None, completion).run_in_thread(worker, context.clone());
}
