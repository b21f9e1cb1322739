use super::expectations::{EXPECTATIONS, SENTENCES};
use super::server::{FAULTS, SWITCHES};
use super::steps::STEPS;
use super::*;

/// The mistakes in these steps, as they are printed; the steps begin on line 2.
fn mistakes(steps: &str) -> Vec<String> {
    let source = format!("title \"It goes wrong\"\n{steps}");
    let read = read("wrong", "wrong.kdl", &source);
    read.expect_err("nothing is wrong").iter().map(ToString::to_string).collect()
}

fn mistake(steps: &str) -> String {
    let all = mistakes(steps);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().unwrap()
}

fn told(steps: &str, place: &str, words: &[&str]) {
    let mistake = mistake(steps);
    assert!(mistake.starts_with(&format!("wrong.kdl:{place}: ")), "{mistake}");
    for word in words {
        assert!(mistake.contains(word), "{mistake} does not say {word}");
    }
}

#[test]
fn a_step_that_does_not_exist_is_told_with_the_likeliest_that_does() {
    told("sign-in\n  sing-out\nexpect logins=1", "3:3", &["sing-out", "did you mean sign-out?"]);
    told("sign-in\nabracadabra\n", "3:1", &["abracadabra", "there are: title, group, sign-in"]);
}

#[test]
fn a_property_that_does_not_exist_is_told_where_it_stands() {
    told("sign-in\nexpect refreshs=1 logins=1", "3:8", &["refreshs", "did you mean refreshes?"]);
    told("server acess-lifetime=\"20s\"", "2:8", &["did you mean access-lifetime?"]);
    told("focus copy=1 again=#true", "2:14", &["focus knows no again", "there are: copy"]);
    told("all-well now=#true", "2:10", &["all-well takes none"]);
}

#[test]
fn a_word_a_number_and_a_duration_are_checked() {
    told("expect session=\"survive\"", "2:8", &["\"survive\"", "did you mean survived?"]);
    told("expect says=\"portals\"", "2:8", &["did you mean portal?"]);
    told("expect api=\"maybe\"", "2:8", &["a status such as 200 or 401"]);
    told("expect refreshes=\"about 3\"", "2:8", &["\"<=2\""]);
    told("expect refreshes=#true", "2:8", &["a number stands here"]);
    told("wait \"soon\"", "2:6", &["\"soon\" is no duration", "\"20s\""]);
    told("wait 20", "2:6", &["20 is no text", "\"20s\""]);
    told("wait \"31 days\"", "2:6", &["over 30 days"]);
    told("wait", "2:1", &["wait wants a duration"]);
    told("wait-until \"later\"", "2:12", &["due, expired"]);
    told("clock \"1h\" \"sideways\"", "2:12", &["forward, back"]);
    told("fault \"flood\"", "2:7", &["drop-after-rotating"]);
    told("fault \"refuse\" on=\"door\"", "2:16", &["login, refresh, api, logout"]);
    told("fault \"status\"", "2:1", &["code=503"]);
    told("server rotation=\"grace\"", "2:8", &["grace=\"10s\""]);
    told("server envelope=\"yes\"", "2:8", &["#true or #false"]);
}

#[test]
fn an_expectation_that_can_never_be_met_is_a_mistake() {
    told("expect refreshes=\"<0\"", "2:8", &["can never be met"]);
    told("expect refreshes=\"3..1\"", "2:8", &["can never be met"]);
    told("expect logins=-1", "2:8", &["less than 0 times"]);
    told("expect refreshes=1 seen-twice=2", "2:20", &["never be more than refreshes"]);
    told("expect refreshes=1 refreshes-granted=1 refreshes-refused=1", "2:8", &["together"]);
    told("expect within=\"3s\"", "2:1", &["expects nothing", "session, says, api"]);
}

#[test]
fn a_step_that_makes_no_sense_where_it_stands_is_a_mistake() {
    told("stop\nfocus", "3:1", &["not running", "put start before it"]);
    told("start", "2:1", &["running already"]);
    told("focus copy=2", "2:1", &["second-copy"]);
    told("sleep \"20 days\"\nsleep \"20 days\"", "3:1", &["30 days at most"]);
    told("clock \"20h\" back\nclock \"20h\" back", "3:1", &["a day at most"]);
    told("sign-in\ntitle \"Late\"", "3:1", &["above the steps"]);
    told("sign-in { now; }", "2:1", &["a line of its own"]);
}

