//! The console: a page for people who would rather look than read. It shows and changes nothing.
//!
//! It is served where the statistics are, to holders of a key with `admin: true` only. Pages are whole documents that are
//! written here; a small script brings them up to date, and without it a link does. Every value is escaped by the templates.
//! Nothing that it shows is prompt text: requests are as the ledger has them, decisions hold names of the configuration.

mod door;
mod format;
mod overview;
mod page;
mod recent;
mod reply;
mod spending;
mod view;

use std::{net::IpAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request as HttpRequest, Response, StatusCode,
    body::{Body, Bytes},
};
use penstock_flow::Headers;

pub use self::{
    door::{Door, Shut, Visitor},
    overview::{BudgetLine, CacheView, LimitLine, Overview},
    recent::{Bounds, Recent, Request},
    spending::{PATIENCE, Span, Spending, Spent, Summed},
};
use crate::{deciding::story::Story, service::Service, store::now_ms};

/// Where it is.
pub const PATH: &str = "/console";
const STYLE: &str = include_str!("console/style.css");
const SCRIPT: &str = include_str!("console/live.js");
const ICON: &str = include_str!("console/icon.svg");
/// A form with a key is shorter.
const LONGEST_FORM: usize = 4 << 10;
/// How long its sender may take.
const FORM: Duration = Duration::from_secs(5);

/// What is remembered of a request.
#[derive(Clone, Debug)]
pub enum Found {
    /// It has ended.
    Ended(Arc<Request>),
    /// It has not, and this was decided.
    UnderWay(Arc<Story>),
}

/// Whether a path is the console's.
pub fn is_at(path: &str) -> bool {
    path.strip_prefix(PATH)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The answer to a request from `peer` for a path that [is the console's](is_at).
pub async fn answer<B>(request: HttpRequest<B>, peer: IpAddr, service: &Arc<Service>) -> Response<Full<Bytes>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let fields = request.headers().iter();
    let headers: Headers = fields
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let path = request.uri().path().strip_prefix(PATH).unwrap_or_default();
    match (request.method(), path.trim_end_matches('/')) {
        (&Method::GET | &Method::HEAD, "/style.css") => reply::file("text/css; charset=utf-8", STYLE),
        (&Method::GET | &Method::HEAD, "/live.js") => reply::file("text/javascript; charset=utf-8", SCRIPT),
        (&Method::GET | &Method::HEAD, "/icon.svg") => reply::file("image/svg+xml", ICON),
        (&Method::GET | &Method::HEAD, "" | "/request") => {
            let query = request.uri().query().unwrap_or_default();
            match service
                .door
                .admit(&headers, peer, &service.keyring.ring(), now_ms())
            {
                Ok(visitor) => show(path, query, &visitor, service).await,
                Err(shut) => turn_away(shut, service),
            }
        }
        (&Method::POST, "/sign-in" | "/sign-out") if !reply::is_own(&headers) => {
            let text = "this form was sent from another site\n";
            reply::text(StatusCode::FORBIDDEN, text)
        }
        (&Method::POST, "/sign-in") => {
            let form = Limited::new(request.into_body(), LONGEST_FORM).collect();
            let Ok(Ok(form)) = tokio::time::timeout(FORM, form).await else {
                return reply::text(StatusCode::BAD_REQUEST, "the form is too long, or was cut off\n");
            };
            sign_in(&form.to_bytes(), &headers, peer, service)
        }
        (&Method::POST, "/sign-out") => {
            service.door.sign_out(&headers);
            reply::to_console(Some(&reply::cookie("", 0, &headers)))
        }
        (&Method::GET | &Method::HEAD, _) => reply::text(
            StatusCode::NOT_FOUND,
            "there is nothing at this path; see /console\n",
        ),
        _ => reply::text(StatusCode::METHOD_NOT_ALLOWED, "use GET\n"),
    }
}

async fn show(path: &str, query: &str, visitor: &Visitor, service: &Arc<Service>) -> Response<Full<Bytes>> {
    let asked = |name: &str| {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
    };
    if path.starts_with("/request") {
        let id = asked("id").unwrap_or_default();
        let id = id.trim();
        let found = service.request(id);
        let status = if found.is_some() {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        return reply::page(status, &view::request(id, found.as_ref(), visitor));
    }
    let span = asked("span").and_then(|word| Span::of(&word)).unwrap_or_default();
    let overview = service.overview(span).await;
    reply::page(StatusCode::OK, &view::overview(&overview, visitor))
}

fn sign_in(form: &[u8], headers: &Headers, peer: IpAddr, service: &Arc<Service>) -> Response<Full<Bytes>> {
    let mut fields = form_urlencoded::parse(form);
    let key = fields
        .find(|(name, _)| name == "key")
        .map(|(_, value)| value.into_owned());
    let key = key.unwrap_or_default();
    match service
        .door
        .sign_in(&key, peer, &service.keyring.ring(), now_ms())
    {
        Ok((text, visitor)) => {
            eprintln!(
                "penstock-ext-proc: console: the key {} has signed in from {peer}",
                visitor.key
            );
            reply::to_console(Some(&reply::cookie(&text, door::SESSION_S, headers)))
        }
        Err(shut) => turn_away(shut, service),
    }
}

fn turn_away(shut: Shut, service: &Service) -> Response<Full<Bytes>> {
    let has_keys = service.keyring.ring().is_guarded();
    reply::shut(shut, &view::sign_in(shut, has_keys))
}
