//! Credentials of GnuTLS (`gnutls_certificate_credentials_t` and its like): anonymous, X.509, PSK.
//!
//! They are filled in while one thread has them, and only read afterwards.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr::{self, NonNull};

use super::{Certificate, Code, psk, sys};

/// Bytes as GnuTLS takes them, which doesn't change them.
pub(super) fn datum(bytes: &[u8]) -> sys::Datum {
    sys::Datum {
        data: bytes.as_ptr().cast_mut(),
        // What is longer is cut off, and then no good.
        size: c_uint::try_from(bytes.len()).unwrap_or(c_uint::MAX),
    }
}

/// What an allocating function has made.
fn allocate<T>(call: impl FnOnce(*mut *mut T) -> c_int) -> Result<NonNull<T>, Code> {
    let mut made = ptr::null_mut();
    Code::check(call(&raw mut made))?;
    // SAFETY: the call has succeeded, so the place has been filled in.
    Ok(unsafe { NonNull::new_unchecked(made) })
}

macro_rules! credentials {
    ($(#[$doc:meta])* $name:ident, $raw:ident, $allocate:ident, $free:ident) => {
        $(#[$doc])*
        pub(crate) struct $name {
            raw: NonNull<sys::$raw>,
            /// The credentials refer to them.
            _dh_parameters: Option<DhParameters>,
        }

        // SAFETY: they are only read once they are shared.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: ours, and no session uses them any more.
                unsafe { sys::$free(self.raw.as_ptr()) };
            }
        }

        impl $name {
            /// With nothing in them.
            pub(crate) fn new() -> Result<Self, Code> {
                // SAFETY: the place is a local one.
                let raw = allocate(|place| unsafe { sys::$allocate(place) })?;
                Ok(Self { raw, _dh_parameters: None })
            }

            pub(super) fn as_ptr(&self) -> *mut c_void {
                self.raw.as_ptr().cast::<c_void>()
            }
        }
    };
}

macro_rules! server_credentials {
    ($name:ident, $set:ident, $set_known:ident) => {
        impl $name {
            /// Uses these parameters, or else those of RFC 7919 (R-TLS-71).
            pub(crate) fn set_dh_parameters(
                &mut self,
                own: Option<DhParameters>,
            ) -> Result<(), Code> {
                let raw = self.raw.as_ptr();
                match &own {
                    // SAFETY: live credentials; they keep the parameters.
                    Some(own) => unsafe { sys::$set(raw, own.0.as_ptr()) },
                    None => {
                        // SAFETY: live credentials.
                        Code::check(unsafe { sys::$set_known(raw, sys::SEC_PARAM_MEDIUM) })?;
                    }
                }
                self._dh_parameters = own;
                Ok(())
            }
        }
    };
}

credentials!(
    /// Certificates, their keys, and authorities.
    Certificates,
    CertificateCredentials,
    gnutls_certificate_allocate_credentials,
    gnutls_certificate_free_credentials
);
credentials!(
    /// Those of a client that doesn't authenticate the server.
    AnonymousClient,
    OtherCredentials,
    gnutls_anon_allocate_client_credentials,
    gnutls_anon_free_client_credentials
);
credentials!(
    /// Those of a server that doesn't authenticate itself.
    AnonymousServer,
    OtherCredentials,
    gnutls_anon_allocate_server_credentials,
    gnutls_anon_free_server_credentials
);
credentials!(
    /// A client's name and key.
    PskClient,
    OtherCredentials,
    gnutls_psk_allocate_client_credentials,
    gnutls_psk_free_client_credentials
);
credentials!(
    /// The names and keys that a server knows.
    PskServer,
    OtherCredentials,
    gnutls_psk_allocate_server_credentials,
    gnutls_psk_free_server_credentials
);

server_credentials!(
    Certificates,
    gnutls_certificate_set_dh_params,
    gnutls_certificate_set_known_dh_params
);
server_credentials!(
    AnonymousServer,
    gnutls_anon_set_server_dh_params,
    gnutls_anon_set_server_known_dh_params
);
server_credentials!(
    PskServer,
    gnutls_psk_set_server_dh_params,
    gnutls_psk_set_server_known_dh_params
);

