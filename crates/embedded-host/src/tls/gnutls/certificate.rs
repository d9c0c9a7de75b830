//! X.509 certificates of GnuTLS (`gnutls_x509_crt_t`).

use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use std::ffi::CString;

use libc::time_t;

use super::{Code, sys};

/// What a verification has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Status(c_uint);

impl Status {
    const INVALID: c_uint = 1 << 1;
    const REVOKED: c_uint = 1 << 5;
    const SIGNER_NOT_FOUND: c_uint = 1 << 6;
    const INSECURE_ALGORITHM: c_uint = 1 << 8;
    const PURPOSE_MISMATCH: c_uint = 1 << 18;

    pub(super) const fn new(bits: c_uint) -> Self {
        Self(bits)
    }

    /// Whether the only objection is that the certificate, or an authority's on its path, is for
    /// another purpose.
    pub(crate) fn is_for_another_purpose(self) -> bool {
        self.0 & Self::PURPOSE_MISMATCH != 0
            && self.0 & !(Self::INVALID | Self::PURPOSE_MISMATCH) == 0
    }

    /// Whether there is no objection.
    pub(crate) fn is_good(self) -> bool {
        self.0 == 0
    }

    /// Why the certificate is no good: the last reason that applies (R-TLS-83).
    pub(crate) fn objection(self) -> Option<&'static str> {
        if self.0 == 0 {
            return None;
        }
        let mut reason = "Invalid certificate";
        for (bit, text) in [
            (Self::INVALID, "The certificate is not trusted"),
            (
                Self::SIGNER_NOT_FOUND,
                "The certificate hasn't got a known issuer",
            ),
            (Self::REVOKED, "The certificate has been revoked"),
            (
                Self::INSECURE_ALGORITHM,
                "The certificate uses an insecure algorithm",
            ),
        ] {
            if self.0 & bit != 0 {
                reason = text;
            }
        }
        Some(reason)
    }
}

/// A certificate.
pub(crate) struct Certificate(NonNull<sys::X509Crt>);

// SAFETY: nothing changes a certificate that has been imported.
unsafe impl Send for Certificate {}
// SAFETY: as above.
unsafe impl Sync for Certificate {}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: the certificate is ours.
        unsafe { sys::gnutls_x509_crt_deinit(self.0.as_ptr()) };
    }
}

/// An extension that has a mark whether it must be understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extension<T> {
    /// What it says.
    pub value: T,
    /// Whether it must be understood.
    pub critical: bool,
}

impl Certificate {
    pub(super) fn as_ptr(&self) -> *mut sys::X509Crt {
        self.0.as_ptr()
    }

    pub(super) fn from_der(data: &sys::Datum) -> Result<Self, Code> {
        let mut certificate = ptr::null_mut();
        // SAFETY: the place is a local one.
        Code::check(unsafe { sys::gnutls_x509_crt_init(&raw mut certificate) })?;
        // SAFETY: it has been filled in.
        let certificate = Self(unsafe { NonNull::new_unchecked(certificate) });
        let raw = certificate.0.as_ptr();
        // SAFETY: a fresh certificate and readable data.
        Code::check(unsafe { sys::gnutls_x509_crt_import(raw, data, sys::X509_FMT_DER) })?;
        Ok(certificate)
    }

    /// All certificates in a PEM text, of which there has to be one.
    pub(crate) fn list_from_pem(text: &[u8]) -> Result<Vec<Self>, Code> {
        let (mut list, mut count) = (ptr::null_mut(), 0);
        let (data, pem) = (super::credentials::datum(text), sys::X509_FMT_PEM);
        // SAFETY: readable data; the places are local ones.
        let code = unsafe {
            sys::gnutls_x509_crt_list_import2(
                &raw mut list,
                &raw mut count,
                &raw const data,
                pem,
                0,
            )
        };
        Code::check(code)?;
        let certificates = (0..count as usize)
            // SAFETY: that many elements have been filled in, each now this value's own.
            .map(|at| Self(unsafe { NonNull::new_unchecked(*list.add(at)) }))
            .collect();
        // SAFETY: the array was made by GnuTLS and its elements are taken.
        unsafe { sys::gnutls_free(list.cast::<c_void>()) };
        Ok(certificates)
    }

