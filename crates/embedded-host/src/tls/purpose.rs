//! What certificates may be used for, as their extended key usage says (RFC 5280 4.2.1.12).

use core::ffi::CStr;
use std::ffi::CString;

use super::Endpoint;

const SERVER_AUTH: &CStr = c"1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &CStr = c"1.3.6.1.5.5.7.3.2";
const ANY: &CStr = c"2.5.29.37.0";

/// The names that RFC 5280 gives to purposes.
const NAMES: [(&CStr, &str); 6] = [
    (SERVER_AUTH, "serverAuth"),
    (CLIENT_AUTH, "clientAuth"),
    (c"1.3.6.1.5.5.7.3.3", "codeSigning"),
    (c"1.3.6.1.5.5.7.3.4", "emailProtection"),
    (c"1.3.6.1.5.5.7.3.8", "timeStamping"),
    (c"1.3.6.1.5.5.7.3.9", "OCSPSigning"),
];

/// The purpose that the certificate of a role has to permit, if it says anything about purposes.
pub(crate) fn of_role(endpoint: Endpoint) -> &'static CStr {
    match endpoint {
        Endpoint::Client => CLIENT_AUTH,
        Endpoint::Server => SERVER_AUTH,
    }
}

fn name(purpose: &CStr) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == purpose);
    known.map_or_else(
        || purpose.to_string_lossy().into_owned(),
        |(_, name)| (*name).to_owned(),
    )
}

/// Why an extended key usage is none for a role, or None if it is.
pub(crate) fn objection(permitted: &[CString], endpoint: Endpoint) -> Option<String> {
    let wanted = of_role(endpoint);
    let is_permitted = |purpose: &CString| [wanted, ANY].contains(&purpose.as_c_str());
    if permitted.iter().any(is_permitted) {
        return None;
    }
    let permitted: Vec<_> = permitted.iter().map(|purpose| name(purpose)).collect();
    Some(format!(
        "its extended key usage permits {} and not {}",
        permitted.join(", "),
        name(wanted)
    ))
}

/// The same of an authority, which may vouch for other roles only.
pub(crate) fn authority_objection(endpoint: Endpoint) -> String {
    let wanted = name(of_role(endpoint));
    format!("the extended key usage of an authority on its path doesn't permit {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_purpose_of_the_role_or_any_purpose_will_do() {
        let usage = |purposes: &[&CStr]| -> Vec<CString> {
            purposes
                .iter()
                .map(|purpose| (*purpose).to_owned())
                .collect()
        };
        let server_only = usage(&[SERVER_AUTH]);
        assert_eq!(objection(&server_only, Endpoint::Server), None);
        assert_eq!(
            objection(&server_only, Endpoint::Client).unwrap(),
            "its extended key usage permits serverAuth and not clientAuth"
        );
        let odd = usage(&[c"1.3.6.1.5.5.7.3.3", c"1.2.3"]);
        assert_eq!(
            objection(&odd, Endpoint::Server).unwrap(),
            "its extended key usage permits codeSigning, 1.2.3 and not serverAuth"
        );
        for endpoint in [Endpoint::Client, Endpoint::Server] {
            assert_eq!(objection(&usage(&[c"1.2.3", ANY]), endpoint), None);
            assert_eq!(
                objection(&usage(&[SERVER_AUTH, CLIENT_AUTH]), endpoint),
                None
            );
        }
    }
}
