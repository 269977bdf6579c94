//! The least HTTP/1.1 client that can post: a kept connection, a request that is written whole, an answer that is read by
//! its length. A real client library would be most of what is measured.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// No answer of the hub to one message is longer.
const MOST_BYTES: usize = 64 * 1024;

/// A kept connection.
pub struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(addr: &str) -> io::Result<Connection> {
        let socket = TcpStream::connect(addr).await?;
        socket.set_nodelay(true)?;
        Ok(Connection { socket, buffer: Vec::with_capacity(MOST_BYTES) })
    }

    /// Writes a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, body)) = whole(&self.buffer)? {
                return Ok(Answer { status, body: &self.buffer[body..] });
            }
            if self.buffer.len() >= MOST_BYTES {
                return Err(io::Error::other("the answer is longer than any that was expected"));
            }
        }
    }
}

/// Status and begin of the body, once all of it is there.
fn whole(bytes: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..head]).map_err(io::Error::other)?;
    let status = text.get(9..12).and_then(|digits| digits.parse().ok());
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let (Some(status), Some(length)) = (status, length) else {
        return Err(io::Error::other("the answer has no status or no length"));
    };
    let body = head + 4;
    Ok((bytes.len() >= body + length).then_some((status, body)))
}

/// A request, as every row posts it.
pub fn post(secret: &str, to: &str, text: &str) -> Vec<u8> {
    let body = format!("{{\"recipientNumber\":\"{to}\",\"body\":\"{text}\"}}");
    format!(
        "POST /api/v1/outbound HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {secret}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The id of the message in an answer.
pub fn message_id(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("\"id\":\"")?;
    rest.split_once('"').map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n{\"id\":\"x\"}";
        assert_eq!(whole(answer).unwrap().map(|(status, _)| status), Some(202));
        assert!(whole(&answer[..answer.len() - 1]).unwrap().is_none());
        assert!(whole(b"HTTP/1.1 202").unwrap().is_none());
        assert!(whole(b"nonsense\r\n\r\n").is_err());
        let (_, body) = whole(answer).unwrap().unwrap();
        assert_eq!(message_id(&answer[body..]), Some("x"));
    }
}
