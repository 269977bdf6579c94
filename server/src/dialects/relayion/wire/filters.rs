//! The query strings of the lists: paging and the documented filters. Unknown parameters are ignored.

use relay_domain::{DeviceId, Timestamp};

use super::Status;
use super::conversation::Way;
use super::extensions::Include;
use super::mistake::Mistake;
use crate::http::instant::{self, End};
use crate::http::query::{self, Fault, Parameters};

/// As documented.
pub(super) const DEFAULT_LIMIT: u32 = 20;
/// As documented.
pub(super) const MAX_LIMIT: u32 = 100;
/// Rows that paging reaches: SQLite walks over all that it skips, and dates narrow better.
pub(super) const DEEPEST_ROW: u64 = 100_000;

pub(super) const DEVICE: &str = "deviceId";
pub(super) const SLOT: &str = "simSlotIndex";
pub(super) const STATUS: &str = "status";
pub(super) const FROM: &str = "from";
pub(super) const TO: &str = "to";
pub(super) const INCLUDE: &str = "include";
/// What may be included.
pub(super) const INCLUDES: [&str; 3] = ["wait", "timeline", "options"];
pub(super) const PAGE: &str = "page";
pub(super) const LIMIT: &str = "limit";
pub(super) const DIRECTION: &str = "direction";
pub(super) const PHONE_NUMBER: &str = "phoneNumber";

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Paging {
    pub(in super::super) page: u32,
    pub(in super::super) limit: u32,
}

/// The filters that the lists share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Filters {
    pub(in super::super) device_id: Option<DeviceId>,
    pub(in super::super) number: Option<String>,
    pub(in super::super) slot: Option<u8>,
    pub(in super::super) from: Option<Timestamp>,
    pub(in super::super) to: Option<Timestamp>,
}

/// Which number a list is filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Party {
    Recipient,
    Sender,
}

impl Party {
    pub(super) fn name(self) -> &'static str {
        match self {
            Party::Recipient => super::request::RECIPIENT,
            Party::Sender => "senderNumber",
        }
    }
}

impl Paging {
    pub(in super::super) fn read(query: &Parameters) -> Result<Paging, Mistake> {
        let page = match one(query, PAGE)?.map(str::parse::<u32>) {
            None => 1,
            Some(Ok(page)) if page > 0 => page,
            Some(_) => return Err(mistake(PAGE, "must be a whole number from 1")),
        };
        let limit = match one(query, LIMIT)?.map(str::parse::<u32>) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
            Some(_) => return Err(mistake(LIMIT, format!("must be a whole number from 1 to {MAX_LIMIT}"))),
        };
        let paging = Paging { page, limit };
        if paging.last_row() > DEEPEST_ROW {
            let advice =
                "reaches beyond row 100000: narrow the list with to, the date of the last message you have";
            return Err(mistake(PAGE, advice));
        }
        Ok(paging)
    }

    fn last_row(self) -> u64 {
        u64::from(self.page) * u64::from(self.limit)
    }

    pub(in super::super) fn offset(self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.limit)
    }

    /// The query string of the next page, if there is one that may be asked for.
    pub(in super::super) fn next(
        self,
        query: &Parameters,
        rows: usize,
        total: Option<u64>,
    ) -> Option<String> {
        let more = match total {
            Some(total) => total > self.last_row(),
            // Too many to count: a full page has a next one until proven otherwise.
            None => u32::try_from(rows).is_ok_and(|rows| rows == self.limit),
        };
        let next = Paging { page: self.page.checked_add(1)?, ..self };
        (more && next.last_row() <= DEEPEST_ROW).then(|| query.with(PAGE, &next.page.to_string()))
    }
}

impl Filters {
    /// Reads them; `party` where the list can be filtered by a number.
    pub(in super::super) fn read(query: &Parameters, party: Option<Party>) -> Result<Filters, Mistake> {
        let device_id = one(query, DEVICE)?
            .map(str::parse::<DeviceId>)
            .transpose()
            .map_err(|_| mistake(DEVICE, "must be a device's id, as GET /api/v1/devices shows it"))?;
        let slot = one(query, SLOT)?
            .map(str::parse::<u8>)
            .transpose()
            .map_err(|_| mistake(SLOT, "must be a slot's number, such as 0 or 1"))?;
        let number = party.map(|party| one(query, party.name())).transpose()?.flatten();
        let number = number.map(|number| query::number(number).into_owned());
        let (from, to) = (end(query, FROM, End::First)?, end(query, TO, End::Last)?);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            return Err(mistake(TO, "is before from: swap the two, or leave one out"));
        }
        Ok(Filters { device_id, number, slot, from, to })
    }
}

/// The filter by state.
pub(in super::super) fn status(query: &Parameters) -> Result<Option<Status>, Mistake> {
    let Some(given) = one(query, STATUS)? else { return Ok(None) };
    let known = Status::ALL.into_iter().find(|(word, _)| given.eq_ignore_ascii_case(word));
    let unknown = || mistake(STATUS, "must be one of QUEUED, DISPATCHED, SENT, DELIVERED, FAILED");
    known.map(|(_, status)| Some(status)).ok_or_else(unknown)
}

/// What the answer should hold besides what is documented, from `?include=`.
pub(in super::super) fn include(query: &Parameters) -> Result<Include, Mistake> {
    let mut include = Include::default();
    for word in one(query, INCLUDE)?.unwrap_or_default().split(',').filter(|word| !word.is_empty()) {
        match word {
            "wait" => include.wait = true,
            "timeline" => include.timeline = true,
            "options" => include.options = true,
            _ => {
                return Err(mistake(
                    INCLUDE,
                    "must be one or more of wait, timeline and options, with commas",
                ));
            }
        }
    }
    Ok(include)
}

