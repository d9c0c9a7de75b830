//! What is used of GnuTLS, as `<gnutls/gnutls.h>`, `crypto.h` and `x509.h` of 3.7 declare it.

use core::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void};

use libc::{ssize_t, time_t};

/// A session; the struct is GnuTLS's own.
#[repr(C)]
pub(super) struct Session {
    _private: [u8; 0],
}

/// A priority string that has been read.
#[repr(C)]
pub(super) struct Priority {
    _private: [u8; 0],
}

/// A certificate.
#[repr(C)]
pub(super) struct X509Crt {
    _private: [u8; 0],
}

/// Authorities.
#[repr(C)]
pub(super) struct TrustList {
    _private: [u8; 0],
}

/// Certificates, keys and authorities of a role.
#[repr(C)]
pub(super) struct CertificateCredentials {
    _private: [u8; 0],
}

/// Anonymous credentials of a client or a server, pre-shared keys of either.
#[repr(C)]
pub(super) struct OtherCredentials {
    _private: [u8; 0],
}

/// Diffie-Hellman parameters.
#[repr(C)]
pub(super) struct DhParams {
    _private: [u8; 0],
}

/// `gnutls_datum_t`
#[repr(C)]
pub(super) struct Datum {
    pub(super) data: *mut c_uchar,
    pub(super) size: c_uint,
}

/// `gnutls_typed_vdata_st`: what a certificate has to be for
#[repr(C)]
pub(super) struct TypedVdata {
    kind: c_int,
    data: *mut c_uchar,
    size: c_uint,
}

impl TypedVdata {
    /// A purpose, whose text GnuTLS only reads.
    pub(super) fn purpose(purpose: &CStr) -> Self {
        /// `GNUTLS_DT_KEY_PURPOSE_OID`
        const KEY_PURPOSE_OID: c_int = 2;
        Self {
            kind: KEY_PURPOSE_OID,
            data: purpose.as_ptr().cast_mut().cast::<c_uchar>(),
            // It ends with a NUL.
            size: 0,
        }
    }
}

pub(super) type PushFunc = unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> ssize_t;
pub(super) type PullFunc = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> ssize_t;

pub(super) type FindKeyFunc = unsafe extern "C" fn(*mut Session, *const Datum, *mut Datum) -> c_int;

pub(super) const SERVER: c_uint = 1;
pub(super) const CLIENT: c_uint = 1 << 1;
/// Leaves the renewal of keys to the caller.
pub(super) const NO_AUTO_REKEY: c_uint = 1 << 15;
pub(super) const A_USER_CANCELED: c_int = 90;
pub(super) const TLS1_3: c_int = 5;
pub(super) const CIPHER_CHACHA20_POLY1305: c_int = 23;
pub(super) const CRD_CERTIFICATE: c_int = 1;
pub(super) const CRD_ANON: c_int = 2;
pub(super) const CRD_PSK: c_int = 4;
pub(super) const CERT_REQUEST: c_int = 1;
pub(super) const CRT_X509: c_int = 1;
pub(super) const SHUT_WR: c_int = 1;
pub(super) const X509_FMT_DER: c_int = 0;
pub(super) const X509_FMT_PEM: c_int = 1;
pub(super) const PSK_KEY_RAW: c_int = 0;
pub(super) const RND_KEY: c_int = 2;
pub(super) const SEC_PARAM_MEDIUM: c_int = 35;
pub(super) const E_SHORT_MEMORY_BUFFER: c_int = -51;

