//! One request on its way through ext_proc: event in, step out. It knows no protocol and no clock.
//!
//! Headers go on at once; the body waits for the decision. What cannot be decided is refused: a stream that only ends,
//! in whatever way, may be taken for consent.

use std::sync::Arc;

use penstock_chat::Tokens;
use penstock_client::{Arrival, Client, Endpoint};
use penstock_flow::{Headers, LocalReply};
use penstock_translate::error::{ApiError, ErrorKind};

use crate::caller::Caller;

/// Set by token-quota on what it has admitted.
const INPUT_TOKENS: &str = "x-penstock-int-input-tokens";
const OUTPUT_TOKENS: &str = "x-penstock-int-output-tokens";
/// Where the client says yes to what a request may cost.
const APPROVE: &str = "x-penstock-approve";
const USAGE_PATH: &str = "/v1/penstock/usage";
const CACHE_PATH: &str = "/v1/penstock/cache";
/// The ledger and budgets know a request by its id, so one without cannot be settled.
const LONGEST_ID: usize = 128;

/// One request on its way through ext_proc.
#[derive(Debug, Default)]
pub struct Session {
    phase: Phase,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Start,
    /// The body of this question is to come.
    Body(Box<Question>),
    /// Nothing more is to be decided.
    Over,
}

/// What has arrived.
#[derive(Debug)]
pub enum Event {
    /// Request headers; `end_of_stream` if no body follows.
    Headers {
        /// The headers.
        headers: Headers,
        /// Who asks, if that is known.
        caller: Option<Box<Caller>>,
        /// Whether one may go on of whom nobody has asked who it is.
        admits_unasked: bool,
        /// Whether no body follows.
        end_of_stream: bool,
    },
    /// The request's body, whole.
    Body(Vec<u8>),
    /// A piece of the body, by which nothing is to be judged.
    Piece,
    /// Something that the proxy was not configured to send.
    Other,
}

/// What follows.
#[derive(Debug)]
pub enum Step {
    /// The message passes as it is.
    Pass(Part),
    /// The question is to be decided; the answer goes with the body.
    Decide(Box<Question>),
    /// Somebody asks what has been used, or what is kept, or has something forgotten.
    Tell(Box<Question>),
    /// The request is refused.
    Refuse(LocalReply),
    /// The stream, of which no request is known, ends with an error status.
    Fail(&'static str),
}

/// Which message is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Request headers.
    Headers,
    /// The request's body.
    Body,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// What for.
    pub purpose: Purpose,
    /// How to speak to the client.
    pub client: Client,
    /// Who asks.
    pub caller: Arc<Caller>,
    /// The route's name, as limits know it.
    pub route: &'static str,
    /// The path with its query.
    pub path: String,
    /// Input tokens, if they were counted already.
    pub input: Option<Tokens>,
    /// The most output tokens, if that was counted.
    pub output: Option<Tokens>,
    /// The request's headers.
    pub headers: Headers,
    /// The client's word that it knows what the request may cost.
    pub approval: Option<String>,
    /// The request's body.
    pub body: Vec<u8>,
}

/// What a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A request to a model.
    Chat,
    /// What such a request would cost.
    Estimate,
    /// What has been used.
    Usage,
    /// What is kept of answers.
    Kept,
    /// That kept answers are forgotten.
    Forget,
}

