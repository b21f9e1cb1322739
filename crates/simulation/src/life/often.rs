//! How often things happen, and for how long. More often than to most people, on purpose: whoever
//! keeps a session through such a year keeps it through a quieter one. All of it in one place.

/// A second, in milliseconds.
pub const SECOND: i64 = 1_000;
/// A minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// A range of milliseconds to draw from: from the first, below the second.
pub(super) type Range = (i64, i64);

/// How long a refresh token lives from its last use, in days: a long vacation outlasts it, a week does not.
pub(super) const REFRESH_LIVES_DAYS: i64 = 14;

/// Of a hundred working days, so many begin on a train.
pub(super) const TRAIN_DAYS: u64 = 20;
/// Of a hundred working days, so many are spent behind a slow VPN.
pub(super) const VPN_DAYS: u64 = 12;
/// Of a hundred evenings and weekends, so many begin behind a portal: hotel, cafe, airport.
pub(super) const PORTAL_EVENINGS: u64 = 25;
/// How long the portal stands in the way.
pub(super) const PORTAL_LASTS: Range = (20 * SECOND, 6 * MINUTE);
/// Of a hundred stretches at an ordinary network, so many have an outage.
pub(super) const OUTAGES: u64 = 15;
/// How long it lasts.
pub(super) const OUTAGE_LASTS: Range = (MINUTE, 12 * MINUTE);
/// How long after a wake the network is there.
pub(super) const WIFI_AFTER_WAKE: Range = (500, 15 * SECOND);
/// Of a hundred wakes, so many have their network at once.
pub(super) const WIRED: u64 = 15;
/// On a train: how long between two gaps.
pub(super) const TRAIN_RUNS: Range = (MINUTE, 5 * MINUTE);
/// How long a gap is.
pub(super) const TRAIN_GAP: Range = (5 * SECOND, 90 * SECOND);
/// Of a hundred requests on a train, so many are lost: from, below.
pub(super) const TRAIN_LOSES: (u8, u8) = (10, 45);
/// How long between two drops of the VPN.
pub(super) const VPN_RUNS: Range = (20 * MINUTE, 90 * MINUTE);
/// How long a drop takes.
pub(super) const VPN_DROP: Range = (5 * SECOND, 60 * SECOND);

/// Of a hundred working days, so many have meetings with the lid closed.
pub(super) const MEETING_DAYS: u64 = 60;
/// How long the lid is closed then.
pub(super) const MEETING_LASTS: Range = (5 * MINUTE, 70 * MINUTE);
/// Of a hundred working days, so many have an evening at home.
pub(super) const HOME_EVENINGS: u64 = 25;
/// Of a hundred days of a weekend, so many see the computer.
pub(super) const WEEKEND_DAYS: u64 = 30;
/// Of a hundred working days, so many end with the computer left running.
pub(super) const LEFT_RUNNING: u64 = 4;
/// Of a hundred stretches, so many end with the power off.
pub(super) const POWER_OFF: u64 = 20;
/// Of a hundred stretches, so many end with the app closed.
pub(super) const APP_CLOSED: u64 = 15;
/// How long after a boot, or after the return to a closed app, the app is open.
pub(super) const OPENED_AFTER: Range = (5 * SECOND, 90 * SECOND);
/// The vacation in summer, in days: from, below.
pub(super) const VACATION_DAYS: Range = (14, 23);
/// The days off in winter: from, below. A refresh token outlives them.
pub(super) const WINTER_DAYS: Range = (7, 11);

/// Between two looks at the window.
pub(super) const FOCUS_EVERY: Range = (2 * MINUTE, 25 * MINUTE);
/// Between two calls of the API.
pub(super) const CALLS_EVERY: Range = (30 * SECOND, 6 * MINUTE);
/// Of a hundred days, so many have a second copy open.
pub(super) const SECOND_COPY_DAYS: u64 = 40;
/// How long it is open.
pub(super) const SECOND_COPY_LASTS: Range = (HOUR, 9 * HOUR);

