//! Each fault, seen from outside.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use demo_server::{Counters, Endpoint, Fault, FaultKind, Rotation, Switches};
    use serde_json::json;

    use crate::support::Scene;

    async fn counters(scene: &Scene) -> Counters {
        scene.server.control().counters().await.unwrap()
    }

    fn broken(fault: impl Into<Fault>) -> Switches {
        Switches { fault: fault.into(), ..Switches::default() }
    }

    #[tokio::test]
    async fn a_dropped_answer_leaves_the_old_refresh_token_usable() {
        let scene = Scene::with(broken(Fault::from(FaultKind::DropAfterRotating).times(1))).await;
        let (_, refresh) = scene.login().await;
        assert!(scene.ask_refresh(&refresh).await.is_none());
        assert_eq!(scene.refresh(&refresh).await.status, 200);
        let counters = counters(&scene).await;
        assert_eq!((counters.refreshes, counters.refreshes_granted), (2, 2));
        assert_eq!((counters.refresh_tokens_seen_twice, counters.reuse_detected), (1, 0));
    }

    #[tokio::test]
    async fn a_dropped_answer_under_strict_rotation_costs_the_session() {
        let fault = Fault::from(FaultKind::DropAfterRotating).times(1);
        let scene = Scene::with(Switches { rotation: Rotation::Strict, ..broken(fault) }).await;
        let (_, refresh) = scene.login().await;
        assert!(scene.ask_refresh(&refresh).await.is_none());
        assert_eq!(scene.refresh(&refresh).await.text("error"), "invalid_grant");
        assert_eq!(counters(&scene).await.reuse_detected, 1);
    }

    #[tokio::test]
    async fn a_request_dropped_before_it_was_handled_changes_nothing() {
        let fault = Fault::from(FaultKind::DropBeforeHandling).times(1);
        let scene = Scene::with(Switches { rotation: Rotation::Strict, ..broken(fault) }).await;
        let (_, refresh) = scene.login().await;
        assert!(scene.ask_refresh(&refresh).await.is_none());
        assert_eq!(scene.refresh(&refresh).await.status, 200);
        let counters = counters(&scene).await;
        assert_eq!((counters.refreshes, counters.refreshes_granted), (2, 1));
    }

    #[tokio::test]
    async fn a_truncated_body_breaks_off_after_the_head() {
        let scene = Scene::with(broken(FaultKind::TruncatedBody)).await;
        let (_, refresh) = scene.login().await;
        let reply = scene.refresh(&refresh).await;
        assert_eq!(reply.status, 200);
        assert!(!reply.whole && !reply.body.is_empty());
        assert_eq!(counters(&scene).await.refreshes_granted, 1);
    }

    #[tokio::test]
    async fn a_huge_body_is_more_than_a_megabyte_without_a_length() {
        let scene = Scene::with(broken(FaultKind::HugeBody)).await;
        let (_, refresh) = scene.login().await;
        let reply = scene.refresh(&refresh).await;
        assert!(reply.whole && reply.body.len() > 2 * 1024 * 1024);
        assert_eq!(reply.header("content-length"), None);
    }

    #[tokio::test]
    async fn bodies_that_are_no_answer() {
        let scene = Scene::well().await;
        let (_, refresh) = scene.login().await;
        let shown = [
            ("html200", 200, Some("text/html; charset=utf-8"), "<!doctype html>"),
            ("emptyBody", 200, None, ""),
            ("notJson", 200, Some("application/json"), "{\"token\": oops"),
            ("withoutToken", 200, Some("application/json"), r#"{"status":"ok"}"#),
            ("bare401", 401, None, ""),
            ("refuse", 401, Some("application/json"), r#"{"error":"invalid_grant""#),
        ];
        for (kind, status, content_type, start) in shown {
            scene.set(json!({"fault": {"kind": kind}})).await;
            let reply = scene.refresh(&refresh).await;
            assert_eq!(reply.status, status, "{kind}");
            assert_eq!(reply.header("content-type"), content_type, "{kind}");
            let body = String::from_utf8(reply.body).unwrap();
            assert!(body.starts_with(start), "{kind}: {body}");
            assert_eq!(body.is_empty(), start.is_empty(), "{kind}");
            assert!(reply.headers.iter().any(|(name, _)| name == "date"), "{kind}");
        }
        scene.server.control().reset(false).await.unwrap();
        assert_eq!(scene.refresh(&refresh).await.status, 200, "and the session lives");
        assert_eq!(counters(&scene).await.faults_shown, 6);
    }

    #[tokio::test]
    async fn statuses_come_with_retry_after_in_both_forms() {
        let scene = Scene::well().await;
        let (_, refresh) = scene.login().await;
        scene
            .set(json!({"fault": {"kind": "status", "code": 429, "retryAfter": {"seconds": 30},
                "body": "json", "times": 1}}))
            .await;
        let reply = scene.refresh(&refresh).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("30")));
        assert_eq!(reply.text("error"), "too_many_requests");

        scene
            .set(json!({"clockOffsetMs": 3_600_000, "fault": {"kind": "status", "code": 503,
                "retryAfter": {"date": 90}, "body": "html"}}))
            .await;
        let reply = scene.refresh(&refresh).await;
        assert_eq!(reply.status, 503);
        assert_eq!(reply.header("retry-after"), Some("Fri, 15 Jan 2027 09:01:30 GMT"));
        assert_eq!(reply.header("date"), Some("Fri, 15 Jan 2027 09:00:00 GMT"));
        assert_eq!(counters(&scene).await.refreshes_granted, 0);
    }

    #[tokio::test]
    async fn a_gateway_that_gives_up_may_hide_a_rotation() {
        let scene = Scene::well().await;
        let (_, refresh) = scene.login().await;
        scene.set(json!({"fault": {"kind": "status", "code": 502, "afterHandling": true}})).await;
        assert_eq!(scene.refresh(&refresh).await.status, 502);
        assert_eq!(counters(&scene).await.refreshes_granted, 1);
    }

    #[tokio::test]
    async fn a_status_that_is_none_becomes_a_server_error() {
        let scene = Scene::well().await;
        for code in [100, 7, 60_000] {
            scene.set(json!({"fault": {"kind": "status", "code": code}})).await;
            assert_eq!(scene.refresh("whatever").await.status, 500);
        }
    }

    #[tokio::test]
    async fn a_fault_shows_where_and_as_often_as_it_should() {
        let fault = Fault::from(FaultKind::Bare401).on([Endpoint::Login, Endpoint::Api]).times(2);
        let scene = Scene::with(broken(fault)).await;
        assert_eq!(scene.ask_login().await.unwrap().status, 401);
        assert_eq!(scene.refresh("never given").await.text("error"), "invalid_grant");
        assert_eq!(scene.me("never given").await.body, b"");
        let (access, _) = scene.login().await;
        assert_eq!(scene.me(&access).await.status, 200);
        let switches = scene.server.control().switches().await.unwrap();
        assert_eq!(switches, Switches::default());
    }

    #[tokio::test]
    async fn the_api_refuses_a_good_token_as_often_as_told() {
        let scene = Scene::well().await;
        let (access, refresh) = scene.login().await;
        scene.set(json!({"fault": {"kind": "apiRefuses", "times": 2}})).await;
        assert_eq!(scene.refresh(&refresh).await.status, 200, "only the API is concerned");
        for status in [401, 401, 200] {
            assert_eq!(scene.me(&access).await.status, status);
        }
        assert_eq!(counters(&scene).await.api_refused, 2);
    }

    #[tokio::test]
    async fn a_held_request_is_answered_when_the_switches_are_set() {
        for after_handling in [false, true] {
            let scene = Scene::with(broken(FaultKind::Hold { after_handling })).await;
            let (_, refresh) = scene.login().await;
            let held = scene.ask_refresh(&refresh);
            let release = async {
                let handled = |counters: &Counters| {
                    counters.refreshes == 1
                        && counters.refreshes_granted == u64::from(after_handling)
                };
                scene.server.counted(handled).await;
                assert_eq!(scene.server.control().snapshot().await.unwrap().log.len(), 1);
                scene.server.control().reset(false).await.unwrap();
            };
            let (reply, ()) = tokio::join!(held, release);
            assert_eq!(reply.unwrap().status, 200);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn latency_delays_the_answer() {
        let scene = Scene::with(Switches { latency_ms: 90_000, ..Switches::default() }).await;
        let asked = tokio::time::Instant::now();
        assert_eq!(scene.ask_login().await.unwrap().status, 200);
        assert!(asked.elapsed().as_secs() >= 90);
    }
}
