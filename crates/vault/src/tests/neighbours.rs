//! Several accounts in one folder, under one key.

use super::keychain::Scripted;
use super::{save, signed_out, signed_out_with, token_of};
use crate::contract::sample;
use crate::keys::{FileKey, Keys};
use crate::{FileVault, PlainFiles};
use keeper::ports::{Vault as _, VaultFailure};
use std::fs;
use tempfile::TempDir;

struct Street {
    folder: TempDir,
    keychain: Scripted,
}

impl Street {
    /// Three accounts, each of them signed in; one is called nearly like another.
    fn of_three() -> Self {
        let street = Self { folder: tempfile::tempdir().unwrap(), keychain: Scripted::empty() };
        for name in ["alice", "alice-a", "bob"] {
            save(&street.at(name), sample(1, name)).unwrap();
        }
        street
    }

    fn at(&self, name: &str) -> FileVault {
        self.over(name, self.keychain.clone())
    }

    fn over(&self, name: &str, keychain: Scripted) -> FileVault {
        let slots = PlainFiles::new(self.folder.path(), name).unwrap();
        FileVault::new(slots, Keys::new(keychain, FileKey::new(self.folder.path())))
    }

    fn token(&self, name: &str) -> String {
        token_of(&self.at(name).read().unwrap())
    }

    /// The files of the account of this name.
    fn files(&self, name: &str) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|it| it.starts_with(&format!("{name}-"))).collect()
    }
}

#[test]
fn one_key_is_made_for_all_of_them() {
    let street = Street::of_three();
    assert_eq!(street.keychain.created(), 1);
    for name in ["alice", "alice-a", "bob"] {
        assert_eq!(street.token(name), name);
    }
}

#[test]
fn forgetting_one_leaves_the_others_and_their_key() {
    let street = Street::of_three();
    // What was found damaged of a neighbour is his, too.
    let torn = street.folder.path().join("alice-a-a.json");
    fs::write(&torn, b"torn").unwrap();
    assert_eq!(street.token("alice-a"), "alice-a");
    let before = street.files("alice-a").len();

    street.at("alice").forget().unwrap();

    assert_eq!(street.token("alice"), "");
    assert_eq!(
        (street.token("alice-a").as_str(), street.token("bob").as_str()),
        ("alice-a", "bob")
    );
    assert_eq!(street.files("alice-a").len(), before);
    assert!(street.keychain.holds_one());
    assert_eq!(street.keychain.created(), 1);
}

#[test]
fn forgetting_what_was_never_kept_takes_nothing_from_anybody() {
    let street = Street::of_three();
    street.at("carol").forget().unwrap();
    assert!(street.keychain.holds_one());
    for name in ["alice", "alice-a", "bob"] {
        street.at(name).forget().unwrap();
    }
    assert!(!street.keychain.holds_one());
}

#[test]
fn a_signed_out_neighbour_keeps_the_key_for_the_others_and_for_himself() {
    let street = Street::of_three();
    save(&street.at("bob"), signed_out(2)).unwrap();
    street.at("alice").forget().unwrap();
    street.at("alice-a").forget().unwrap();
    assert!(street.keychain.holds_one());
    save(&street.at("bob"), sample(3, "again")).unwrap();
    assert_eq!((street.token("bob").as_str(), street.keychain.created()), ("again", 1));
}

#[test]
fn a_new_account_beside_sealed_neighbours_never_makes_a_new_key() {
    let street = Street::of_three();
    let emptied = Scripted::empty();
    let refused = save(&street.over("carol", emptied.clone()), sample(1, "carol"));
    assert!(matches!(refused, Err(VaultFailure::KeyGone(_))));
    assert_eq!((emptied.created(), street.token("carol").as_str()), (0, ""));
}

#[test]
fn nor_beside_one_whose_server_has_still_to_be_told_of_a_sign_out() {
    let street = Street::of_three();
    for name in ["alice", "alice-a"] {
        street.at(name).forget().unwrap();
    }
    let bob = street.at("bob");
    bob.read().unwrap();
    save(&bob, signed_out_with(2, &[7])).unwrap();
    let emptied = Scripted::empty();
    let refused = save(&street.over("carol", emptied.clone()), sample(1, "carol"));
    assert!(matches!(refused, Err(VaultFailure::KeyGone(_))));
    assert_eq!(emptied.created(), 0);
    assert_eq!(street.at("bob").read().unwrap().record.unwrap().outbox.len(), 1);
}
