//! What the keeper tells of its doings.

use crate::stage::{App, DUE, Farewell, Stage, Step, pass, settled};
use activity::Entry;
use engine::{Class, HOUR, MarkKind, SECOND, Trigger};
use keeper::activity::What;
use keeper::ports::ApiVerdict::TokenRefused;
use keeper::ports::Clock as _;
use keeper::record::Keep;
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn a_silent_renewal_is_told_from_its_trigger_to_its_saved_answer() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let [signed_in] = &stage.heard.exchanges()[..] else { panic!("one sign-in") };
    stage.heard.forget();
    pass_until_due(&stage, &app).await;
    app.until_renewed(1).await;
    assert_eq!(
        stage.heard.lines(),
        [
            "tick (deadline): resting → refreshing [refresh]",
            "disk: locked",
            "disk: read",
            "disk: intent_written",
            "refresh (deadline): good",
            "disk: answer_saved",
            "renewed: refreshing → resting [expose]",
        ]
    );
    let [renewed] = &stage.heard.exchanges()[..] else { panic!("one renewal") };
    assert_eq!(names(renewed).sent, names(signed_in).refresh);
    assert!(names(renewed).sent.is_some() && renewed.sent_before.is_none());
    // The name of the token that came is the one that the window shows.
    let drawn = app.shown().view.lifeline.tokens;
    assert_eq!(names(renewed).access, drawn.last().map(|bar| bar.fingerprint.clone()));
    assert_eq!(stage.heard.bars(), drawn);
    let What::Decision { why, next, .. } = &stage.heard.events()[0].what else { panic!() };
    assert_eq!(why, "renews what is due; what cannot be renewed ends at its end");
    assert_eq!(*next, None, "while it is asked, nothing has a time");
}

#[tokio::test]
async fn a_token_sent_twice_because_its_answer_was_lost_is_seen_to_be_the_same() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::UnknownOutcome)]);
    stage.clock.advance(DUE);
    app.until_status("waiting").await;
    stage.clock.advance(2 * SECOND);
    app.until_renewed(1).await;
    let [_, lost, again] = &stage.heard.exchanges()[..] else { panic!("two renewals") };
    assert_eq!(names(again).sent, names(lost).sent);
    assert_eq!((lost.sent_before, again.sent_before), (None, Some(lost.seq)));
    // The next token is another one.
    pass_until_due(&stage, &app).await;
    app.until_renewed(2).await;
    assert_eq!(stage.heard.exchanges().last().unwrap().sent_before, None);
}

#[tokio::test]
async fn a_token_sent_again_after_a_crash_is_seen_to_be_the_same() {
    let stage = Stage::new();
    stage.refreshing().await.kill().await;
    stage.server.let_go();
    let app = stage.start();
    app.until_status("waiting").await;
    stage.clock.advance(SECOND);
    app.until_renewed(1).await;
    let entries = stage.heard.entries();
    let intent = entries.iter().find(|it| matches!(it.what, What::Disk { token: Some(_), .. }));
    let intent = intent.unwrap();
    let What::Disk { token, .. } = &intent.what else { panic!() };
    let again = stage.heard.exchanges().pop().unwrap();
    assert_eq!(names(&again).sent, *token);
    assert_eq!(again.sent_before, Some(intent.seq));
}

#[tokio::test]
async fn a_token_that_never_left_was_not_sent() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::NotSent)]);
    stage.clock.advance(DUE);
    app.until_status("waiting").await;
    stage.clock.advance(10 * SECOND);
    app.until_renewed(1).await;
    let [_, failed, again] = &stage.heard.exchanges()[..] else { panic!("two renewals") };
    assert_eq!(names(failed).sent, None);
    assert!(names(again).sent.is_some() && again.sent_before.is_none());
}

#[tokio::test]
async fn a_server_that_keeps_its_refresh_token_is_not_accused_of_anything() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::GrantOnly(HOUR), Step::GrantOnly(HOUR)]);
    for times in 1..=2 {
        pass_until_due(&stage, &app).await;
        app.until_renewed(times).await;
    }
    let [_, first, second] = &stage.heard.exchanges()[..] else { panic!("two renewals") };
    assert_eq!(names(first).sent, names(second).sent);
    assert_eq!(names(first).refresh, names(first).sent);
    assert_eq!(second.sent_before, None);
}

