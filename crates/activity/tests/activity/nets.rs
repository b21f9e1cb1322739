//! The last net: what looks like a token does not get in, whoever tells it.

use crate::stage::{decision, exchange, folder, open, refresh, switch, tell};
use activity::ExportFormat;
use engine::{Exchange, Next, StoreTrouble, WriteTrouble};
use keeper::activity::{DiskStep, What};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
const RANDOM: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";

/// An event for each field of text there is, with this planted in it.
fn planted(secret: &str) -> Vec<What> {
    let text = format!("before {secret} after");
    let mut all = vec![
        switch(&text),
        What::Switch { name: text.clone(), to: String::new() },
        What::Disk {
            step: DiskStep::Read,
            took_ms: 0,
            trouble: Some(StoreTrouble { kind: WriteTrouble::Other, detail: text.clone() }),
            token: None,
        },
        What::Disk {
            step: DiskStep::IntentWritten,
            took_ms: 0,
            trouble: None,
            token: Some(secret.to_owned()),
        },
    ];
    for in_next in [false, true] {
        let What::Decision { input, trigger, left_ms, from, to, why, effects, .. } = decision()
        else {
            panic!()
        };
        let (why, next) = if in_next { (why, text.clone()) } else { (text.clone(), String::new()) };
        let next = Some(Next { at_ms: 0, why: next });
        all.push(What::Decision { input, trigger, left_ms, from, to, why, effects, next });
    }
    let with = |exchange: Exchange| {
        let What::Exchange { purpose, reason, outcome, sent, access, refresh, .. } =
            refresh("aaaaaa", None)
        else {
            panic!()
        };
        What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange }
    };
    let lines = || vec![format!("authorization: Bearer {secret}"), text.clone()];
    all.extend([
        with(Exchange { method: text.clone(), ..exchange() }),
        with(Exchange { url: text.clone(), ..exchange() }),
        with(Exchange { url: format!("https://a.example/{secret}?t={secret}"), ..exchange() }),
        with(Exchange { url: format!("https://{secret}@a.example/"), ..exchange() }),
        with(Exchange { url: format!("https://{secret}.example/"), ..exchange() }),
        with(Exchange { request: lines(), ..exchange() }),
        with(Exchange { response: lines(), ..exchange() }),
        with(Exchange { code: Some(text.clone()), ..exchange() }),
        with(Exchange { detail: text.clone(), ..exchange() }),
    ]);
    let What::Exchange { purpose, reason, outcome, exchange, .. } = with(exchange()) else {
        panic!()
    };
    let mut names = [None, None, None];
    for at in 0..names.len() {
        names = [None, None, None];
        names[at] = Some(secret.to_owned());
        let [sent, access, refresh] = names.clone();
        let exchange = exchange.clone();
        all.push(What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange });
    }
    all
}

#[tokio::test]
async fn what_looks_like_a_token_gets_through_nowhere() {
    for secret in [JWT, RANDOM] {
        let (_around, folder) = folder();
        let activity = open(&folder);
        let events = planted(secret);
        assert!(events.iter().all(|what| format!("{what:?}").contains(secret)));
        for what in events {
            tell(&activity, what);
        }
        activity.flush().await;
        let mut all = format!("{:?}", activity.entries());
        for file in std::fs::read_dir(&folder).unwrap() {
            all.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
        for format in [ExportFormat::JsonLines, ExportFormat::Markdown] {
            let mut exported = Vec::new();
            activity.export(format, 0, &mut exported).unwrap();
            all.push_str(&String::from_utf8(exported).unwrap());
        }
        for entry in activity.entries() {
            all.extend(activity.curl(entry.seq));
        }
        assert!(all.contains("‹hidden›"));
        // Not even a part of it.
        for part in [secret, &secret[..16], &secret[secret.len() - 16..]] {
            assert!(!all.contains(part), "{part} of {secret}");
        }
    }
}

#[tokio::test]
async fn a_file_with_a_token_in_it_tells_nobody() {
    let (_around, folder) = folder();
    std::fs::create_dir(&folder).unwrap();
    let entry = serde_json::json!({
        "seq": 1, "run": 1, "atMs": 0, "sentBefore": null,
        "what": {"kind": "switch", "name": "offline", "to": JWT},
    });
    std::fs::write(folder.join("activity.jsonl"), format!("{entry}\n")).unwrap();
    let activity = open(&folder);
    assert_eq!(activity.entries().len(), 1);
    assert!(!format!("{:?}", activity.entries()).contains(JWT));
}

#[test]
fn what_is_no_secret_stays_as_it_is() {
    let activity = activity::Activity::in_memory(activity::Limits::default());
    for what in [decision(), refresh("a1b2c3", Some("d4e5f6")), switch("on: 20 s")] {
        tell(&activity, what.clone());
        assert_eq!(activity.entries().last().unwrap().what, what);
    }
    let told = Exchange {
        url: "https://auth-staging-eu-west-1.example.com:8443/api/v2/refresh_token".to_owned(),
        response: vec![
            "date: Sun, 23 Nov 2025 12:00:00 GMT".to_owned(),
            "\"code\": 401".to_owned(),
        ],
        code: Some("invalid_grant".to_owned()),
        ..exchange()
    };
    let What::Exchange { purpose, reason, outcome, sent, access, refresh, .. } =
        refresh("a1b2c3", None)
    else {
        panic!()
    };
    let exchange = told;
    let what = What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange };
    tell(&activity, what.clone());
    assert_eq!(activity.entries().last().unwrap().what, what);
}
