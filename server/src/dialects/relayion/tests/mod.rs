//! The dialect against the vendor's page: the real verbs on a real store in a scratch folder, and phones played
//! by the changes that a session would commit. `fixtures/` holds the page's examples as they are printed.

mod bench;
mod bulk;
mod conversations;
mod inbound;
mod listing;
mod promises;
mod refusals;
mod repeats;
mod sending;
mod shape;
mod waiting;
