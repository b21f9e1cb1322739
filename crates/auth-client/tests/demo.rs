//! Against the demo server, over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::{
    AccountSettings, AnswerShape, CheckReport, LifetimeForm, Preset, RenewWith, TokenApi, Topic,
    Verdict, check,
};
use common::{Noon, told};
use demo_server::{
    ALICE, Clock, Endpoint, Fault, FaultBody, FaultKind, LifetimeShape, RetryAfter, Running,
    Switches, TellRefreshToken,
};
use engine::{Class, Lifetime};
use keeper::ports::{Answer, ApiVerdict, AuthServer as _, Call, Credentials, Marks};
use secrecy::ExposeSecret as _;
use std::sync::Arc;

#[tokio::test]
async fn a_session_lives_from_sign_in_to_sign_out() {
    let demo = Demo::with(Switches::default()).await;
    let api = demo.api(AccountSettings::default());
    let signed_in = api.sign_in(&alice(ALICE.password), &Marks::fresh()).await.unwrap();
    assert_eq!(signed_in.lifetime, Lifetime::Told(20_000));
    let renewed = api.refresh(&signed_in.tokens, Call::default(), &Marks::fresh()).await.unwrap();
    assert_ne!(told(&renewed.tokens.renewal), told(&signed_in.tokens.renewal));
    let said = api.call_api(&renewed.tokens.access, &Marks::fresh()).await.unwrap();
    assert_eq!(said.verdict, ApiVerdict::Accepted);
    assert!(api.sign_out(&renewed.tokens, &Marks::fresh()).await.unwrap().is_some());
    let refused = api.refresh(&renewed.tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!(refused.class, Class::Refused);
    let said = api.call_api(&renewed.tokens.access, &Marks::fresh()).await.unwrap();
    assert_eq!(said.verdict, ApiVerdict::TokenRefused);
    assert_eq!(said.exchange.code.as_deref(), Some("invalid_token"));
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    for envelope in [false, true] {
        let demo = Demo::with(Switches { envelope, ..Switches::default() }).await;
        let api = demo.api(AccountSettings::default());
        let refused = api.sign_in(&alice("looking-glass"), &Marks::fresh()).await.unwrap_err();
        assert_eq!(refused.class, Class::Refused, "envelope {envelope}: {refused:?}");
    }
}

#[tokio::test]
async fn the_cookie_form_and_the_envelope_work_together() {
    let switches = Switches { cookie_form: true, envelope: true, ..Switches::default() };
    let demo = Demo::with(switches).await;
    let api = demo.api(Preset::Cookie.settings());
    let signed_in = api.sign_in(&alice(ALICE.password), &Marks::fresh()).await.unwrap();
    let renewed = api.refresh(&signed_in.tokens, Call::default(), &Marks::fresh()).await.unwrap();
    let again = api.refresh(&renewed.tokens, Call::default(), &Marks::fresh()).await.unwrap();
    assert_ne!(told(&again.tokens.renewal), told(&renewed.tokens.renewal));
    api.sign_out(&again.tokens, &Marks::fresh()).await.unwrap();
    let refused = api.refresh(&again.tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!((refused.class, refused.exchange.status), (Class::Refused, Some(200)));
}

#[tokio::test]
async fn every_shape_of_a_lifetime_is_read() {
    let told = |shape| {
        let absolute = matches!(shape, LifetimeShape::Absolute | LifetimeShape::Year9999);
        let (place, form) = if absolute {
            ("/expiresAt", LifetimeForm::Absolute)
        } else if shape == LifetimeShape::Milliseconds {
            ("/expiresIn", LifetimeForm::Milliseconds)
        } else {
            ("/expiresIn", LifetimeForm::Seconds)
        };
        let shape_of_answer =
            AnswerShape { lifetime: place.into(), lifetime_form: form, ..AnswerShape::default() };
        async move {
            // An hour ahead: an absolute end must go by the server's own Date.
            let demo = Demo::with(Switches {
                lifetime_shape: shape,
                clock_offset_ms: 3_600_000,
                ..Switches::default()
            })
            .await;
            let settings =
                AccountSettings { answer: shape_of_answer, ..AccountSettings::default() };
            demo.sign_in(settings).await.lifetime
        }
    };
    let unknown = |words: &str| Lifetime::Unknown(Some(words.into()));
    assert_eq!(told(LifetimeShape::Seconds).await, Lifetime::Told(20_000));
    assert_eq!(told(LifetimeShape::Text).await, Lifetime::Told(20_000));
    assert_eq!(told(LifetimeShape::Fraction).await, Lifetime::Told(19_500));
    assert_eq!(told(LifetimeShape::Milliseconds).await, Lifetime::Told(20_000));
    assert_eq!(told(LifetimeShape::Zero).await, unknown("0"));
    assert_eq!(told(LifetimeShape::Negative).await, unknown("-1"));
    assert_eq!(told(LifetimeShape::Words).await, unknown("soon"));
    assert_eq!(told(LifetimeShape::Absent).await, Lifetime::Unknown(None));
    assert_eq!(told(LifetimeShape::Year9999).await, unknown("9999-12-31T23:59:59Z"));
    // Date has no fractions, so that up to a second may be added.
    let Lifetime::Told(ms) = told(LifetimeShape::Absolute).await else { panic!("no lifetime") };
    assert!((20_000..=21_000).contains(&ms), "{ms}");
}

#[tokio::test]
async fn every_fault_of_a_refresh_has_its_class_and_is_met_once() {
    let status = |code, retry_after, body| FaultKind::Status {
        code,
        retry_after,
        body,
        after_handling: false,
    };
    use FaultBody::{Html, Json, None as Empty};
    for (kind, class) in [
        (status(429, Some(RetryAfter::Seconds(7)), Json), Class::Throttled),
        (status(503, Some(RetryAfter::Date(7)), Json), Class::Throttled),
        (status(503, None, Html), Class::ServerTrouble),
        (status(500, None, Empty), Class::ServerTrouble),
        (status(502, None, Html), Class::UnknownOutcome),
        (status(403, None, Html), Class::NotTheAuthServer),
        (status(400, None, Json), Class::UnclearRefusal),
        (FaultKind::Html200, Class::NotTheAuthServer),
        (FaultKind::EmptyBody, Class::UnknownOutcome),
        (FaultKind::NotJson, Class::UnknownOutcome),
        (FaultKind::TruncatedBody, Class::UnknownOutcome),
        (FaultKind::HugeBody, Class::UnknownOutcome),
        (FaultKind::WithoutToken, Class::UnclearRefusal),
        (FaultKind::Refuse, Class::Refused),
        (FaultKind::Bare401, Class::UnclearRefusal),
        (FaultKind::DropAfterRotating, Class::UnknownOutcome),
        (FaultKind::DropBeforeHandling, Class::UnknownOutcome),
    ] {
        let demo = Demo::with(Switches { fault: Fault::from(kind), ..Switches::default() }).await;
        let api = demo.api(AccountSettings::default());
        let signed_in = api.sign_in(&alice(ALICE.password), &Marks::fresh()).await.unwrap();
        let failure =
            api.refresh(&signed_in.tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
        assert_eq!(failure.class, class, "{kind:?}: {failure:?}");
        let counters = demo.running.control().counters().await.unwrap();
        assert_eq!((counters.refreshes, counters.faults_shown), (1, 1), "{kind:?}");
        if class == Class::Throttled {
            let wait = failure.retry_after_ms.unwrap();
            assert!((6_000..=8_000).contains(&wait), "{kind:?}: {wait}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_gone_was_not_asked() {
    let demo = Demo::with(Switches::default()).await;
    let api = demo.api(AccountSettings::default());
    demo.running.shutdown().await;
    let failure = api.sign_in(&alice(ALICE.password), &Marks::fresh()).await.unwrap_err();
    assert_eq!(failure.class, Class::NotSent);
    assert_eq!(failure.exchange.detail, "connection refused");
    assert_eq!(failure.exchange.status, None);
}

#[tokio::test]
async fn a_check_finds_everything_in_order_where_it_is() {
    let demo = Demo::with(Switches::default()).await;
    let report = demo.check(AccountSettings::default(), ALICE.password).await;
    assert!(report.works, "{report:?}");
    let topics: Vec<Topic> = report.findings.iter().map(|finding| finding.topic).collect();
    assert_eq!(topics, IN_ORDER);
    for finding in &report.findings {
        // The clock of these tests stands at another day than the server's.
        let expected = if finding.topic == Topic::Clock { Verdict::Note } else { Verdict::Good };
        assert_eq!(finding.verdict, expected, "{finding:?}");
    }
    let asked: Vec<&str> =
        report.exchanges.iter().map(|one| one.url.rsplit('/').next().unwrap()).collect();
    assert_eq!(asked, ["login", "refresh_token", "me", "logout"]);
    assert_eq!(detail(&report, Topic::Lifetime), "20 s, told in seconds at /expiresIn");
}

#[tokio::test]
async fn a_check_names_the_field_that_is_wrong_and_says_what_it_did_not_try() {
    let demo = Demo::with(Switches::default()).await;
    let report = demo.check(AccountSettings::default(), "looking-glass").await;
    assert!(!report.works);
    assert_eq!(bad(&report), [(Topic::SignIn, Some("user"))]);
    assert_eq!(report.exchanges.len(), 1);
    assert_eq!(report.findings.len(), IN_ORDER.len());
    let untried = report.findings.iter().filter(|one| one.verdict == Verdict::NotTried).count();
    assert_eq!(untried, 8);

    let mut settings = AccountSettings::default();
    settings.login.path = "/api/sign_in".into();
    assert_eq!(
        bad(&demo.check(settings, ALICE.password).await),
        [(Topic::SignIn, Some("login.path"))]
    );

    let mut settings = AccountSettings::default();
    settings.answer.access_token = "/accessToken".into();
    let report = demo.check(settings, ALICE.password).await;
    assert_eq!(bad(&report), [(Topic::SignIn, Some("answer.accessToken"))]);

    let mut settings = AccountSettings::default();
    settings.answer.refresh_token = "/refresh".into();
    let report = demo.check(settings, ALICE.password).await;
    assert_eq!(bad(&report), [(Topic::Renewal, Some("answer.refreshToken"))]);
    assert!(!report.works);

    let settings = AccountSettings { base_url: "http://x.example".into(), ..Default::default() };
    let report = check(&settings, &ALICE.password.into(), Arc::new(Noon)).await;
    assert_eq!(bad(&report), [(Topic::Settings, Some("baseUrl")), (Topic::Settings, Some("user"))]);
    assert!(report.exchanges.is_empty());
}

#[tokio::test]
async fn a_server_that_cannot_renew_works_where_the_settings_say_so() {
    let switches = Switches {
        tell_refresh_token: TellRefreshToken::Never,
        fault: Fault::from(FaultKind::Refuse).on([Endpoint::Refresh]),
        ..Switches::default()
    };
    let demo = Demo::with(switches).await;
    let mut settings = AccountSettings { logout: None, api: None, ..AccountSettings::default() };
    settings.refresh.with = RenewWith::Nothing;
    let report = demo.check(settings, ALICE.password).await;
    assert!(report.works, "{report:?}");
    assert_eq!(bad(&report), []);
    let untried: Vec<Topic> = report
        .findings
        .iter()
        .filter(|one| one.verdict == Verdict::NotTried)
        .map(|one| one.topic)
        .collect();
    assert_eq!(untried, [Topic::Refresh, Topic::Rotation, Topic::Api, Topic::SignOut]);
}

#[tokio::test]
async fn a_refused_refresh_does_not_work() {
    let fault = Fault::from(FaultKind::Refuse);
    let demo = Demo::with(Switches { fault, ..Switches::default() }).await;
    let report = demo.check(AccountSettings::default(), ALICE.password).await;
    assert!(!report.works);
    assert_eq!(bad(&report), [(Topic::Refresh, Some("refresh.with"))]);
    assert_eq!(detail(&report, Topic::Refresh), "refused: invalid_grant");
}

const IN_ORDER: [Topic; 11] = [
    Topic::Settings,
    Topic::Reach,
    Topic::SignIn,
    Topic::AccessToken,
    Topic::Lifetime,
    Topic::Renewal,
    Topic::Refresh,
    Topic::Rotation,
    Topic::Api,
    Topic::Clock,
    Topic::SignOut,
];

fn bad(report: &CheckReport) -> Vec<(Topic, Option<&str>)> {
    report
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Bad)
        .map(|finding| (finding.topic, finding.field.as_deref()))
        .collect()
}

fn detail(report: &CheckReport, topic: Topic) -> &str {
    &report.findings.iter().find(|finding| finding.topic == topic).unwrap().detail
}

fn alice(password: &str) -> Credentials {
    Credentials { user: ALICE.username.into(), password: password.into() }
}

struct Demo {
    running: Running,
}

impl Demo {
    async fn with(switches: Switches) -> Self {
        let running = Running::in_memory(switches, Clock::system()).await.unwrap();
        Self { running }
    }

    fn settings(&self, settings: AccountSettings) -> AccountSettings {
        let (base_url, user) = (self.running.base_url(), ALICE.username.into());
        AccountSettings { base_url, user, ..settings }
    }

    fn api(&self, settings: AccountSettings) -> TokenApi {
        TokenApi::new(self.settings(settings), Arc::new(Noon)).unwrap()
    }

    async fn sign_in(&self, settings: AccountSettings) -> Answer {
        let answer =
            self.api(settings).sign_in(&alice(ALICE.password), &Marks::fresh()).await.unwrap();
        assert!(!answer.tokens.access.expose_secret().is_empty());
        answer
    }

    async fn check(&self, settings: AccountSettings, password: &str) -> CheckReport {
        check(&self.settings(settings), &password.into(), Arc::new(Noon)).await
    }
}
