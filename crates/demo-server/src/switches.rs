//! Everything that can be turned on this server. The default of every switch is to behave well.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::counters::Endpoint;
use crate::openid::OpenIdSwitches;
use crate::policy::{Rotation, Terms};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The switches. In JSON the names are in camelCase; a change names only what it changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "demo.ts")]
pub struct Switches {
    /// How long new access tokens live, in milliseconds. Tokens given before keep their end.
    pub access_lifetime_ms: u64,
    /// How long a refresh token lives from its last use, in milliseconds.
    pub refresh_lifetime_ms: u64,
    /// What happens to a refresh token that was used.
    pub rotation: Rotation,
    /// When the refresh token is told.
    pub tell_refresh_token: TellRefreshToken,
    /// Tells the refresh token's lifetime too, in seconds, as `refreshExpiresIn`.
    pub tell_refresh_lifetime: bool,
    /// A refresh ends every earlier access token of the session at once.
    pub kill_old_access_on_refresh: bool,
    /// How the access token's lifetime is told. The true lifetime stays what it is.
    pub lifetime_shape: LifetimeShape,
    /// Answers are wrapped: `{"code":0,"data":{…}}`, refusals in HTTP 200 as
    /// `{"code":401,"message":…}`.
    pub envelope: bool,
    /// The refresh token travels in an HttpOnly cookie instead of the body. The sign-in sets a
    /// second cookie, `sid`, and a refresh must bring both.
    pub cookie_form: bool,
    /// How long every request under `/api` waits before it is handled, in milliseconds.
    pub latency_ms: u64,
    /// How far the clock that this server shows (`Date`, `expiresAt`) is ahead, in milliseconds;
    /// negative: behind. Lifetimes are measured without it, so turning it ends no session.
    pub clock_offset_ms: i64,
    /// What goes wrong.
    pub fault: Fault,
    /// The OpenID provider under `/openid`.
    pub openid: OpenIdSwitches,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            access_lifetime_ms: 20_000,
            refresh_lifetime_ms: 30 * DAY_MS,
            rotation: Rotation::default(),
            tell_refresh_token: TellRefreshToken::default(),
            tell_refresh_lifetime: false,
            kill_old_access_on_refresh: false,
            lifetime_shape: LifetimeShape::default(),
            envelope: false,
            cookie_form: false,
            latency_ms: 0,
            clock_offset_ms: 0,
            fault: Fault::default(),
            openid: OpenIdSwitches::default(),
        }
    }
}

/// A change of switches that names a switch that does not exist, or a value it cannot have.
#[derive(Debug, thiserror::Error)]
pub enum BadSwitches {
    /// The change is not a JSON object.
    #[error("a change of switches is a JSON object")]
    NotAnObject,
    /// No such switch.
    #[error("there is no switch called {0:?}")]
    Unknown(String),
    /// No such value.
    #[error("{0}")]
    Value(#[from] serde_json::Error),
}

impl Switches {
    /// These switches with a change applied: a field that is absent stays, one that is there is
    /// replaced as a whole, `null` brings its default back (after RFC 7396, one level deep, so
    /// that nothing of an old fault lingers in a new one). `openid` holds switches in its turn,
    /// and they are changed in the same way.
    ///
    /// # Errors
    /// [`BadSwitches`] says which part of the change is meaningless; nothing is applied then.
    pub fn patched(&self, change: &Value) -> Result<Self, BadSwitches> {
        patched(self, change, |name, value| match name {
            "openid" => Ok(serde_json::to_value(self.openid.patched(value)?)?),
            _ => Ok(value.clone()),
        })
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms {
            // A successor that is never told would end the session; so it is never made.
            rotation: match self.tell_refresh_token {
                TellRefreshToken::Never => Rotation::None,
                TellRefreshToken::Always | TellRefreshToken::WhenNew => self.rotation,
            },
            access_lifetime_ms: self.access_lifetime_ms,
            refresh_lifetime_ms: self.refresh_lifetime_ms,
            kill_old_access: self.kill_old_access_on_refresh,
        }
    }

