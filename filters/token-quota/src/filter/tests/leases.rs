//! Streams under a limit of which a service grants a part.

use penstock_quota::wire::Grant;

use super::streams::event;
use super::*;

/// How often the service is asked.
const REFRESH_MS: u64 = 500;
/// The limit, of which a tenth is granted to begin with.
const LIMIT: u64 = 1_000;

struct Site {
    worker: Rc<Worker<Memory>>,
    stream: Sent,
    now_ms: u64,
}

impl Site {
    /// A stream that may take 10 tokens, with hardly more granted, and is cut when its limit has nothing left.
    fn new() -> Self {
        let cut = Limit {
            on_overrun: Overrun::Cut,
            reserve: Reserve::Learned,
            ..limit(Kind::TokensPerMinute, LIMIT)
        };
        let worker = configured(vec![cut], |config| {
            for model in &mut config.models {
                model.default_output_tokens = Tokens(10);
            }
            config.leases = Some(Leases {
                cluster: "quota".into(),
                proxy: None,
                refresh_ms: REFRESH_MS,
                initial_permille: 100,
                timeout_ms: 500,
            });
        });
        let mut stream = send(&worker, LIMIT);
        assert!(stream.admitted());
        stream.filter.response_headers(&ok(), || None, NOW_MS);
        Self {
            worker,
            stream,
            now_ms: NOW_MS,
        }
    }

    /// So many tokens pass at once, one a piece. Whether the stream went on.
    fn goes_on(&mut self, tokens: u64) -> bool {
        (0..tokens).all(|_| {
            let step = self
                .stream
                .filter
                .response_body(&event(" hello"), false, self.now_ms);
            step.body == Body::Keep
        })
    }

    /// The service is told what is used and wanted, grants so much in all, and it is noticed. What was wanted.
    fn grants(&mut self, granted: u64) -> u64 {
        let Worker { table, shared, .. } = &*self.worker;
        let [window] = table
            .report(shared, 0, usize::MAX, self.now_ms)
            .windows
            .try_into()
            .unwrap();
        let grant = Grant {
            key: window.key,
            window: window.window,
            granted,
            reset_ms: 0,
            valid_ms: 60_000,
        };
        assert!(table.grant(shared, &grant, self.now_ms));
        self.now_ms += REFRESH_MS;
        window.wanted
    }
}

#[test]
fn a_stream_is_not_cut_for_want_of_a_grant_while_its_limit_has_room() {
    let mut site = Site::new();
    assert!(site.goes_on(200));
    assert!(site.grants(LIMIT / 2) > LIMIT / 10, "more is wanted");
    assert!(site.goes_on(200));
    assert!(site.stream.filter.watches_answer());
}

#[test]
fn a_stream_is_cut_once_the_limit_itself_has_nothing_left() {
    let mut site = Site::new();
    assert!(site.goes_on(200));
    for _ in 0..10 {
        site.grants(LIMIT);
        site.goes_on(1);
    }
    let room = LIMIT - input() - 210;
    assert!(site.goes_on(room - 20));
    assert!(!site.goes_on(40));
}

#[test]
fn a_stream_that_waits_for_a_grant_asks_once_in_a_while() {
    let mut site = Site::new();
    let before = site.worker.shared.reads.get();
    assert!(site.goes_on(200));
    let first = site.worker.shared.reads.get() - before;
    assert!(site.goes_on(200));
    let reads = site.worker.shared.reads.get() - before;
    assert_eq!(reads, first, "it asks again at every piece");
    site.now_ms += REFRESH_MS;
    assert!(site.goes_on(200));
    let later = site.worker.shared.reads.get() - before;
    assert!((1..=first).contains(&(later - reads)), "{later}");
}
