//! The tutorial's API, well-behaved and in every form that it can be told in.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use demo_server::{BOB, LifetimeShape, Rotation, Switches, TellRefreshToken};
    use serde_json::{Value, json};

    use crate::support::{Scene, send};

    #[tokio::test]
    async fn a_sign_in_gives_both_tokens_and_their_lifetime() {
        let scene = Scene::well().await;
        let reply = scene.ask_login().await.unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json()["expiresIn"], json!(20));
        assert_eq!(reply.text("token").len(), 43, "256 bits in base64url");
        assert_eq!(reply.text("refreshToken").len(), 43);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("date"), Some("Fri, 15 Jan 2027 08:00:00 GMT"));
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }

    #[tokio::test]
    async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
        let scene = Scene::well().await;
        for (username, password) in [("alice", "builder"), ("carol", "wonderland")] {
            let body = json!({"username": username, "password": password});
            let reply = scene.post("/api/login", &body).await.unwrap();
            assert_eq!(reply.status, 401);
            assert_eq!(reply.text("error"), "invalid_credentials");
        }
        assert_eq!(scene.server.control().counters().await.unwrap().logins_refused, 2);
    }

    #[tokio::test]
    async fn the_api_says_who_one_is() {
        let scene = Scene::well().await;
        let body = json!({"username": BOB.username, "password": BOB.password});
        let token = scene.post("/api/login", &body).await.unwrap().text("token");
        assert_eq!(scene.me(&token).await.json(), json!({"username": "bob", "name": "Bob"}));
    }

    #[tokio::test]
    async fn the_api_refuses_an_expired_token_and_a_refresh_brings_it_back() {
        let scene = Scene::well().await;
        let (access, refresh) = scene.login().await;
        scene.hands.pass(20_000);
        let reply = scene.me(&access).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
        assert_eq!(reply.text("error"), "invalid_token");
        let renewed = scene.refresh(&refresh).await;
        assert_eq!(renewed.status, 200);
        assert_ne!(renewed.text("refreshToken"), refresh);
        assert_eq!(scene.me(&renewed.text("token")).await.status, 200);
    }

    #[tokio::test]
    async fn a_call_without_a_token_is_challenged_without_an_error_code() {
        let scene = Scene::well().await;
        let reply = send(scene.server.port(), "GET", "/api/me", &[], "").await.unwrap();
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }

    #[tokio::test]
    async fn a_dead_refresh_token_is_refused_as_invalid_grant() {
        let scene = Scene::well().await;
        let reply = scene.refresh("never given").await;
        assert_eq!((reply.status, reply.text("error")), (401, "invalid_grant".to_owned()));
        let reply = scene.post("/api/refresh_token", &json!({})).await.unwrap();
        assert_eq!((reply.status, reply.text("error")), (400, "invalid_request".to_owned()));
    }

    #[tokio::test]
    async fn signing_out_ends_the_session_and_an_unknown_token_is_no_error() {
        let scene = Scene::well().await;
        let (access, refresh) = scene.login().await;
        for token in [refresh.as_str(), refresh.as_str(), "never given"] {
            let reply = scene.post("/api/logout", &json!({"refreshToken": token})).await.unwrap();
            assert_eq!((reply.status, reply.body.len()), (204, 0));
        }
        assert_eq!(scene.me(&access).await.status, 401);
        assert_eq!(scene.refresh(&refresh).await.status, 401);
        assert_eq!(scene.post("/api/logout", &json!({})).await.unwrap().status, 400);
    }

    #[tokio::test]
    async fn the_lifetime_is_told_in_every_shape() {
        let scene = Scene::well().await;
        scene.set(json!({"clockOffsetMs": 60_000})).await;
        let shapes = [
            ("seconds", "expiresIn", json!(20)),
            ("absent", "expiresIn", Value::Null),
            ("zero", "expiresIn", json!(0)),
            ("negative", "expiresIn", json!(-1)),
            ("text", "expiresIn", json!("20")),
            ("fraction", "expiresIn", json!(19.5)),
            ("words", "expiresIn", json!("soon")),
            ("milliseconds", "expiresIn", json!(20_000)),
            ("absolute", "expiresAt", json!("2027-01-15T08:01:20Z")),
            ("year9999", "expiresAt", json!("9999-12-31T23:59:59Z")),
        ];
        for (shape, field, told) in shapes {
            scene.set(json!({"lifetimeShape": shape})).await;
            let reply = scene.ask_login().await.unwrap();
            assert_eq!(reply.json()[field], told, "{shape}");
            assert_eq!(scene.me(&reply.text("token")).await.status, 200, "{shape}");
        }
    }

    #[tokio::test]
    async fn a_lifetime_with_a_fraction_is_told_with_it() {
        let switches = Switches {
            access_lifetime_ms: 1_500,
            tell_refresh_lifetime: true,
            ..Switches::default()
        };
        let reply = Scene::with(switches).await.ask_login().await.unwrap();
        assert_eq!(reply.json()["expiresIn"], json!(1.5));
        assert_eq!(reply.json()["refreshExpiresIn"], json!(30 * 24 * 60 * 60));
    }

    #[tokio::test]
    async fn the_clock_it_shows_may_be_wrong_and_sessions_last_as_long() {
        let scene = Scene::well().await;
        let (access, _) = scene.login().await;
        scene.set(json!({"clockOffsetMs": -86_400_000_i64})).await;
        let reply = scene.me(&access).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("date"), Some("Thu, 14 Jan 2027 08:00:00 GMT"));
    }

    #[tokio::test]
    async fn an_envelope_hides_refusals_in_success() {
        let scene = Scene::with(Switches { envelope: true, ..Switches::default() }).await;
        let reply = scene.ask_login().await.unwrap();
        assert_eq!(reply.json()["code"], json!(0));
        let access = reply.json()["data"]["token"].as_str().unwrap().to_owned();
        assert_eq!(scene.me(&access).await.json()["data"]["name"], json!("Alice"));
        let refused = scene.refresh("never given").await;
        assert_eq!((refused.status, &refused.json()["code"]), (200, &json!(401)));
        let logout = scene.post("/api/logout", &json!({"refreshToken": "x"})).await.unwrap();
        assert_eq!((logout.status, &logout.json()["data"]), (200, &Value::Null));
    }

    #[tokio::test]
    async fn in_the_cookie_form_the_refresh_token_is_nowhere_in_the_body() {
        let scene = Scene::with(Switches { cookie_form: true, ..Switches::default() }).await;
        let reply = scene.ask_login().await.unwrap();
        assert_eq!(reply.json().get("refreshToken"), None);
        let cookies: Vec<_> =
            reply.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
        assert_eq!(cookies.len(), 2);
        assert!(cookies.iter().all(|(_, cookie)| cookie.contains("; HttpOnly; Path=/api;")));
        let bare: Vec<_> =
            cookies.iter().map(|(_, cookie)| cookie.split(';').next().unwrap()).collect();
        assert!(bare[0].starts_with("refresh_token=") && bare[1].starts_with("sid="));

        let port = scene.server.port();
        let both = bare.join("; ");
        let headers = [("cookie", both.as_str())];
        let renewed = send(port, "POST", "/api/refresh_token", &headers, "").await.unwrap();
        assert_eq!(renewed.status, 200);
        assert!(renewed.header("set-cookie").unwrap().starts_with("refresh_token="));
        assert_ne!(renewed.header("set-cookie").unwrap().split(';').next(), Some(bare[0]));

        let headers = [("cookie", bare[0])];
        let without_sid = send(port, "POST", "/api/refresh_token", &headers, "").await.unwrap();
        assert_eq!(without_sid.status, 400);
    }

    #[tokio::test]
    async fn a_refresh_without_rotation_may_keep_quiet_about_the_refresh_token() {
        let scene = Scene::with(Switches {
            rotation: Rotation::None,
            tell_refresh_token: TellRefreshToken::WhenNew,
            lifetime_shape: LifetimeShape::Absent,
            ..Switches::default()
        })
        .await;
        let (_, refresh) = scene.login().await;
        for _ in 0..3 {
            let reply = scene.refresh(&refresh).await.json();
            assert_eq!(reply.as_object().unwrap().keys().collect::<Vec<_>>(), ["token"]);
        }
        scene.set(json!({"tellRefreshToken": "always"})).await;
        assert_eq!(scene.refresh(&refresh).await.text("refreshToken"), refresh);
    }

    #[tokio::test]
    async fn a_server_that_never_tells_refresh_tokens_still_lets_one_sign_out() {
        let scene = Scene::with(Switches {
            tell_refresh_token: TellRefreshToken::Never,
            ..Switches::default()
        })
        .await;
        let (access, refresh) = scene.login().await;
        assert_eq!(refresh, "");
        let bearer = format!("bearer {access}");
        let headers = [("authorization", bearer.as_str())];
        let port = scene.server.port();
        assert_eq!(send(port, "POST", "/api/logout", &headers, "").await.unwrap().status, 204);
        assert_eq!(scene.me(&access).await.status, 401);
    }

    #[tokio::test]
    async fn a_refresh_may_kill_the_old_access_token_at_once() {
        let scene =
            Scene::with(Switches { kill_old_access_on_refresh: true, ..Switches::default() }).await;
        let (access, refresh) = scene.login().await;
        assert_eq!(scene.refresh(&refresh).await.status, 200);
        assert_eq!(scene.me(&access).await.status, 401);
    }

    #[tokio::test]
    async fn reuse_under_strict_rotation_ends_the_session_and_is_counted() {
        let scene =
            Scene::with(Switches { rotation: Rotation::Strict, ..Switches::default() }).await;
        let (_, refresh) = scene.login().await;
        let renewed = scene.refresh(&refresh).await;
        assert_eq!(scene.refresh(&refresh).await.status, 401);
        assert_eq!(scene.me(&renewed.text("token")).await.status, 401);
        let counters = scene.server.control().counters().await.unwrap();
        assert_eq!(counters.reuse_detected, 1);
        assert_eq!(counters.refresh_tokens_seen_twice, 1);
        assert_eq!((counters.refreshes, counters.refreshes_granted), (2, 1));
        assert_eq!((counters.refreshes_refused, counters.api_refused), (1, 1));
    }

    #[tokio::test]
    async fn a_host_name_that_is_not_ours_is_sent_away() {
        let scene = Scene::well().await;
        let port = scene.server.port();
        let localhost = format!("localhost:{port}");
        let elsewhere = format!("evil.example:{port}");
        for (host, status) in [(localhost.as_str(), 401), (&elsewhere, 421), ("127.0.0.1", 421)] {
            let reply = send(port, "GET", "/api/me", &[("host", host)], "").await.unwrap();
            assert_eq!(reply.status, status, "{host}");
        }
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found() {
        let scene = Scene::well().await;
        let port = scene.server.port();
        assert_eq!(send(port, "GET", "/", &[], "").await.unwrap().status, 404);
        assert_eq!(send(port, "GET", "/api/login", &[], "").await.unwrap().status, 405);
    }
}
