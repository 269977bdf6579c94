//! Why an endpoint is not posted to, in words for whoever set it up. They name the host and never the whole URL:
//! paths and queries carry tokens.

use std::net::IpAddr;

use super::MAX_URL_BYTES;
use super::range::Range;

/// A refused URL or address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No URL at all.
    #[error("`url` is not a URL: write one such as `https://hooks.example.com/sms`")]
    NotAUrl,
    /// Longer than any honest one.
    #[error("`url` is longer than {MAX_URL_BYTES} bytes: shorten it")]
    TooLong,
    /// Characters that parsers read differently, or that end a header.
    #[error(
        "`url` holds a space, a line break, a backslash or a control character: write it percent-encoded"
    )]
    Characters,
    /// Another scheme.
    #[error("`url` has the scheme `{0}`: write `https://`")]
    Scheme(String),
    /// `http://` where it is not allowed.
    #[error(
        "`url` uses `http://`, and what is posted to `{0}` could be read on the way: write `https://` (an operator \
         can allow http to loopback or to listed hosts with --webhook-http, RELAY_WEBHOOK_HTTP)"
    )]
    PlainHttp(String),
    /// A user name or a password.
    #[error(
        "`url` holds a user name or a password: leave them out, and check the signature of what is posted"
    )]
    Credentials,
    /// Port 0.
    #[error("`url` has port 0, where nobody can listen: write the receiver's port, or none")]
    PortZero,
    /// An address that webhooks do not reach.
    #[error(
        "`url` leads to {address} (`{host}`), {range}: webhooks reach public addresses only (an operator can allow \
         the host or its network with --webhook-allow, RELAY_WEBHOOK_ALLOW)"
    )]
    Address {
        /// As the URL names it.
        host: String,
        /// Where it leads.
        address: IpAddr,
        /// What is there.
        range: Range,
    },
    /// A name without an address.
    #[error("`url` names the host `{0}`, which has no address: check its spelling and its DNS records")]
    NoAddress(String),
}
