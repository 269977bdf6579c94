//! What operators allow beyond the public Internet.

use std::net::IpAddr;

use ipnet::IpNet;

/// An entry of the list of endpoints that are allowed although their addresses are not public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// A host by name, wherever it leads.
    Host(String),
    /// Every name below this one, the name itself not among them.
    Below(String),
    /// Every address of a network.
    Network(IpNet),
}

impl Allowed {
    /// Whether a host's name is meant. Names are compared as URLs spell them: lower case, without a final dot.
    pub(super) fn names(&self, host: &str) -> bool {
        match self {
            Allowed::Host(name) => host == name,
            Allowed::Below(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            Allowed::Network(_) => false,
        }
    }

    /// Whether an address is meant. One family never stands for the other: `10.0.0.0/8` does not allow
    /// `::ffff:10.0.0.1`.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        match self {
            Allowed::Network(network) => network.contains(&address),
            Allowed::Host(_) | Allowed::Below(_) => false,
        }
    }
}

/// Where `http://` may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Nowhere.
    #[default]
    Never,
    /// To the hub's own machine, which is an endpoint then: for demos and development.
    Loopback,
    /// To what the list of allowed hosts and networks names.
    Listed,
}
