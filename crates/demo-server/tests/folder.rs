//! What a server with a folder remembers, and how copies share it.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use demo_server::{
        ALICE, Config, ControlError, Elsewhere, Fault, FaultKind, PortChoice, Running, Start,
        StartError, Switches, start,
    };
    use serde_json::json;
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use crate::support::send;

    fn config(folder: &Path) -> Config {
        Config {
            state_folder: Some(folder.to_owned()),
            port: PortChoice::Remembered,
            ..Config::default()
        }
    }

    async fn run(folder: &TempDir) -> Running {
        match start(config(folder.path())).await.unwrap() {
            Start::Running(running) => running,
            Start::Elsewhere(_) => panic!("nobody else is here"),
        }
    }

    async fn find(folder: &TempDir) -> Elsewhere {
        match start(config(folder.path())).await.unwrap() {
            Start::Running(_) => panic!("another copy runs it"),
            Start::Elsewhere(elsewhere) => elsewhere,
        }
    }

    async fn login(port: u16) -> String {
        let body = json!({"username": ALICE.username, "password": ALICE.password}).to_string();
        send(port, "POST", "/api/login", &[], &body).await.unwrap().text("refreshToken")
    }

    async fn refresh(port: u16, token: &str) -> Option<(u16, String)> {
        let body = json!({"refreshToken": token}).to_string();
        let reply = send(port, "POST", "/api/refresh_token", &[], &body).await?;
        Some((reply.status, reply.text("refreshToken")))
    }

    #[tokio::test]
    async fn a_session_survives_a_restart_on_the_same_port() {
        let folder = tempfile::tempdir().unwrap();
        let first = run(&folder).await;
        let (port, key) = (first.port(), first.control_key().to_owned());
        let token = login(port).await;
        first.control().patch_switches(json!({"latencyMs": 1})).await.unwrap();
        first.shutdown().await;

        let second = run(&folder).await;
        assert_eq!(second.port(), port);
        assert_ne!(second.control_key(), key, "the key is made at start");
        assert_eq!(refresh(port, &token).await.unwrap().0, 200);
        let snapshot = second.control().snapshot().await.unwrap();
        assert_eq!((snapshot.counters.logins, snapshot.counters.refreshes), (1, 1));
        assert_eq!(snapshot.switches.latency_ms, 1);
        second.shutdown().await;
    }

    #[tokio::test]
    async fn a_rotation_is_on_disk_before_its_answer_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let server = run(&folder).await;
        let token = login(server.port()).await;
        let fault = Fault::from(FaultKind::DropAfterRotating).times(1);
        let switches =
            Switches { rotation: demo_server::Rotation::Strict, fault, ..Switches::default() };
        server.control().set_switches(switches).await.unwrap();
        assert!(refresh(server.port(), &token).await.is_none());
        // As after a crash at this moment: the file alone is what is left.
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(folder.path().join("state.json"), copy.path().join("state.json")).unwrap();
        let config = Config { port: PortChoice::Any, ..config(copy.path()) };
        let Start::Running(other) = start(config).await.unwrap() else { panic!("it is alone") };
        assert_eq!(refresh(other.port(), &token).await.unwrap().0, 401);
        assert_eq!(other.control().counters().await.unwrap().reuse_detected, 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_may_read_the_state() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("app").join("demo");
        let Start::Running(server) = start(config(&folder)).await.unwrap() else { panic!("alone") };
        let token = login(server.port()).await;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            assert!(!std::fs::read_to_string(&path).unwrap().contains(&token));
        }
        server.shutdown().await;
    }

    #[tokio::test]
    async fn a_damaged_state_is_set_aside_and_told() {
        let folder = tempfile::tempdir().unwrap();
        for (number, damaged) in [(1, "{\"version\":1,"), (2, ""), (3, "{\"version\":99}")] {
            std::fs::write(folder.path().join("state.json"), damaged).unwrap();
            let server = run(&folder).await;
            let aside = folder.path().join(format!("state.json.damaged-{number}"));
            assert_eq!(server.set_aside(), Some(aside.as_path()));
            assert_eq!(std::fs::read_to_string(aside).unwrap(), damaged);
            server.shutdown().await;
        }
        assert_eq!(run(&folder).await.set_aside(), None);
    }

    #[tokio::test]
    async fn a_second_copy_finds_the_first_and_can_do_all_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let first = run(&folder).await;
        let token = login(first.port()).await;
        let second = find(&folder).await;
        assert_eq!(second.base_url(), first.base_url());

        let (here, there) = (first.control(), second.control());
        assert_eq!(there.snapshot().await.unwrap().log, here.snapshot().await.unwrap().log);
        let switches = Switches { latency_ms: 3, ..Switches::default() };
        assert_eq!(there.set_switches(switches.clone()).await.unwrap(), switches);
        assert_eq!(here.switches().await.unwrap(), switches);
        let nonsense = there.patch_switches(json!({"nonsense": 1})).await;
        assert!(matches!(nonsense, Err(ControlError::Refused { status: 400, .. })));
        assert_eq!(there.expire().await.unwrap(), 1);
        assert_eq!(there.revoke(Some("bob")).await.unwrap(), 0);
        assert_eq!(there.revoke(None).await.unwrap(), 1);
        assert_eq!(there.reset(true).await.unwrap(), Switches::default());
        assert_eq!(refresh(second.port(), &token).await.unwrap().0, 401);
        assert_eq!(here.counters().await.unwrap().refreshes_refused, 1);
        first.shutdown().await;
        assert!(matches!(there.counters().await, Err(ControlError::Unreachable(_))));
    }

    #[tokio::test]
    async fn a_second_copy_takes_over_when_the_first_quits() {
        let folder = tempfile::tempdir().unwrap();
        let first = run(&folder).await;
        let token = login(first.port()).await;
        let second = find(&folder).await;
        let ((), taken) = tokio::join!(first.shutdown(), second.taken_over());
        let running = taken.unwrap();
        assert_eq!(running.port(), second.port());
        assert_eq!(refresh(running.port(), &token).await.unwrap().0, 200);
        // The handle of before finds the new server, whose key is another.
        assert_eq!(second.control().counters().await.unwrap().refreshes, 1);
    }

    #[tokio::test]
    async fn a_kept_connection_does_not_hold_the_port() {
        let folder = tempfile::tempdir().unwrap();
        let first = run(&folder).await;
        let port = first.port();
        let mut kept = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET /control/hello HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n");
        kept.write_all(request.as_bytes()).await.unwrap();
        let mut some = [0; 64];
        assert!(kept.read(&mut some).await.unwrap() > 0);
        let silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        first.shutdown().await;
        let second = run(&folder).await;
        assert_eq!(second.port(), port);
        drop((kept, silent));
    }

    #[tokio::test]
    async fn a_port_that_someone_else_has_is_named() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let fixed = start(Config { port: PortChoice::Fixed(port), ..Config::default() }).await;
        assert_eq!(
            fixed.unwrap_err().to_string(),
            format!("port {port} is taken by another program")
        );
    }

    #[tokio::test]
    async fn a_remembered_port_that_is_taken_is_an_error_or_a_move_as_the_app_wants() {
        let folder = tempfile::tempdir().unwrap();
        let first = run(&folder).await;
        let port = first.port();
        let token = login(port).await;
        first.shutdown().await;
        let taken = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let refused = start(config(folder.path())).await.unwrap_err();
        assert!(
            matches!(refused, StartError::RememberedPortTaken { port: named } if named == port)
        );

        let or_new = Config { port: PortChoice::RememberedOrNew, ..config(folder.path()) };
        let Start::Running(moved) = start(or_new).await.unwrap() else { panic!("it is alone") };
        assert_eq!(moved.moved_from(), Some(port));
        assert_ne!(moved.port(), port);
        assert_eq!(refresh(moved.port(), &token).await.unwrap().0, 200, "the sessions moved along");
        let new_port = moved.port();
        moved.shutdown().await;
        drop(taken);
        assert_eq!(run(&folder).await.port(), new_port, "and it stays there");
    }

    #[tokio::test]
    async fn a_fault_that_was_to_show_once_does_not_show_again_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let server = run(&folder).await;
        server
            .control()
            .patch_switches(json!({"fault": {"kind": "refuse", "times": 1}}))
            .await
            .unwrap();
        assert_eq!(refresh(server.port(), "never given").await.unwrap().0, 401);
        let text = std::fs::read_to_string(folder.path().join("state.json")).unwrap();
        let saved: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(saved["switches"]["fault"]["kind"], json!("none"));
        server.shutdown().await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_cannot_be_saved_is_neither_answered_nor_done() {
        let folder = tempfile::tempdir().unwrap();
        let server = run(&folder).await;
        let token = login(server.port()).await;
        // A folder where the new file should go stops even root from writing it.
        let obstacle = folder.path().join("state.json.new");
        std::fs::create_dir(&obstacle).unwrap();
        assert_eq!(refresh(server.port(), &token).await.unwrap().0, 500);
        std::fs::remove_dir(&obstacle).unwrap();
        assert_eq!(refresh(server.port(), &token).await.unwrap().0, 200);
        assert_eq!(server.control().counters().await.unwrap().refreshes_granted, 1);
        server.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_that_is_held_by_a_copy_without_a_server_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let held = std::fs::File::create(folder.path().join("running.lock")).unwrap();
        held.lock().unwrap();
        let busy = start(config(folder.path())).await.unwrap_err();
        assert!(matches!(busy, StartError::Busy { folder: named } if named == folder.path()));
    }

    #[tokio::test(start_paused = true)]
    async fn another_folders_server_is_not_mistaken_for_ours() {
        let theirs = tempfile::tempdir().unwrap();
        let other = run(&theirs).await;
        let ours = tempfile::tempdir().unwrap();
        let state = json!({"instance": "ours", "controlKey": "k", "port": other.port()});
        std::fs::write(ours.path().join("state.json"), state.to_string()).unwrap();
        let held = std::fs::File::create(ours.path().join("running.lock")).unwrap();
        held.lock().unwrap();
        let busy = start(config(ours.path())).await.unwrap_err();
        assert!(matches!(busy, StartError::Busy { .. }));
        other.shutdown().await;
    }
}
