//! Budgets, and what a request takes of them.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use penstock_chat::MicroUsd;
use penstock_config::{self as config, Exceeded, OnAway, Payer};
use sha2::{Digest, Sha256};

use super::{Money, MoneyError, window};
use crate::{
    caller::Caller,
    receipt::{Held, Unit},
    store::{Account, Claim, Fail, LONGEST_NAME, Unsettled},
};

const PREFIX: &str = "budget/";
/// The cap of a budget that refuses nothing: the largest number that every store counts exactly.
const UNCAPPED: u64 = (1 << 53) - 1;
/// The most that one request counts in a budget that refuses nothing: a billion dollars.
const MOST: u64 = 1_000_000_000_000_000;

/// Who may spend how much.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) config: config::Budget,
    zone: TimeZone,
}

/// A target and the most that a request can cost there, if that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// The most that the request can cost.
    pub estimate: Option<MicroUsd>,
}

/// What a request takes of one budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetClaim {
    /// Index of the budget in the configuration.
    pub budget: usize,
    /// Only if this provider serves it.
    pub provider: Option<String>,
    /// What it takes.
    pub claim: Claim,
}

impl BudgetClaim {
    /// What a receipt says of it once it is reserved.
    pub fn held(&self) -> Held {
        Held {
            account: self.claim.account.clone(),
            amount: self.claim.amount,
            unit: Unit::Money,
            provider: self.provider.clone(),
            model: None,
        }
    }
}

impl Budget {
    pub(super) fn new(config: &config::Budget) -> Result<Self, MoneyError> {
        let zone = TimeZoneDatabase::bundled()
            .get(&config.timezone)
            .map_err(|_| MoneyError::TimeZone {
                budget: config.name.clone(),
                zone: config.timezone.clone(),
            })?;
        Ok(Self {
            config: config.clone(),
            zone,
        })
    }

    /// Whether it holds for what `caller` asks of `alias`.
    pub(super) fn holds_for(&self, caller: &Caller, alias: &str) -> bool {
        let models = &self.config.models;
        let model = models.is_empty() || models.iter().any(|model| model == alias);
        model && self.is_of(caller)
    }

    /// Whether it holds for what `caller` asks of any of its models.
    pub(super) fn is_of(&self, caller: &Caller) -> bool {
        self.config.only.iter().all(|(payer, values)| {
            let value = match payer {
                Payer::Tenant => Some(&caller.tenant),
                Payer::Key => caller.key.as_ref(),
                Payer::Team => caller.team.as_ref(),
                Payer::Provider => return true,
            };
            value.is_some_and(|value| values.contains(value))
        })
    }

    /// Whether no caller has one for itself.
    pub(super) fn is_shared(&self) -> bool {
        self.config.per.iter().all(|payer| *payer == Payer::Provider)
    }

    /// Whether what `provider` serves is paid of it.
    pub(super) fn pays(&self, provider: &str) -> bool {
        let only = self
            .config
            .only
            .iter()
            .find(|(payer, _)| *payer == Payer::Provider);
        only.is_none_or(|(_, values)| values.iter().any(|value| value == provider))
    }

    /// Whether each provider has one of its own.
    pub(super) fn is_per_provider(&self) -> bool {
        self.config.per.contains(&Payer::Provider)
    }

    /// Whether only some providers are paid of it, or each apart: another provider may be the way out.
    fn is_about_providers(&self) -> bool {
        let mut only = self.config.only.iter();
        self.is_per_provider() || only.any(|(payer, _)| *payer == Payer::Provider)
    }

    /// Whether nobody but the caller's own tenant, team or key spends it, so that what is left may be told to it.
    pub(super) fn is_private(&self) -> bool {
        let own = |payer: &Payer| *payer != Payer::Provider;
        self.config.per.iter().any(own) || self.config.only.iter().any(|(payer, _)| own(payer))
    }

