//! Accounts as a file: settings only, to be carried to another computer. No secret is in it, and
//! nobody's name.

use crate::account::Account;
use crate::wire::{AppError, ErrorCode, NewAccount};
use auth_client::Network;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use url::{Origin, Url};

const FORMAT: &str = "session-keeper-accounts";
const VERSION: u32 = 1;
/// A file that is larger holds no settings.
const LARGEST: u64 = 1024 * 1024;
/// So many accounts there may be. Each has a keeper at work.
pub(crate) const MOST: usize = 100;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Carried {
    format: String,
    version: u32,
    accounts: Vec<NewAccount>,
}

/// The accounts, as they are carried. The demo's is not: it is this computer's.
///
/// # Errors
/// They cannot be written as JSON.
pub(crate) fn packed(accounts: &[Account]) -> io::Result<Vec<u8>> {
    let accounts = accounts.iter().filter_map(|account| match account {
        Account::Demo => None,
        Account::Server { settings } => Some(NewAccount::TokenApi { settings: settings.clone() }),
        Account::OAuth { account } => {
            Some(NewAccount::OAuth { settings: Box::new(account.settings.clone()) })
        }
    });
    let format = FORMAT.to_owned();
    let carried = Carried { format, version: VERSION, accounts: accounts.collect() };
    Ok(serde_json::to_vec_pretty(&carried)?)
}

/// The accounts in a file that `known` are not. What the file's network lets through by plain http, or
/// trusts beside the system, has to be said here again, and so has an address that leads away from the
/// issuer: whoever wrote it is perhaps a stranger, and codes and tokens would be sent there.
///
/// # Errors
/// It is no such file, or an account in it cannot be used: none is taken.
pub(crate) fn unpacked(bytes: &[u8], known: &[Account]) -> Result<Vec<Account>, AppError> {
    let bad = |message: String| AppError::new(ErrorCode::BadSettings, message);
    let carried: Carried = serde_json::from_slice(bytes)
        .map_err(|error| bad(format!("this is no file of accounts: {error}")))?;
    if carried.format != FORMAT || carried.version != VERSION {
        return Err(bad("this is no file of accounts, or one of another version".to_owned()));
    }
    let mut seen: BTreeSet<String> = known.iter().map(Account::key).collect();
    let mut taken = Vec::new();
    for (at, new) in carried.accounts.into_iter().enumerate() {
        new.usable().map_err(|problem| {
            let place = format!("account {}: {}", at + 1, problem.field);
            bad(format!("{place}: {}", problem.message))
        })?;
        let account = Account::chosen(&without_permissions(new), None);
        if seen.insert(account.key()) {
            taken.push(account);
        }
    }
    if known.len() + taken.len() > MOST {
        return Err(bad(format!("more than {MOST} accounts")));
    }
    Ok(taken)
}

fn without_permissions(mut new: NewAccount) -> NewAccount {
    match &mut new {
        NewAccount::TokenApi { settings } => settings.network = Network::default(),
        NewAccount::OAuth { settings } => {
            settings.network = Network::default();
            let issuer = origin(&settings.issuer);
            let typed = &mut settings.endpoints;
            for address in [
                &mut typed.authorization,
                &mut typed.token,
                &mut typed.device_authorization,
                &mut typed.revocation,
                &mut typed.userinfo,
                &mut typed.jwks,
                &mut typed.end_session,
                &mut settings.api_url,
            ] {
                if origin(address) != issuer {
                    address.clear();
                }
            }
        }
    }
    new
}

/// Whose an address is: scheme, host and port.
fn origin(address: &str) -> Option<Origin> {
    Url::parse(address.trim()).ok().map(|url| url.origin())
}

/// Reads a file of the person's choice, if it is not too large to be one.
///
/// # Errors
/// What the file system says.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too large"));
    }
    Ok(bytes)
}

