//! What is told of a whole session over the real pieces: enough to follow it, and no secret.

use crate::desk::{DUE, Desk, an_hour};
use activity::{Activity, Entry, ExportFormat, Limits};
use demo_server::{ALICE, FaultKind};
use keeper::activity::{Purpose, What};
use keeper::clock::SystemClock;
use keeper::record::Keep;
use std::sync::Arc;

#[tokio::test]
async fn a_whole_session_is_told_without_a_secret_in_memory_on_disk_and_in_what_is_exported() {
    let (desk, activity) = told().await;
    let app = desk.sign_in().await;
    app.pass(&desk, DUE).await;
    app.until_renewed(1).await;
    app.keeper.call_api().await.unwrap();
    desk.refreshes_meet(FaultKind::NotJson).await;
    app.keeper.tell(engine::Trigger::Asked).await;
    app.until_status("waiting").await;
    desk.set(an_hour()).await;
    app.keeper.sign_out().await;
    app.until("the server knows", |shown| shown.outbox.is_empty()).await;
    app.close().await;
    activity.flush().await;

    let told: Vec<Purpose> = exchanges(&activity).iter().map(|it| it.0).collect();
    for purpose in [Purpose::SignIn, Purpose::Refresh, Purpose::Api, Purpose::SignOut] {
        assert!(told.contains(&purpose), "{purpose:?} in {told:?}");
    }
    let mut everything = String::from_utf8_lossy(&desk.on_disk()).into_owned();
    assert!(everything.contains("intent_written"), "it is on disk");
    for format in [ExportFormat::JsonLines, ExportFormat::Markdown] {
        let mut exported = Vec::new();
        activity.export(format, 0, &mut exported).unwrap();
        everything.push_str(&String::from_utf8(exported).unwrap());
    }
    for seq in activity.entries().iter().map(|entry| entry.seq) {
        everything.extend(activity.curl(seq));
    }
    assert!(everything.contains("curl --request POST"));
    for secret in desk.secrets() {
        assert!(!everything.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn the_six_characters_of_an_exchange_stand_in_its_request_and_its_answer() {
    let (desk, activity) = told().await;
    let app = desk.sign_in().await;
    app.pass(&desk, DUE).await;
    app.until_renewed(1).await;
    let told = exchanges(&activity);
    let renewal = told.iter().find(|it| it.0 == Purpose::Refresh).unwrap();
    let What::Exchange { sent, access, refresh, exchange, .. } = &renewal.1.what else { panic!() };
    let mark = |name: &Option<String>| format!("‹token {}›", name.as_ref().unwrap());
    let (request, answer) = (exchange.request.join("\n"), exchange.response.join("\n"));
    assert!(request.contains(&mark(sent)), "{request}");
    assert!(answer.contains(&mark(access)) && answer.contains(&mark(refresh)), "{answer}");
}

#[tokio::test]
async fn a_session_in_memory_only_leaves_no_trace_of_what_it_did() {
    let (desk, activity) = told().await;
    let app = desk.launch();
    app.until_status("signed_out").await;
    activity.flush().await;
    let before = written(&desk);
    app.sign_in(&desk, ALICE.password, Keep::Memory).await.unwrap();
    app.pass(&desk, DUE).await;
    app.until_renewed(1).await;
    app.keeper.call_api().await.unwrap();
    app.keeper.sign_out().await;
    app.until("the server knows", |shown| shown.outbox.is_empty()).await;
    app.close().await;
    activity.flush().await;
    assert_eq!(written(&desk), before);
    assert!(exchanges(&activity).len() >= 4, "it is told all the same");
}

async fn told() -> (Desk, Arc<Activity>) {
    let mut desk = Desk::with(an_hour()).await;
    let folder = desk.folder.path().join("activity");
    let activity = Activity::open(&folder, Limits::default(), Arc::new(SystemClock::new()));
    desk.recorder = Arc::clone(&activity) as Arc<dyn keeper::activity::Recorder>;
    (desk, activity)
}

fn exchanges(activity: &Activity) -> Vec<(Purpose, Entry)> {
    let purpose = |entry: Entry| match &entry.what {
        What::Exchange { purpose, .. } => Some((*purpose, entry)),
        What::Decision { .. } | What::Disk { .. } | What::Switch { .. } | What::App { .. } => None,
    };
    activity.entries().into_iter().filter_map(purpose).collect()
}

/// What the activity has written.
fn written(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let Ok(folder) = std::fs::read_dir(desk.folder.path().join("activity")) else { return vec![] };
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
    };
    let mut files: Vec<_> = folder.map(|entry| file(entry.unwrap())).collect();
    files.sort();
    files
}