    /// Its account for a caller, and for a provider if each has its own. A name that would be too long is hashed.
    pub(super) fn account(&self, caller: &Caller, provider: Option<&str>, now_ms: u64) -> Account {
        let name = &self.config.name;
        let mut values = String::new();
        for payer in &self.config.per {
            values.push('/');
            match payer {
                Payer::Tenant => escape(&caller.tenant, &mut values),
                Payer::Key => escape(caller.key.as_deref().unwrap_or_default(), &mut values),
                // A team is one of its tenant's.
                Payer::Team => {
                    escape(&caller.tenant, &mut values);
                    values.push('/');
                    escape(caller.team.as_deref().unwrap_or_default(), &mut values);
                }
                Payer::Provider => escape(provider.unwrap_or_default(), &mut values),
            }
        }
        let mut account = format!("{PREFIX}{name}{values}");
        if account.len() > LONGEST_NAME {
            let digest = Sha256::digest(values.as_bytes());
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            account = format!("{PREFIX}{name}/#{digits}");
        }
        Account {
            name: account,
            window: window::calendar(self.config.period, &self.zone, now_ms),
        }
    }

    fn claim(&self, account: Account, amount: MicroUsd) -> Claim {
        let (cap, amount) = match self.config.on_exceeded {
            Exceeded::Refuse => (self.config.amount.0, amount.0),
            Exceeded::Notify => (UNCAPPED, amount.0.min(MOST)),
        };
        Claim {
            account,
            cap,
            amount,
            unsettled: Unsettled::Charged,
            fail: match self.config.fail {
                OnAway::Open => Fail::Open,
                OnAway::Closed => Fail::Closed,
            },
        }
    }
}

impl Money {
    /// What a request takes of every budget that holds for it: of those that name providers, for each provider that it
    /// may come to; of the others, for the dearest of all targets.
    pub fn claims(&self, caller: &Caller, alias: &str, targets: &[Priced], now_ms: u64) -> Vec<BudgetClaim> {
        let mut claims = Vec::new();
        for (index, budget) in self.budgets.iter().enumerate() {
            if !budget.holds_for(caller, alias) {
                continue;
            }
            let paid = || targets.iter().filter(|target| budget.pays(&target.provider));
            let mut add = |provider: Option<&str>| {
                let shared = |target: &&Priced| provider.is_none_or(|provider| target.provider == provider);
                let dearest = paid().filter(shared).filter_map(|target| target.estimate).max();
                let account = budget.account(caller, provider, now_ms);
                claims.push(BudgetClaim {
                    budget: index,
                    provider: provider.map(str::to_owned),
                    claim: budget.claim(account, dearest.unwrap_or_default()),
                });
            };
            if budget.is_per_provider() {
                let mut seen: Vec<&str> = Vec::new();
                for target in paid() {
                    if !seen.contains(&target.provider.as_str()) {
                        seen.push(&target.provider);
                        add(Some(&target.provider));
                    }
                }
            } else if paid().next().is_some() {
                add(None);
            }
        }
        claims
    }

    /// Whether a claim that does not fit is a reason against `provider` alone: without its targets the request may pass.
    pub fn bars(&self, claim: &BudgetClaim, provider: &str) -> bool {
        self.budgets
            .get(claim.budget)
            .is_some_and(|budget| match &claim.provider {
                Some(own) => own == provider,
                None => budget.is_about_providers() && budget.pays(provider),
            })
    }

    /// Whether a target of `provider` must have a price: a budget that refuses could not tell whether it is overdrawn,
    /// nor anybody whether the request needs approval.
    pub fn needs_price(&self, caller: &Caller, alias: &str, provider: &str) -> bool {
        self.approvals.is_some()
            || self.budgets.iter().any(|budget| {
                budget.config.on_exceeded == Exceeded::Refuse
                    && budget.holds_for(caller, alias)
                    && budget.pays(provider)
            })
    }

    /// Which budget an account belongs to.
    pub(super) fn budget_of(&self, account: &Account) -> Option<(usize, &Budget)> {
        let name = account.name.strip_prefix(PREFIX)?.split('/').next()?;
        self.budgets
            .iter()
            .enumerate()
            .find(|(_, budget)| budget.config.name == name)
    }
}

/// No value reads like two, or like a hash.
fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '%' => out.push_str("%25"),
            '/' => out.push_str("%2F"),
            '#' => out.push_str("%23"),
            c => out.push(c),
        }
    }
}
