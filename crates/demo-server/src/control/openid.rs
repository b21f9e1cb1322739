//! What can be done to the OpenID provider at once.

use serde_json::{Value, json};

use super::{Control, ControlError, Place};
use crate::desk::Keep;
use crate::openid::Decision;
use crate::users;

impl Control {
    /// Replaces the key that signs ID tokens. The old one stays published if `keep_old` says so.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone, or can neither make the key nor save it.
    pub async fn rotate_keys(&self, keep_old: bool) -> Result<(), ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let rotated = desk.change(move |saved, _| {
                    let alg = saved.switches.openid.alg;
                    match saved.openid.keys.rotate(alg, keep_old) {
                        Ok(()) => (Ok(()), Keep::Durably),
                        Err(error) => (Err(error), Keep::InMemory),
                    }
                });
                rotated.await?.map_err(|_| ControlError::Key)
            }
            Place::Elsewhere(remote) => {
                let body = json!({"keepOld": keep_old});
                let _: Value =
                    remote.ask("POST", "/control/openid/rotate_keys", Some(&body)).await?;
                Ok(())
            }
        }
    }

    /// Lets in the device that shows this user code, or all that wait, as this user, and says
    /// how many that were. As a user who does not exist, it lets in none.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone or cannot save.
    pub async fn approve_device(
        &self,
        user_code: Option<&str>,
        username: &str,
    ) -> Result<usize, ControlError> {
        self.decide(user_code, Decision::Approve(username.to_owned())).await
    }

    /// Says no to the device that shows this user code, or to all that wait, and says how many
    /// that were.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone or cannot save.
    pub async fn deny_device(&self, user_code: Option<&str>) -> Result<usize, ControlError> {
        self.decide(user_code, Decision::Deny).await
    }

    async fn decide(
        &self,
        user_code: Option<&str>,
        decision: Decision,
    ) -> Result<usize, ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let user_code = user_code.map(str::to_owned);
                let decided = desk.change(move |saved, now_ms| {
                    if let Decision::Approve(username) = &decision
                        && users::known(username).is_none()
                    {
                        return (0, Keep::InMemory);
                    }
                    let devices = &mut saved.openid.devices;
                    (devices.decide(user_code.as_deref(), &decision, now_ms), Keep::Durably)
                });
                Ok(decided.await?)
            }
            Place::Elsewhere(remote) => {
                let user = match &decision {
                    Decision::Approve(username) => Some(username),
                    Decision::Deny => None,
                };
                let body = json!({"userCode": user_code, "approve": user});
                remote.count("/control/openid/device", "answered", &body).await
            }
        }
    }
}
