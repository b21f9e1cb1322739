//! Each rule taken away alone shows.

use crate::played;
use simulation::policies::keeper::Rule;

/// Plays these lives without the rule, and says whether that did harm.
fn harms(rule: Rule, seeds: &[u64], days: u32) -> bool {
    let (whole, _) = played(None, seeds, days);
    let (without, _) = played(Some(rule), seeds, days);
    assert!(whole.is_reached(), "{whole:?}");
    !without.is_reached()
}

#[test]
fn every_rule_is_there_for_something() {
    for rule in Rule::ALL {
        assert!(harms(rule, &[1, 2], 60), "nothing needed the rule {}", rule.name());
    }
}
