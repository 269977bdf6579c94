//! Which endpoints may be posted to: a customer writes the URL, and the hub must not become their way into the network
//! it stands in (server-side request forgery).
//!
//! Two looks, and both must pass: `check` at the URL, when it is set and before each post; `admit` at each address that
//! its host leads to, at the moment of connecting (`client/resolver`), so that a name which changes its mind in between
//! gains nothing. A host that is an address itself is looked at by `check`: the client never asks a resolver for it.
//! Pure: who resolves and who connects is not known here.

mod allowed;
pub mod range;
mod refused;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use url::{Host, Url};

pub use allowed::{Allowed, PlainHttp};
pub use range::Range;
pub use refused::Refused;

/// Longer than any honest URL, and short enough for every server's request line.
pub const MAX_URL_BYTES: usize = 2_048;

/// The operator's choices. The default lets only `https://` to public addresses through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    /// Hosts and networks that are endpoints although they are not public.
    pub allowed: Vec<Allowed>,
    /// Where `http://` may be used.
    pub plain_http: PlainHttp,
}

impl Guard {
    /// Reads a URL as the client will, and looks at everything that it tells by itself.
    pub fn check(&self, text: &str) -> Result<Url, Refused> {
        if text.len() > MAX_URL_BYTES {
            return Err(Refused::TooLong);
        }
        // Before the parser, which would take some of them away or read a backslash as a slash.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(Refused::Characters);
        }
        let url = Url::parse(text).map_err(|_| Refused::NotAUrl)?;
        let Some(host) = url.host() else { return Err(Refused::NotAUrl) };
        match url.scheme() {
            "https" => {}
            "http" if self.may_be_plain(&host) => {}
            "http" => return Err(Refused::PlainHttp(host.to_string())),
            other => return Err(Refused::Scheme(other.to_owned())),
        }
        // An empty pair, `https://@host`, leaves no trace in the parts.
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(Refused::Credentials);
        }
        if url.port() == Some(0) {
            return Err(Refused::PortZero);
        }
        match host {
            Host::Domain(_) => {}
            Host::Ipv4(address) => self.admit(&host.to_string(), address.into())?,
            Host::Ipv6(address) => self.admit(&host.to_string(), address.into())?,
        }
        Ok(url)
    }

    /// Whether a connection to this address may be made for this host.
    pub fn admit(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        let name = plain_name(host);
        let refuse = |range| Err(Refused::Address { host: host.to_owned(), address, range });
        let Some(range) = Range::of(address) else {
            // A name that means this machine everywhere, led elsewhere: what is posted in plain must not leave.
            return if is_localhost(name) { refuse(Range::Reserved) } else { Ok(()) };
        };
        let listed = self.allowed.iter().any(|entry| entry.names(name) || entry.holds(address));
        let loopback = range == Range::Loopback && self.plain_http == PlainHttp::Loopback;
        if listed || loopback { Ok(()) } else { refuse(range) }
    }

    /// Whether a URL with this host may begin with `http://`. What a name leads to is not known yet: a name must be on
    /// the list itself, or mean this machine.
    fn may_be_plain(&self, host: &Host<&str>) -> bool {
        let (loopback, listed) = match host {
            Host::Domain(name) => {
                let name = plain_name(name);
                (is_localhost(name), self.allowed.iter().any(|entry| entry.names(name)))
            }
            Host::Ipv4(address) => self.literal(IpAddr::from(*address)),
            Host::Ipv6(address) => self.literal(IpAddr::from(*address)),
        };
        match self.plain_http {
            PlainHttp::Never => false,
            PlainHttp::Loopback => loopback,
            PlainHttp::Listed => listed,
        }
    }

    fn literal(&self, address: IpAddr) -> (bool, bool) {
        let listed = self.allowed.iter().any(|entry| entry.holds(address));
        (Range::of(address) == Some(Range::Loopback), listed)
    }
}

/// What stands between the scheme and the path, in a text that parsed.
fn authority(text: &str) -> &str {
    let behind = text.split_once(':').map_or("", |(_, behind)| behind).trim_start_matches('/');
    behind.split(['/', '?', '#']).next().unwrap_or(behind)
}

/// `example.com.` is `example.com`.
fn plain_name(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Names that mean the asking machine, whatever a resolver says (RFC 6761).
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
