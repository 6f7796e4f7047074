//! The store in memory, in a real Redis and in a real Valkey.

mod outage;
mod same;

use std::time::Duration;

use penstock_ext_proc::store::{
    Account, Claim, Fail, Settings, Settlement, Standing, Store, Unsettled, Window,
};

/// A window that does not end during a test.
const LONG: Window = Window::Until {
    start_ms: 0,
    end_ms: 4_000_000_000_000,
};

fn account(name: &str, window: Window) -> Account {
    Account {
        name: name.to_owned(),
        window,
    }
}

fn claim(name: &str, cap: u64, amount: u64) -> Claim {
    Claim {
        account: account(name, LONG),
        cap,
        amount,
        unsettled: Unsettled::Returned,
        fail: Fail::Open,
    }
}

fn used(name: &str, held: u64, used: u64) -> Settlement {
    Settlement {
        account: account(name, LONG),
        held,
        used,
    }
}

async fn look(store: &Store, name: &str) -> Option<(u64, u64)> {
    let standings = store.standings(&[account(name, LONG)]).await?;
    let [Standing { used, held, .. }] = standings[..] else {
        panic!("one account");
    };
    Some((used, held))
}

async fn standing(store: &Store, name: &str) -> (u64, u64) {
    look(store, name).await.unwrap()
}

fn settings(url: String) -> Settings {
    Settings {
        // Other tests use the machine as well.
        timeout: Duration::from_secs(2),
        ..Settings::new(url)
    }
}