#[test]
fn a_scenario_that_cannot_fail_is_a_mistake() {
    told("sign-in\nrenew\n", "4:1", &["nothing is expected", "expect session="]);
    told("sign-in\n  expect says=\"resting\"", "3:3", &["the app's own word"]);
    let judged = "title \"A\"\nsign-in\nexpect says=\"resting\"\nexpect logins=1";
    assert!(read("a", "a.kdl", judged).is_ok());
}

#[test]
fn all_mistakes_of_a_file_are_told_in_their_order() {
    let all = mistakes("sing-in\nwait \"soon\"\nexpect refreshes=-1 loggins=2\n");
    let places: Vec<&str> = all.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["wrong.kdl:2:1", "wrong.kdl:3:6", "wrong.kdl:4:8", "wrong.kdl:4:21"]);
}

#[test]
fn a_hundred_mistakes_are_told_at_most() {
    for steps in ["{".repeat(900), "a 1 2;".repeat(150), "a\n".repeat(300)] {
        assert_eq!(mistakes(&steps).len(), 100, "{}", &steps[..6]);
    }
}

#[test]
fn what_is_no_kdl_is_told_where_it_stops_being_one() {
    let all = mistakes("sign-in\nwait 20s\nexpect \"");
    assert!(all[0].starts_with("wrong.kdl:3:"), "{all:#?}");
    assert!(all[0].contains("a duration stands in quotes"), "{all:#?}");
    assert!(all.iter().any(|line| line.starts_with("wrong.kdl:4:")), "{all:#?}");
}

#[test]
fn a_column_counts_characters_and_not_bytes() {
    let source = "title \"A\" zh=\"登录\" zs=\"\"\nsign-in\n";
    let all = read("wrong", "wrong.kdl", source).unwrap_err();
    assert_eq!((all[0].line, all[0].column), (1, 19), "{all:#?}");
}

#[test]
fn a_scenario_without_title_or_steps_is_none() {
    let all = read("wrong", "wrong.kdl", "group \"time\"\n").unwrap_err();
    assert_eq!(all.len(), 2, "{all:#?}");
}

#[test]
fn steps_are_kept_word_for_word_with_their_lines() {
    let source = "title \"A\"\n\nsign-in // first\nserver \\\n  latency=\"1s\"\nfocus; renew\nexpect logins=1";
    let read = read("a", "a.kdl", source).unwrap();
    let lines: Vec<(u32, &str)> =
        read.lines.iter().take(4).map(|line| (line.line, line.text.as_str())).collect();
    let server = "server \\\n  latency=\"1s\"";
    assert_eq!(lines, [(3, "sign-in"), (4, server), (6, "focus"), (6, "renew")]);
}

#[test]
fn what_stands_behind_a_step_is_not_part_of_it() {
    let source = "title \"A\"\nsign-in /* a */ \\\n  // b\n\nrenew /- 5\nexpect logins=1; // c\n";
    let read = read("a", "a.kdl", source).unwrap();
    let texts: Vec<&str> = read.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["sign-in", "renew", "expect logins=1"]);
}

#[test]
fn what_turns_no_switch_can_be_run_against_an_account_of_ones_own() {
    let own = |steps: &str| {
        read("a", "a.kdl", &format!("title \"A\"\n{steps}\nexpect logins=1\n"))
            .unwrap()
            .own_account()
    };
    assert!(own("sign-in\nsleep \"8h\"\nnetwork-off\nexpect session=\"survived\" refreshes=1"));
    for step in ["server latency=\"1s\"", "fault \"refuse\"", "all-well", "revoke", "expire"] {
        assert!(!own(&format!("sign-in\n{step}")), "{step}");
    }
    assert!(!own("sign-in\nexpect reuse=0"), "only a server can tell");
}

#[test]
fn the_page_for_testers_names_everything_there_is() {
    let page = include_str!("../../../../docs/scenarios.md");
    let rotations = ["until-successor-used", "copy", "times", "on", "retry-after", "grace"];
    let all = [&HEADINGS[..], &STEPS, &EXPECTATIONS, &SENTENCES, &SWITCHES, &FAULTS, &rotations];
    for name in all.concat() {
        assert!(page.contains(&format!("`{name}")), "docs/scenarios.md does not tell of {name}");
    }
}

#[test]
fn every_sentence_of_the_engine_has_a_word() {
    let exported = include_str!("../../../../ui/src/generated/session.ts");
    let sentence = exported.split("export type Sentence =").nth(1).unwrap();
    let sentence = sentence.split("export type").next().unwrap();
    let mut kinds: Vec<String> = sentence
        .split("\"kind\": \"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().replace('_', "-"))
        .collect();
    let mut ours = SENTENCES.map(str::to_owned).to_vec();
    kinds.sort();
    ours.sort();
    assert_eq!(ours, kinds);
}
