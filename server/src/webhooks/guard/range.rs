//! What an address is: a public one, or of a range where no customer's receiver can be.
//!
//! The ranges are those of the IANA registries for special-purpose addresses (RFC 6890 and what came after it), and
//! the addresses at which clouds answer with a machine's own credentials. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// A range that webhooks do not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// Where a cloud answers about the machine that asks, its credentials included.
    Metadata,
    /// `0.0.0.0/8` and `::`: on most systems, this very machine.
    Unspecified,
    /// This machine.
    Loopback,
    /// A network of somebody's own.
    Private,
    /// Between a provider and its customers.
    CarrierNat,
    /// The same cable.
    LinkLocal,
    /// Many machines at once.
    Multicast,
    /// For examples in documents.
    Documentation,
    /// For measurements between machines side by side.
    Benchmark,
    /// An IPv4 address written as an IPv6 one.
    MappedIpv4,
    /// An IPv4 address behind a translator.
    Nat64,
    /// An IPv4 address behind a 6to4 relay.
    SixToFour,
    /// An IPv4 address behind a Teredo relay.
    Teredo,
    /// Given to nobody, or to protocols.
    Reserved,
}

impl Range {
    /// The range of an address; none for a public one.
    pub fn of(address: IpAddr) -> Option<Range> {
        match address {
            IpAddr::V4(address) => first(&IPV4, |network: &Ipv4Net| network.contains(&address)),
            IpAddr::V6(address) => first(&IPV6, |network: &Ipv6Net| network.contains(&address))
                // What IANA has not given out yet may be anything tomorrow.
                .or_else(|| (!GIVEN_OUT.contains(&address)).then_some(Range::Reserved)),
        }
    }

    /// What it is, in words that fit behind a comma.
    pub fn words(self) -> &'static str {
        match self {
            Range::Metadata => "where a cloud keeps its machines' credentials",
            Range::Unspecified => "an unspecified address",
            Range::Loopback => "the hub's own machine",
            Range::Private => "an address of a private network",
            Range::CarrierNat => "an address between a provider and its customers",
            Range::LinkLocal => "an address of the hub's own cable",
            Range::Multicast => "a multicast address",
            Range::Documentation => "an address for examples in documents",
            Range::Benchmark => "an address for measurements",
            Range::MappedIpv4 => "an IPv4 address in IPv6 clothes",
            Range::Nat64 => "an IPv4 address behind a NAT64 translator",
            Range::SixToFour => "an IPv4 address behind a 6to4 relay",
            Range::Teredo => "an IPv4 address behind a Teredo relay",
            Range::Reserved => "a reserved address",
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

fn first<N>(table: &[(N, Range)], holds: impl Fn(&N) -> bool) -> Option<Range> {
    table.iter().find(|(network, _)| holds(network)).map(|(_, range)| *range)
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(words: [u16; 8], bits: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = words;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), bits)
}

/// The first that holds an address names it: what is told apart inside a larger range stands before it.
const IPV4: [(Ipv4Net, Range); 24] = [
    (v4(169, 254, 169, 254, 32), Range::Metadata), // AWS, Azure, Google and most others
    (v4(169, 254, 170, 2, 32), Range::Metadata),   // AWS, containers
    (v4(169, 254, 170, 23, 32), Range::Metadata),  // AWS, pods
    (v4(100, 100, 100, 200, 32), Range::Metadata), // Alibaba
    (v4(168, 63, 129, 16, 32), Range::Metadata),   // Azure's agent: the one that looks public
    (v4(192, 0, 0, 192, 32), Range::Metadata),     // Oracle
    (v4(0, 0, 0, 0, 8), Range::Unspecified),
    (v4(10, 0, 0, 0, 8), Range::Private),
    (v4(100, 64, 0, 0, 10), Range::CarrierNat),
    (v4(127, 0, 0, 0, 8), Range::Loopback),
    (v4(169, 254, 0, 0, 16), Range::LinkLocal),
    (v4(172, 16, 0, 0, 12), Range::Private),
    (v4(192, 0, 0, 0, 24), Range::Reserved),
    (v4(192, 0, 2, 0, 24), Range::Documentation),
    (v4(192, 31, 196, 0, 24), Range::Reserved),
    (v4(192, 52, 193, 0, 24), Range::Reserved),
    (v4(192, 88, 99, 0, 24), Range::SixToFour),
    (v4(192, 168, 0, 0, 16), Range::Private),
    (v4(192, 175, 48, 0, 24), Range::Reserved),
    (v4(198, 18, 0, 0, 15), Range::Benchmark),
    (v4(198, 51, 100, 0, 24), Range::Documentation),
    (v4(203, 0, 113, 0, 24), Range::Documentation),
    (v4(224, 0, 0, 0, 4), Range::Multicast),
    (v4(240, 0, 0, 0, 4), Range::Reserved), // with 255.255.255.255
];

/// As for IPv4.
const IPV6: [(Ipv6Net, Range); 19] = [
    (v6([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254], 128), Range::Metadata), // AWS
    (v6([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023], 128), Range::Metadata), // AWS, pods
    (v6([0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254], 128), Range::Metadata), // Google
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), Range::Unspecified),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Range::Loopback),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), Range::MappedIpv4),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), Range::MappedIpv4), // "IPv4-translated", RFC 2765
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), Range::MappedIpv4),      // "IPv4-compatible", given up
    (v6([0x0064, 0xff9b, 0, 0, 0, 0, 0, 0], 96), Range::Nat64),
    (v6([0x0064, 0xff9b, 1, 0, 0, 0, 0, 0], 48), Range::Nat64),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), Range::Teredo),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), Range::Benchmark),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Range::Reserved),
    (v6([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32), Range::Documentation),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), Range::SixToFour),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Range::Documentation),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), Range::Private),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 9), Range::LinkLocal), // with fec0::/10, once "site-local"
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Range::Multicast),
];

/// The only IPv6 range that public addresses are given out from.
const GIVEN_OUT: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
