//! Settings to start from.

use crate::settings::{
    AccountSettings, AnswerShape, Api, LifetimeForm, Login, Logout, Preset, Refresh, RefusedShape,
    RenewWith,
};
use serde::Serialize;
use ts_rs::TS;

/// A preset as it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct PresetView {
    /// Which one.
    pub preset: Preset,
    /// What it fills in. Server and user are the person's.
    pub settings: AccountSettings,
    /// Whether it was run against its server; otherwise it is "from documentation, untried".
    pub tried: bool,
}

/// Every preset, the likeliest first.
#[must_use]
pub fn presets() -> Vec<PresetView> {
    Preset::ALL
        .into_iter()
        .map(|preset| PresetView { preset, settings: preset.settings(), tried: preset.tried() })
        .collect()
}

impl Preset {
    /// Every preset, the likeliest first.
    pub const ALL: [Self; 4] = [Self::Tutorial, Self::Cookie, Self::SimpleJwt, Self::SelfRenewing];

    /// What it fills in.
    #[must_use]
    pub fn settings(self) -> AccountSettings {
        match self {
            Self::Tutorial => AccountSettings::default(),
            Self::Cookie => cookie(),
            Self::SimpleJwt => simple_jwt(),
            Self::SelfRenewing => self_renewing(),
        }
    }

    /// Whether it was run against its server.
    #[must_use]
    pub fn tried(self) -> bool {
        match self {
            Self::Tutorial | Self::Cookie | Self::SimpleJwt => true,
            Self::SelfRenewing => false,
        }
    }
}

/// The tutorial's API with its refresh token in a cookie.
fn cookie() -> AccountSettings {
    AccountSettings {
        preset: Preset::Cookie,
        refresh: Refresh { with: RenewWith::Cookie, ..Refresh::default() },
        answer: AnswerShape { refresh_token: String::new(), ..AnswerShape::default() },
        logout: Some(Logout { refresh_field: String::new(), ..Logout::default() }),
        ..AccountSettings::default()
    }
}

/// djangorestframework-simplejwt as it comes. Signing out (`/api/token/blacklist/`) is an app of its
/// own that many servers leave out.
fn simple_jwt() -> AccountSettings {
    AccountSettings {
        preset: Preset::SimpleJwt,
        login: Login { path: "/api/token/".into(), ..Login::default() },
        refresh: Refresh {
            path: "/api/token/refresh/".into(),
            with: RenewWith::Body { field: "/refresh".into() },
        },
        answer: AnswerShape {
            envelope: String::new(),
            access_token: "/access".into(),
            refresh_token: "/refresh".into(),
            lifetime: String::new(),
            lifetime_form: LifetimeForm::JwtExp,
            ..AnswerShape::default()
        },
        refused: RefusedShape {
            statuses: vec![401],
            field: "/code".into(),
            values: vec!["token_not_valid".into()],
        },
        logout: None,
        api: None,
        ..AccountSettings::default()
    }
}

/// The shape of Laravel's jwt-auth, after its documentation: the access token is sent as the bearer
/// and comes back renewed.
fn self_renewing() -> AccountSettings {
    AccountSettings {
        preset: Preset::SelfRenewing,
        login: Login {
            path: "/api/auth/login".into(),
            user_field: "/email".into(),
            password_field: "/password".into(),
        },
        refresh: Refresh {
            path: "/api/auth/refresh".into(),
            with: RenewWith::AccessToken { field: String::new() },
        },
        answer: AnswerShape {
            envelope: String::new(),
            access_token: "/access_token".into(),
            refresh_token: String::new(),
            lifetime: "/expires_in".into(),
            ..AnswerShape::default()
        },
        refused: RefusedShape { statuses: vec![401], field: String::new(), values: Vec::new() },
        logout: Some(Logout {
            path: "/api/auth/logout".into(),
            method: "POST".into(),
            refresh_field: String::new(),
            bearer: true,
        }),
        api: None::<Api>,
        ..AccountSettings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_usable_once_it_knows_the_server() {
        for view in presets() {
            let settings =
                AccountSettings { base_url: "https://auth.example.com".into(), ..view.settings };
            assert_eq!(settings.problems(), [], "{:?}", view.preset);
            assert_eq!(settings.preset, view.preset);
        }
    }

    #[test]
    fn a_preset_that_was_never_run_says_so() {
        assert!(!Preset::SelfRenewing.tried());
    }
}
