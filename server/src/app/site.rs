//! What stands on the port: actix-web's pages on actix's own server, put together here and not by `HttpServer`, so that a
//! connection whose client asks for a WebSocket can leave HTTP (docs/decisions/0012).

use std::convert::Infallible;
use std::future::ready;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::{Framed, FramedParts};
use actix_http::error::DispatchError;
use actix_http::{HttpService, Request, h1};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{IntoServiceFactory as _, Service, ServiceFactory, ServiceFactoryExt as _};
use actix_service::{fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::timeout;
use actix_web::{App as Site, HttpResponse, web};

use super::{ANSWER_SECONDS, CLOSE_TIME};
use crate::http::door::Door;
use crate::http::pages::{self, PhaseCell};
use crate::http::proxies::{self, Trusted};
use crate::http::uploads::{self, BodyTime};
use crate::http::{methods, once};
use crate::hub::Hub;
use crate::relay::Relay;
use crate::{dialects, hub};

/// Customers' connection pools keep an idle connection about this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What every worker's site is made of.
#[derive(Clone)]
pub(super) struct SiteParts {
    pub(super) relay: Relay,
    pub(super) hub: Hub,
    pub(super) phase: PhaseCell,
    pub(super) trusted: Trusted,
    pub(super) door: Arc<Door>,
    pub(super) body_time: BodyTime,
    /// For the head of a request.
    pub(super) head_time: Duration,
    /// For the peer's kernel to acknowledge what it was sent.
    pub(super) write_time: Duration,
}

impl SiteParts {
    /// The pages, without the server round them.
    fn pages(
        self,
    ) -> impl ServiceFactory<
        Request,
        Config = (),
        Response = ServiceResponse<uploads::Answer>,
        Error = actix_web::Error,
        InitError = (),
        Service: 'static,
        Future: 'static,
    > + use<> {
        let SiteParts { relay, hub, phase, trusted, door, body_time, .. } = self;
        let site = Site::new()
            .app_data(web::Data::new(phase))
            .app_data(web::Data::new(trusted))
            .app_data(web::Data::new(body_time))
            .wrap(from_fn(proxies::believe))
            .wrap(from_fn(methods::complete))
            .wrap(from_fn(uploads::bound))
            .configure(hub::socket::configure)
            .configure(|config| hub::pairing::configure(&hub, config))
            .configure(|config| dialects::ALL.iter().for_each(|dialect| dialect.mount(&relay, &door, config)))
            .configure(|config| dialects::docs::configure(relay.clock(), config))
            .configure(pages::configure);
        map_config(site.into_factory(), |()| AppConfig::default())
    }
}

/// Begins to serve.
pub(super) fn serve(listener: TcpListener, site: SiteParts) -> std::io::Result<Server> {
    // One core stays for the lane, whose single thread bounds everything.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let builder = Server::build();
    let stopping = builder.graceful_shutdown_signal();
    let factory = move || {
        let site = site.clone();
        let (head_time, until, stopping) = (site.head_time, stopping.clone(), stopping.clone());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || notified(stopping.clone()))
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(site.head_time)
            .client_disconnect_timeout(CLOSE_TIME)
            .tcp_nodelay(true)
            .on_connect_ext(hub::socket::on_connect(site.write_time))
            .upgrade(upgrades(site.clone()))
            .finish(site.pages().map_err(|error| error.error_response()))
            .tcp();
        fn_factory(move || {
            let (http, until) = (http.new_service(()), until.clone());
            async move {
                let http = Rc::new(http.await?);
                Ok::<_, ()>(fn_service(move |io| {
                    let (http, until) = (Rc::clone(&http), until.clone());
                    async move {
                        let io = first_bytes(io, head_time, until).await?;
                        // In a box: what waits is as large as what it waits for may become.
                        Box::pin(http.call(io)).await
                    }
                }))
            }
        })
    };
    let server = builder
        .workers(cores.saturating_sub(1).max(1))
        .shutdown_timeout(ANSWER_SECONDS)
        .disable_signals()
        .listen("relay-hub", listener, factory)?;
    Ok(server.run())
}

async fn notified(stopping: GracefulShutdownSignal) {
    stopping.notified().await;
}

/// Waits until a new connection says something. HTTP would take its buffers at once, and when a fleet comes back, all at
/// once.
async fn first_bytes(
    io: TcpStream,
    within: Duration,
    stopping: GracefulShutdownSignal,
) -> Result<TcpStream, DispatchError> {
    tokio::select! {
        said = timeout(within, io.readable()) => match said {
            Ok(readable) => {
                readable.map_err(DispatchError::Io)?;
                Ok(io)
            }
            Err(_) => {
                let late = HttpResponse::RequestTimeout().finish();
                once::answer(FramedParts::new(io, h1::Codec::default()), late).await;
                Err(DispatchError::SlowRequestTimeout)
            }
        },
        () = stopping.notified() => Err(DispatchError::DisconnectTimeout),
    }
}

/// Connections whose client asks for a WebSocket: a phone's lives on, and whoever asks elsewhere is answered as if it had
/// not, once.
fn upgrades(
    site: SiteParts,
) -> impl ServiceFactory<
    (Request, Framed<TcpStream, h1::Codec>),
    Config = (),
    Response = (),
    Error = Infallible,
    InitError = (),
    Service: 'static,
    Future: 'static,
> {
    fn_factory(move || {
        let (hub, pages) = (site.hub.clone(), site.clone().pages().new_service(()));
        async move {
            let pages = Rc::new(pages.await?);
            Ok::<_, ()>(fn_service(move |(request, connection): (Request, Framed<TcpStream, h1::Codec>)| {
                if hub::socket::is_for_phones(&request) {
                    // In boxes: a task is as large as all that it ever does, and a phone's lives long.
                    let served = Box::pin(hub::socket::serve(hub.clone(), &request, connection));
                    actix_web::rt::spawn(async move {
                        match served.await {
                            Ok(Some(io)) => Box::pin(once::part(io)).await,
                            Ok(None) => {}
                            Err((connection, refused)) => Box::pin(once::answer(connection, refused)).await,
                        }
                    });
                } else {
                    let pages = Rc::clone(&pages);
                    actix_web::rt::spawn(async move {
                        let answer = pages.call(request).await;
                        let connection = connection.into_parts();
                        match answer {
                            Ok(answer) => once::answer(connection, answer.into()).await,
                            Err(error) => once::answer(connection, error.error_response()).await,
                        }
                    });
                }
                ready(Ok(()))
            }))
        }
    })
}
