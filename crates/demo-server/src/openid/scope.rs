//! Scopes.

/// The scopes that mean something here.
pub(crate) const SCOPES: [&str; 3] = ["openid", "profile", "offline_access"];

/// What of the scope that was asked for is granted: whatever is known (RFC 6749 section 3.3 lets
/// the rest be ignored), and `profile` if that is nothing.
pub(crate) fn granted(asked: Option<&str>) -> String {
    let mut granted: Vec<&str> = Vec::new();
    for word in asked.unwrap_or_default().split(' ') {
        if SCOPES.contains(&word) && !granted.contains(&word) {
            granted.push(word);
        }
    }
    if granted.is_empty() { "profile".to_owned() } else { granted.join(" ") }
}

/// Whether a scope holds this word.
pub(crate) fn holds(scope: &str, word: &str) -> bool {
    scope.split(' ').any(|known| known == word)
}

/// Whether a scope holds nothing that the other lacks.
pub(crate) fn is_within(scope: &str, other: &str) -> bool {
    scope.split(' ').filter(|word| !word.is_empty()).all(|word| holds(other, word))
}

/// A scope less this word.
pub(crate) fn without(scope: &str, word: &str) -> String {
    let kept: Vec<&str> = scope.split(' ').filter(|known| *known != word).collect();
    kept.join(" ")
}
