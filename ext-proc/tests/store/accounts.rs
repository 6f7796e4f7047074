//! Accounts of tests, and how they stand.

use std::time::Duration;

use penstock_ext_proc::store::{
    Account, Claim, Fail, Settings, Settlement, Standing, Store, Unsettled, Window,
};

/// A window that does not end during a test.
pub const LONG: Window = Window::Until {
    start_ms: 0,
    end_ms: 4_000_000_000_000,
};

pub fn account(name: &str, window: Window) -> Account {
    Account {
        name: name.to_owned(),
        window,
    }
}

pub fn claim(name: &str, cap: u64, amount: u64) -> Claim {
    Claim {
        account: account(name, LONG),
        cap,
        amount,
        unsettled: Unsettled::Returned,
        fail: Fail::Open,
    }
}

pub fn used(name: &str, held: u64, used: u64) -> Settlement {
    Settlement {
        account: account(name, LONG),
        held,
        used,
    }
}

pub async fn look(store: &Store, name: &str) -> Option<(u64, u64)> {
    let standings = store.standings(&[account(name, LONG)]).await?;
    let [Standing { used, held, .. }] = standings[..] else {
        panic!("one account");
    };
    Some((used, held))
}

pub async fn standing(store: &Store, name: &str) -> (u64, u64) {
    look(store, name).await.unwrap()
}

pub fn settings(url: String) -> Settings {
    Settings {
        // Other tests use the machine as well.
        timeout: Duration::from_secs(2),
        ..Settings::new(url)
    }
}

/// Makes an account one that no script can use.
pub async fn spoil(url: &str, name: &str) {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{{penstock}}:account:0-4000000000000:{name}");
    redis::cmd("SET")
        .arg(key)
        .arg("no account")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
}

/// The store's statistics.
pub fn metrics(store: &Store) -> String {
    let mut registry = prometheus_client::registry::Registry::default();
    store.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    text
}
