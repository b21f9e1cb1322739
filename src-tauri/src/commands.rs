//! What the window may ask for. Each command translates and sends; deciding is elsewhere.

pub(crate) mod accounts;
pub(crate) mod activity;
mod checks;
pub(crate) mod lab;
pub(crate) mod scenarios;
pub(crate) mod signing;
pub(crate) mod tokens;

use crate::account::Account;
use crate::desk::Desk;
use crate::wire::{
    ApiCall, ApiCallHow, ApiCallResult, AppError, AppView, ConfirmResult, Confirmation, ErrorCode,
    KeepIn, NewAccount, Preferences,
};
use auth_client::{AccountSettings, CheckReport, PresetView, SettingsProblem};
use engine::{Class, Failure, Trigger};
use keeper::clock::TooFar;
use keeper::ports::{ApiAnswer, ApiVerdict, Clock, VaultFailure};
use keeper::record::Keep;
use keeper::{How, SignInError};
use secrecy::SecretString;
use std::sync::Arc;
use tauri::State;
use tauri::ipc::Channel;

pub(crate) type Desks<'a> = State<'a, Arc<Desk>>;

#[tauri::command]
pub(crate) fn subscribe(desk: Desks<'_>, channel: Channel<AppView>) {
    desk.subscribe(channel);
}

#[tauri::command]
pub(crate) async fn try_demo(desk: Desks<'_>) -> Result<(), AppError> {
    desk.demo.listening().await?;
    let alice = demo_server::ALICE;
    let password = SecretString::from(alice.password);
    let seat = desk.seat_of_demo().await?;
    desk.enter(&seat, Account::Demo, (alice.username.to_owned(), password), Keep::Disk).await
}

#[tauri::command]
pub(crate) async fn sign_in(
    desk: Desks<'_>,
    settings: AccountSettings,
    password: SecretString,
    keep: KeepIn,
    confirmed: bool,
    account: Option<String>,
) -> Result<(), AppError> {
    let (user, seat) = (settings.user.clone(), desk.seat_for(account).await?);
    let new = NewAccount::TokenApi { settings: Box::new(settings) };
    let account = Account::chosen(&new, None);
    if !confirmed {
        desk.vouch_for(&seat, &account).await?;
    }
    new.usable()?;
    desk.enter(&seat, account, (user, password), keep.into()).await
}

#[tauri::command]
pub(crate) async fn sign_out(desk: Desks<'_>, in_browser: bool) -> Result<(), AppError> {
    desk.sign_out(in_browser).await
}

