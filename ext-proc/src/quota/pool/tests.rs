use proptest::prelude::*;

use super::*;

const NOW_MS: u64 = 1_800_000_000_000;
const MINUTE_MS: u64 = 60_000;
const TERMS: Terms = Terms {
    valid_ms: 10_000,
    grace_ms: 2_000,
};

fn window(limit: u64, number: u64, used: u64) -> Window {
    Window {
        key: vec![1; 16],
        span_ms: MINUTE_MS,
        limit,
        window: number,
        used,
        ..Window::default()
    }
}

/// A proxy that keeps to what it was granted, and has no initial share.
#[derive(Clone, Debug, Default)]
struct Proxy {
    name: String,
    used: u64,
    wanted: u64,
    granted: u64,
    until_ms: u64,
}

impl Proxy {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Tries to use `amount`.
    fn take(&mut self, amount: u64, now_ms: u64) -> bool {
        let granted = if now_ms < self.until_ms { self.granted } else { 0 };
        let fits = self.used + amount <= granted;
        if fits {
            self.used += amount;
        } else {
            self.wanted = self.wanted.max(self.used + amount);
        }
        fits
    }

    /// Asks; the answer is heard or not.
    fn ask(&mut self, pool: &mut Pool, limit: u64, heard: bool, now_ms: u64) {
        let asked = Window {
            wanted: self.wanted,
            ..window(limit, 1, self.used)
        };
        let grant = pool.lease(&self.name, &asked, TERMS, now_ms).unwrap();
        if heard {
            self.granted = grant.granted;
            self.until_ms = now_ms + grant.valid_ms;
            self.wanted = 0;
        }
    }
}

#[test]
fn two_hungry_proxies_use_the_limit_exactly() {
    for limit in [1, 2, 7, 100, 5_000] {
        let mut pool = Pool::default();
        let mut proxies = [Proxy::new("a"), Proxy::new("b")];
        for step in 0..100 {
            let now_ms = NOW_MS + step * 500;
            for proxy in &mut proxies {
                for _ in 0..limit {
                    proxy.take(1, now_ms);
                }
                proxy.ask(&mut pool, limit, true, now_ms);
            }
        }
        assert_eq!(proxies[0].used + proxies[1].used, limit);
        assert!(
            limit < 100 || proxies.iter().all(|proxy| proxy.used > limit / 10),
            "{proxies:?}"
        );
    }
}

#[test]
fn what_an_idle_or_a_dead_proxy_does_not_use_goes_to_the_other() {
    for is_dead in [false, true] {
        let mut pool = Pool::default();
        let (mut idle, mut busy) = (Proxy::new("idle"), Proxy::new("busy"));
        idle.ask(&mut pool, 100, true, NOW_MS);
        assert!(idle.granted > 1);
        assert!(idle.take(1, NOW_MS));
        idle.ask(&mut pool, 100, true, NOW_MS + 1);
        for step in 1..100 {
            let now_ms = NOW_MS + step * 500;
            for _ in 0..100 {
                busy.take(1, now_ms);
            }
            busy.ask(&mut pool, 100, true, now_ms);
            if !is_dead {
                idle.ask(&mut pool, 100, true, now_ms);
            }
        }
        assert_eq!(busy.used, 99, "{busy:?}");
    }
}

#[test]
fn windows_of_all_proxies_end_together_and_begin_anew() {
    let mut pool = Pool::default();
    let opened = Window {
        age_ms: 20_000,
        ..window(100, 1, 30)
    };
    let first = pool.lease("a", &opened, TERMS, NOW_MS).unwrap();
    let second = pool
        .lease("b", &window(100, 9, 0), TERMS, NOW_MS + 10_000)
        .unwrap();
    assert_eq!((first.reset_ms, second.reset_ms), (40_000, 30_000));
    // It is over for all; who still reports it is told to end it.
    let late = pool
        .lease("a", &window(100, 1, 35), TERMS, NOW_MS + 40_000)
        .unwrap();
    assert_eq!((late.granted, late.reset_ms), (0, 1));
    let next = pool
        .lease("a", &window(100, 2, 0), TERMS, NOW_MS + 40_001)
        .unwrap();
    assert!(next.granted > 0);
    assert_eq!(next.reset_ms, MINUTE_MS);
}

