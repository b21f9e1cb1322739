//! The disk is full, for real: a file system of its own, filled to the last byte.

use demo_server::Switches;

use crate::harness::{App, AppFolder, Desk, Options, OwnServer, SOON, SmallDisk, id};

/// A token of ten minutes is renewed in the eighth, and is in its last moments in the tenth.
const TEN_MINUTES: u64 = 600_000;

#[tokio::test]
async fn a_full_disk_puts_the_renewal_off_until_the_last_moments_and_costs_nothing() {
    let short = Switches { access_lifetime_ms: TEN_MINUTES, ..Switches::default() };
    let server = OwnServer::start(short).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let Some(disk) = SmallDisk::under(&folder).await else {
        println!("skipped: this user may not mount a disk, not even one of their own");
        return;
    };
    let on_disk = || Options { disk: Some(&disk), ..Options::default() };
    let app = App::start(&desk, &folder, on_disk()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.renew_now().await;
    let first = app.fingerprint().await;
    disk.fill();

    // It is time to renew.
    app.sleep(485_000).await;

    app.says(
        "put_off",
        [
            "Signed in until *. The disk is full, so renewal waits; next try in *.",
            "登录有效至 *。磁盘已满，暂缓续期，* 后重试。",
        ],
    )
    .await;
    assert_eq!(server.counters().await.refreshes, 1, "what could not be written down is not sent");
    assert_eq!(app.fingerprint().await, first);

    // Its last moments are near: an answer that is not saved is better than none.
    app.sleep(60_000).await;
    app.says(
        "unsaved",
        [
            "Signed in, but not saved: the disk is full. Don't close the app.",
            "已登录但未保存：磁盘已满，请勿关闭应用。",
        ],
    )
    .await;
    assert_ne!(app.fingerprint().await, first);
    app.shows("[data-fact=kept] dd", ["memory for now; not on disk", "暂存内存，未写入磁盘"]).await;
    let counters = server.counters().await;
    assert_eq!((counters.logins, counters.refreshes_granted), (1, 2));

    disk.make_room();
    app.wait_for_sentence("resting", SOON * 2).await;
    app.goes_on().await;
    let token = app.fingerprint().await;
    assert_eq!(app.terminate().await, 0);
    let app = App::start(&desk, &folder, on_disk()).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;
    app.goes_on().await;
    let renewed = server.counters().await.refreshes_granted > 2;
    assert!(renewed || app.fingerprint().await == token, "it is the session that was saved");
    let counters = server.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
}
