//! ID tokens of renewals: checked after the answer is saved, and before it is handed out.

use crate::stage::{App, DUE, Id, Stage, Wrote, pass, sentence, settled};
use engine::{HOUR, MINUTE, Outcome, SECOND, Trigger};
use keeper::activity::{Ending, Purpose, What};
use keeper::record::{IdCheck, Session};
use secrecy::ExposeSecret as _;

/// Signed in at a server that gives ID tokens; this comes of the checks of those that renewals bring.
async fn signed_in(ids: impl IntoIterator<Item = Id>) -> (Stage, App) {
    let stage = Stage::new();
    stage.server.gives_id_tokens(ids);
    let app = stage.signed_in().await;
    (stage, app)
}

/// The same; and the first renewal brought a bad one.
async fn badly_renewed(then: impl IntoIterator<Item = Id>) -> (Stage, App) {
    let (stage, app) = signed_in([Id::Bad].into_iter().chain(then)).await;
    stage.clock.advance(DUE);
    app.until_status("stopped").await;
    (stage, app)
}

fn stored(stage: &Stage) -> Session {
    stage.vault.record().unwrap().session.unwrap()
}

fn stored_id(stage: &Stage) -> String {
    stored(stage).tokens.id.map_or_else(|| "none".to_owned(), |id| id.expose_secret().to_owned())
}

#[tokio::test]
async fn an_answer_is_saved_as_unchecked_before_its_id_token_is_checked() {
    let (stage, app) = signed_in([]).await;
    stage.server.hold_checks();
    stage.clock.advance(DUE);
    stage.diary.until("checked id-2 against id-1", 1).await;
    assert_eq!((stage.stored().as_str(), stored(&stage).id_check), ("access-2", IdCheck::Pending));
    assert_eq!(app.token().await, "access-1");

    stage.server.let_go_checks();
    app.until_renewed(1).await;

    assert_eq!(app.token().await, "access-2");
    assert_eq!(stored(&stage).id_check, IdCheck::Passed);
    assert_eq!(app.shown().view.unsaved, None);
}

#[tokio::test]
async fn a_bad_one_keeps_the_new_access_token_back_and_the_new_refresh_token() {
    let (stage, app) = badly_renewed([]).await;

    assert_eq!(app.token().await, "access-1");
    assert_eq!(sentence(&app.shown()), "id_token");
    let kept = stored(&stage);
    assert_eq!((kept.id_check, kept.refreshes), (IdCheck::Failed, 1));
    assert_eq!(stage.diary.count("wrote refresh-2"), 2);
    // A bad one says nothing of whose session this is: the next is held against the last good one.
    assert_eq!(stored_id(&stage), "id-1");
    let held = app.keeper.inspect(|tokens, _| tokens.unwrap().access.expose_secret().len()).await;
    assert_eq!(held, Some("access-1".len()));
}

#[tokio::test]
async fn the_evidence_is_shown_and_told() {
    let (stage, app) = badly_renewed([]).await;
    let why = app.shown().view.why.unwrap();
    assert_eq!(why.what, Outcome::IdTokenBad);
    assert_eq!(why.exchange.unwrap().detail, "the ID token is somebody else's");

    let told: Vec<_> = stage
        .heard
        .exchanges()
        .into_iter()
        .filter_map(|entry| match entry.what {
            What::Exchange { purpose: Purpose::Keys, outcome, exchange, .. } => {
                Some((outcome, exchange.detail))
            }
            What::Decision { .. }
            | What::Exchange { .. }
            | What::Disk { .. }
            | What::Switch { .. }
            | What::App { .. } => None,
        })
        .collect();
    assert_eq!(told, [(Ending::IdTokenBad, "the ID token is somebody else's".to_owned())]);
}

