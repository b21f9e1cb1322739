//! The control API's client, for the server that another copy runs. Small on purpose: one
//! request to a server of our own on the loopback interface, one connection, closed after it.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{ControlError, SERVER};
use crate::guard::CONTROL_KEY;
use crate::storage::Folder;

/// A copy of ours on this computer answers in milliseconds, or is not there.
const PATIENCE: Duration = Duration::from_secs(3);

/// The server of a folder, whoever runs it at the time. Port and key are read from the folder
/// for every request: the key is another one after each start.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    folder: Folder,
}

/// Whether the server at this port is the one of the folder with this id.
pub(crate) async fn hello(port: u16, instance: &str) -> bool {
    let answer = call(port, "GET", "/control/hello", None, None).await;
    answer.is_ok_and(|(status, hello)| {
        let says = |name: &str, value: &str| hello.get(name).is_some_and(|said| said == value);
        status == 200 && says("server", SERVER) && says("folder", instance)
    })
}

impl Remote {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder }
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ControlError> {
        let peek = self.folder.peek().ok_or(ControlError::Stopped)?;
        let port = peek.port.ok_or(ControlError::Stopped)?;
        let answered = call(port, method, path, Some(&peek.control_key), body).await;
        let (status, answer) = answered.map_err(ControlError::Unreachable)?;
        let refused = |message: &str| ControlError::Refused { status, message: message.to_owned() };
        if status != 200 {
            let message = answer.get("message").and_then(Value::as_str);
            return Err(refused(message.unwrap_or("without a word")));
        }
        serde_json::from_value(answer).map_err(|error| refused(&error.to_string()))
    }

    pub(crate) async fn count(
        &self,
        path: &str,
        name: &str,
        body: &Value,
    ) -> Result<usize, ControlError> {
        let answer: Value = self.ask("POST", path, Some(body)).await?;
        let count = answer.get(name).and_then(Value::as_u64).unwrap_or_default();
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

async fn call(
    port: u16,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> io::Result<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let key = key.map(|key| format!("{CONTROL_KEY}: {key}\r\n")).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{key}\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        // Someone else may sit at this port by now, and need not ever stop talking.
        stream.take(16 * 1024 * 1024).read_to_string(&mut answer).await?;
        Ok(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, "no answer within three seconds"))
    })?;
    read(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Our own answers have a length and are never chunked, so what follows the head is the body.
fn read(answer: &str) -> Option<(u16, Value)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).ok()? };
    Some((status, body))
}
