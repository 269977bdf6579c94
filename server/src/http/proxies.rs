//! The client behind a trusted proxy: `X-Forwarded-For` is believed from those whom the operator named, and from
//! nobody else, so that no client can choose the address that its tries are counted for.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Says whether an address is a trusted proxy's.
#[derive(Clone)]
pub struct Trusted(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl Trusted {
    /// From the settings.
    pub fn new(rule: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Trusted {
        Trusted(Arc::new(rule))
    }
}

/// Replaces the peer's address by the client's, for everything behind.
pub async fn believe<B: MessageBody>(
    trusted: Data<Trusted>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(peer) = request.peer_addr() {
        let hops = request.headers().get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
        let client = client(peer.ip(), &hops, &*trusted.0);
        request.head_mut().peer_addr = Some(SocketAddr::new(client, peer.port()));
    }
    next.call(request).await
}

/// The nearest address that is not a trusted proxy's. A hop that is no address ends what can be believed.
fn client(peer: IpAddr, hops: &[&str], trusted: &dyn Fn(IpAddr) -> bool) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        if !trusted(nearest) {
            break;
        }
        match hop.parse() {
            Ok(address) => nearest = address,
            Err(_) => break,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = |address: IpAddr| address.to_string().starts_with("10.");
        let client = |peer: &str, hops: &[&str]| client(peer.parse().unwrap(), hops, &trusted).to_string();
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "198.51.100.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