impl Session {
    /// Takes one event. `policy_version` is the one in force.
    pub fn on(&mut self, event: Event, policy_version: &str) -> Step {
        match (std::mem::take(&mut self.phase), event) {
            (
                Phase::Start,
                Event::Headers {
                    headers,
                    caller,
                    admits_unasked,
                    end_of_stream,
                },
            ) if caller.is_some() || admits_unasked => {
                self.headers(&headers, caller, end_of_stream, policy_version)
            }
            (Phase::Start, Event::Headers { headers, .. }) => {
                self.phase = Phase::Over;
                Step::Refuse(unasked(&Arrival::read(&headers, policy_version).client))
            }
            (Phase::Body(mut question), Event::Body(body)) => {
                self.phase = Phase::Over;
                question.body = body;
                Step::Decide(question)
            }
            (Phase::Body(question), Event::Piece | Event::Other | Event::Headers { .. }) => {
                self.phase = Phase::Over;
                Step::Refuse(undecided(&question.client))
            }
            (Phase::Over, Event::Body(_) | Event::Piece) => {
                self.phase = Phase::Over;
                Step::Pass(Part::Body)
            }
            _ => {
                self.phase = Phase::Over;
                Step::Fail("a message that the configuration does not ask for, or out of order")
            }
        }
    }

    fn headers(
        &mut self,
        headers: &Headers,
        caller: Option<Box<Caller>>,
        end_of_stream: bool,
        policy_version: &str,
    ) -> Step {
        self.phase = Phase::Over;
        let arrival = Arrival::read(headers, policy_version);
        let path = headers.get(":path").unwrap_or_default();
        let method = headers.get(":method").unwrap_or_default();
        let purpose = match (arrival.endpoint, method, path_of(path)) {
            (Endpoint::Chat, "POST", _) => Purpose::Chat,
            (Endpoint::Estimate, "POST", _) => Purpose::Estimate,
            (_, "GET", USAGE_PATH) => Purpose::Usage,
            (_, "GET", CACHE_PATH) => Purpose::Kept,
            (_, "DELETE", CACHE_PATH) => Purpose::Forget,
            _ => return Step::Pass(Part::Headers),
        };
        // Nobody was asked who it is: what then becomes of the request is the route's failure mode.
        let Some(caller) = caller else {
            return Step::Pass(Part::Headers);
        };
        let id = &arrival.client.request_id;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Step::Refuse(undecided(&arrival.client));
        }
        let number = |name| headers.get(name).and_then(|text| text.parse().ok()).map(Tokens);
        let question = Box::new(Question {
            purpose,
            route: route(path_of(path)),
            path: path.to_owned(),
            input: number(INPUT_TOKENS),
            output: number(OUTPUT_TOKENS),
            approval: headers.get(APPROVE).map(str::to_owned),
            headers: headers.clone(),
            client: arrival.client,
            caller: Arc::from(caller),
            body: Vec::new(),
        });
        match purpose {
            Purpose::Usage | Purpose::Kept | Purpose::Forget => Step::Tell(question),
            _ if end_of_stream => Step::Pass(Part::Headers),
            _ => {
                self.phase = Phase::Body(question);
                Step::Pass(Part::Headers)
            }
        }
    }
}

/// The proxy speaks in a way that [`Session`] was not told of, or gives requests no id that can be settled.
fn undecided(client: &Client) -> LocalReply {
    let error = ApiError::new(
        ErrorKind::Internal,
        "the gateway's proxy sends requests in a way that they cannot be decided by",
    );
    client.refuse(&error, "undecided")
}

/// The proxy does not ask for keys, or has let in whom it could not ask.
fn unasked(client: &Client) -> LocalReply {
    let error = ApiError::new(
        ErrorKind::Unavailable,
        "the gateway cannot check who asks at present; try again later",
    );
    client.refuse(&error, "unasked")
}