#[tauri::command]
pub(crate) async fn renew_now(desk: Desks<'_>) -> Result<(), AppError> {
    desk.keeper().tell(Trigger::Asked).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn try_again(desk: Desks<'_>) -> Result<(), AppError> {
    desk.keeper().tell(Trigger::Asked).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn call_api(desk: Desks<'_>) -> Result<ApiCall, AppError> {
    Ok(desk.keeper().call_api().await.map_or_else(ApiCall::not_made, ApiCall::from))
}

#[tauri::command]
pub(crate) async fn choose_demo_lifetime(
    desk: Desks<'_>,
    lifetime_ms: u64,
) -> Result<(), AppError> {
    if desk.demo.choose_lifetime(lifetime_ms).await? {
        desk.note_switch("accessLifetimeMs", lifetime_ms.to_string());
    }
    desk.keeper().tell(Trigger::Asked).await;
    Ok(())
}

#[tauri::command]
pub(crate) fn presets() -> Vec<PresetView> {
    auth_client::presets()
}

#[tauri::command]
pub(crate) async fn check_settings(
    desk: Desks<'_>,
    settings: AccountSettings,
    password: SecretString,
) -> Result<CheckReport, AppError> {
    if let Some(offline) = desk.offline() {
        return Err(offline);
    }
    let clock = Arc::clone(&desk.clock) as Arc<dyn Clock>;
    let report = auth_client::check(&settings, &password, clock).await;
    // Nobody knows yet whether this account is to leave a trace.
    checks::told(&report).into_iter().for_each(|what| desk.tell(&desk.seats.front(), what, true));
    Ok(report)
}

#[tauri::command]
pub(crate) async fn save_preferences(
    desk: Desks<'_>,
    preferences: Preferences,
) -> Result<(), AppError> {
    desk.choose(preferences).await
}

#[tauri::command]
pub(crate) async fn forget_everything(desk: Desks<'_>) -> Result<(), AppError> {
    desk.forget().await
}

#[tauri::command]
pub(crate) fn dismiss_notice(desk: Desks<'_>, id: u32) {
    desk.dismiss(id);
}

fn no_token() -> AppError {
    AppError::new(ErrorCode::BadSettings, "no access token is in use")
}

impl From<KeepIn> for Keep {
    fn from(keep: KeepIn) -> Self {
        match keep {
            KeepIn::Disk => Self::Disk,
            KeepIn::Memory => Self::Memory,
        }
    }
}

impl From<&SignInError> for AppError {
    fn from(error: &SignInError) -> Self {
        let code = match error {
            SignInError::Failed(failure) => return Self::from(failure.as_ref()),
            SignInError::Vault(failure) => return Self::from(failure),
            SignInError::Overtaken => ErrorCode::Overtaken,
            SignInError::Quitting => ErrorCode::Quitting,
        };
        Self::new(code, error.to_string())
    }
}

impl From<TooFar> for AppError {
    fn from(too_far: TooFar) -> Self {
        Self::new(ErrorCode::BadSettings, too_far.to_string())
    }
}

impl From<SettingsProblem> for AppError {
    fn from(problem: SettingsProblem) -> Self {
        let SettingsProblem { field, message } = problem;
        Self { field: Some(field), ..Self::new(ErrorCode::BadSettings, message) }
    }
}

impl From<&Failure> for AppError {
    fn from(failure: &Failure) -> Self {
        let answered = failure.exchange.status.is_some();
        let code = match failure.class {
            Class::Refused => ErrorCode::WrongPassword,
            Class::NotSent => ErrorCode::Unreachable,
            Class::UnknownOutcome if !answered => ErrorCode::Unreachable,
            Class::Throttled | Class::ServerTrouble => ErrorCode::ServerTrouble,
            Class::NotTheAuthServer => ErrorCode::NotTheAuthServer,
            Class::UnknownOutcome | Class::SetUp | Class::UnclearRefusal => {
                ErrorCode::NotUnderstood
            }
        };
        let exchange = failure.exchange.clone();
        Self { exchange: Some(exchange.clone()), ..Self::new(code, exchange.detail) }
    }
}

impl From<&VaultFailure> for AppError {
    fn from(failure: &VaultFailure) -> Self {
        let code = match failure {
            VaultFailure::NotWritten(_) => ErrorCode::NotSaved,
            VaultFailure::KeychainLocked(_)
            | VaultFailure::KeychainSlow(_)
            | VaultFailure::KeychainCancelled(_)
            | VaultFailure::KeychainGone(_)
            | VaultFailure::KeyGone(_)
            | VaultFailure::Unreadable(_) => ErrorCode::StoreHeldUp,
        };
        Self::new(code, failure.to_string())
    }
}

impl ApiCall {
    fn not_made() -> Self {
        Self {
            how: ApiCallHow::NoToken,
            result: ApiCallResult::NotCalled,
            exchanges: Vec::new(),
            next_try_ms: None,
        }
    }
}

impl Confirmation {
    fn not_asked() -> Self {
        Self { result: ConfirmResult::NotAsked, exchange: None }
    }
}

impl From<ApiAnswer> for Confirmation {
    fn from(answer: ApiAnswer) -> Self {
        let result = match answer.verdict {
            ApiVerdict::Accepted => ConfirmResult::Confirmed,
            ApiVerdict::TokenRefused => ConfirmResult::Refused,
            ApiVerdict::NotAllowed | ApiVerdict::SaysNothing => ConfirmResult::NoAnswer,
        };
        Self { result, exchange: Some(answer.exchange) }
    }
}

impl From<keeper::ApiCall> for ApiCall {
    fn from(call: keeper::ApiCall) -> Self {
        Self {
            how: match call.how {
                How::FreshToken => ApiCallHow::FreshToken,
                How::RefreshedFirst => ApiCallHow::RefreshedFirst,
                How::Repeated => ApiCallHow::Repeated,
                How::NoToken => ApiCallHow::NoToken,
            },
            result: match call.result {
                Some(ApiVerdict::Accepted) => ApiCallResult::Accepted,
                Some(ApiVerdict::TokenRefused) => ApiCallResult::Refused,
                Some(ApiVerdict::NotAllowed) => ApiCallResult::NotAllowed,
                Some(ApiVerdict::SaysNothing) => ApiCallResult::NoAnswer,
                None => ApiCallResult::NotCalled,
            },
            exchanges: call.exchanges,
            next_try_ms: call.next_try.map(|at| at.0),
        }
    }
}
