//! The vault's slots in store files: the one place that knows tauri-plugin-store.
//!
//! What the plugin does by itself, seen in its source, and what is done about it here:
//! - A file that cannot be parsed opens as an empty store without a word. The vault reads the file
//!   itself and sets damage aside first; what is damaged still is refused, not overwritten.
//! - Every store that is open is saved once more when the app exits, over whatever another copy has
//!   written since. So none stays open: it is opened under the vault's record lock, and closed again.
//! - A store that is open already is handed out as it is, old content and all. So it is reloaded.
//! - `save` neither syncs nor narrows permissions. Both is done around it.
//! - `set` sends the value to every window that listens. What goes in is sealed, and no window may
//!   listen.

use serde_json::Value;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::{Error, Store, StoreExt as _};
use vault::{Slot, SlotFiles, Slots};

/// One store is open at a time, of all accounts: opening locks the list of stores and then the table
/// of resources, closing the table and then the list, and two threads would wait for each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// One account's slots, each a store file of its own.
pub(crate) struct StoreSlots<R: Runtime> {
    app: AppHandle<R>,
    files: SlotFiles,
}

impl<R: Runtime> StoreSlots<R> {
    /// Slots in `files`, whose folder must be an absolute path: the plugin takes any other for one
    /// in the app's data folder.
    pub(crate) fn new(app: AppHandle<R>, files: SlotFiles) -> Self {
        Self { app, files }
    }
}

impl<R: Runtime> Slots for StoreSlots<R> {
    fn account(&self) -> &str {
        self.files.account()
    }

    fn folder(&self) -> &Path {
        self.files.folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        self.files.read_raw(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        let Value::Object(members) = document else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a store holds an object"));
        };
        let path = self.files.path(slot);
        let is_new = !path.try_exists()?;
        self.files.make_private(slot)?;
        {
            let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
            let builder = self.app.store_builder(&path).disable_auto_save();
            let store = Open(builder.build().map_err(as_io)?);
            if !is_new {
                store.0.reload_ignore_defaults().map_err(as_io)?;
            }
            store.0.clear();
            for (name, value) in members {
                store.0.set(name.as_str(), value.clone());
            }
            store.0.save().map_err(as_io)?;
        }
        self.files.make_durable(slot)
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        self.files.set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        self.files.remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        self.files.remove_set_aside(keep)
    }
}

/// An open store, closed on every way out.
struct Open<R: Runtime>(Arc<Store<R>>);

impl<R: Runtime> Drop for Open<R> {
    fn drop(&mut self) {

    }
}

fn as_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::{SlotFiles, StoreSlots};
    use serde_json::{Value, json};
    use std::fs;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tauri::test::{MockRuntime, mock_builder, mock_context, noop_assets};
    use tauri::{App, Manager as _, RunEvent, WebviewUrl, WebviewWindowBuilder};
    use tauri_plugin_store::StoreExt as _;
    use tempfile::TempDir;
    use vault::{Slot, Slots as _};

    fn app() -> App<MockRuntime> {
        mock_builder()
            .plugin(tauri_plugin_store::Builder::new().build())
            .build(mock_context(noop_assets()))
            .unwrap()
    }

    fn slots(app: &App<MockRuntime>, folder: &TempDir) -> StoreSlots<MockRuntime> {
        let files = SlotFiles::new(folder.path(), "alice").unwrap();
        StoreSlots::new(app.handle().clone(), files)
    }

    #[test]
    fn store_files_keep_the_contract() {
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        vault::contract::check(&|| Ok(Arc::new(slots(&app, &folder)))).unwrap();
    }

    /// Runs the app until its only window is closed: the plugin sees a real `RunEvent::Exit`.
    fn quit(app: App<MockRuntime>) {
        WebviewWindowBuilder::new(&app, "main", WebviewUrl::default()).build().unwrap();
        let exited = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&exited);
        app.run_return(move |app, event| match event {
            RunEvent::Ready => app.get_webview_window("main").unwrap().close().unwrap(),
            RunEvent::Exit => seen.store(true, Ordering::Relaxed),
            _ => {}
        });
        assert!(exited.load(Ordering::Relaxed));
    }

    #[test]
    fn quitting_writes_nothing() {
        let theirs = r#"{"theirs":2}"#;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice-a.json");
        let ours = app();
        slots(&ours, &folder).write(Slot::A, &json!({"ours": 1})).unwrap();
        assert!(ours.get_store(&path).is_none());
        fs::write(&path, theirs).unwrap();
        quit(ours);
        assert_eq!(fs::read_to_string(&path).unwrap(), theirs);

        // A store that was left open is written, so that the above is known to have quit.
        let careless = app();
        let store = careless.store_builder(&path).disable_auto_save().build().unwrap();
        store.set("ours", 3);
        quit(careless);
        assert_ne!(fs::read_to_string(&path).unwrap(), theirs);
    }

    #[test]
    fn a_store_that_somebody_left_open_does_not_bring_its_old_content_back() {
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        let slots = slots(&app, &folder);
        let path = folder.path().join("alice-b.json");
        let stale = app.store_builder(&path).disable_auto_save().build().unwrap();
        stale.set("stale", true);
        slots.write(Slot::B, &json!({"fresh": true})).unwrap();
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(written, json!({"fresh": true}));
        assert!(app.get_store(&path).is_none());
    }

    #[test]
    fn damage_that_nobody_set_aside_is_refused_and_not_overwritten() {
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        let slots = slots(&app, &folder);
        let path = folder.path().join("alice-a.json");
        for damage in ["", "{\"torn", "\0\0\0"] {
            fs::write(&path, damage).unwrap();
            assert!(slots.write(Slot::A, &json!({"ours": 1})).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), damage);
            assert!(app.get_store(&path).is_none(), "closed on the way out of a failure, too");
        }
    }

    #[test]
    fn a_folder_in_the_files_place_fails_and_leaves_no_store_open() {
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        let slots = slots(&app, &folder);
        let path = folder.path().join("alice-a.json");
        fs::create_dir(&path).unwrap();
        assert!(slots.write(Slot::A, &json!({"ours": 1})).is_err());
        assert!(app.get_store(&path).is_none());
    }

    #[test]
    fn two_accounts_written_at_once_do_not_wait_for_each_other_for_ever() {
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        let of = |account: &str| {
            let files = SlotFiles::new(folder.path(), account).unwrap();
            StoreSlots::new(app.handle().clone(), files)
        };
        let accounts = [of("alice"), of("bob"), of("carol")];
        std::thread::scope(|scope| {
            for slots in &accounts {
                scope.spawn(|| {
                    for round in 0..50 {
                        slots.write(Slot::A, &json!({"round": round})).unwrap();
                    }
                });
            }
        });
        for slots in accounts {
            let raw = slots.read_raw(Slot::A).unwrap().unwrap();
            let written: Value = serde_json::from_slice(&raw).unwrap();
            assert_eq!(written, json!({"round": 49}));
        }
    }
}