    /// The subject's distinguished name, its parts in the certificate's order (R-TLS-84).
    pub(crate) fn distinguished_name(&self) -> Result<CString, Code> {
        let mut name = sys::Datum {
            data: ptr::null_mut(),
            size: 0,
        };
        // SAFETY: a live certificate; the place is a local one.
        Code::check(unsafe { sys::gnutls_x509_crt_get_dn2(self.0.as_ptr(), &raw mut name) })?;
        // SAFETY: the text is GnuTLS's memory, ours now, and ends with a NUL.
        let text = unsafe { CStr::from_ptr(name.data.cast::<c_char>()) }.to_owned();
        // SAFETY: nothing refers to it any more.
        unsafe { sys::gnutls_free(name.data.cast::<c_void>()) };
        Ok(text)
    }

    /// Whether the certificate is for a host, given by name or by IP address (R-TLS-85).
    pub(crate) fn is_for_host(&self, name: &CStr) -> bool {
        // SAFETY: a live certificate and a C string.
        unsafe { sys::gnutls_x509_crt_check_hostname(self.0.as_ptr(), name.as_ptr()) != 0 }
    }

    /// From when it is valid. None if that can't be read.
    pub(crate) fn activation(&self) -> Option<time_t> {
        // SAFETY: a live certificate.
        let time = unsafe { sys::gnutls_x509_crt_get_activation_time(self.0.as_ptr()) };
        (time != -1).then_some(time)
    }

    /// Until when it is valid.
    pub(crate) fn expiration(&self) -> Option<time_t> {
        // SAFETY: a live certificate.
        let time = unsafe { sys::gnutls_x509_crt_get_expiration_time(self.0.as_ptr()) };
        (time != -1).then_some(time)
    }

    /// Whether it says that it is an authority's. None if it says nothing.
    pub(crate) fn is_authority(&self) -> Result<Option<bool>, Code> {
        let (mut critical, mut is_authority, mut length) = (0, 0, 0);
        let raw = self.0.as_ptr();
        // SAFETY: a live certificate; the places are local ones.
        let code = unsafe {
            sys::gnutls_x509_crt_get_basic_constraints(
                raw,
                &raw mut critical,
                &raw mut is_authority,
                &raw mut length,
            )
        };
        Ok(present(code)?.map(|_| is_authority != 0))
    }

    /// What its key may be used for, as bits.
    pub(crate) fn key_usage(&self) -> Result<Option<Extension<KeyUsage>>, Code> {
        let (mut usage, mut critical) = (0, 0);
        let raw = self.0.as_ptr();
        // SAFETY: a live certificate; the places are local ones.
        let code =
            unsafe { sys::gnutls_x509_crt_get_key_usage(raw, &raw mut usage, &raw mut critical) };
        Ok(present(code)?.map(|_| Extension {
            value: KeyUsage(usage),
            critical: critical != 0,
        }))
    }

    /// What it may be used for: object identifiers.
    pub(crate) fn key_purposes(&self) -> Result<Option<Extension<Vec<CString>>>, Code> {
        let (mut purposes, mut is_critical) = (Vec::new(), false);
        loop {
            let at = c_uint::try_from(purposes.len()).unwrap_or(c_uint::MAX);
            let Some((purpose, critical)) = self.key_purpose(at)? else {
                break;
            };
            purposes.push(purpose);
            is_critical |= critical;
        }
        Ok((!purposes.is_empty()).then_some(Extension {
            value: purposes,
            critical: is_critical,
        }))
    }

