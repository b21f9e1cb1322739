//! What a server's documentation asks for and its documents do not say. Untried, and said to be so.

use crate::oauth::settings::Parameter;

/// The parameters of an authorization request without which this server gives no refresh token.
pub(super) fn to_stay_signed_in(issuer: &str) -> Vec<Parameter> {
    match issuer {
        // "Using OAuth 2.0 for Web Server Applications", developers.google.com: what others call the
        // scope `offline_access` is a parameter there.
        "https://accounts.google.com" => {
            vec![Parameter { name: "access_type".into(), value: "offline".into() }]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::OAuthSettings;

    #[test]
    fn google_is_asked_for_offline_access_by_its_own_parameter_and_nobody_else_is() {
        let parameters = to_stay_signed_in("https://accounts.google.com");
        assert_eq!(parameters.len(), 1);
        assert_eq!((&*parameters[0].name, &*parameters[0].value), ("access_type", "offline"));
        let settings = OAuthSettings {
            issuer: "https://accounts.google.com".into(),
            client_id: "desk".into(),
            parameters,
            ..OAuthSettings::default()
        };
        assert!(settings.problems().is_empty(), "a parameter that may be added");
        for other in ["https://accounts.google.com/", "https://accounts.google.com.example", ""] {
            assert!(to_stay_signed_in(other).is_empty(), "{other}");
        }
    }
}