#[tokio::test]
async fn nothing_of_a_session_in_memory_only_is_told_as_anything_else() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    let (_, before) = stage.heard.in_memory_and_not();
    app.sign_in(&stage.server, Keep::Memory).await.unwrap();
    pass_until_due(&stage, &app).await;
    app.until_renewed(1).await;
    app.keeper.call_api().await.unwrap();
    // Its end, and a late answer, too.
    stage.server.hold();
    app.keeper.tell(Trigger::Asked).await;
    stage.diary.until("asked", 2).await;
    app.keeper.sign_out().await;
    stage.server.let_go();
    stage.diary.until("gave back refresh-3", 1).await;
    pass(&stage, &app, 5 * SECOND).await;
    stage.diary.until("gave back refresh-2", 1).await;
    settled().await;
    app.keeper.look().await;
    let (in_memory, rest) = stage.heard.in_memory_and_not();
    assert_eq!(rest, before, "{:#?}", stage.heard.events());
    assert!(in_memory > 15, "{in_memory}");
    // The next one is told again.
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    let told = stage.heard.in_memory_and_not();
    assert_eq!(told.0, in_memory);
    assert!(told.1 > rest);
}

#[tokio::test]
async fn a_storm_of_focus_is_one_exchange_and_ticks_are_not_told() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    pass(&stage, &app, HOUR / 2).await;
    let quiet = stage.heard.events().len();
    for _ in 0..50 {
        app.keeper.look().await;
        app.token().await;
    }
    assert_eq!(stage.heard.events().len(), quiet);
    stage.server.hold();
    stage.clock.advance(DUE - HOUR / 2);
    for _ in 0..50 {
        app.keeper.tell(Trigger::Focus).await;
    }
    app.keeper.look().await;
    stage.server.let_go();
    app.until_renewed(1).await;
    assert_eq!(stage.heard.exchanges().len(), 2, "the sign-in and one renewal");
}

#[tokio::test]
async fn whoever_hears_that_all_is_forgotten_has_been_told_of_the_sign_out() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.heard.forget();
    app.keeper.forget().await.unwrap();
    let told = stage.heard.lines();
    assert!(told.contains(&"disk: sign_out_saved".to_owned()), "{told:?}");
}

#[tokio::test]
async fn the_api_and_the_sign_out_are_told_with_what_carried_them() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.heard.forget();
    stage.server.api_says([TokenRefused]);
    app.keeper.call_api().await.unwrap();
    stage.server.says_farewell([Farewell::Status(Some(503))]);
    app.keeper.sign_out().await;
    stage.diary.until("gave back", 1).await;
    app.until("it is tried again", |shown| shown.outbox.iter().any(|it| it.tries == 1)).await;
    let told: Vec<String> =
        stage.heard.lines().into_iter().filter(|line| !line.contains('→')).collect();
    assert_eq!(
        told,
        [
            "api (-): token_refused",
            "disk: locked",
            "disk: read",
            "disk: intent_written",
            "refresh (api_refused): good",
            "disk: answer_saved",
            "api (-): good",
            "disk: sign_out_saved",
            "sign_out (-): failed not_sent",
        ]
    );
    let all = stage.heard.exchanges();
    let [refused, renewed, again, _] = &all[..] else { panic!("{all:#?}") };
    assert_ne!(names(refused).sent, names(again).sent);
    assert_eq!(names(again).sent, names(renewed).access);
}

#[tokio::test]
async fn a_sign_out_is_marked_on_the_lifeline_of_the_session_that_it_ends() {
    for keep in [Keep::Disk, Keep::Memory] {
        let stage = Stage::new();
        let app = stage.start();
        app.until_status("signed_out").await;
        app.sign_in(&stage.server, keep).await.unwrap();
        app.keeper.sign_out().await;
        app.keeper.look().await;
        let in_memory = keep == Keep::Memory;
        assert_eq!(stage.heard.marks(in_memory), [MarkKind::SignIn, MarkKind::SignOut]);
        assert_eq!(stage.heard.marks(!in_memory), []);
    }
}

#[tokio::test]
async fn a_decision_says_what_was_left_of_the_token() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.heard.forget();
    stage.clock.advance(HOUR / 2);
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(1).await;
    // The clock's leap is told first, as a wake.
    let told = stage.heard.events().into_iter().filter_map(|event| {
        let What::Decision { trigger, left_ms, .. } = event.what else { return None };
        trigger.map(|trigger| (trigger, left_ms))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Trigger::Wake, Some(HOUR / 2)), (Trigger::Asked, Some(HOUR / 2))]
    );
}