// What follows is drawn from the time in which the computer is awake: nobody can tell what the
// server did in the night. So many a year.

/// The server restarts.
pub(super) const RESTARTS: i64 = 50;
/// How long that takes.
pub(super) const RESTART_LASTS: Range = (10 * SECOND, 3 * MINUTE);
/// The server is in trouble: 500.
pub(super) const TROUBLES: i64 = 40;
/// How long.
pub(super) const TROUBLE_LASTS: Range = (MINUTE, 15 * MINUTE);
/// The server throttles.
pub(super) const THROTTLES: i64 = 40;
/// How long.
pub(super) const THROTTLE_LASTS: Range = (2 * MINUTE, 25 * MINUTE);
/// What its `Retry-After` says.
pub(super) const RETRY_AFTER: Range = (5 * SECOND, 10 * MINUTE);
/// The server is set up wrong.
pub(super) const SET_UP_WRONG: i64 = 3;
/// How long.
pub(super) const SET_UP_WRONG_LASTS: Range = (10 * MINUTE, 50 * MINUTE);
/// The server loses one answer to a refresh, after it did its part.
pub(super) const LOST_ANSWERS: i64 = 30;
/// The server's owner revokes the session.
pub(super) const REVOCATIONS: i64 = 2;
/// The server changes its keys, and its API accepts no access token of before.
pub(super) const KEY_CHANGES: i64 = 12;
/// Of a hundred such times, in so many a copy is killed in the renewal that follows: it is then that
/// people start what misbehaves anew.
pub(super) const KILLED_AT_KEY_CHANGE: u64 = 50;
/// How long a rotation policy is in force, in days: from, below.
pub(super) const ROTATION_DAYS: Range = (14, 43);
/// The grace of the policy that has one, in seconds.
pub(super) const GRACE_S: u64 = 60;
/// Times in which the server's clock is off.
pub(super) const SERVER_CLOCKS: i64 = 3;
/// How long, in days: from, below.
pub(super) const SERVER_CLOCK_DAYS: Range = (7, 29);
/// By how much, either way.
pub(super) const SERVER_CLOCK_OFF: Range = (MINUTE, 12 * MINUTE);
/// The computer's clock is set wrong.
pub(super) const WRONG_CLOCKS: i64 = 24;
/// By how much, either way.
pub(super) const WRONG_BY: Range = (20 * MINUTE, 26 * HOUR);
/// How long.
pub(super) const WRONG_FOR: Range = (20 * MINUTE, 3 * DAY);
/// A copy is killed at any moment.
pub(super) const KILLS: i64 = 30;
/// A copy is killed while its refresh is under way, or just over.
pub(super) const KILLS_IN_MID_REFRESH: i64 = 50;
/// How long after the server has answered. A good network takes up to 40 ms to bring the answer.
pub(super) const KILLED_AFTER: Range = (0, 60);
/// Of a hundred such kills, so many come later than that.
pub(super) const KILLED_LATER: u64 = 25;
/// How much later.
pub(super) const KILLED_LATER_BY: Range = (60, 8 * SECOND);
/// Of a hundred kills, so many are followed by a restart at once; the others take longer.
pub(super) const RESTARTED_AT_ONCE: u64 = 60;
/// How long "at once" is.
pub(super) const AT_ONCE: Range = (SECOND, 20 * SECOND);
/// How long the others take.
pub(super) const NOT_AT_ONCE: Range = (20 * SECOND, 3 * HOUR);
/// The person signs out, and in again.
pub(super) const SIGN_OUTS: i64 = 8;
/// As above, while a refresh is under way over a slow network.
pub(super) const SIGN_OUTS_IN_MID_REFRESH: i64 = 8;
/// How long after the refresh was asked for.
pub(super) const SIGNED_OUT_AFTER: Range = (0, 5 * SECOND);
/// How long until the person signs in again.
pub(super) const SIGNED_OUT_FOR: Range = (SECOND, 30 * MINUTE);
