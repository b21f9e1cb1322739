//! Everybody who can reach the port tries to get in.

use super::*;
use auth_client::oauth::SignInTrouble;
use engine::SECOND;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn the_answer_signs_in_shows_a_page_and_leaves_no_code_in_the_address_bar() {
    let stage = Stage::set().await;
    let tab = stage.tab.clone();
    let finish = tokio::spawn(stage.sign_in.finish(|| ()));
    let answer = tab.send(tab.answer("code=c-1")).await;
    assert_eq!(header(&answer, "location").as_deref(), Some(tab.redirect.as_str()));
    assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-store"));
    assert_eq!(header(&answer, "referrer-policy").as_deref(), Some("no-referrer"));
    let page = tab.follow(&answer).await;
    assert_eq!(status(&page), 200, "{page}");
    assert_eq!(header(&page, "cache-control").as_deref(), Some("no-store"));
    assert_eq!(header(&page, "referrer-policy").as_deref(), Some("no-referrer"));
    assert_eq!(header(&page, "x-content-type-options").as_deref(), Some("nosniff"));
    let policy = header(&page, "content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(page.contains("<html lang=\"zh-CN\""), "{page}");
    assert!(page.contains("已登录") && page.contains("可以关闭此页 &amp; 返回"), "{page}");
    finish.await.unwrap().unwrap();
    let form = &stage.server.forms("/token")[0];
    let verifier = oauth2::PkceCodeVerifier::new(form["code_verifier"].clone());
    let challenge = oauth2::PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    assert_eq!(challenge.as_str(), tab.challenge);
    tab.is_freed().await;
}

#[tokio::test]
async fn an_answer_with_another_state_or_none_is_refused() {
    let attacks = [
        attack("GET {path}?code=stolen&state=guessed"),
        attack("GET {path}?code=stolen&state={state}x"),
        attack("GET {path}?code=stolen&state={state}%00"),
        attack("GET {path}?code=stolen&state="),
        attack("GET {path}?code=stolen"),
        attack("GET {path}?error=access_denied&state=guessed"),
        attack("GET {path}?error=access_denied"),
        attack("GET {path}?"),
        attack("GET {path}"),
    ];
    come_to_nothing(&attacks.each_ref().map(|it| (it.as_str(), 400)), |_| {}).await;
}

#[tokio::test]
async fn doubled_and_disguised_parameters_are_refused() {
    let attacks = [
        attack("GET {path}?code=stolen&code=other&state={state}"),
        attack("GET {path}?code=stolen&%63ode=other&state={state}"),
        attack("GET {path}?code=stolen&state={state}&state={state}"),
        attack("GET {path}?code=stolen&state=x&st%61te={state}"),
        attack("GET {path}?code=stolen&iss={issuer}&iss=http://evil.example&state={state}"),
        attack("GET {path}?code=stolen%0d%0aSet-Cookie:x=1&state={state}"),
        attack("GET {path}?code=stolen&error=x&state={state}"),
        attack("GET {path}?code=%ff%fe&state={state}"),
    ];
    come_to_nothing(&attacks.each_ref().map(|it| (it.as_str(), 400)), |_| {}).await;
}

#[tokio::test]
async fn the_answer_of_another_issuer_is_refused() {
    let attacks = [
        attack("GET {path}?code=stolen&iss=http://evil.example&state={state}"),
        attack("GET {path}?code=stolen&iss={issuer}/&state={state}"),
        attack("GET {path}?error=access_denied&iss=http://evil.example&state={state}"),
    ];
    come_to_nothing(&attacks.each_ref().map(|it| (it.as_str(), 400)), |_| {}).await;
}

