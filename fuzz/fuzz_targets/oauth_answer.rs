#![no_main]

session_keeper_fuzz::long_run!("oauth_answer");
