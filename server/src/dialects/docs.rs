//! The API documents of all dialects, and a viewer for them that needs no network: `/docs`, `/docs/NAME/` and
//! `/docs/NAME/openapi.json`. They say what anybody may know, so no key is asked for; the viewer tries requests out at
//! the hub that it came from, with a key that stays in the page.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType, HeaderName, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Data, Path, ServiceConfig};
use relay_domain::{Clock, Timestamp};
use utoipa_swagger_ui::Config;

use super::{ALL, Dialect};
use crate::http::{instant, pages};

/// The day on which every example plays, and the day after it. The document that is served moves both to today and
/// tomorrow: a schedule in the past could not be tried out.
const DAYS: [&str; 2] = ["2026-04-25", "2026-04-26"];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The viewer loads nothing from elsewhere and asks nobody else; it writes styles of its own.
const POLICY: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// A new version of the hub may bring a new viewer under the same names.
const VIEWER_AGE: &str = "max-age=3600";

/// The names of the dialects.
pub fn names() -> [&'static str; ALL.len()] {
    ALL.map(Dialect::name)
}

/// The document of the dialect with this name.
pub fn named(name: &str) -> Option<String> {
    ALL.into_iter().find(|dialect| dialect.name() == name).map(document)
}

fn document(dialect: &dyn Dialect) -> String {
    // Strings, numbers and lists of them: nothing in it can fail to be JSON.
    serde_json::to_string_pretty(&dialect.document()).unwrap_or_default()
}

/// What the handlers share.
struct Shelf {
    /// Name and document of each dialect.
    documents: Vec<(&'static str, String)>,
    clock: Arc<dyn Clock>,
}

/// Adds the routes.
pub fn configure(clock: &Arc<dyn Clock>, config: &mut ServiceConfig) {
    let documents = ALL.map(|dialect| (dialect.name(), document(dialect))).to_vec();
    let read = |path: &str| web::resource(path.to_owned()).default_service(web::to(pages::only_read));
    let docs = web::scope("/docs")
        .app_data(Data::new(Shelf { documents, clock: Arc::clone(clock) }))
        .service(read("").get(list))
        .service(read("/").get(list))
        .service(read("/{name}").get(enter))
        .service(read("/{name}/openapi.json").get(describe))
        .service(read("/{name}/{file:.*}").get(view))
        .default_service(web::to(pages::nothing));
    config.service(docs);
}

async fn list() -> HttpResponse {
    let entry = |dialect: &&dyn Dialect| {
        let (name, title) = (dialect.name(), dialect.title());
        format!(
            "<li><a href=\"/docs/{name}/\">{title}</a> (<a href=\"/docs/{name}/openapi.json\">OpenAPI document</a>)"
        )
    };
    let entries: String = ALL.iter().map(entry).collect();
    let about =
        "<p>Each can be read and tried out here; the documents are for programs that write clients.</p>";
    pages::page("APIs of this hub", &format!("{about}<ul>{entries}</ul>"))
}

/// The viewer's own links are relative to its folder.
async fn enter(shelf: Data<Shelf>, name: Path<String>) -> HttpResponse {
    if shelf.find(&name).is_none() {
        return pages::nothing().await;
    }
    HttpResponse::PermanentRedirect().insert_header((LOCATION, format!("/docs/{name}/"))).finish()
}

async fn describe(shelf: Data<Shelf>, name: Path<String>) -> HttpResponse {
    let Some(document) = shelf.find(&name) else { return pages::nothing().await };
    let today = played_on(document, shelf.clock.now());
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(today)
}

async fn view(shelf: Data<Shelf>, path: Path<(String, String)>) -> HttpResponse {
    let (name, file) = path.into_inner();
    if shelf.find(&name).is_none() {
        return pages::nothing().await;
    }
    // Without a validator of its own the viewer would show every document to one on the Internet.
    let settings = Config::from("openapi.json")
        .validator_url("none")
        .try_it_out_enabled(true)
        .use_base_layout()
        .default_models_expand_depth(0);
    match utoipa_swagger_ui::serve(&file, Arc::new(settings)) {
        Ok(Some(file)) => {
            let mut answer = HttpResponse::Ok();
            answer
                .content_type(file.content_type)
                .insert_header((CACHE_CONTROL, VIEWER_AGE))
                .insert_header(POLICY);
            answer
                .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .insert_header((REFERRER_POLICY, "no-referrer"));
            if file.gzpipped {
                // Kept packed in the binary; there is no browser that cannot unpack it.
                answer.insert_header((CONTENT_ENCODING, "gzip"));
            }
            answer.body(file.bytes.into_owned())
        }
        Ok(None) => pages::nothing().await,
        Err(error) => {
            tracing::error!(%error, "the viewer of the API documents is broken");
            HttpResponse::InternalServerError().finish()
        }
    }
}

impl Shelf {
    fn find(&self, name: &str) -> Option<&str> {
        self.documents.iter().find(|(known, _)| *known == name).map(|(_, document)| document.as_str())
    }
}

/// The document with the instants of its examples moved to the day of this instant and the day after it. A sentence
/// that names a day stays as it is: the hub says it like that.
fn played_on(document: &str, now: Timestamp) -> String {
    let [day, next] = DAYS.map(|day| format!("\"{day}T"));
    let moved = |at| format!("\"{}", &instant::write(at)[..=DAYS[0].len()]);
    // In one pass: moved one after the other, what was moved first could be moved again.
    let mut served = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(at) = rest.find(&day).into_iter().chain(rest.find(&next)).min() {
        served.push_str(&rest[..at]);
        served.push_str(&moved(if rest[at..].starts_with(&day) { now } else { now.plus(DAY) }));
        rest = &rest[at + day.len()..];
    }
    served + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_move_to_today_and_tomorrow() {
        let at = |text| instant::exact(text).unwrap();
        let story = "[\"2026-04-25T08:00:00.000Z\", \"2026-04-26T08:00:00Z\", \"such as 2026-04-25\"]";
        for (now, today, tomorrow) in [
            ("2027-12-31T23:59:59Z", "2027-12-31", "2028-01-01"),
            ("2026-04-24T00:00:00Z", "2026-04-24", "2026-04-25"),
            ("2026-04-26T00:00:00Z", "2026-04-26", "2026-04-27"),
        ] {
            let moved =
                format!("[\"{today}T08:00:00.000Z\", \"{tomorrow}T08:00:00Z\", \"such as 2026-04-25\"]");
            assert_eq!(played_on(story, at(now)), moved);
        }
    }

    #[test]
    fn every_dialect_has_a_document_and_a_name_of_its_own() {
        let mut names: Vec<&str> = ALL.iter().map(|dialect| dialect.name()).collect();
        assert!(ALL.iter().all(|dialect| document(*dialect).len() > 1000 && !dialect.title().is_empty()));
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