    /// Takes the fault for one request, counting down how often it still shows.
    pub(crate) fn take_fault(&mut self, endpoint: Endpoint) -> Option<FaultKind> {
        if !self.fault.concerns(endpoint) {
            return None;
        }
        let kind = self.fault.kind;
        if let Some(times) = self.fault.times {
            self.fault.times = Some(times.saturating_sub(1));
            if times <= 1 {
                self.fault = Fault::default();
            }
            if times == 0 {
                return None;
            }
        }
        Some(kind)
    }
}

/// `all` with a change applied, each new value made by `new_value` of what the change says.
pub(crate) fn patched<T: Serialize + DeserializeOwned>(
    all: &T,
    change: &Value,
    new_value: impl Fn(&str, &Value) -> Result<Value, BadSwitches>,
) -> Result<T, BadSwitches> {
    let change = change.as_object().ok_or(BadSwitches::NotAnObject)?;
    let mut all: Map<String, Value> = serde_json::from_value(serde_json::to_value(all)?)?;
    for (name, value) in change {
        if !all.contains_key(name) {
            return Err(BadSwitches::Unknown(name.clone()));
        }
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), new_value(name, value)?);
        }
    }
    Ok(serde_json::from_value(Value::Object(all))?)
}

/// When an answer holds the refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum TellRefreshToken {
    /// In every answer to a sign-in or refresh, even when it stays the same.
    #[default]
    Always,
    /// A refresh that does not rotate answers without it, as in the tutorial and as RFC 6749
    /// section 6 allows.
    WhenNew,
    /// Never: a sign-in gives an access token alone, which nothing renews. Sessions from before
    /// go on without rotation.
    Never,
}

/// How an answer tells the access token's lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum LifetimeShape {
    /// `"expiresIn": 20`, with a fraction only where the lifetime has one.
    #[default]
    Seconds,
    /// Nothing is told.
    Absent,
    /// `"expiresIn": 0`.
    Zero,
    /// `"expiresIn": -1`.
    Negative,
    /// `"expiresIn": "20"`.
    Text,
    /// `"expiresIn": 19.5`: half a second less than the truth.
    Fraction,
    /// `"expiresIn": "soon"`.
    Words,
    /// `"expiresAt"` instead of `expiresIn`: an RFC 3339 time on the clock this server shows.
    Absolute,
    /// `"expiresAt": "9999-12-31T23:59:59Z"` instead of `expiresIn`.
    Year9999,
    /// `"expiresIn": 20000`.
    Milliseconds,
}

/// What goes wrong, where, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How many requests still meet it; then it turns itself off. Absent: until switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Which requests meet it. [`FaultKind::ApiRefuses`] concerns API calls whatever this says.
    #[serde(default = "refresh_only")]
    pub on: Vec<Endpoint>,
}

fn refresh_only() -> Vec<Endpoint> {
    vec![Endpoint::Refresh]
}

impl Default for Fault {
    fn default() -> Self {
        FaultKind::None.into()
    }
}

impl From<FaultKind> for Fault {
    /// This fault on every refresh until it is switched off.
    fn from(kind: FaultKind) -> Self {
        Self { kind, times: None, on: refresh_only() }
    }
}

impl Fault {
    /// The same fault for the next `times` requests only.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The same fault on other requests.
    #[must_use]
    pub fn on(self, endpoints: impl Into<Vec<Endpoint>>) -> Self {
        Self { on: endpoints.into(), ..self }
    }

    fn concerns(&self, endpoint: Endpoint) -> bool {
        if self.kind == FaultKind::ApiRefuses {
            return endpoint == Endpoint::Api;
        }
        self.kind != FaultKind::None && self.on.contains(&endpoint)
    }
}

