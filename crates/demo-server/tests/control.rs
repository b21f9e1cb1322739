//! The control API, and who may use it.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use demo_server::{ControlError, Counters, Snapshot, Switches};
    use serde_json::{Value, json};

    use crate::support::{NOON, Reply, Scene, send};

    async fn control(scene: &Scene, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("x-control-key", scene.server.control_key())];
        send(scene.server.port(), method, path, &headers, &body.to_string()).await.unwrap()
    }

    #[tokio::test]
    async fn nobody_controls_without_the_key_or_from_a_web_page() {
        let scene = Scene::well().await;
        let port = scene.server.port();
        let key = scene.server.control_key();
        let host = format!("evil.example:{port}");
        let origin = format!("http://127.0.0.1:{port}");
        let attempts: [(&[(&str, &str)], u16); 5] = [
            (&[], 401),
            (&[("x-control-key", "")], 401),
            (&[("x-control-key", &key[..42])], 401),
            (&[("x-control-key", key), ("origin", &origin)], 403),
            (&[("x-control-key", key), ("host", &host)], 421),
        ];
        for path in ["state", "switches", "revoke", "expire", "reset"] {
            let method = match path {
                "state" => "GET",
                "switches" => "PUT",
                _ => "POST",
            };
            for (headers, status) in attempts {
                let path = format!("/control/{path}");
                let reply = send(port, method, &path, headers, "{}").await.unwrap();
                assert_eq!(reply.status, status, "{path} {headers:?}");
                assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")));
            }
        }
    }

    #[tokio::test]
    async fn whoever_watches_the_switches_hears_that_a_fault_has_turned_itself_off() {
        let scene = Scene::well().await;
        let control = scene.server.control();
        let mut watched = control.switches_watch().unwrap();
        let fault = json!({"fault": {"kind": "refuse", "times": 1, "on": ["login"]}});
        let set = control.patch_switches(fault).await.unwrap();
        assert_eq!(*watched.borrow_and_update(), set);
        let alice = json!({"username": "alice", "password": "wonderland"}).to_string();
        let port = scene.server.port();
        assert_eq!(send(port, "POST", "/api/login", &[], &alice).await.unwrap().status, 401);
        assert!(watched.has_changed().unwrap());
        let well = scene.server.control().switches().await.unwrap();
        assert_eq!(*watched.borrow(), well);
        assert_ne!(well, set);
    }

    #[tokio::test]
    async fn a_preflight_is_answered_without_permission() {
        let scene = Scene::well().await;
        let headers = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "x-control-key"),
        ];
        for path in ["/control/switches", "/api/login"] {
            let reply = send(scene.server.port(), "OPTIONS", path, &headers, "").await.unwrap();
            assert!(reply.status >= 400, "{path}: {}", reply.status);
            assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")));
        }
    }

    #[tokio::test]
    async fn hello_needs_no_key_and_tells_no_secret() {
        let scene = Scene::well().await;
        let port = scene.server.port();
        let hello = send(port, "GET", "/control/hello", &[], "").await.unwrap();
        assert_eq!(hello.text("server"), "session-keeper-demo");
        assert_eq!(hello.text("folder").len(), 43);
        assert_ne!(hello.text("folder"), scene.server.control_key());
        let origin = [("origin", "https://evil.example")];
        assert_eq!(send(port, "GET", "/control/hello", &origin, "").await.unwrap().status, 403);
    }

    #[tokio::test]
    async fn switches_are_changed_over_http_and_bad_ones_change_nothing() {
        let scene = Scene::well().await;
        let change =
            json!({"accessLifetimeMs": 60_000, "rotation": {"kind": "grace", "seconds": 5}});
        let reply = control(&scene, "PUT", "/control/switches", &change).await;
        assert_eq!(reply.status, 200);
        let after: Switches = serde_json::from_value(reply.json()).unwrap();
        assert_eq!(after, scene.server.control().switches().await.unwrap());
        assert_eq!(after.access_lifetime_ms, 60_000);
        for bad in [json!({"latencyMs": 5, "nonsense": 1}), json!({"latencyMs": "long"}), json!(3)]
        {
            let reply = control(&scene, "PUT", "/control/switches", &bad).await;
            assert_eq!((reply.status, reply.text("error")), (400, "invalid_request".to_owned()));
        }
        assert_eq!(after, scene.server.control().switches().await.unwrap());
    }

    #[tokio::test]
    async fn sessions_are_revoked_by_name_or_altogether() {
        let scene = Scene::well().await;
        let (_, refresh) = scene.login().await;
        let reply = control(&scene, "POST", "/control/revoke", &json!({"username": "bob"})).await;
        assert_eq!(reply.json(), json!({"revoked": 0}));
        let reply = control(&scene, "POST", "/control/revoke", &json!({"username": 7})).await;
        assert_eq!(reply.status, 400);
        assert_eq!(scene.server.control().snapshot().await.unwrap().living_sessions, 1);
        let reply = control(&scene, "POST", "/control/revoke", &json!({})).await;
        assert_eq!(reply.json(), json!({"revoked": 1}));
        assert_eq!(scene.refresh(&refresh).await.status, 401);
    }

    #[tokio::test]
    async fn access_tokens_expire_on_command() {
        let scene = Scene::well().await;
        let (access, refresh) = scene.login().await;
        let reply = control(&scene, "POST", "/control/expire", &json!({})).await;
        assert_eq!(reply.json(), json!({"expired": 1}));
        assert_eq!(scene.me(&access).await.status, 401);
        assert_eq!(scene.refresh(&refresh).await.status, 200);
    }

    #[tokio::test]
    async fn all_well_brings_the_switches_back_and_the_counters_if_asked() {
        let scene = Scene::with(Switches { envelope: true, ..Switches::default() }).await;
        scene.ask_login().await.unwrap();
        control(&scene, "POST", "/control/reset", &json!({})).await;
        let snapshot = scene.server.control().snapshot().await.unwrap();
        assert_eq!((snapshot.switches, snapshot.counters.logins), (Switches::default(), 1));
        control(&scene, "POST", "/control/reset", &json!({"counters": true})).await;
        let snapshot = scene.server.control().snapshot().await.unwrap();
        assert_eq!(snapshot.counters, Counters::default());
        assert_eq!(snapshot.living_sessions, 1);
    }

    #[tokio::test]
    async fn the_log_shows_a_token_used_twice_and_never_a_token() {
        let scene = Scene::well().await;
        let (_, refresh) = scene.login().await;
        scene.refresh(&refresh).await;
        let renewed = scene.refresh(&refresh).await;
        scene.me(&renewed.text("token")).await;
        let reply = control(&scene, "GET", "/control/state", &json!({})).await;
        let text = String::from_utf8(reply.body.clone()).unwrap();
        for token in [&refresh, &renewed.text("token"), &renewed.text("refreshToken")] {
            assert!(!text.contains(token.as_str()));
        }
        let Snapshot { log, shown_ms, .. } = serde_json::from_value(reply.json()).unwrap();
        assert_eq!(shown_ms, NOON);
        assert_eq!(log.iter().map(|exchange| exchange.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(log[1].refresh_token.is_some());
        assert_eq!(log[1].refresh_token, log[2].refresh_token);
        assert_eq!(log[0].new_refresh_token, log[1].refresh_token);
        assert_eq!(log[2].new_access_token, log[3].access_token);
        assert_eq!(log[3].refresh_token, None);
    }

    #[tokio::test]
    async fn the_log_keeps_the_latest_exchanges_only() {
        let scene = Scene::well().await;
        for _ in 0..203 {
            scene.refresh("never given").await;
        }
        let log = scene.server.control().snapshot().await.unwrap().log;
        assert_eq!((log.len(), log[0].number, log[199].number), (200, 4, 203));
    }

    #[tokio::test]
    async fn a_handle_outlives_its_server_and_says_so() {
        let scene = Scene::well().await;
        let control = scene.server.control();
        scene.server.shutdown().await;
        assert!(matches!(control.snapshot().await, Err(ControlError::Stopped)));
    }
}