#[tokio::test]
async fn where_the_issuer_is_promised_an_answer_without_it_is_refused() {
    let strict = Stage::with(|account| account.discovered.iss_in_response = true).await;
    let tab = strict.tab.clone();
    let refused = tab.send(tab.answer("code=stolen")).await;
    assert_eq!(status(&refused), 400, "{refused}");
    let finish = tokio::spawn(strict.sign_in.finish(|| ()));
    let issuer: String =
        url::form_urlencoded::byte_serialize(strict.server.base.as_bytes()).collect();
    let answer = tab.send(tab.answer(&format!("code=real&iss={issuer}"))).await;
    assert_eq!(status(&answer), 303, "{answer}");
    finish.await.unwrap().unwrap();
    assert_eq!(strict.server.forms("/token")[0]["code"], "real");
}

#[tokio::test]
async fn a_no_with_our_state_needs_no_issuer_and_ends_the_sign_in() {
    let stage = Stage::with(|account| account.discovered.iss_in_response = true).await;
    let tab = stage.tab.clone();
    let finish = tokio::spawn(stage.sign_in.finish(|| panic!("no code came")));
    let query = "error=access_denied&error_description=Bearer+abcdefgh12345678%0A%E2%80%AEno";
    let answer = tab.send(tab.answer(query)).await;
    let page = tab.follow(&answer).await;
    assert!(page.contains("未登录") && !page.contains("access_denied"), "{page}");
    let trouble = finish.await.unwrap().unwrap_err();
    let SignInTrouble::Denied { code, description } = trouble else { panic!("{trouble:?}") };
    assert_eq!(code, "access_denied");
    let description = description.unwrap();
    assert!(!description.contains("abcdefgh") && !description.contains(['\n', '\u{202e}']));
    assert!(stage.server.forms("/token").is_empty());
    tab.is_freed().await;
}

#[tokio::test]
async fn another_host_path_method_or_target_has_no_effect() {
    let query = "?code=stolen&state={state}";
    let with_host = |hosts: &str| format!("GET {{path}}{query} HTTP/1.1\r\n{hosts}\r\n");
    let attacks = [
        (with_host("Host: evil.example\r\n"), 421),
        (with_host("Host: localhost\r\n"), 421),
        (with_host("Host: 127.0.0.1\r\n"), 421),
        (with_host("Host: evil.example\r\nHost: {host}\r\n"), 421),
        (with_host("Host: {host}\r\nHost: evil.example\r\n"), 421),
        (with_host(""), 421),
        (format!("GET {{path}}{query} HTTP/1.0\r\n\r\n"), 421),
        (format!("GET {{path}}{query}\r\n\r\n"), 400),
        (attack(&format!("GET http://{{host}}{{path}}{query}")), 421),
        (attack(&format!("GET http://evil.example{{path}}{query}")), 421),
        (attack(&format!("GET /{query}")), 404),
        (attack(&format!("GET {{path}}/{query}")), 404),
        (attack(&format!("GET /%63allback{query}")), 404),
        (attack(&format!("GET //callback{query}")), 404),
        (attack(&format!("GET /x/../callback{query}")), 404),
        (attack("GET /favicon.ico"), 404),
        (attack(&format!("HEAD {{path}}{query}")), 200),
        (attack(&format!("PUT {{path}}{query}")), 405),
        (attack(&format!("DELETE {{path}}{query}")), 405),
        (attack("OPTIONS *"), 404),
        (attack("CONNECT {host}"), 421),
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".to_owned() + "\r\n\r\n", 400),
    ];
    let attacks: Vec<_> =
        attacks.iter().map(|(attack, status)| (attack.as_str(), *status)).collect();
    come_to_nothing(&attacks, |_| {}).await;
}

#[tokio::test]
async fn a_page_that_posts_to_the_port_gets_nothing() {
    let form = "code=stolen&state={state}";
    let post = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {{host}}\r\nOrigin: https://evil.example\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 62\r\n\r\n{form}"
        )
    };
    let preflight = "OPTIONS {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://evil.example\r\n\
                     Access-Control-Request-Method: GET\r\n\
                     Access-Control-Request-Private-Network: true\r\n\r\n";
    let attacks = [post("{path}"), post("{path}?code=stolen&state={state}"), preflight.to_owned()];
    come_to_nothing(&attacks.each_ref().map(|it| (it.as_str(), 405)), |_| {}).await;
}

