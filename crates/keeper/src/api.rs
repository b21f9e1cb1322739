//! Carrying the access token to an API: fresh; renewed first; or refused, renewed, repeated once.

use crate::access::AccessToken;
use crate::activity::Purpose;
use crate::handle::Keeper;
use crate::owner::Message;
use crate::ports::{ApiAnswer, ApiVerdict};
use engine::{Exchange, Fingerprint, Wall};

/// What a call of the API did and got.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// How the token came to be used.
    pub how: How,
    /// What the API said in the end.
    pub result: Result,
    /// Every request to the API, in order.
    pub exchanges: Vec<Exchange>,
    /// When the next try to renew is, where no token could be had.
    pub next_try: Option<Wall>,
}

/// How the token of a call came to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was fresh.
    FreshToken,
    /// It was renewed first.
    RefreshedFirst,
    /// The API refused it; it was renewed, and the call repeated once.
    Repeated,
    /// None could be had.
    NoToken,
}

/// What the API said in the end. `None`: it was not called.
pub type Result = Option<ApiVerdict>;

/// `before`: the token when the call was asked for.
/// Each token goes to its own server: somebody else may have signed in between two of them.
pub(crate) async fn call(keeper: &Keeper, before: Option<Fingerprint>) -> Option<ApiCall> {
    let token = match keeper.access_token(0).await {
        Ok(token) => token,
        Err(unavailable) => {
            return Some(ApiCall {
                how: How::NoToken,
                result: None,
                exchanges: Vec::new(),
                next_try: unavailable.next_try,
            });
        }
    };
    let renewed_first = before.is_some_and(|before| before != token.fingerprint());
    let how = if renewed_first { How::RefreshedFirst } else { How::FreshToken };
    let first = carry(keeper, &token).await?;
    if first.verdict != ApiVerdict::TokenRefused {
        let exchanges = vec![first.exchange];
        return Some(ApiCall { how, result: Some(first.verdict), exchanges, next_try: None });
    }

    keeper.api_refused(token.fingerprint()).await;
    let again = match keeper.access_token(0).await {
        Ok(again) => again,
        Err(unavailable) => {
            return Some(ApiCall {
                how,
                result: Some(ApiVerdict::TokenRefused),
                exchanges: vec![first.exchange],
                next_try: unavailable.next_try,
            });
        }
    };
    let second = carry(keeper, &again).await?;
    if second.verdict == ApiVerdict::TokenRefused {
        keeper.api_refused(again.fingerprint()).await;
    }
    Some(ApiCall {
        how: How::Repeated,
        result: Some(second.verdict),
        exchanges: vec![first.exchange, second.exchange],
        next_try: None,
    })
}

async fn carry(keeper: &Keeper, token: &AccessToken) -> Option<ApiAnswer> {
    let answer = token.server()?.call_api(token.secret(), token.marks()).await?;
    Some(told(keeper, token, Purpose::Api, answer).await)
}

/// Asks the server whether it knows the session still. What it says is told, and no more: not even a
/// refusal is reported to the engine.
pub(crate) async fn confirm(keeper: &Keeper) -> Option<ApiAnswer> {
    let token = keeper.access_token(0).await.ok()?;
    let tokens = keeper.to_confirm(token.fingerprint()).await?;
    let answer = token.server()?.confirm(&tokens, token.marks()).await?;
    Some(told(keeper, &token, Purpose::Confirm, answer).await)
}

async fn told(
    keeper: &Keeper,
    token: &AccessToken,
    purpose: Purpose,
    answer: ApiAnswer,
) -> ApiAnswer {
    let teller = keeper.teller().about(token.keep());
    teller.api(purpose, token.secret(), token.marks(), &answer);
    let confirmed = answer.verdict == ApiVerdict::Accepted;
    keeper.send(Message::ApiAnswered { confirmed, clock: answer.clock }).await;
    answer
}
