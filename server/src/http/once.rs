//! One answer on a connection that HTTP has let go of, because its client asked for a WebSocket, and then its end.

use std::time::Duration;

use actix_codec::{Framed, FramedParts};
use actix_http::body::{MessageBody, to_bytes};
use actix_http::{ConnectionType, Response, h1};
use actix_web::HttpResponse;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The client has this long to read the answer and to close.
const PARTING_TIME: Duration = Duration::from_secs(2);

/// Answers, and ends the connection.
pub async fn answer<B: MessageBody>(
    connection: FramedParts<TcpStream, h1::Codec>,
    response: HttpResponse<B>,
) {
    let (head, body) = Response::from(response).into_parts();
    // What cannot be made whole is not begun.
    let Ok(body) = to_bytes(body).await else { return };
    let mut response = head.set_body(body);
    response.head_mut().set_connection_type(ConnectionType::Close);
    let sent = h1::SendResponse::new(Framed::from_parts(connection), response);
    if let Ok(Ok(connection)) = tokio::time::timeout(PARTING_TIME, sent).await {
        part(connection.into_parts().io).await;
    }
}

/// Ends a connection so that the last word is read: one that is closed while data of the peer waits is reset, and what
/// it was told is lost.
pub async fn part(mut io: TcpStream) {
    let parting = async {
        io.shutdown().await?;
        let mut unread = [0; 1024];
        while io.read(&mut unread).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    // Whoever does not close by then is cut off, and whoever has gone is gone.
    let _either = tokio::time::timeout(PARTING_TIME, parting).await;
}
