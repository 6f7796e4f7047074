//! Routes that a limit may name.

/// One route: what Envoy has chosen by the path before any filter has seen the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: &'static str,
    /// The path that leads there.
    pub path: &'static str,
}

/// Every route that leads to a model.
pub const ROUTES: [Route; 2] = [
    Route {
        name: "chat-completions",
        path: "/v1/chat/completions",
    },
    Route {
        name: "messages",
        path: "/v1/messages",
    },
];
