//! What an oracle would have asked of the server, who knows the whole future.
//!
//! It keeps the access token out of its last moments, min(60 s, L/10) before its end, at every
//! moment at which the server can be reached: the computer awake, the app running, a network that
//! leads to the server (a slow one and a lossy one do: whatever the oracle asks gets through), and
//! the server well. A change of the server's keys makes the token worthless at once, so it is replaced
//! then. And two hazards strike whoever asks next, whenever that is: the server loses its next answer,
//! and a process is killed before the next answer can have arrived. The oracle knows of them, cannot
//! escape them, and asks once more.
//!
//! It is greedy: it waits until the last moment at which waiting is possible, and over a time in which
//! the server cannot be reached until that time is over. No other schedule needs fewer refreshes,
//! because to refresh later never brings the next one nearer, nor spares one. It begins anew at each
//! sign-in, and stops when that session ends.

/// What an oracle cannot escape: when, in order, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hazards {
    /// The server's API accepts no access token of before.
    pub key_changes: Vec<i64>,
    /// From here on the next answer to a refresh is lost.
    pub lost_answers: Vec<i64>,
}

/// The refreshes it needs. `sessions` and `reachable`: times from, until, in order, without overlap,
/// in milliseconds; `lifetime_ms`: how long an access token lives.
#[must_use]
pub fn refreshes(
    sessions: &[(i64, i64)],
    reachable: &[(i64, i64)],
    hazards: &Hazards,
    lifetime_ms: i64,
) -> u64 {
    let lifetime_ms = lifetime_ms.max(1);
    let fresh_for_ms = lifetime_ms - last_moments_ms(lifetime_ms);
    let mut needed = 0;
    let mut spans = reachable.iter().copied().peekable();
    let mut key_changes = hazards.key_changes.iter().copied().peekable();
    let mut lost_answers = hazards.lost_answers.iter().copied().peekable();
    let mut due_after = |asked_ms: i64| {
        while key_changes.next_if(|at_ms| *at_ms <= asked_ms).is_some() {}
        let due_ms = asked_ms + fresh_for_ms.max(1);
        key_changes.peek().map_or(due_ms, |at_ms| due_ms.min(*at_ms))
    };
    for &(signed_in_ms, until_ms) in sessions {
        let mut due_ms = due_after(signed_in_ms);
        while due_ms < until_ms {
            // A span that is over when the token comes due makes nobody refresh.
            while spans.next_if(|(_, closes_ms)| *closes_ms <= due_ms).is_some() {}
            let Some(&(opens_ms, _)) = spans.peek() else { break };
            let at_ms = due_ms.max(opens_ms);
            if at_ms >= until_ms {
                break;
            }
            needed += 1;
            // Any number of them strike one answer.
            let mut lost = false;
            while lost_answers.next_if(|lost_ms| *lost_ms <= at_ms).is_some() {
                lost = true;
            }
            needed += u64::from(lost);
            due_ms = due_after(at_ms);
        }
    }
    needed
}

/// How long before its end the last moments of a token of this lifetime begin.
#[must_use]
pub fn last_moments_ms(lifetime_ms: i64) -> i64 {
    (lifetime_ms / 10).min(60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    /// Where nothing strikes whoever asks.
    fn calm(sessions: &[(i64, i64)], reachable: &[(i64, i64)], lifetime_ms: i64) -> u64 {
        refreshes(sessions, reachable, &Hazards::default(), lifetime_ms)
    }

    fn nine_hours(hazards: &Hazards) -> u64 {
        refreshes(&[(0, 9 * HOUR)], &[(0, 9 * HOUR)], hazards, HOUR)
    }

    #[test]
    fn an_oracle_that_is_always_online_refreshes_once_in_59_minutes() {
        assert_eq!(calm(&[(0, 59 * MINUTE)], &[(0, 9 * HOUR)], HOUR), 0);
        assert_eq!(calm(&[(0, 59 * MINUTE + 1)], &[(0, 9 * HOUR)], HOUR), 1);
        assert_eq!(calm(&[(0, 9 * HOUR)], &[(0, 9 * HOUR)], HOUR), 9);
    }

    #[test]
    fn a_night_costs_one_refresh_at_the_wake() {
        let reachable = [(0, 30 * MINUTE), (10 * HOUR, 10 * HOUR + 58 * MINUTE)];
        assert_eq!(calm(&[(0, 20 * HOUR)], &reachable, HOUR), 1);
    }

    #[test]
    fn nothing_is_needed_while_nobody_can_be_reached() {
        assert_eq!(calm(&[(0, 20 * HOUR)], &[(0, 30 * MINUTE)], HOUR), 0);
        assert_eq!(calm(&[(0, 20 * HOUR)], &[], HOUR), 0);
    }

    #[test]
    fn a_short_gap_at_the_wrong_moment_costs_nothing_more() {
        let reachable = [(0, 58 * MINUTE), (62 * MINUTE, 120 * MINUTE)];
        assert_eq!(calm(&[(0, 120 * MINUTE)], &reachable, HOUR), 1);
    }

    #[test]
    fn a_sign_in_begins_anew() {
        let sessions = [(0, 50 * MINUTE), (51 * MINUTE, 100 * MINUTE)];
        assert_eq!(calm(&sessions, &[(0, 9 * HOUR)], HOUR), 0);
    }

    #[test]
    fn a_short_token_has_short_last_moments() {
        assert_eq!(last_moments_ms(20_000), 2_000);
        assert_eq!(calm(&[(0, 60_000)], &[(0, 60_000)], 20_000), 3);
    }

    #[test]
    fn a_change_of_keys_costs_a_refresh_where_none_was_due_and_puts_off_the_next() {
        let keys = |key_changes| Hazards { key_changes, ..Hazards::default() };
        assert_eq!(nine_hours(&keys(vec![])), 9);
        assert_eq!(nine_hours(&keys(vec![30 * MINUTE])), 9, "the others come half an hour later");
        assert_eq!(nine_hours(&keys(vec![MINUTE, 2 * MINUTE, 3 * MINUTE])), 12);
        // Nobody is there: at the wake one was due anyway.
        let night = [(0, 30 * MINUTE), (10 * HOUR, 10 * HOUR + 58 * MINUTE)];
        let hazards = keys(vec![5 * HOUR, 6 * HOUR]);
        assert_eq!(refreshes(&[(0, 20 * HOUR)], &night, &hazards, HOUR), 1);
    }

    #[test]
    fn an_answer_that_is_lost_whoever_asks_costs_one_more_however_many_were_to_be_lost() {
        let lost = |lost_answers| Hazards { lost_answers, ..Hazards::default() };
        assert_eq!(nine_hours(&lost(vec![10 * MINUTE])), 10);
        assert_eq!(nine_hours(&lost(vec![10 * MINUTE, 20 * MINUTE])), 10);
        assert_eq!(nine_hours(&lost(vec![10 * MINUTE, 80 * MINUTE])), 11);
        assert_eq!(nine_hours(&lost(vec![9 * HOUR - 1])), 9, "nobody asks any more");
    }
}
