//! Bodies on their way in: how long one may take, how large one may say that it is, and what becomes of the rest of
//! one that nobody read.
//!
//! Every reader of a body is bounded by this, whatever it does: a dialect, a phone's pairing, an extractor. The limits
//! of size that a route means stand where it reads (`body`).

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::Error;
use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use actix_web::rt::time::{Sleep, sleep, timeout};
use actix_web::web::{Bytes, Data};
use futures_util::{Stream, StreamExt as _};

/// A body that says it is larger is not read at all: no surface takes more than 8 MiB, and a client that sends up to a
/// mebibyte above that is read to its end, so that it hears why it was refused.
const MOST_DECLARED_BYTES: u64 = 9 * 1024 * 1024;
/// What a refused client may still have on its way, so that its connection lives.
const SKIPPED_BYTES: usize = 64 * 1024;
/// What was sent together with its head is here by then.
const SKIP_TIME: Duration = Duration::from_millis(100);

/// How long a body may take from the first wait for it to its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyTime(pub Duration);

/// Bounds the body of a request, and sees to its rest when the answer is there.
pub async fn bound(
    time: Data<BodyTime>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<Answer>, Error> {
    let upload =
        take_body(&mut request).map(|payload| Rc::new(RefCell::new(Incoming { payload, ended: false })));
    if let Some(incoming) = &upload {
        let reader = Reader {
            incoming: Rc::clone(incoming),
            time: time.0,
            late: None,
            too_large: declared_bytes(&request).is_some_and(|bytes| bytes > MOST_DECLARED_BYTES),
        };
        request.set_payload(Payload::Stream { payload: Box::pin(reader) });
    }
    let skippable = declared_bytes(&request).is_none_or(|bytes| bytes <= SKIPPED_BYTES as u64);
    let response = next.call(request).await?;
    if let Some(upload) = &upload
        && skippable
    {
        // Late is no error: then the connection ends with the answer.
        let _late = timeout(SKIP_TIME, skip(Rc::clone(upload))).await;
    }
    Ok(response.map_body(|_, body| Answer { body, _unread: upload }))
}

/// The body of a request that has one.
fn take_body(request: &mut ServiceRequest) -> Option<Payload> {
    match request.take_payload() {
        Payload::None => None,
        body => Some(body),
    }
}

fn declared_bytes(request: &ServiceRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Reads on to the end, or to the bound.
async fn skip(upload: Rc<RefCell<Incoming>>) {
    let mut rest = Reader { incoming: upload, time: SKIP_TIME, late: None, too_large: false };
    let mut skipped = 0;
    while skipped <= SKIPPED_BYTES
        && let Some(Ok(chunk)) = rest.next().await
    {
        skipped += chunk.len();
    }
}

struct Incoming {
    payload: Payload,
    ended: bool,
}

/// The stream that a reader sees.
struct Reader {
    incoming: Rc<RefCell<Incoming>>,
    time: Duration,
    /// Set when the reader first waits: most bodies are there before anybody asks.
    late: Option<Pin<Box<Sleep>>>,
    too_large: bool,
}

impl Stream for Reader {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let reader = self.get_mut();
        if reader.too_large {
            return Poll::Ready(Some(Err(PayloadError::Overflow)));
        }
        let mut incoming = reader.incoming.borrow_mut();
        if incoming.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(next) = incoming.payload.poll_next_unpin(context) {
            incoming.ended = !matches!(next, Some(Ok(_)));
            return Poll::Ready(next);
        }
        let late = reader.late.get_or_insert_with(|| Box::pin(sleep(reader.time)));
        late.as_mut().poll(context).map(|()| Some(Err(PayloadError::Incomplete(None))))
    }
}

/// An answer that holds what was not read of its request until it is written. The HTTP library closes a connection
/// with an unread body behind its answer; but it would read a chunked one for ever if nobody held it.
pub struct Answer {
    body: BoxBody,
    _unread: Option<Rc<RefCell<Incoming>>>,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
