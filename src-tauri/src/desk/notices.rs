//! What the person is told until they have read it.

use super::Desk;
use crate::wire::{Notice, NoticeCode};

#[derive(Clone, Debug, Default)]
pub(super) struct Notices {
    next: u32,
    pub(super) list: Vec<Notice>,
}

impl Desk {
    /// Something to tell, until it is dismissed; told once.
    pub(crate) fn notice(&self, code: NoticeCode, detail: String) {
        self.notices.send_if_modified(|notices| {
            if notices.list.iter().any(|known| known.code == code && known.detail == detail) {
                return false;
            }
            notices.next = notices.next.wrapping_add(1);
            notices.list.push(Notice { id: notices.next, code, detail });
            true
        });
    }

    pub(crate) fn dismiss(&self, id: u32) {
        self.notices.send_modify(|notices| notices.list.retain(|notice| notice.id != id));
    }
}
