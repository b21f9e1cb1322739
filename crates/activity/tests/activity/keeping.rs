//! What is on disk, and what happens when the disk does not go along.

use crate::stage::{
    app, decision, exchange, folder, open, open_within, refresh, switch, tell, tell_in_memory,
};
use activity::Limits;
use keeper::activity::{AppDid, What};
use std::fs;
use std::io::Write as _;
use std::path::Path;

#[tokio::test]
async fn a_restart_keeps_everything_and_counts_on() {
    let (_around, folder) = folder();
    let first = open(&folder);
    tell(&first, app(AppDid::Start));
    tell(&first, refresh("aaaaaa", Some("bbbbbb")));
    let before = first.entries();
    first.flush().await;
    drop(first);
    let second = open(&folder);
    assert_eq!(second.entries(), before);
    tell(&second, app(AppDid::Start));
    let last = second.entries().pop().unwrap();
    assert_eq!((last.seq, last.run), (3, 2));
    assert_eq!(before[0].run, 1);
}

#[tokio::test]
async fn a_decision_of_a_version_that_did_not_tell_what_was_left_is_read() {
    let (_around, folder) = folder();
    let first = open(&folder);
    tell(&first, decision());
    first.flush().await;
    drop(first);
    let mut without = 0;
    for file in fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        without += text.matches("\"leftMs\":4000,").count();
        fs::write(&file, text.replace("\"leftMs\":4000,", "")).unwrap();
    }
    assert_eq!(without, 1);

    let second = open(&folder);

    let What::Decision { left_ms, trigger, .. } = second.entries()[0].what else { panic!() };
    assert_eq!((left_ms, trigger), (None, Some(engine::Trigger::Deadline)));
}

#[tokio::test]
async fn no_more_is_kept_than_the_bound_and_no_less_than_half_of_it() {
    let (_around, folder) = folder();
    let limits = Limits { entry_bytes: 64 * 1_024, entries: 50, ..Limits::default() };
    let activity = open_within(&folder, limits);
    for _ in 0..500 {
        tell(&activity, refresh("aaaaaa", Some("bbbbbb")));
    }
    activity.flush().await;
    let size = size_of(&folder);
    assert!(size <= 64 * 1_024, "{size}");
    assert!(size > 32 * 1_024, "{size}");
    assert_eq!(activity.entries().len(), 50);
    assert_eq!(activity.entries().last().unwrap().seq, 500);

    drop(activity);
    let again = open_within(&folder, Limits { entries: 4_000, ..limits });
    assert!(again.entries().len() >= 32 * 1_024 / 1_200, "{}", again.entries().len());
    assert_eq!(again.entries().last().unwrap().seq, 500);
}

#[tokio::test]
async fn what_is_in_memory_only_makes_no_file() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    tell_in_memory(&activity, refresh("aaaaaa", Some("bbbbbb")));
    activity.flush().await;
    assert!(!folder.exists());
    assert_eq!(activity.entries().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_around, folder) = folder();
    let activity = open(&folder);
    tell(&activity, switch("on"));
    activity.flush().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("activity.jsonl")), 0o600);
}

#[tokio::test]
async fn a_torn_line_costs_itself_and_nothing_else() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    for _ in 0..3 {
        tell(&activity, switch("on"));
    }
    activity.flush().await;
    drop(activity);
    // A crash in the middle of the last line; and somebody's editor in the first.
    let file = folder.join("activity.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let text = format!("not json\n\u{feff}\n{}", &text[..text.len() - 20]);
    fs::write(&file, [text.as_bytes(), b"\xff\xfe"].concat()).unwrap();

    let activity = open(&folder);
    assert_eq!(activity.entries().len(), 2);
    tell(&activity, switch("off"));
    activity.flush().await;
    drop(activity);
    let activity = open(&folder);
    assert_eq!(activity.entries().len(), 3);
    assert_eq!(activity.entries().last().unwrap().what, switch("off"));
}

#[tokio::test]
async fn clearing_removes_every_file_and_what_still_waits_to_be_written() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    for number in 0..3_000 {
        tell(&activity, refresh(&format!("{number:06x}"), Some("bbbbbb")));
        if number == 2_000 {
            activity.flush().await;
        }
    }
    let mark = engine::Mark { at_ms: 0, kind: engine::MarkKind::SignIn };
    let told: &dyn keeper::activity::Recorder = activity.as_ref();
    let what = keeper::activity::Living::Mark(mark);
    told.life(keeper::activity::Life { memory_only: false, what });
    activity.clear().await.unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    assert!(activity.entries().is_empty());
    assert_eq!(activity.life(), activity::LifeHistory::default());
    // It goes on afterwards, and knows nothing of before.
    tell(&activity, refresh("000001", Some("bbbbbb")));
    assert_eq!(activity.entries()[0].sent_before, None);
    activity.flush().await;
    drop(activity);
    assert_eq!(open(&folder).entries().len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_disturbs_nobody() {
    let (around, folder) = folder();
    // A file stands where the folder should be.
    fs::write(&folder, "in the way").unwrap();
    let activity = open(&folder);
    tell(&activity, switch("on"));
    activity.flush().await;
    assert_eq!(activity.entries().len(), 1);
    // Once there is room again, it is written again.
    fs::remove_file(&folder).unwrap();
    tell(&activity, switch("off"));
    activity.flush().await;
    drop(activity);
    assert_eq!(open(&folder).entries().len(), 1);
    drop(around);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_disturbs_nobody() {
    let (_around, folder) = folder();
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.join("activity.jsonl")).unwrap();
    let activity = open(&folder);
    for _ in 0..3 {
        tell(&activity, switch("on"));
    }
    activity.flush().await;
    assert_eq!(activity.entries().len(), 3);
    activity.clear().await.unwrap();
    tell(&activity, switch("off"));
    activity.flush().await;
    drop(activity);
    assert_eq!(open(&folder).entries().len(), 1);
}

#[tokio::test]
async fn an_entry_that_is_larger_than_the_bound_is_not_written_and_stops_nothing() {
    let (_around, folder) = folder();
    let activity = open_within(&folder, Limits { entry_bytes: 4_096, ..Limits::default() });
    let mut large = exchange();
    large.response = vec!["words ".repeat(1_000)];
    let What::Exchange { purpose, reason, outcome, sent, access, refresh, .. } =
        refresh("aaaaaa", None)
    else {
        panic!()
    };
    let exchange = large;
    tell(&activity, What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange });
    tell(&activity, switch("on"));
    activity.flush().await;
    assert!(size_of(&folder) < 4_096);
    drop(activity);
    assert_eq!(open(&folder).entries().len(), 1);
}

#[tokio::test]
async fn a_file_that_somebody_has_swollen_is_read_to_the_bound_only() {
    let (_around, folder) = folder();
    fs::create_dir(&folder).unwrap();
    let mut file = fs::File::create(folder.join("activity.jsonl")).unwrap();
    file.write_all(&vec![b'\n'; 9 * 1_024 * 1_024]).unwrap();
    let activity = open(&folder);
    tell(&activity, switch("on"));
    activity.flush().await;
    assert_eq!(activity.entries().len(), 1);
}

fn size_of(folder: &Path) -> u64 {
    let size = |entry: fs::DirEntry| entry.metadata().unwrap().len();
    fs::read_dir(folder).unwrap().map(|entry| size(entry.unwrap())).sum()
}