/// Writes such a file whole or not at all.
///
/// # Errors
/// What the file system says.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_client::oauth::{Discovered, Endpoints, OAuthAccount, OAuthSettings};
    use auth_client::{AccountSettings, AddedCa};
    use serde_json::{Value, json};

    fn token_api(base_url: &str, user: &str) -> Account {
        let (base_url, user) = (base_url.to_owned(), user.to_owned());
        let settings = AccountSettings { base_url, user, ..AccountSettings::default() };
        Account::Server { settings: Box::new(settings) }
    }

    fn oauth(issuer: &str) -> Account {
        let settings = OAuthSettings {
            issuer: issuer.to_owned(),
            client_id: "desktop".to_owned(),
            ..OAuthSettings::default()
        };
        let discovered =
            Discovered { issuer: "as it was told".to_owned(), ..Discovered::default() };
        Account::OAuth { account: Box::new(OAuthAccount { settings, discovered }) }
    }

    fn both() -> [Account; 3] {
        let api = token_api("https://api.example.com/v1", "alice");
        [api, Account::Demo, oauth("https://id.example.com")]
    }

    #[test]
    fn accounts_arrive_as_they_were_sent_but_for_the_demos() {
        let arrived = unpacked(&packed(&both()).unwrap(), &[]).unwrap();
        let [api, _, oauth] = both();
        assert_eq!(arrived.len(), 2);
        assert!(arrived[0].is_chosen_like(&api) && arrived[1].is_chosen_like(&oauth));
        let written = String::from_utf8(packed(&both()).unwrap()).unwrap();
        assert!(!written.contains("as it was told"), "the server tells that itself: {written}");
    }

    #[test]
    fn what_is_there_already_is_neither_added_nor_replaced() {
        let packed = packed(&both()).unwrap();
        let known = [token_api("https://API.example.com/v1/", "alice")];
        let arrived = unpacked(&packed, &known).unwrap();
        assert_eq!(arrived.len(), 1);
        assert!(unpacked(&packed, &both()).unwrap().is_empty());
        let somebody_else = [token_api("https://api.example.com/v1", "bob")];
        assert_eq!(unpacked(&packed, &somebody_else).unwrap().len(), 2);
    }

    #[test]
    fn an_account_twice_in_a_file_is_added_once() {
        let one = token_api("https://api.example.com", "alice");
        let arrived = unpacked(&packed(&[one.clone(), one]).unwrap(), &[]).unwrap();
        assert_eq!(arrived.len(), 1);
    }

    #[test]
    fn a_strangers_file_brings_no_permissions_along() {
        let mut api = AccountSettings {
            base_url: "https://api.example.com".to_owned(),
            user: "alice".to_owned(),
            ..AccountSettings::default()
        };
        api.network.ca = Some(AddedCa { name: "theirs".to_owned(), ..AddedCa::default() });
        let file = packed(&[Account::Server { settings: Box::new(api) }]).unwrap();
        // Whether such a certificate can be used is not what this is about.
        if let Ok(arrived) = unpacked(&file, &[]) {
            let Account::Server { settings } = &arrived[0] else { panic!("{arrived:?}") };
            assert_eq!(settings.network, Network::default());
        }
        let new = NewAccount::OAuth {
            settings: Box::new(OAuthSettings {
                network: Network { ca: None, http_to: "id.example.com".to_owned() },
                ..OAuthSettings::default()
            }),
        };
        let NewAccount::OAuth { settings } = without_permissions(new) else { panic!("the same") };
        assert_eq!(settings.network, Network::default());
    }

    #[test]
    fn a_strangers_file_sends_no_code_and_no_token_away_from_the_issuer() {
        let (here, evil) =
            ("https://id.example.com/oauth", "https://id.example.com.evil.example/x");
        let endpoints = Endpoints {
            authorization: format!("{here}/authorize"),
            token: evil.to_owned(),
            device_authorization: "https://id.example.com:8443/device".to_owned(),
            revocation: evil.to_owned(),
            userinfo: format!("{here}/me"),
            jwks: evil.to_owned(),
            end_session: evil.to_owned(),
        };
        let settings = OAuthSettings {
            issuer: "https://ID.example.com".to_owned(),
            client_id: "desktop".to_owned(),
            endpoints,
            api_url: evil.to_owned(),
            ..OAuthSettings::default()
        };
        let account = Box::new(OAuthAccount { settings, ..OAuthAccount::default() });
        let file = packed(&[Account::OAuth { account }]).unwrap();
        let arrived = unpacked(&file, &[]).unwrap();
        let Account::OAuth { account } = &arrived[0] else { panic!("{arrived:?}") };
        let kept = Endpoints {
            authorization: format!("{here}/authorize"),
            userinfo: format!("{here}/me"),
            ..Endpoints::default()
        };
        assert_eq!((&account.settings.endpoints, account.settings.api_url.as_str()), (&kept, ""));
    }

    #[test]
    fn one_account_that_cannot_be_used_keeps_all_of_them_out_and_is_named() {
        let bad = [token_api("https://api.example.com", "alice"), token_api("nowhere", "bob")];
        let refused = unpacked(&packed(&bad).unwrap(), &[]).unwrap_err();
        assert!(refused.message.starts_with("account 2: baseUrl"), "{}", refused.message);
    }

    #[test]
    fn no_more_come_than_there_may_be() {
        let many: Vec<_> = (0..=MOST)
            .map(|number| token_api("https://api.example.com", &format!("user-{number}")))
            .collect();
        assert!(unpacked(&packed(&many).unwrap(), &[]).is_err());
        assert_eq!(unpacked(&packed(&many[1..]).unwrap(), &[]).unwrap().len(), MOST);
        assert!(unpacked(&packed(&many[..1]).unwrap(), &many[1..]).is_err());
    }

    #[test]
    fn what_is_no_such_file_is_not_read() {
        let whole: Value = serde_json::from_slice(&packed(&both()).unwrap()).unwrap();
        for (member, to) in
            [("version", json!(2)), ("format", json!("else")), ("accounts", json!(1))]
        {
            let mut other = whole.clone();
            other[member] = to;
            assert!(unpacked(other.to_string().as_bytes(), &[]).is_err(), "{member}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.json");
        std::fs::write(&path, vec![b' '; 1024 * 1024 + 1]).unwrap();
        assert!(read(&path).is_err());
        std::fs::write(&path, vec![b' '; 1024 * 1024]).unwrap();
        assert!(read(&path).is_ok());
    }
}
