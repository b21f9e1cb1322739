use super::*;
use crate::settings::{Header, Login};

fn at(base_url: &str) -> AccountSettings {
    AccountSettings { base_url: base_url.into(), ..AccountSettings::default() }
}

fn fields(settings: &AccountSettings) -> Vec<String> {
    settings.problems().into_iter().map(|problem| problem.field).collect()
}

#[test]
fn only_https_or_this_computer_is_asked() {
    for good in [
        "https://auth.example.com",
        "https://auth.example.com:8443/v1/",
        "http://127.0.0.1:8080",
        "http://127.8.9.1",
        "http://[::1]:80",
        "http://localhost:3000",
    ] {
        assert_eq!(fields(&at(good)), Vec::<String>::new(), "{good}");
    }
    for bad in [
        "",
        "auth.example.com",
        "http://auth.example.com",
        "http://localhost.example.com",
        "http://128.0.0.1",
        "ftp://auth.example.com",
        "https://alice:pw@auth.example.com",
        "https://auth.example.com?x=1",
        "https://auth.example.com/#x",
        "data:text/plain,x",
    ] {
        assert_eq!(fields(&at(bad)), ["baseUrl"], "{bad}");
    }
}

#[test]
fn paths_stay_below_the_base_and_keep_their_last_slash_and_query() {
    let mut settings = at("https://auth.example.com/v1/");
    settings.login.path = "api/token/".into();
    settings.refresh.path = "//evil.example.com/token?grant_type=refresh_token".into();
    let plan = Plan::of(&settings).unwrap();
    assert_eq!(plan.login.as_str(), "https://auth.example.com/v1/api/token/");
    let refresh = "https://auth.example.com/v1/evil.example.com/token?grant_type=refresh_token";
    assert_eq!(plan.refresh.as_str(), refresh);
    assert_eq!(plan.logout.unwrap().1.path(), "/v1/api/logout");
    assert_eq!(plan.api.unwrap().0.path(), "/v1/api/me");
    for outside in ["https://evil.example.com/login", "../evil/login", "a/%2e%2E/..", "/.."] {
        settings.login.path = outside.into();
        assert_eq!(fields(&settings), ["login.path"], "{outside}");
    }
}

#[test]
fn every_field_that_cannot_be_used_is_named() {
    let mut settings = at("https://auth.example.com");
    settings.login =
        Login { path: String::new(), user_field: "/a".into(), password_field: "/a/b".into() };
    settings.refresh.with = RenewWith::Body { field: String::new() };
    settings.answer.access_token = "token".into();
    settings.answer.lifetime = "/a~2".into();
    settings.refused.statuses = vec![401, 200];
    settings.logout = Some(Logout { method: "GET".into(), ..Logout::default() });
    settings.api = Some(Api { header: "not a name".into(), ..Api::default() });
    settings.headers = vec![
        Header { name: "X-Client".into(), value: "desktop".into() },
        Header { name: "Content-Length".into(), value: "3".into() },
        Header { name: "X-Line".into(), value: "a\r\nb: c".into() },
    ];
    settings.assumed_lifetime_s = 0;
    assert_eq!(
        fields(&settings),
        [
            "login.path",
            "login.passwordField",
            "refresh.with.field",
            "answer.accessToken",
            "answer.lifetime",
            "refused.statuses",
            "logout.method",
            "api.header",
            "headers.1.name",
            "headers.2.value",
            "assumedLifetimeS",
        ]
    );
}

#[test]
fn what_is_not_used_need_not_be_filled_in() {
    let mut settings = at("https://auth.example.com");
    settings.refresh.path = String::new();
    settings.refresh.with = RenewWith::Nothing;
    settings.answer.refresh_token = String::new();
    settings.answer.lifetime = String::new();
    settings.logout = None;
    settings.api = None;
    assert_eq!(fields(&settings), Vec::<String>::new());
}