#[test]
fn a_restarted_proxy_finds_what_it_had_used_already_counted() {
    let mut pool = Pool::default();
    pool.lease("a", &window(100, 1, 0), TERMS, NOW_MS).unwrap();
    pool.lease("a", &window(100, 1, 90), TERMS, NOW_MS + 500).unwrap();
    let asked = Window {
        wanted: 100,
        ..window(100, 2, 0)
    };
    assert_eq!(
        pool.lease("a", &asked, TERMS, NOW_MS + 1_000).unwrap().granted,
        10
    );
}

#[test]
fn requests_at_once_of_a_dead_proxy_are_over() {
    let now = |held| Window {
        span_ms: 0,
        window: 0,
        held,
        wanted: 10,
        ..window(10, 0, 0)
    };
    let mut pool = Pool::default();
    assert_eq!(pool.lease("a", &now(10), TERMS, NOW_MS).unwrap().granted, 10);
    let grant = pool.lease("b", &now(0), TERMS, NOW_MS + 5_000).unwrap();
    assert_eq!((grant.granted, grant.reset_ms), (0, 0));
    assert_eq!(
        pool.lease("b", &now(0), TERMS, NOW_MS + 12_000).unwrap().granted,
        10
    );
}

#[test]
fn a_settlement_keeps_the_largest_total_and_says_what_is_news() {
    let closed = |number, used| Closed {
        key: vec![1; 16],
        span_ms: MINUTE_MS,
        window: number,
        used,
        ..Closed::default()
    };
    let mut pool = Pool::default();
    pool.lease("a", &window(100, 1, 30), TERMS, NOW_MS).unwrap();
    let over_ms = NOW_MS + MINUTE_MS;
    let told: Vec<u64> = [35, 35, 32, 40]
        .into_iter()
        .map(|used| pool.settle("a", &closed(1, used), over_ms))
        .collect();
    assert_eq!(told, [5, 0, 0, 5]);
    assert_eq!(pool.settle("unknown", &closed(1, 9), over_ms), 0);
}

#[test]
fn no_more_proxies_share_a_window_than_the_bound() {
    let mut pool = Pool::default();
    for number in 0..MOST_PROXIES {
        pool.lease(&number.to_string(), &window(100, 1, 0), TERMS, NOW_MS)
            .unwrap();
    }
    assert_eq!(
        pool.lease("more", &window(100, 1, 0), TERMS, NOW_MS),
        Err(Crowded)
    );
    assert!(pool.lease("7", &window(100, 1, 0), TERMS, NOW_MS).is_ok());
}

proptest! {
    /// Answers are lost, proxies are idle or greedy: together they never use more than the limit.
    #[test]
    fn together_they_never_exceed_the_limit(
        limit in 1..500_u64,
        steps in prop::collection::vec((0..4_usize, 0..60_u64, any::<bool>(), 0..1_500_u64), 1..120),
    ) {
        let mut pool = Pool::default();
        let mut proxies: Vec<Proxy> = (0..4).map(|name| Proxy::new(&name.to_string())).collect();
        let mut asked_ms = [NOW_MS; 4];
        let mut now_ms = NOW_MS;
        for (index, amount, heard, wait_ms) in steps {
            now_ms += wait_ms;
            if now_ms >= NOW_MS + MINUTE_MS / 2 {
                break;
            }
            // All ask again in good time, heard or not.
            for (proxy, asked_ms) in proxies.iter_mut().zip(&mut asked_ms) {
                if now_ms - *asked_ms >= 5_000 {
                    *asked_ms = now_ms;
                    proxy.ask(&mut pool, limit, false, now_ms);
                }
            }
            proxies[index].take(amount, now_ms);
            proxies[index].ask(&mut pool, limit, heard, now_ms);
            asked_ms[index] = now_ms;
            let used: u64 = proxies.iter().map(|proxy| proxy.used).sum();
            prop_assert!(used <= limit, "{used} of {limit}: {proxies:?}");
            let valid = proxies.iter().map(|proxy| if now_ms < proxy.until_ms { proxy.granted } else { proxy.used });
            prop_assert!(valid.sum::<u64>() <= limit, "{proxies:?}");
        }
    }
}