#[tokio::test]
async fn the_renewal_due_by_the_old_tokens_end_happens_with_the_new_refresh_token_and_heals() {
    let (stage, app) = badly_renewed([]).await;
    stage.clock.advance(HOUR - DUE - MINUTE - SECOND);
    app.keeper.look().await;
    assert_eq!(stage.diary.count("asked"), 1);

    stage.clock.advance(SECOND);
    app.until_renewed(2).await;

    assert_eq!(stage.diary.count("asked with refresh-2"), 1);
    assert_eq!(stage.diary.count("checked id-3 against id-1"), 1);
    assert_eq!(app.token().await, "access-3");
    assert_eq!((stored(&stage).id_check, stored_id(&stage).as_str()), (IdCheck::Passed, "id-3"));
}

#[tokio::test]
async fn bad_again_at_the_end_nobody_gets_a_token_and_it_is_tried_hourly_until_it_heals() {
    let (stage, app) = badly_renewed([Id::Bad, Id::Bad]).await;
    stage.clock.advance(HOUR - DUE);
    stage.diary.until("asked with refresh-2", 1).await;
    app.until("it is stopped", |shown| shown.view.refreshes == 2 && sentence(shown) == "id_token")
        .await;
    assert_eq!(app.token().await, "none");

    for renewed in 3..=4 {
        stage.clock.advance(HOUR + SECOND);
        app.until("it is tried", |shown| shown.view.refreshes == renewed).await;
    }
    app.until_status("resting").await;
    assert_eq!(app.token().await, "access-5");
}

#[tokio::test]
async fn the_person_may_try_again_at_once() {
    let (stage, app) = badly_renewed([]).await;
    app.keeper.tell(Trigger::Focus).await;
    app.keeper.look().await;
    assert_eq!(stage.diary.count("asked"), 1);
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(2).await;
    assert_eq!(app.token().await, "access-3");
}

#[tokio::test]
async fn without_keys_the_token_is_handed_out_and_the_check_made_up() {
    let (stage, app) = signed_in([Id::NoKeys, Id::NoKeys]).await;
    stage.clock.advance(DUE);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stored(&stage).id_check, IdCheck::Pending);
    let told = stage.heard.lines();
    assert!(told.contains(&"keys (-): failed not_sent".to_owned()), "{told:#?}");

    // In ticks: after a long pause it would be a wake.
    pass(&stage, &app, MINUTE - SECOND).await;
    settled().await;
    assert_eq!(stage.diary.count("checked"), 1);
    pass(&stage, &app, SECOND).await;
    stage.diary.until("checked id-2 against id-1", 2).await;
    settled().await;
    pass(&stage, &app, 2 * MINUTE - SECOND).await;
    settled().await;
    assert_eq!(stage.diary.count("checked"), 2);
    pass(&stage, &app, SECOND).await;
    stage.until_stored("that it is good", |held| held.id_check == IdCheck::Passed).await;
    assert_eq!(stage.diary.count("checked id-2 against id-1"), 3);
}

#[tokio::test]
async fn a_network_that_is_back_brings_the_check_forward() {
    let (stage, app) = signed_in([Id::NoKeys]).await;
    stage.clock.advance(DUE);
    app.until_renewed(1).await;
    app.keeper.tell(Trigger::NetworkBack).await;
    stage.until_stored("that it is good", |held| held.id_check == IdCheck::Passed).await;
    assert_eq!(stage.diary.count("checked"), 2);
}

#[tokio::test]
async fn the_server_is_asked_about_the_session_by_no_id_token_that_was_not_checked() {
    let (stage, app) = signed_in([Id::NoKeys, Id::NoKeys]).await;
    stage.clock.advance(DUE);
    app.until_renewed(1).await;
    app.keeper.confirm().await.unwrap();
    assert_eq!(stage.diary.count("asked about access-2 id-1"), 1);
    let hint = app.keeper.id_token().await;
    assert_eq!(hint.map(|id| id.expose_secret().to_owned()).as_deref(), Some("id-1"));
    app.kill().await;

    // After a restart the one of before is not known: none is better than another person's.
    let app = stage.start();
    app.until_status("resting").await;
    app.keeper.confirm().await.unwrap();
    assert_eq!(stage.diary.count("asked about access-2 nothing"), 1);
    assert!(app.keeper.id_token().await.is_none());
}