/// The filter of a conversation by the way that a message went.
pub(in super::super) fn direction(query: &Parameters) -> Result<Option<Way>, Mistake> {
    let Some(given) = one(query, DIRECTION)? else { return Ok(None) };
    let known = Way::ALL.into_iter().find(|(word, _)| given.eq_ignore_ascii_case(word));
    known.map(|(_, way)| Some(way)).ok_or_else(|| mistake(DIRECTION, "must be inbound or outbound"))
}

/// Whom a conversation is with, from the path; in a path a `+` is a `+`, encoded or not.
pub(in super::super) fn phone_number(path: &str) -> Result<String, Mistake> {
    query::last_segment(path).ok_or_else(|| mistake(PHONE_NUMBER, "is not UTF-8: percent-encode it as UTF-8"))
}

fn end(query: &Parameters, name: &'static str, end: End) -> Result<Option<Timestamp>, Mistake> {
    let Some(given) = one(query, name)? else { return Ok(None) };
    let unreadable =
        || mistake(name, "must be a date or an instant, such as 2026-04-25 or 2026-04-25T08:00:00Z");
    instant::read(&query::instant(given), end).map(Some).ok_or_else(unreadable)
}

fn one<'a>(query: &'a Parameters, name: &'static str) -> Result<Option<&'a str>, Mistake> {
    query.one(name).map_err(|fault| match fault {
        Fault::Repeated => mistake(name, "is given more than once: give it once"),
        Fault::NotUtf8 => mistake(name, "is not UTF-8: percent-encode it as UTF-8"),
    })
}

fn mistake(name: &'static str, message: impl std::fmt::Display) -> Mistake {
    Mistake { field: Some(name), message: format!("{name} {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(raw: &str) -> Result<Paging, Mistake> {
        Paging::read(&Parameters::parse(raw))
    }

    #[test]
    fn paging_has_the_documented_defaults_and_bounds() {
        assert_eq!(paging("").unwrap(), Paging { page: 1, limit: 20 });
        assert_eq!(paging("page=3&limit=100&unknown=x").unwrap(), Paging { page: 3, limit: 100 });
        assert_eq!(paging("page=1000&limit=100").unwrap().offset(), 99_900);
        for bad in ["page=0", "page=-1", "page=x", "page=4294967296", "page=1&page=2"] {
            assert_eq!(paging(bad).unwrap_err().field, Some("page"), "{bad}");
        }
        for bad in ["limit=0", "limit=101", "limit=1.5"] {
            assert_eq!(paging(bad).unwrap_err().field, Some("limit"), "{bad}");
        }
        let deep = paging("page=1001&limit=100").unwrap_err();
        assert!(deep.message.contains(" to,"), "{deep:?}");
    }

    #[test]
    fn there_is_a_next_page_while_there_are_more_rows() {
        let query = Parameters::parse("page=2&limit=10&status=SENT");
        let second = Paging { page: 2, limit: 10 };
        assert_eq!(second.next(&query, 10, Some(21)).unwrap(), "limit=10&status=SENT&page=3");
        assert_eq!(second.next(&query, 10, Some(20)), None);
        assert!(second.next(&query, 10, None).is_some());
        assert_eq!(second.next(&query, 9, None), None);
        assert_eq!(Paging { page: 1000, limit: 100 }.next(&query, 100, None), None);
    }

    #[test]
    fn every_documented_filter_is_read_and_a_wrong_one_named() {
        let raw = "deviceId=b1c2d3e4-0000-7000-8000-000000000001&recipientNumber=+639171234567&simSlotIndex=1\
                   &from=2026-04-25&to=2026-04-25T10:00:00+02:00";
        let filters = Filters::read(&Parameters::parse(raw), Some(Party::Recipient)).unwrap();
        assert_eq!(filters.number.as_deref(), Some("+639171234567"));
        assert_eq!(filters.slot, Some(1));
        assert!(filters.device_id.is_some() && filters.from.is_some() && filters.to.is_some());
        let sender = Filters::read(&Parameters::parse("senderNumber=My+Bank"), Some(Party::Sender)).unwrap();
        assert_eq!(sender.number.as_deref(), Some("My Bank"));
        for (bad, field) in [
            ("deviceId=1", "deviceId"),
            ("simSlotIndex=-1", "simSlotIndex"),
            ("from=today", "from"),
            ("to=2026-13-01", "to"),
            ("from=2026-04-25&to=2026-04-24", "to"),
            ("from=2026-04-25T08:00:00.001Z&to=2026-04-25T08:00:00Z", "to"),
        ] {
            let refused = Filters::read(&Parameters::parse(bad), Some(Party::Sender)).unwrap_err();
            assert_eq!(refused.field, Some(field), "{bad}");
        }
        for same in
            ["from=2026-04-25&to=2026-04-25", "from=2026-04-25T08:00:00Z&to=2026-04-25T10:00:00%2B02:00"]
        {
            Filters::read(&Parameters::parse(same), None).unwrap();
        }
        assert_eq!(direction(&Parameters::parse("direction=Inbound")).unwrap(), Some(Way::Inbound));
        assert_eq!(direction(&Parameters::parse("direction=both")).unwrap_err().field, Some("direction"));
        assert_eq!(status(&Parameters::parse("status=delivered")).unwrap(), Some(Status::Delivered));
        assert_eq!(status(&Parameters::parse("status=LOST")).unwrap_err().field, Some("status"));
    }
}
