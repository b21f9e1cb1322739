//! The words of the pages, in the browser's language.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// Every sentence of the pages, in one language. `{}` stands for a name.
pub(crate) struct Words {
    /// The language's tag (RFC 5646).
    pub(crate) lang: &'static str,
    pub(crate) server: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) wants_in: &'static str,
    pub(crate) may_know: &'static str,
    pub(crate) may_stay: &'static str,
    pub(crate) go_on_as: &'static str,
    pub(crate) refuse: &'static str,
    pub(crate) wrong_password: &'static str,
    pub(crate) bad_request: &'static str,
    pub(crate) device: &'static str,
    pub(crate) type_code: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) no_such_code: &'static str,
    pub(crate) device_let_in: &'static str,
    pub(crate) device_refused: &'static str,
    pub(crate) go_back: &'static str,
    pub(crate) signed_out: &'static str,
    pub(crate) session_ended: &'static str,
    pub(crate) nothing_ended: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    server: "Demo server",
    sign_in: "Sign in",
    wants_in: "{} asks to be let in.",
    may_know: "It will know who you are.",
    may_stay: "It may stay signed in when you are away.",
    go_on_as: "Continue as {}",
    refuse: "Do not let it in",
    wrong_password: "Wrong user name or password.",
    bad_request: "This request makes no sense",
    device: "Let a device in",
    type_code: "Type the code that the device shows.",
    go_on: "Continue",
    no_such_code: "No device waits with this code. It may have waited too long.",
    device_let_in: "The device is let in",
    device_refused: "The device is not let in",
    go_back: "You can close this page and go back to where you came from.",
    signed_out: "Signed out",
    session_ended: "The session on this server has ended.",
    nothing_ended: "There was no session to end.",
};

const CHINESE: Words = Words {
    lang: "zh-CN",
    server: "演示服务器",
    sign_in: "登录",
    wants_in: "{} 请求登录。",
    may_know: "它将知道你是谁。",
    may_stay: "你离开时，它可以保持登录。",
    go_on_as: "以 {} 的身份继续",
    refuse: "拒绝",
    wrong_password: "用户名或密码错误。",
    bad_request: "无法理解此请求",
    device: "允许设备登录",
    type_code: "请输入设备上显示的代码。",
    go_on: "继续",
    no_such_code: "没有设备在等待此代码，它可能已过期。",
    device_let_in: "设备已登录",
    device_refused: "已拒绝该设备",
    go_back: "可以关闭此页面，回到原来的地方。",
    signed_out: "已退出登录",
    session_ended: "此服务器上的会话已结束。",
    nothing_ended: "没有需要结束的会话。",
};

impl Words {
    /// Those of the language that the browser names first, if they are to be had.
    pub(crate) fn of(headers: &HeaderMap) -> &'static Self {
        let first = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let first = first.and_then(|value| value.split([',', ';', '-']).next()).unwrap_or_default();
        if first.trim().eq_ignore_ascii_case("zh") { &CHINESE } else { &ENGLISH }
    }
}