#[tokio::test]
async fn the_next_renewal_makes_a_check_needless_and_is_held_against_what_was_good() {
    let (stage, app) = signed_in([Id::NoKeys]).await;
    stage.clock.advance(DUE);
    app.until_renewed(1).await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(2).await;
    assert_eq!(stage.diary.count("checked id-3 against id-1"), 1);
    stage.clock.advance(10 * MINUTE);
    app.keeper.look().await;
    settled().await;
    assert_eq!(stage.diary.count("checked"), 2);
}

#[tokio::test]
async fn a_check_that_was_made_up_and_is_bad_withdraws_the_token_and_renews_at_once() {
    let (stage, app) = signed_in([Id::NoKeys, Id::Bad, Id::Bad]).await;
    stage.clock.advance(DUE);
    app.until_renewed(1).await;
    app.keeper.tell(Trigger::NetworkBack).await;
    stage.diary.until("asked with refresh-2", 1).await;
    let shown = app.until_status("stopped").await;
    assert_eq!((sentence(&shown).as_str(), shown.view.refreshes), ("id_token", 2));
    assert_eq!(app.token().await, "none");
    stage.clock.advance(HOUR + SECOND);
    app.until_renewed(3).await;
    assert_eq!(app.token().await, "access-4");
    assert_eq!(stage.diary.count("checked id-4 against id-1"), 1);
}

#[tokio::test]
async fn keys_that_hang_hold_nobody_up_for_longer_than_ten_seconds() {
    let (stage, app) = signed_in([]).await;
    stage.server.hold_checks();
    stage.clock.advance(DUE);
    stage.diary.until("checked", 1).await;
    stage.clock.advance(10 * SECOND);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stored(&stage).id_check, IdCheck::Pending);
}

#[tokio::test]
async fn a_process_that_ends_before_the_check_makes_it_up_at_the_next_start() {
    let (stage, app) = signed_in([]).await;
    stage.server.hold_checks();
    stage.clock.advance(DUE);
    stage.diary.until("checked", 1).await;
    app.kill().await;
    let app = stage.start();
    app.until_status("resting").await;
    assert_eq!(app.token().await, "access-2");
    stage.diary.until("checked id-2", 2).await;
    stage.server.let_go_checks();
    stage.until_stored("that it is good", |held| held.id_check == IdCheck::Passed).await;
    assert_eq!(stage.diary.count("asked"), 1);
    // The ID token of before is not known any more; whose session it is, is.
    assert_eq!(stage.diary.lines().last().map(String::as_str), Some("wrote refresh-2"));
    assert_eq!(stage.diary.count("checked id-2 against id-1"), 1);
    assert_eq!(stage.diary.count("checked id-2 of alice"), 1);
}

#[tokio::test]
async fn a_check_that_is_bad_after_a_restart_withdraws_the_token() {
    let (stage, app) = signed_in([]).await;
    stage.server.hold_checks();
    stage.clock.advance(DUE);
    stage.diary.until("checked", 1).await;
    app.kill().await;
    stage.server.let_go_checks();
    stage.server.gives_id_tokens([Id::Bad, Id::Bad]);
    let app = stage.start();
    let shown = app.until_status("stopped").await;
    assert_eq!(sentence(&shown), "id_token");
    assert_eq!(app.token().await, "none");
    stage.until_stored("that it is bad", |held| held.id_check == IdCheck::Failed).await;
    // The bad one of before is not what the next one is held against.
    assert_eq!(
        stage.diary.lines().iter().filter(|line| *line == "checked id-3 of alice").count(),
        1
    );
}

#[tokio::test]
async fn a_start_does_not_hand_out_what_came_with_a_bad_one_and_tries_at_once() {
    let (stage, app) = badly_renewed([Id::Bad]).await;
    app.kill().await;
    let app = stage.start();
    stage.diary.until("asked with refresh-2", 1).await;
    app.until_status("stopped").await;
    assert_eq!(app.token().await, "none");
    stage.clock.advance(HOUR + SECOND);
    app.until_renewed(3).await;
    assert_eq!(app.token().await, "access-4");
}

