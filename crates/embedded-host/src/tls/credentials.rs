//! The properties of credentials, and loading what they name.

use core::ffi::CStr;
use std::ffi::CString;
use std::sync::Arc;

use super::files::Directory;
use super::gnutls::{self, AnonymousClient, AnonymousServer};
use super::identity::Identity;
use super::session::unusable_priority;
use super::{Endpoint, psk, x509};
use crate::error::Error;
use platform::sync::Mutex;

/// What GnuTLS chooses from unless a property says so.
const DEFAULT_PRIORITY: &[u8] = b"NORMAL";

/// The kinds of credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Encryption only.
    Anonymous,
    /// Pre-shared keys.
    Psk,
    /// Certificates.
    X509,
}

impl Kind {
    /// What sessions of this kind add to the priority string (R-TLS-79).
    pub(crate) fn priority_suffix(self) -> Option<&'static CStr> {
        match self {
            Self::Anonymous => Some(c"+ANON-DH"),
            Self::Psk => Some(c"+ECDHE-PSK:+DHE-PSK:+PSK"),
            Self::X509 => None,
        }
    }
}

/// What the properties have recorded; texts are as C gave them.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The directory of the files.
    pub dir: Option<Vec<u8>>,
    /// The role.
    pub endpoint: Endpoint,
    /// Whether the peer's certificate has to be good.
    pub verify_peer: bool,
    /// What GnuTLS chooses from.
    pub priority: Option<Vec<u8>>,
    /// Whether own certificates are checked when they are loaded.
    pub sanity_check: bool,
    /// Whose key a client has.
    pub username: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dir: None,
            endpoint: Endpoint::Client,
            verify_peer: true,
            priority: None,
            sanity_check: true,
            username: None,
        }
    }
}

/// Credentials. Any thread may use them.
pub(crate) struct Credentials {
    settings: Mutex<Settings>,
    /// What has been loaded; sessions keep what they were made with (R-TLS-77).
    identity: Mutex<Option<Arc<Identity>>>,
    kind: Mutex<Option<Kind>>,
}

impl Default for Credentials {
    fn default() -> Self {
        Self::new()
    }
}

impl Credentials {
    /// Credentials of no kind yet, with all properties at their defaults.
    pub(crate) fn new() -> Self {
        Self {
            settings: Mutex::new(Settings::default()),
            identity: Mutex::new(None),
            kind: Mutex::new(None),
        }
    }

    /// Says of which kind they are.
    pub(crate) fn set_kind(&self, kind: Kind) {
        *self.kind.lock() = Some(kind);
    }

    /// Of which kind they are.
    pub(crate) fn kind(&self) -> Option<Kind> {
        *self.kind.lock()
    }

    /// What GnuTLS chooses from in sessions with them (R-TLS-79).
    pub(crate) fn priority(&self) -> CString {
        let text = self.with_settings(|settings| settings.priority.clone());
        self.whole_priority(text)
    }

    /// Whether sessions with them could choose from that (R-TLS-66).
    pub(super) fn check_priority(&self, text: &[u8]) -> Result<(), Error> {
        let whole = self.whole_priority(Some(text.to_vec()));
        gnutls::check_priority(&whole).map_err(|code| unusable_priority(&whole, code))
    }

    /// A value of the property, or the default, with what the kind adds.
    fn whole_priority(&self, text: Option<Vec<u8>>) -> CString {
        let mut text = text.unwrap_or_else(|| DEFAULT_PRIORITY.to_vec());
        if let Some(suffix) = self.kind().and_then(Kind::priority_suffix) {
            text.push(b':');
            text.extend(suffix.to_bytes());
        }
        CString::new(text).unwrap_or_default()
    }

    /// Looks at the properties, or changes one.
    pub(crate) fn with_settings<R>(&self, look: impl FnOnce(&mut Settings) -> R) -> R {
        look(&mut self.settings.lock())
    }

    /// What has been loaded.
    pub(crate) fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.lock().clone()
    }

    /// Whether the credentials are for a role, by its number; else an error names the one that
    /// they are not for (R-TLS-67).
    pub(crate) fn check_endpoint(&self, number: u32) -> Result<Endpoint, Error> {
        match Endpoint::from_c(number) {
            Some(wanted) if wanted == self.with_settings(|settings| settings.endpoint) => {
                Ok(wanted)
            }
            Some(wanted) => Err(Error::new(format!(
                "Expected TLS credentials for a {} endpoint",
                wanted.name()
            ))),
            None => Err(Error::new(format!("There is no TLS endpoint {number}"))),
        }
    }

    /// What a session of a role, given by its number, uses.
    pub(crate) fn for_endpoint(&self, number: u32) -> Result<(Endpoint, Arc<Identity>), Error> {
        let endpoint = self.check_endpoint(number)?;
        let identity = self
            .identity()
            .ok_or_else(|| Error::new("The TLS credentials have not been loaded"))?;
        Ok((endpoint, identity))
    }

    /// Loads what the properties name, in the place of what there is. A failure changes nothing.
    pub(crate) fn load(&self) -> Result<(), Error> {
        let settings = self.settings.lock().clone();
        let kind = self
            .kind()
            .ok_or_else(|| Error::new("TLS credentials of no known kind can't be loaded"))?;
        let loaded = Arc::new(load(kind, &settings)?);
        let replaced = self.identity.lock().replace(loaded);
        drop(replaced);
        Ok(())
    }
}

fn load(kind: Kind, settings: &Settings) -> Result<Identity, Error> {
    gnutls::initialise()
        .map_err(|code| Error::new(format!("Unable to initialize GnuTLS: {code}")))?;
    let directory = Directory::new(settings.dir.as_deref());
    match kind {
        Kind::Anonymous => load_anonymous(settings.endpoint, &directory),
        Kind::Psk => psk::load(settings.endpoint, &directory, settings.username.as_deref()),
        Kind::X509 => x509::load(settings.endpoint, &directory, settings.sanity_check),
    }
}

/// For either role; of the files only the server's Diffie-Hellman parameters are read (R-TLS-72).
fn load_anonymous(endpoint: Endpoint, directory: &Directory) -> Result<Identity, Error> {
    let cannot = |code| Error::new(format!("Cannot allocate credentials: {code}"));
    match endpoint {
        Endpoint::Client => AnonymousClient::new()
            .map(Identity::AnonymousClient)
            .map_err(cannot),
        Endpoint::Server => {
            let mut credentials = AnonymousServer::new().map_err(cannot)?;
            credentials
                .set_dh_parameters(directory.dh_parameters()?)
                .map_err(cannot)?;
            Ok(Identity::AnonymousServer(credentials))
        }
    }
}