impl Certificates {
    /// Trusts the authorities in a PEM text.
    pub(crate) fn trust(&mut self, text: &[u8]) -> Result<(), Code> {
        let (raw, data) = (self.raw.as_ptr(), datum(text));
        // SAFETY: live credentials and readable data.
        let code = unsafe {
            sys::gnutls_certificate_set_x509_trust_mem(raw, &raw const data, sys::X509_FMT_PEM)
        };
        match Code::check(code)? {
            0 => Err(Code::NO_CERTIFICATE_FOUND),
            _ => Ok(()),
        }
    }

    /// Trusts these authorities.
    pub(crate) fn trust_these(&mut self, authorities: &[&Certificate]) -> Result<(), Code> {
        let authorities: Vec<_> = authorities.iter().map(|one| one.as_ptr()).collect();
        let count = c_int::try_from(authorities.len()).unwrap_or(c_int::MAX);
        let (raw, list) = (self.raw.as_ptr(), authorities.as_ptr());
        // SAFETY: live credentials and certificates, which are copied.
        Code::check(unsafe { sys::gnutls_certificate_set_x509_trust(raw, list, count) }).map(|_| ())
    }

    /// Doesn't trust what a PEM text revokes.
    pub(crate) fn revoke(&mut self, text: &[u8]) -> Result<(), Code> {
        let (raw, data) = (self.raw.as_ptr(), datum(text));
        // SAFETY: live credentials and readable data.
        let code = unsafe {
            sys::gnutls_certificate_set_x509_crl_mem(raw, &raw const data, sys::X509_FMT_PEM)
        };
        Code::check(code).map(|_| ())
    }

    /// Adds an identity: a chain of certificates, leaf first, and the leaf's key, both PEM.
    pub(crate) fn add_identity(&mut self, chain: &[u8], key: &[u8]) -> Result<(), Code> {
        let (raw, chain, key) = (self.raw.as_ptr(), datum(chain), datum(key));
        let (pem, no_password) = (sys::X509_FMT_PEM, ptr::null());
        // SAFETY: live credentials and readable data.
        let code = unsafe {
            sys::gnutls_certificate_set_x509_key_mem2(
                raw,
                &raw const chain,
                &raw const key,
                pem,
                no_password,
                0,
            )
        };
        Code::check(code).map(|_| ())
    }
}

impl PskClient {
    /// Shows this name and has this key.
    pub(crate) fn set_key(&mut self, name: &[u8], key: &[u8]) -> Result<(), Code> {
        let (raw, name, key) = (self.raw.as_ptr(), datum(name), datum(key));
        // SAFETY: live credentials and readable data.
        let code = unsafe {
            sys::gnutls_psk_set_client_credentials2(
                raw,
                &raw const name,
                &raw const key,
                sys::PSK_KEY_RAW,
            )
        };
        Code::check(code).map(|_| ())
    }
}

impl PskServer {
    /// Looks for keys where [`super::Handle::use_psk_server`] says.
    pub(crate) fn look_up_keys(&mut self) {
        // SAFETY: live credentials.
        unsafe {
            sys::gnutls_psk_set_server_credentials_function2(self.raw.as_ptr(), psk::find_key);
        }
    }
}

/// Diffie-Hellman parameters.
pub(crate) struct DhParameters(NonNull<sys::DhParams>);

// SAFETY: nothing changes them.
unsafe impl Send for DhParameters {}
// SAFETY: as above.
unsafe impl Sync for DhParameters {}

impl Drop for DhParameters {
    fn drop(&mut self) {
        // SAFETY: ours, and the credentials that used them are gone.
        unsafe { sys::gnutls_dh_params_deinit(self.0.as_ptr()) };
    }
}

impl DhParameters {
    /// Those in a PEM text.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self, Code> {
        // SAFETY: the place is a local one.
        let raw = allocate(|place| unsafe { sys::gnutls_dh_params_init(place) })?;
        let (parameters, data) = (Self(raw), datum(text));
        // SAFETY: fresh parameters and readable data.
        let code = unsafe {
            sys::gnutls_dh_params_import_pkcs3(raw.as_ptr(), &raw const data, sys::X509_FMT_PEM)
        };
        Code::check(code).map(|_| parameters)
    }
}