#[tokio::test]
async fn that_it_is_good_need_not_be_written_down_at_once() {
    let (stage, app) = signed_in([]).await;
    stage.server.hold_checks();
    stage.clock.advance(DUE);
    stage.diary.until("checked", 1).await;
    stage.vault.disk_is_full();
    stage.server.let_go_checks();
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    assert_eq!(app.shown().view.unsaved, None);
    assert_eq!(stored(&stage).id_check, IdCheck::Pending);
}

#[tokio::test]
async fn a_disk_that_hangs_after_the_check_holds_nobody_up_for_longer_than_two_seconds() {
    let (stage, app) = signed_in([]).await;
    stage.server.hold_checks();
    stage.clock.advance(DUE);
    stage.diary.until("checked", 1).await;
    let _hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go_checks();
    stage.diary.until("hangs", 1).await;
    stage.clock.advance(2 * SECOND);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    assert_eq!(app.shown().view.unsaved, None);
}

#[tokio::test]
async fn a_bad_one_that_could_not_be_saved_is_bad_once_it_can() {
    let (stage, app) = signed_in([Id::Bad]).await;
    stage.server.hold();
    stage.clock.advance(DUE);
    stage.diary.until("asked", 1).await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    assert_eq!(app.token().await, "access-1");
    assert_eq!(stage.stored(), "access-1");
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!((stage.stored().as_str(), stored(&stage).id_check), ("access-2", IdCheck::Failed));
    assert_eq!(app.token().await, "access-1");
}

#[tokio::test]
async fn a_sign_out_gives_back_what_renews_by_then() {
    let (stage, app) = badly_renewed([]).await;
    app.keeper.sign_out().await;
    stage.diary.until("gave back refresh-2", 1).await;
    assert_eq!(app.token().await, "none");
}

#[tokio::test]
async fn another_copy_goes_on_with_the_token_it_has_and_does_not_ask() {
    let (stage, first) = signed_in([Id::Bad]).await;
    let second = stage.start();
    second.until_status("resting").await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_status("stopped").await;

    stage.clock.advance(5 * SECOND);
    let shown = second.until_status("stopped").await;

    assert_eq!((sentence(&shown).as_str(), shown.view.refreshes), ("id_token", 1));
    assert_eq!(second.token().await, "access-1");
    assert_eq!(stage.diary.count("asked"), 1);
    // And again at the next look, and the next.
    stage.clock.advance(5 * SECOND);
    second.keeper.look().await;
    settled().await;
    assert_eq!(second.token().await, "access-1");
    second.keeper.tell(Trigger::Asked).await;
    second.until_renewed(2).await;
    assert_eq!(stage.diary.count("asked with refresh-2"), 1);
    assert_eq!(second.token().await, "access-3");
    stage.clock.advance(5 * SECOND);
    first.until_renewed(2).await;
    assert_eq!(first.token().await, "access-3");
}

#[tokio::test]
async fn another_copy_checks_for_itself_what_could_not_be_checked() {
    let (stage, first) = signed_in([Id::NoKeys, Id::Bad]).await;
    let second = stage.start();
    second.until_status("resting").await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    stage.server.hold();

    stage.clock.advance(5 * SECOND);
    second.until("it is withdrawn", |shown| shown.view.refreshes == 1).await;
    stage.diary.until("checked id-2 against id-1", 2).await;
    stage.until_stored("that it is bad", |held| held.id_check == IdCheck::Failed).await;
    stage.diary.until("asked with refresh-2", 1).await;

    // What the one knows the other one sees.
    stage.clock.advance(5 * SECOND);
    first.until_status("stopped").await;
    assert_eq!(first.token().await, "none");
    stage.server.let_go();
    second.until_renewed(2).await;
    stage.clock.advance(5 * SECOND);
    first.until_renewed(2).await;
    assert_eq!(first.token().await, "access-3");
}

#[tokio::test]
async fn no_id_token_is_in_anything_told() {
    let (stage, app) = badly_renewed([Id::NoKeys]).await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(2).await;
    let told = format!("{:?} {:?}", stage.heard.events(), app.shown());
    for secret in ["access-", "refresh-", "id-1", "id-2", "id-3"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}