    fn key_purpose(&self, at: c_uint) -> Result<Option<(CString, bool)>, Code> {
        let mut text: Vec<u8> = vec![0; 64];
        loop {
            let (mut size, mut critical) = (text.len(), 0);
            let (raw, room) = (self.0.as_ptr(), text.as_mut_ptr().cast::<c_void>());
            // SAFETY: a live certificate, and room for as many bytes as `size` says.
            let code = unsafe {
                sys::gnutls_x509_crt_get_key_purpose_oid(
                    raw,
                    at,
                    room,
                    &raw mut size,
                    &raw mut critical,
                )
            };
            if code == sys::E_SHORT_MEMORY_BUFFER && size > text.len() {
                text.resize(size, 0);
                continue;
            }
            return Ok(present(code)?.map(|_| {
                let end = text.iter().position(|&byte| byte == 0);
                text.truncate(end.unwrap_or(text.len()));
                (CString::new(text).unwrap_or_default(), critical != 0)
            }));
        }
    }

    /// Whether `issuer` can have issued it, going by names and key identifiers.
    pub(crate) fn is_issued_by(&self, issuer: &Self) -> bool {
        // SAFETY: two live certificates.
        unsafe { sys::gnutls_x509_crt_check_issuer(self.0.as_ptr(), issuer.0.as_ptr()) != 0 }
    }
}

/// Authorities for a verification.
pub(crate) struct TrustList<'a> {
    raw: NonNull<sys::TrustList>,
    /// The list refers to them.
    _authorities: PhantomData<&'a Certificate>,
}

impl Drop for TrustList<'_> {
    fn drop(&mut self) {
        // SAFETY: the list is ours, the certificates in it aren't.
        unsafe { sys::gnutls_x509_trust_list_deinit(self.raw.as_ptr(), 0) };
    }
}

impl<'a> TrustList<'a> {
    /// A list of these authorities.
    pub(crate) fn new(
        authorities: impl IntoIterator<Item = &'a Certificate>,
    ) -> Result<Self, Code> {
        let mut raw = ptr::null_mut();
        // SAFETY: the place is a local one.
        Code::check(unsafe { sys::gnutls_x509_trust_list_init(&raw mut raw, 0) })?;
        // SAFETY: it has been filled in.
        let raw = unsafe { NonNull::new_unchecked(raw) };
        let list = Self {
            raw,
            _authorities: PhantomData,
        };
        let authorities: Vec<_> = authorities.into_iter().map(|one| one.0.as_ptr()).collect();
        // SAFETY: a live list, and an array of certificates that outlive it.
        let added = unsafe {
            sys::gnutls_x509_trust_list_add_cas(
                raw.as_ptr(),
                authorities.as_ptr(),
                count(&authorities),
                0,
            )
        };
        Code::check(added).map(|_| list)
    }

    /// Checks a chain, leaf first, and whether it may be used for a purpose.
    pub(crate) fn verify(&self, chain: &[&Certificate], purpose: &CStr) -> Result<Status, Code> {
        let mut chain: Vec<_> = chain.iter().map(|one| one.0.as_ptr()).collect();
        let mut demands = sys::TypedVdata::purpose(purpose);
        let mut status = 0;
        // SAFETY: a live list, and an array of live certificates with its length; the demand and
        // the status are local ones.
        let code = unsafe {
            sys::gnutls_x509_trust_list_verify_crt2(
                self.raw.as_ptr(),
                chain.as_mut_ptr(),
                count(&chain),
                &raw mut demands,
                1,
                0,
                &raw mut status,
                ptr::null(),
            )
        };
        Code::check(code).map(|_| Status::new(status))
    }
}

/// What a key may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeyUsage(c_uint);

impl KeyUsage {
    /// Whether it may sign handshakes.
    pub(crate) fn signs(self) -> bool {
        self.0 & 128 != 0
    }

    /// Whether it may sign certificates.
    pub(crate) fn signs_certificates(self) -> bool {
        self.0 & 4 != 0
    }
}

fn count<T>(list: &[T]) -> c_uint {
    c_uint::try_from(list.len()).unwrap_or(c_uint::MAX)
}

/// The result of a call that says so if there is nothing.
fn present(code: c_int) -> Result<Option<c_int>, Code> {
    match Code::check(code) {
        Ok(value) => Ok(Some(value)),
        Err(Code::REQUESTED_DATA_NOT_AVAILABLE) => Ok(None),
        Err(code) => Err(code),
    }
}
