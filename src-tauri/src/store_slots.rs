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
use std::sync::Arc;
use tauri::{AppHandle, Manager as _, Resource, ResourceId, Runtime};
use tauri_plugin_store::{Error, Store, StoreExt as _};
use vault::{Glance, Slot, SlotFiles, Slots};

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

    fn glance(&self, slot: Slot) -> Glance {
        self.files.glance(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        let Value::Object(members) = document else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a store holds an object"));
        };
        let path = self.files.path(slot);
        let is_new = !path.try_exists()?;
        self.files.make_private(slot)?;
        {
            let builder = self.app.store_builder(&path).disable_auto_save();
            let store = Open { app: &self.app, store: builder.build().map_err(as_io)? };
            if !is_new {
                store.store.reload_ignore_defaults().map_err(as_io)?;
            }
            store.store.clear();
            for (name, value) in members {
                store.store.set(name.as_str(), value.clone());
            }
            store.store.save().map_err(as_io)?;
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
struct Open<'a, R: Runtime> {
    app: &'a AppHandle<R>,
    store: Arc<Store<R>>,
}

impl<R: Runtime> Drop for Open<'_, R> {
    /// `close_resource` in two steps that hold one lock each. It locks the table of resources and
    /// then the plugin's list of stores; opening, and the plugin's saving at exit, lock the list and
    /// then the table. Two accounts, or a write and the exit, would wait for each other for ever.
    fn drop(&mut self) {
        Resource::close(Arc::clone(&self.store));
        let mut table = self.app.resources_table();
        let ids: Vec<_> = table.names().map(|(id, _)| id).collect();
        let is_it = |id: &ResourceId| {
            table.get::<Store<R>>(*id).is_ok_and(|store| Arc::ptr_eq(&store, &self.store))
        };
        if let Some(id) = ids.into_iter().find(is_it) {
            // Taken, not closed: it is closed already.
            drop(table.take::<Store<R>>(id));
        }
    }
}

fn as_io(error: Error) -> io::Error {
    if let Error::Io(error) = error { error } else { io::Error::other(error) }
}

#[cfg(test)]
mod tests {
    use super::{SlotFiles, StoreSlots};
    use serde_json::{Value, json};
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use std::{fs, io};
    use tauri::test::{MockRuntime, mock_builder, mock_context, noop_assets};
    use tauri::{App, Manager as _, RunEvent, WebviewUrl, WebviewWindowBuilder};
    use tauri_plugin_store::StoreExt as _;
    use tempfile::TempDir;
    use vault::{Files, Glance, RealFiles, Slot, Slots as _};

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

    /// The real file system, and what each file held when it was synced.
    #[derive(Debug, Default)]
    struct Watched {
        synced: Mutex<Vec<(PathBuf, Option<Vec<u8>>)>>,
    }

    impl Files for Watched {
        fn sync_file(&self, path: &Path) -> io::Result<()> {
            let held = Some(fs::read(path)?);
            self.synced.lock().unwrap().push((path.to_owned(), held));
            RealFiles.sync_file(path)
        }
        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.synced.lock().unwrap().push((folder.to_owned(), None));
            RealFiles.sync_folder(folder)
        }
        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            RealFiles.read(path)
        }
        fn glance(&self, path: &Path) -> Glance {
            RealFiles.glance(path)
        }
        fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
            RealFiles.names(folder)
        }
        fn make_private(&self, path: &Path) -> io::Result<()> {
            RealFiles.make_private(path)
        }
        fn make_new(&self, path: &Path) -> io::Result<()> {
            RealFiles.make_new(path)
        }
        fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            RealFiles.write(path, bytes)
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            RealFiles.rename(from, to)
        }
        fn remove(&self, path: &Path) -> io::Result<()> {
            RealFiles.remove(path)
        }
    }

    /// The crash states are those of plain files: with this they are those of store files, too.
    #[test]
    fn what_the_plugin_wrote_is_synced_whole_and_its_name_with_it() {
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        let watched = Arc::new(Watched::default());
        let disk = Arc::clone(&watched) as Arc<dyn Files>;
        let files = SlotFiles::new(folder.path(), "alice").unwrap().on(disk);
        let slots = StoreSlots::new(app.handle().clone(), files);
        let path = folder.path().join("alice-a.json");
        for round in 1..=2 {
            slots.write(Slot::A, &json!({ "round": round })).unwrap();
            let written = fs::read(&path).unwrap();
            let synced = std::mem::take(&mut *watched.synced.lock().unwrap());
            let whole = (path.clone(), Some(written));
            let at = synced.iter().position(|sync| *sync == whole).expect("the content is synced");
            let name = (folder.path().to_owned(), None);
            assert!(synced[at..].contains(&name), "and then the name: {synced:?}");
        }
    }

    /// Runs the app until its only window is closed: the plugin sees a real `RunEvent::Exit`.
    fn quit(app: App<MockRuntime>) {
        WebviewWindowBuilder::new(&app, "main", WebviewUrl::default()).build().unwrap();
        let exited = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&exited);
        app.run_return(move |app, event| {
            if matches!(event, RunEvent::Ready) {
                app.get_webview_window("main").unwrap().close().unwrap();
            }
            if matches!(event, RunEvent::Exit) {
                seen.store(true, Ordering::Relaxed);
            }
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
    fn writes_at_once_and_an_exit_do_not_wait_for_each_other_for_ever() {
        const ROUNDS: u32 = 600;
        let (app, folder) = (app(), tempfile::tempdir().unwrap());
        let (done, ends) = channel();
        for account in ["alice", "bob"] {
            let files = SlotFiles::new(folder.path(), account).unwrap();
            let slots = StoreSlots::new(app.handle().clone(), files);
            let done = done.clone();
            std::thread::spawn(move || {
                for round in 1..=ROUNDS {
                    slots.write(Slot::A, &json!({"round": round})).unwrap();
                }
                let raw = slots.read_raw(Slot::A).unwrap().unwrap();
                let written: Value = serde_json::from_slice(&raw).unwrap();
                done.send(written == json!({"round": ROUNDS})).unwrap();
            });
        }
        // Looks a store up, which takes the same locks in the same order as saving at exit does.
        let (handle, path) = (app.handle().clone(), folder.path().join("alice-a.json"));
        std::thread::spawn(move || {
            for _ in 0..100 * ROUNDS {
                let _ = handle.get_store(&path);
            }
            done.send(true).unwrap();
        });
        for _ in 0..3 {
            let well = ends.recv_timeout(Duration::from_secs(60));
            assert!(well.expect("they wait for each other"));
        }
        assert_eq!(app.resources_table().names().count(), 0, "nothing is left in the table");
    }
}
