//! HTTP around the pages: what browsers are told that they may do with them.

use std::fmt::Write as _;

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{self, HeaderName, HeaderValue},
};
use maud::Markup;
use penstock_flow::Headers;

use super::{
    PATH,
    door::{COOKIE, Shut},
};

/// Nothing from elsewhere, nothing inline, no frame around it, and no text that becomes a script.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A page.
pub(super) fn page(status: StatusCode, page: &Markup) -> Response<Full<Bytes>> {
    reply(status, HTML, page.0.clone().into())
}

/// A file that comes with the pages. It is as secret as this source.
pub(super) fn file(content_type: &'static str, text: &'static str) -> Response<Full<Bytes>> {
    reply(StatusCode::OK, content_type, Bytes::from_static(text.as_bytes()))
}

/// A few words.
pub(super) fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    reply(status, TEXT, Bytes::from_static(text.as_bytes()))
}

/// For whoever may not look.
pub(super) fn shut(shut: Shut, page: &Markup) -> Response<Full<Bytes>> {
    let status = match shut {
        Shut::Stranger | Shut::Refused => StatusCode::UNAUTHORIZED,
        Shut::NotAdmin => StatusCode::FORBIDDEN,
        Shut::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
        Shut::NoSession => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut response = self::page(status, page);
    match shut {
        Shut::TooOften { retry_ms } => {
            let seconds = retry_ms.div_ceil(1_000).max(1);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // No browser asks for a password then.
        Shut::Stranger | Shut::Refused => set(&mut response, header::WWW_AUTHENTICATE, "Bearer"),
        Shut::NotAdmin | Shut::NoSession => {}
    }
    response
}

/// The way back to the page, with a cookie.
pub(super) fn to_console(cookie: Option<&str>) -> Response<Full<Bytes>> {
    let mut response = reply(StatusCode::SEE_OTHER, TEXT, Bytes::new());
    set(&mut response, header::LOCATION, PATH);
    if let Some(cookie) = cookie {
        set(&mut response, header::SET_COOKIE, cookie);
    }
    response
}

/// The cookie of a session. It is for encrypted connections only, where a proxy in front says that there is one.
pub(super) fn cookie(value: &str, seconds: u64, headers: &Headers) -> String {
    let mut cookie = format!("{COOKIE}={value}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    if headers.get("x-forwarded-proto") == Some("https") {
        // Writing to a string cannot fail.
        let _ = write!(cookie, "; Secure");
    }
    cookie
}

/// Whether a form was sent from a page of ours. Browsers say where one comes from; programs need not.
pub(super) fn is_own(headers: &Headers) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get("origin") else {
        return true;
    };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == headers.get("host")
}

fn reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // With no-referrer a browser would not say of a form that it comes from here.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        set(&mut response, name, value);
    }
    response
}

fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    // All are ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_known() {
        let own = |headers: &[(&str, &str)]| is_own(&headers.iter().copied().collect());
        let host = ("host", "127.0.0.1:9902");
        for headers in [
            &[host][..],
            &[host, ("origin", "http://127.0.0.1:9902")],
            &[host, ("sec-fetch-site", "same-origin")],
        ] {
            assert!(own(headers), "{headers:?}");
        }
        for headers in [
            &[host, ("origin", "http://127.0.0.1:8080")][..],
            &[host, ("origin", "https://evil.example")],
            &[host, ("origin", "null")],
            &[
                host,
                ("origin", "http://127.0.0.1:9902"),
                ("sec-fetch-site", "same-site"),
            ],
            &[host, ("sec-fetch-site", "cross-site")],
        ] {
            assert!(!own(headers), "{headers:?}");
        }
    }

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie() {
        let plain = cookie("abc", 60, &Headers::default());
        assert_eq!(
            plain,
            "penstock_console=abc; Path=/console; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        let headers = Headers::from([("x-forwarded-proto", "https")]);
        assert!(cookie("abc", 60, &headers).ends_with("; Secure"));
    }

    #[test]
    fn every_answer_says_what_a_browser_may_do() {
        for response in [
            text(StatusCode::NOT_FOUND, "x"),
            file("text/css", "x"),
            to_console(None),
            shut(Shut::Stranger, &maud::html! { p { "x" } }),
        ] {
            let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("x-content-type-options"), "nosniff");
            let policy = header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
                "{policy}"
            );
        }
    }
}