fn path_of(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

fn route(path: &str) -> &'static str {
    penstock_config::ROUTES
        .iter()
        .find(|route| route.path == path)
        .map_or("unknown", |route| route.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrives(headers: &[(&str, &str)], caller: bool, end_of_stream: bool) -> (Session, Step) {
        let mut session = Session::default();
        let event = Event::Headers {
            headers: headers.iter().copied().collect(),
            caller: caller.then(Box::default),
            admits_unasked: true,
            end_of_stream,
        };
        let step = session.on(event, "p1");
        (session, step)
    }

    const CHAT: [(&str, &str); 3] = [
        (":method", "POST"),
        (":path", "/v1/chat/completions?x=1"),
        ("x-request-id", "r1"),
    ];

    #[test]
    fn headers_pass_at_once_and_the_body_waits_for_a_decision() {
        let (mut session, step) = arrives(&CHAT, true, false);
        assert!(matches!(step, Step::Pass(Part::Headers)));
        let Step::Decide(question) = session.on(Event::Body(b"{}".to_vec()), "p1") else {
            panic!("no decision");
        };
        assert_eq!(
            (question.purpose, question.route, question.body.as_slice()),
            (Purpose::Chat, "chat-completions", b"{}".as_slice())
        );
    }

    #[test]
    fn counted_tokens_are_taken_over_and_junk_is_not() {
        let headers = [&CHAT[..], &[(INPUT_TOKENS, "12"), (OUTPUT_TOKENS, "-1")]].concat();
        let (mut session, _) = arrives(&headers, true, false);
        let Step::Decide(question) = session.on(Event::Body(Vec::new()), "p1") else {
            panic!("no decision");
        };
        assert_eq!((question.input, question.output), (Some(Tokens(12)), None));
    }

    #[test]
    fn what_needs_no_decision_passes() {
        let models = [(":method", "GET"), (":path", "/v1/models"), ("x-request-id", "r")];
        let wrong_method = [
            (":method", "GET"),
            (":path", "/v1/chat/completions"),
            ("x-request-id", "r"),
        ];
        for (headers, caller, end) in [
            (&models, true, true),
            (&wrong_method, true, true),
            (&CHAT, false, false),
            (&CHAT, true, true),
        ] {
            let (mut session, step) = arrives(headers, caller, end);
            assert!(matches!(step, Step::Pass(Part::Headers)), "{headers:?}");
            let step = session.on(Event::Body(Vec::new()), "p1");
            assert!(matches!(step, Step::Pass(Part::Body)), "{headers:?}");
        }
    }

    #[test]
    fn messages_out_of_order_end_the_stream_with_an_error() {
        let body = || Event::Body(Vec::new());
        for events in [vec![body()], vec![Event::Other], vec![Event::Piece]] {
            let mut session = Session::default();
            let last = events.into_iter().map(|event| session.on(event, "p1")).last();
            assert!(matches!(last, Some(Step::Fail(_))));
        }
    }

    #[test]
    fn what_is_not_known_whole_is_refused_and_never_let_through() {
        for event in [Event::Other, Event::Piece] {
            let (mut session, _) = arrives(&CHAT, true, false);
            assert!(matches!(session.on(event, "p1"), Step::Refuse(reply) if reply.status == 500));
        }
    }

    #[test]
    fn who_was_not_asked_goes_no_further_where_everybody_needs_a_key() {
        let models = [(":method", "GET"), (":path", "/v1/models"), ("x-request-id", "r")];
        for headers in [&CHAT, &models] {
            let event = Event::Headers {
                headers: headers.iter().copied().collect(),
                caller: None,
                admits_unasked: false,
                end_of_stream: true,
            };
            let step = Session::default().on(event, "p1");
            assert!(matches!(step, Step::Refuse(reply) if reply.status == 503));
        }
    }

    #[test]
    fn a_request_that_could_not_be_settled_is_not_decided() {
        let long = "x".repeat(LONGEST_ID + 1);
        for id in ["", &*long] {
            let headers = [CHAT[0], CHAT[1], ("x-request-id", id)];
            assert!(matches!(arrives(&headers, true, false).1, Step::Refuse(_)));
        }
    }

    #[test]
    fn usage_is_asked_without_a_body() {
        let headers = [
            (":method", "GET"),
            (":path", "/v1/penstock/usage?group_by=team"),
            ("x-request-id", "r"),
        ];
        let (_, step) = arrives(&headers, true, true);
        assert!(matches!(step, Step::Tell(question) if question.path.ends_with("group_by=team")));
    }
}