#[tokio::test]
async fn a_huge_request_is_cut_off() {
    for size in [17_000, 1_000_000] {
        let stage = Stage::set().await;
        let tab = &stage.tab;
        let answer = tab.send(tab.answer(&format!("code={}", "x".repeat(size)))).await;
        assert!(matches!(status(&answer), 0 | 414 | 431), "{answer}");
        let headers = format!("X-Filler: {}\r\n", "y".repeat(1_000)).repeat(size / 1_000);
        let answer = tab.answer("code=stolen").replace("\r\n\r\n", &format!("\r\n{headers}\r\n"));
        let answer = tab.send(answer).await;
        assert!(matches!(status(&answer), 0 | 431), "{answer}");
        completes(stage).await;
    }
}

#[tokio::test]
async fn a_long_code_and_many_cookies_are_no_attack() {
    let stage = Stage::set().await;
    let tab = stage.tab.clone();
    let finish = tokio::spawn(stage.sign_in.finish(|| ()));
    let code = "x".repeat(6_000);
    let cookies = format!("\r\nCookie: all={}\r\n\r\n", "y".repeat(6_000));
    let answer = tab.send(tab.answer(&format!("code={code}")).replace("\r\n\r\n", &cookies)).await;
    assert_eq!(status(&answer), 303, "{answer}");
    finish.await.unwrap().unwrap();
    assert_eq!(stage.server.forms("/token")[0]["code"], code);
}

#[tokio::test]
async fn whoever_is_slow_is_cut_off_after_five_seconds() {
    let stage = Stage::set().await;
    let mut slow = stage.tab.connect().await;
    slow.write_all(b"GET /callback?code=sto").await.unwrap();
    // It is being served before the clock moves.
    let refused = stage.tab.send(stage.tab.get("/")).await;
    assert_eq!(status(&refused), 404);
    stage.clock.advance(5 * SECOND);
    assert_eq!(heard(slow).await, "");
    completes(stage).await;
}

#[tokio::test]
async fn connections_that_say_nothing_do_not_lock_the_real_one_out() {
    let stage = Stage::set().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(stage.tab.connect().await);
    }
    // They are not all kept: the first of them hears the end of it while the clock stands.
    let mut byte = [0];
    let first = tokio::time::timeout(HANGS, idle[0].read(&mut byte)).await.expect("it was closed");
    assert!(matches!(first, Ok(0) | Err(_)));
    completes(stage).await;
}

#[tokio::test]
async fn a_connection_that_is_reset_or_sends_half_a_request_disturbs_nothing() {
    let stage = Stage::set().await;
    for half in ["", "G", "GET /callback?code=stolen", "GET / HTTP/1.1\r\nHost: "] {
        let mut stream = stage.tab.connect().await;
        stream.write_all(half.as_bytes()).await.unwrap();
        stream.set_zero_linger().unwrap();
        drop(stream);
    }
    completes(stage).await;
}

#[tokio::test]
async fn what_is_sent_behind_a_first_request_is_not_looked_at() {
    let stage = Stage::set().await;
    let tab = &stage.tab;
    let both = tab.get("/favicon.ico") + &tab.answer("code=stolen");
    let answer = tab.send(both).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(status(&answer), 404);
    completes(stage).await;
}

#[tokio::test]
async fn a_second_answer_is_answered_and_changes_nothing() {
    let stage = Stage::set().await;
    let tab = stage.tab.clone();
    let first = tab.send(tab.answer("code=first")).await;
    let second = tab.send(tab.answer("code=second")).await;
    let third = tab.send(tab.answer("error=access_denied")).await;
    for answer in [&first, &second, &third] {
        assert_eq!(status(answer), 303, "{answer}");
    }
    let granted = stage.sign_in.finish(|| ()).await;
    assert!(granted.is_ok(), "{granted:?}");
    assert!(tab.follow(&second).await.contains("已登录"));
    let asked = stage.server.forms("/token");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["code"], "first");
}