#[tokio::test]
async fn a_server_is_told_of_a_token_by_the_name_it_had_before_the_restart() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let signed_in = stage.heard.exchanges().pop().unwrap();
    stage.server.hold_sign_outs();
    app.keeper.sign_out().await;
    stage.diary.until("gave back", 1).await;
    app.kill().await;
    stage.server.let_go_sign_outs();
    let app = stage.start();
    stage.diary.until("gave back", 2).await;
    stage.until_told().await;
    app.keeper.look().await;
    let told = stage.heard.exchanges().pop().unwrap();
    assert!(stage.heard.lines().contains(&"sign_out (-): good".to_owned()));
    assert_eq!(names(&told).sent, names(&signed_in).refresh);
}

#[tokio::test]
async fn a_disk_that_stays_full_is_told_of_once() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    stage.heard.forget();
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(1).await;
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    for _ in 0..20 {
        pass(&stage, &app, 5 * SECOND).await;
        settled().await;
    }
    let count = |start: &str| stage.heard.lines().iter().filter(|it| it.starts_with(start)).count();
    assert_eq!(count("disk: answer_saved, in vain"), 1, "{:#?}", stage.heard.lines());
    assert_eq!(count("unsaved"), 1);
    stage.vault.fail(None);
    // The last try before may still be on its way.
    while app.shown().view.unsaved.is_some() {
        pass(&stage, &app, 5 * SECOND).await;
        settled().await;
    }
    assert_eq!((count("disk: answer_saved"), count("saved")), (2, 1));
}

#[tokio::test]
async fn another_copys_renewal_is_told_as_taken_over() {
    let stage = Stage::new();
    let first = stage.signed_in().await;
    let second = stage.start_with(stage.vault.clone());
    second.until_status("resting").await;
    second.keeper.tell(Trigger::Asked).await;
    second.until_renewed(1).await;
    stage.heard.forget();
    first.keeper.tell(Trigger::Focus).await;
    first.until("it is taken over", |shown| shown.view.refreshes == 1).await;
    assert_eq!(
        stage.heard.lines(),
        ["came (focus): resting → resting []", "disk: adopted", "adopted: resting → resting []"]
    );
}

#[tokio::test]
async fn no_token_and_no_password_is_in_anything_told() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    pass_until_due(&stage, &app).await;
    app.until_renewed(1).await;
    app.keeper.call_api().await.unwrap();
    app.keeper.sign_out().await;
    stage.diary.until("gave back", 1).await;
    let told = format!("{:?} {:?}", stage.heard.events(), stage.heard.bars());
    for secret in ["access-", "refresh-", "planted"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test]
async fn tokens_are_looked_at_in_the_keeper_and_stay_there() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    let none = app.keeper.inspect(|tokens, marks| tokens.is_none() && marks.is_none()).await;
    assert_eq!(none, Some(true));
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    let (length, name) = app
        .keeper
        .inspect(|tokens, marks| {
            let access = &tokens.unwrap().access;
            (access.expose_secret().len(), marks.unwrap().of(access).to_string())
        })
        .await
        .unwrap();
    assert_eq!(length, "access-1".len());
    assert_eq!(name, app.shown().view.lifeline.tokens[0].fingerprint);
    app.keeper.quit().await;
    assert_eq!(app.keeper.inspect(|_, _| ()).await, None);
}

/// Lets time pass until the token is renewed, and no longer: a disk that takes a moment must not seem to
/// take seconds.
async fn pass_until_due(stage: &Stage, app: &App) {
    app.until_status("resting").await;
    let due = app.shown().view.next.unwrap().at_ms;
    pass(stage, app, due - stage.clock.now().wall.0).await;
}

/// The tokens of an exchange, by name.
struct Names {
    sent: Option<String>,
    access: Option<String>,
    refresh: Option<String>,
}

fn names(entry: &Entry) -> Names {
    let What::Exchange { sent, access, refresh, .. } = &entry.what else { panic!("{entry:?}") };
    Names { sent: sent.clone(), access: access.clone(), refresh: refresh.clone() }
}
