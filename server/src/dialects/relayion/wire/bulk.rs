//! The body of `POST /api/v1/outbound/bulk`: a list of messages, each read by itself, so that one that cannot be
//! spoils none of the others.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::mistake::Mistake;
use super::request::{self, Binding, SendRequest};

pub(super) const MESSAGES: &str = "messages";
/// Messages in one request: one transaction, so that the callers beside it wait for milliseconds.
pub(super) const MOST: usize = 1_000;

#[derive(Deserialize)]
struct Bulk<'a> {
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
}

/// Reads a list: each message or what is wrong with it, in order.
pub(in super::super) fn read(
    bytes: &[u8],
    binding: &Binding,
) -> Result<Vec<Result<SendRequest, Mistake>>, Mistake> {
    let text = request::utf8(bytes)?;
    let bulk: Bulk<'_> = serde_json::from_str(text).map_err(|error| explain(&error))?;
    let Some(list) = bulk.messages else {
        return Err(Mistake::of(MESSAGES, "is required: give a list of messages to send"));
    };
    // What is not even a list has broken no syntax: that was looked at above.
    let rows: Vec<&RawValue> = serde_json::from_str(list.get())
        .map_err(|_| Mistake::of(MESSAGES, "must be a list of messages to send"))?;
    if rows.is_empty() || rows.len() > MOST {
        let (given, remedy) = (rows.len(), if rows.is_empty() { "add one" } else { "divide the list" });
        return Err(Mistake::of(MESSAGES, format!("must hold 1 to {MOST} messages, not {given}: {remedy}")));
    }
    Ok(rows.into_iter().map(|row| request::read(row.get().as_bytes(), binding)).collect())
}

fn explain(error: &serde_json::Error) -> Mistake {
    // The parser's words are not shown: they may repeat what stood in the body.
    if error.to_string().starts_with("duplicate field") {
        return Mistake::of(MESSAGES, "is given twice: send the list once");
    }
    match error.classify() {
        serde_json::error::Category::Data => {
            Mistake::whole("The request body must be a JSON object with the list messages.")
        }
        _ => Mistake::whole(format!(
            "The request body is not valid JSON at line {} column {}: send one JSON object with the list messages.",
            error.line(),
            error.column()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        Binding { device_id: "d".into(), slot: 0, number: "+639170000001".into() }
    }

    fn read_text(body: &str) -> Result<Vec<Result<SendRequest, Mistake>>, Mistake> {
        read(body.as_bytes(), &binding())
    }

    #[test]
    fn each_row_is_read_by_itself() {
        let body = r#"{"messages":[
            {"recipientNumber":"+639171234567","body":"one"},
            {"recipientNumber":"+639171234567","body":"\ud800"},
            7,
            {"recipientNumber":"+639171234567","body":"a","body":"b"},
            {"body":"x"},
            {"recipientNumber":"+639171234567","body":"two","priority":"high"}
        ],"other":{"messages":[]}}"#;
        let rows = read_text(body).unwrap();
        let fields: Vec<_> = rows.iter().map(|row| row.as_ref().err().map(|mistake| mistake.field)).collect();
        let expected =
            [None, Some(Some("body")), Some(None), Some(Some("body")), Some(Some("recipientNumber")), None];
        assert_eq!(fields, expected);
        assert_eq!(rows[5].as_ref().unwrap().body, "two");
    }

    #[test]
    fn a_body_that_holds_no_list_is_refused_as_a_whole() {
        let list = |rows: usize| format!("{{\"messages\":[{}]}}", vec!["{}"; rows].join(","));
        for (body, field) in [
            ("".into(), None),
            ("[]".into(), None),
            ("null".into(), None),
            (r#"{"messages":[}"#.into(), None),
            (r#"{"messages":[]}{}"#.into(), None),
            ("{}".into(), Some(MESSAGES)),
            (r#"{"messages":null}"#.into(), Some(MESSAGES)),
            (r#"{"messages":{}}"#.into(), Some(MESSAGES)),
            (r#"{"messages":"x"}"#.into(), Some(MESSAGES)),
            (r#"{"messages":[{}],"messages":[{}]}"#.into(), Some(MESSAGES)),
            (list(0), Some(MESSAGES)),
            (list(1001), Some(MESSAGES)),
        ] {
            let mistake = read_text(&body).unwrap_err();
            assert_eq!(mistake.field, field, "{mistake:?}");
        }
        assert_eq!(read_text(&list(1000)).unwrap().len(), 1000);
        assert!(read(b"{\"messages\":[\"\xff\"]}", &binding()).is_err());
    }
}