unsafe extern "C" {
    pub(super) fn gnutls_global_init() -> c_int;
    pub(super) fn gnutls_error_is_fatal(error: c_int) -> c_int;
    pub(super) fn gnutls_strerror(error: c_int) -> *const c_char;
    pub(super) fn gnutls_rnd(level: c_int, data: *mut c_void, len: usize) -> c_int;
    pub(super) static gnutls_malloc: unsafe extern "C" fn(usize) -> *mut c_void;
    pub(super) static gnutls_free: unsafe extern "C" fn(*mut c_void);

    pub(super) fn gnutls_init(session: *mut *mut Session, flags: c_uint) -> c_int;
    pub(super) fn gnutls_session_set_ptr(session: *mut Session, ptr: *mut c_void);
    pub(super) fn gnutls_session_get_ptr(session: *mut Session) -> *mut c_void;
    pub(super) fn gnutls_deinit(session: *mut Session);
    pub(super) fn gnutls_priority_set_direct(
        session: *mut Session,
        priorities: *const c_char,
        err_pos: *mut *const c_char,
    ) -> c_int;
    pub(super) fn gnutls_priority_init(
        priority_cache: *mut *mut Priority,
        priorities: *const c_char,
        err_pos: *mut *const c_char,
    ) -> c_int;
    pub(super) fn gnutls_priority_deinit(priority_cache: *mut Priority);
    pub(super) fn gnutls_credentials_set(
        session: *mut Session,
        kind: c_int,
        cred: *mut c_void,
    ) -> c_int;
    pub(super) fn gnutls_certificate_server_set_request(session: *mut Session, req: c_int);
    pub(super) fn gnutls_transport_set_ptr(session: *mut Session, ptr: *mut c_void);
    pub(super) fn gnutls_transport_set_push_function(session: *mut Session, push: PushFunc);
    pub(super) fn gnutls_transport_set_pull_function(session: *mut Session, pull: PullFunc);
    pub(super) fn gnutls_transport_set_errno(session: *mut Session, err: c_int);
    pub(super) fn gnutls_handshake(session: *mut Session) -> c_int;
    pub(super) fn gnutls_record_get_direction(session: *mut Session) -> c_int;
    pub(super) fn gnutls_record_send(
        session: *mut Session,
        data: *const c_void,
        data_size: usize,
    ) -> ssize_t;
    pub(super) fn gnutls_record_recv(
        session: *mut Session,
        data: *mut c_void,
        data_size: usize,
    ) -> ssize_t;
    pub(super) fn gnutls_record_check_pending(session: *mut Session) -> usize;
    pub(super) fn gnutls_alert_get(session: *mut Session) -> c_int;
    pub(super) fn gnutls_bye(session: *mut Session, how: c_int) -> c_int;
    pub(super) fn gnutls_record_get_state(
        session: *mut Session,
        read: c_uint,
        mac_key: *mut Datum,
        iv: *mut Datum,
        cipher_key: *mut Datum,
        number: *mut u8,
    ) -> c_int;
    pub(super) fn gnutls_session_key_update(session: *mut Session, flags: c_uint) -> c_int;
    pub(super) fn gnutls_protocol_get_version(session: *mut Session) -> c_int;
    pub(super) fn gnutls_cipher_get(session: *mut Session) -> c_int;
    pub(super) fn gnutls_cipher_get_key_size(cipher: c_int) -> usize;
    pub(super) fn gnutls_certificate_type_get(session: *mut Session) -> c_int;
    pub(super) fn gnutls_certificate_verify_peers(
        session: *mut Session,
        data: *mut TypedVdata,
        elements: c_uint,
        status: *mut c_uint,
    ) -> c_int;
    pub(super) fn gnutls_certificate_get_peers(
        session: *mut Session,
        list_size: *mut c_uint,
    ) -> *const Datum;

    pub(super) fn gnutls_certificate_allocate_credentials(
        res: *mut *mut CertificateCredentials,
    ) -> c_int;
    pub(super) fn gnutls_certificate_free_credentials(sc: *mut CertificateCredentials);
    pub(super) fn gnutls_certificate_set_x509_trust_mem(
        res: *mut CertificateCredentials,
        ca: *const Datum,
        format: c_int,
    ) -> c_int;
    pub(super) fn gnutls_certificate_set_x509_trust(
        res: *mut CertificateCredentials,
        ca_list: *const *mut X509Crt,
        ca_list_size: c_int,
    ) -> c_int;
    pub(super) fn gnutls_certificate_set_x509_crl_mem(
        res: *mut CertificateCredentials,
        crl: *const Datum,
        format: c_int,
    ) -> c_int;
    pub(super) fn gnutls_certificate_set_x509_key_mem2(
        res: *mut CertificateCredentials,
        cert: *const Datum,
        key: *const Datum,
        format: c_int,
        pass: *const c_char,
        flags: c_uint,
    ) -> c_int;
    pub(super) fn gnutls_certificate_set_dh_params(
        res: *mut CertificateCredentials,
        dh_params: *mut DhParams,
    );
    pub(super) fn gnutls_certificate_set_known_dh_params(
        res: *mut CertificateCredentials,
        sec_param: c_int,
    ) -> c_int;

    pub(super) fn gnutls_anon_allocate_server_credentials(sc: *mut *mut OtherCredentials) -> c_int;
    pub(super) fn gnutls_anon_free_server_credentials(sc: *mut OtherCredentials);
    pub(super) fn gnutls_anon_allocate_client_credentials(sc: *mut *mut OtherCredentials) -> c_int;
    pub(super) fn gnutls_anon_free_client_credentials(sc: *mut OtherCredentials);
    pub(super) fn gnutls_anon_set_server_dh_params(
        res: *mut OtherCredentials,
        dh_params: *mut DhParams,
    );
    pub(super) fn gnutls_anon_set_server_known_dh_params(
        res: *mut OtherCredentials,
        sec_param: c_int,
    ) -> c_int;

    pub(super) fn gnutls_psk_allocate_server_credentials(sc: *mut *mut OtherCredentials) -> c_int;
    pub(super) fn gnutls_psk_free_server_credentials(sc: *mut OtherCredentials);
    pub(super) fn gnutls_psk_allocate_client_credentials(sc: *mut *mut OtherCredentials) -> c_int;
    pub(super) fn gnutls_psk_free_client_credentials(sc: *mut OtherCredentials);
    pub(super) fn gnutls_psk_set_server_credentials_function2(
        cred: *mut OtherCredentials,
        func: FindKeyFunc,
    );
    pub(super) fn gnutls_psk_set_client_credentials2(
        res: *mut OtherCredentials,
        username: *const Datum,
        key: *const Datum,
        format: c_int,
    ) -> c_int;
    pub(super) fn gnutls_psk_set_server_dh_params(
        res: *mut OtherCredentials,
        dh_params: *mut DhParams,
    );
    pub(super) fn gnutls_psk_set_server_known_dh_params(
        res: *mut OtherCredentials,
        sec_param: c_int,
    ) -> c_int;

    pub(super) fn gnutls_dh_params_init(dh_params: *mut *mut DhParams) -> c_int;
    pub(super) fn gnutls_dh_params_deinit(dh_params: *mut DhParams);
    pub(super) fn gnutls_dh_params_import_pkcs3(
        params: *mut DhParams,
        pkcs3_params: *const Datum,
        format: c_int,
    ) -> c_int;

    pub(super) fn gnutls_x509_crt_init(cert: *mut *mut X509Crt) -> c_int;
    pub(super) fn gnutls_x509_crt_deinit(cert: *mut X509Crt);
    pub(super) fn gnutls_x509_crt_import(
        cert: *mut X509Crt,
        data: *const Datum,
        format: c_int,
    ) -> c_int;
    pub(super) fn gnutls_x509_crt_list_import2(
        certs: *mut *mut *mut X509Crt,
        size: *mut c_uint,
        data: *const Datum,
        format: c_int,
        flags: c_uint,
    ) -> c_int;
    pub(super) fn gnutls_x509_crt_get_dn2(cert: *mut X509Crt, dn: *mut Datum) -> c_int;
    pub(super) fn gnutls_x509_crt_check_hostname(
        cert: *mut X509Crt,
        hostname: *const c_char,
    ) -> c_uint;
    pub(super) fn gnutls_x509_crt_get_activation_time(cert: *mut X509Crt) -> time_t;
    pub(super) fn gnutls_x509_crt_get_expiration_time(cert: *mut X509Crt) -> time_t;
    pub(super) fn gnutls_x509_crt_get_basic_constraints(
        cert: *mut X509Crt,
        critical: *mut c_uint,
        ca: *mut c_uint,
        pathlen: *mut c_int,
    ) -> c_int;
    pub(super) fn gnutls_x509_crt_get_key_usage(
        cert: *mut X509Crt,
        key_usage: *mut c_uint,
        critical: *mut c_uint,
    ) -> c_int;
    pub(super) fn gnutls_x509_crt_get_key_purpose_oid(
        cert: *mut X509Crt,
        indx: c_uint,
        oid: *mut c_void,
        oid_size: *mut usize,
        critical: *mut c_uint,
    ) -> c_int;
    pub(super) fn gnutls_x509_trust_list_init(list: *mut *mut TrustList, size: c_uint) -> c_int;
    pub(super) fn gnutls_x509_trust_list_deinit(list: *mut TrustList, all: c_uint);
    pub(super) fn gnutls_x509_trust_list_add_cas(
        list: *mut TrustList,
        clist: *const *mut X509Crt,
        clist_size: c_uint,
        flags: c_uint,
    ) -> c_int;
    pub(super) fn gnutls_x509_trust_list_verify_crt2(
        list: *mut TrustList,
        cert_list: *mut *mut X509Crt,
        cert_list_size: c_uint,
        data: *mut TypedVdata,
        elements: c_uint,
        flags: c_uint,
        voutput: *mut c_uint,
        func: *const c_void,
    ) -> c_int;
    pub(super) fn gnutls_x509_crt_check_issuer(cert: *mut X509Crt, issuer: *mut X509Crt) -> c_uint;
}