/// What can go wrong. "Handled" means that the request was carried out, durably: the refresh
/// token is rotated, and only the answer is spoilt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum FaultKind {
    /// Nothing.
    #[default]
    None,
    /// An HTTP status. Not handled, unless `after_handling` says so.
    Status {
        /// From 200 to 599; anything else is answered as 500.
        code: u16,
        /// A `Retry-After` header (RFC 9110 section 10.2.3).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
        /// What the body is.
        #[serde(default)]
        body: FaultBody,
        /// Whether the request is handled before it is answered so.
        #[serde(default)]
        after_handling: bool,
    },
    /// 200 with an HTML page, as the sign-in page of a network gives. Not handled.
    Html200,
    /// 200 without a body. Handled.
    EmptyBody,
    /// 200 that calls itself JSON and is not. Handled.
    NotJson,
    /// The answer breaks off in the middle of its body, and the connection closes. Handled.
    TruncatedBody,
    /// The answer, in a body of more than 2 MiB, streamed without a length. Handled.
    HugeBody,
    /// 200 with JSON that holds no token. Not handled.
    WithoutToken,
    /// 401 `invalid_grant` (over OAuth 400; on the API `invalid_token`), although all is well. Not
    /// handled, and the session is untouched.
    Refuse,
    /// 401 without a body. Not handled.
    Bare401,
    /// The connection closes without an answer. Handled: the answer alone is lost.
    DropAfterRotating,
    /// The connection closes without an answer. Not handled.
    DropBeforeHandling,
    /// API calls are answered by 401 although their token is good. Not handled.
    ApiRefuses,
    /// No answer until somebody sets the switches again, to whatever; then the usual one.
    Hold {
        /// Whether the request is handled before it is held, or after.
        #[serde(default)]
        after_handling: bool,
    },
}

/// The two forms of `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum RetryAfter {
    /// That many seconds.
    Seconds(u64),
    /// A date that many seconds from now, on the clock this server shows.
    Date(u64),
}

/// The body of a status fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum FaultBody {
    /// No body.
    #[default]
    None,
    /// `{"error":…,"message":…}`, the error named after the status.
    Json,
    /// A page.
    Html,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_leaves_alone_what_it_does_not_name() {
        let before = Switches { latency_ms: 7, ..Switches::default() };
        let after = before.patched(&json!({"accessLifetimeMs": 60_000})).unwrap();
        assert_eq!(after, Switches { access_lifetime_ms: 60_000, ..before });
    }

    #[test]
    fn null_brings_the_default_back() {
        let before = Switches { latency_ms: 7, envelope: true, ..Switches::default() };
        let after = before.patched(&json!({"latencyMs": null})).unwrap();
        assert_eq!(after, Switches { latency_ms: 0, ..before });
    }

    #[test]
    fn a_new_fault_keeps_nothing_of_the_old_one() {
        let fault = json!({"fault": {"kind": "status", "code": 429, "times": 3, "on": ["login"],
            "retryAfter": {"date": 30}, "body": "json"}});
        let before = Switches::default().patched(&fault).unwrap();
        assert_eq!(
            before.fault,
            Fault {
                kind: FaultKind::Status {
                    code: 429,
                    retry_after: Some(RetryAfter::Date(30)),
                    body: FaultBody::Json,
                    after_handling: false,
                },
                times: Some(3),
                on: vec![Endpoint::Login],
            }
        );
        let after = before.patched(&json!({"fault": {"kind": "refuse"}})).unwrap();
        assert_eq!(after.fault, FaultKind::Refuse.into());
    }

    #[test]
    fn a_switch_that_does_not_exist_is_refused_by_name() {
        let refused = Switches::default().patched(&json!({"latency": 3})).unwrap_err();
        assert_eq!(refused.to_string(), r#"there is no switch called "latency""#);
        assert!(Switches::default().patched(&json!({"rotation": {"kind": "x"}})).is_err());
        assert!(Switches::default().patched(&json!([])).is_err());
    }

    #[test]
    fn switches_survive_being_written_and_read() {
        let all = Switches {
            rotation: Rotation::Grace { seconds: 10 },
            fault: Fault::from(FaultKind::Hold { after_handling: true }).times(1),
            ..Switches::default()
        };
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Switches>(&text).unwrap(), all);
    }

    #[test]
    fn a_fault_with_a_count_turns_itself_off() {
        let mut switches =
            Switches { fault: Fault::from(FaultKind::Refuse).times(2), ..Switches::default() };
        assert_eq!(switches.take_fault(Endpoint::Login), None);
        assert_eq!(switches.take_fault(Endpoint::Refresh), Some(FaultKind::Refuse));
        assert_eq!(switches.take_fault(Endpoint::Refresh), Some(FaultKind::Refuse));
        assert_eq!(switches.take_fault(Endpoint::Refresh), None);
        assert_eq!(switches, Switches::default());
    }
}
