//! What the console shows.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use penstock_config::slice::Scope;

use super::{Service, now_ms};
use crate::{
    caller::Caller,
    console::{BudgetLine, CacheView, Found, LimitLine, Overview, PATIENCE, Span, Spent, Summed},
    ledger::{Dimension, Query, Report},
    limits::{self, Drawn},
    snapshot::Snapshot,
    store::Account,
};

/// Requests on the page.
const MOST_REQUESTS: usize = 50;
/// Callers whose accounts are looked at.
const MOST_CALLERS: usize = 500;
/// Accounts that are looked at, of budgets, and as many of limits.
const MOST_ACCOUNTS: usize = 1_000;
/// Combinations of a limit, a caller, a model and a route that are tried for whether the limit holds for them.
const MOST_TRIES: usize = 20_000;
/// Lines on the page, of budgets, and as many of limits.
const MOST_LINES: usize = 40;
/// How long whoever asks waits for the store.
const STORE_PATIENCE: Duration = Duration::from_secs(1);

impl Service {
    /// All there is to see, with what was spent in `span`.
    pub async fn overview(self: &Arc<Self>, span: Span) -> Overview {
        let (snapshot, now_ms) = (self.snapshot(), now_ms());
        let (is_ready, lines) = self.readiness();
        let callers = self.known_callers(now_ms);
        let (spent, budgets, limits) = tokio::join!(
            self.spent(span),
            self.budget_lines(&snapshot, &callers, now_ms),
            self.limit_lines(&snapshot, &callers),
        );
        Overview {
            now_ms,
            policy_version: snapshot.policy_version().to_owned(),
            is_ready,
            // The first says whether it is ready, the second which policy is in force.
            notices: lines.lines().skip(2).map(str::to_owned).collect(),
            requests: self.recent.latest(MOST_REQUESTS),
            under_way: self.recent.under_way(),
            spent,
            budgets,
            targets: snapshot.health.report(now_ms),
            cache: self.cache_view(&snapshot),
            limits,
        }
    }

    /// What is remembered of one request.
    pub fn request(&self, id: &str) -> Option<Found> {
        let ended = self.recent.find(id).map(Found::Ended);
        ended.or_else(|| self.recent.find_under_way(id).map(Found::UnderWay))
    }

    /// Those of whom requests were seen lately, and the holders of keys.
    fn known_callers(&self, now_ms: u64) -> Vec<Caller> {
        let requests = self.recent.latest(usize::MAX);
        let rows = || requests.iter().map(|request| &request.row);
        let ring = self.keyring.ring();
        let shown: HashSet<&str> = rows().filter_map(|row| row.key.as_deref()).collect();
        let holders = ring.callers(now_ms);
        let holders = holders.filter_map(|caller| Some((caller.key.as_deref()?, caller)));
        let holders: HashMap<&str, &Caller> = holders.filter(|(key, _)| shown.contains(key)).collect();
        let lately = rows().filter_map(|row| {
            let holder = row.key.as_deref().and_then(|key| holders.get(key));
            Some(match holder {
                Some(holder) => Caller::clone(holder),
                None => Caller {
                    tenant: row.tenant.clone()?,
                    key: row.key.clone(),
                    team: row.team.clone(),
                    agent: row.agent.clone(),
                    ..Caller::default()
                },
            })
        });
        let mut seen = HashSet::new();
        let mut callers = Vec::new();
        for caller in lately.chain(ring.callers(now_ms).take(MOST_CALLERS).cloned()) {
            let name = (
                caller.tenant.clone(),
                caller.key.clone(),
                caller.team.clone(),
                caller.agent.clone(),
            );
            if callers.len() < MOST_CALLERS && seen.insert(name) {
                callers.push(caller);
            }
        }
        callers
    }

    async fn budget_lines(
        &self,
        snapshot: &Snapshot,
        callers: &[Caller],
        now_ms: u64,
    ) -> Option<Vec<BudgetLine>> {
        let providers = snapshot.config.providers.iter();
        let providers: Vec<&str> = providers.map(|provider| provider.name.as_str()).collect();
        let pots = snapshot.money.pots(callers, &providers, now_ms, MOST_ACCOUNTS);
        let accounts: Vec<Account> = pots.iter().map(|pot| pot.account.clone()).collect();
        let standings = self.standings_soon(&accounts).await?;
        let lines = pots.into_iter().zip(standings).filter_map(|(pot, standing)| {
            let budget = snapshot.money.budget(pot.budget)?;
            Some(BudgetLine {
                name: budget.name.clone(),
                owner: pot.owner,
                amount: budget.amount,
                period: budget.period,
                on_exceeded: budget.on_exceeded,
                standing,
            })
        });
        let mut lines: Vec<BudgetLine> = lines.collect();
        // Stable: equals stay in the order of the file.
        lines.sort_by_key(|line| std::cmp::Reverse(line.permille()));
        lines.truncate(MOST_LINES);
        Some(lines)
    }

    async fn limit_lines(&self, snapshot: &Snapshot, callers: &[Caller]) -> Option<Vec<LimitLine>> {
        let watched = watched(snapshot, callers);
        let accounts: Vec<Account> = watched
            .iter()
            .map(|watched| watched.drawn.claim.account.clone())
            .collect();
        let standings = self.standings_soon(&accounts).await?;
        let lines = watched.into_iter().zip(standings);
        let mut lines: Vec<LimitLine> = lines
            .map(|(watched, standing)| LimitLine {
                source: watched.source,
                name: watched.drawn.name,
                owner: watched.owner,
                kind: watched.drawn.kind,
                cap: watched.drawn.claim.cap,
                standing,
            })
            .collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.permille()));
        lines.truncate(MOST_LINES);
        Some(lines)
    }

    async fn standings_soon(&self, accounts: &[Account]) -> Option<Vec<crate::store::Standing>> {
        let standings = self.store.standings(accounts);
        tokio::time::timeout(STORE_PATIENCE, standings)
            .await
            .ok()
            .flatten()
    }

    fn cache_view(&self, snapshot: &Snapshot) -> Option<CacheView> {
        let (cache, config) = self.cache.as_ref().zip(snapshot.config.cache.as_ref())?;
        let models = snapshot.config.models.iter().map(|model| model.name.as_str());
        let report = cache.report(config, models);
        let saved = report
            .models
            .iter()
            .map(|model| cache.saved_for(&model.model))
            .collect();
        Some(CacheView { report, saved })
    }

    /// What was spent, as far as that is known soon.
    async fn spent(self: &Arc<Self>, span: Span) -> Spent {
        let (spent, is_due) = self.spending.look(span, Instant::now());
        if is_due {
            let service = Arc::clone(self);
            let sum = tokio::spawn(async move {
                let began = Instant::now();
                let result = service.sum_up(span).await;
                service
                    .spending
                    .keep(span, result, began.elapsed(), Instant::now());
            });
            // It goes on if nobody waits for it any more.
            let _ = tokio::time::timeout(PATIENCE, sum).await;
            return self.spending.look_on(span);
        }
        spent
    }

    async fn sum_up(&self, span: Span) -> Result<Summed, String> {
        let to = Timestamp::now();
        let from = to
            .checked_sub(SignedDuration::from_secs(span.seconds()))
            .unwrap_or(Timestamp::MIN);
        let ask = async |group_by: &[Dimension]| -> Result<Report, String> {
            let query = Query {
                group_by: group_by.to_vec(),
                from,
                to,
                tenant: None,
            };
            self.ledger.usage(query).await.map_err(|error| error.to_string())
        };
        // One after the other, so that two others may still ask.
        let teams = ask(&[Dimension::Tenant, Dimension::Team]).await?;
        let models = ask(&[Dimension::Model]).await?;
        let times = ask(&[span.step()]).await?;
        let mut times: Vec<_> = times
            .groups
            .into_iter()
            .filter_map(|group| Some((group.values.into_iter().next().flatten()?, group.sums)))
            .collect();
        times.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Summed {
            total: teams.total,
            teams: teams.groups,
            models: models.groups,
            times,
        })
    }
}

/// A limit that is looked at.
struct Watched {
    /// Who has set it.
    source: &'static str,
    drawn: Drawn,
    /// What it is kept for: names and values.
    owner: Vec<(String, String)>,
}

/// Limits that `callers` and providers draw on, each account once.
fn watched(snapshot: &Snapshot, callers: &[Caller]) -> Vec<Watched> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    let mut add = |source, drawn: Drawn, owner: Vec<(String, String)>| {
        if all.len() < MOST_ACCOUNTS && seen.insert(drawn.claim.account.clone()) {
            all.push(Watched { source, drawn, owner });
        }
    };
    let nobody = Caller::default();
    let ask = |caller, alias, route| limits::Ask {
        caller,
        alias,
        route,
        input_tokens: 0,
        output_tokens: 0,
    };
    for route in snapshot
        .config
        .routing
        .iter()
        .flat_map(|routing| &routing.targets)
    {
        let Some(provider) = snapshot.provider(&route.provider) else {
            continue;
        };
        for drawn in limits::provider(provider, &route.model, &ask(&nobody, "", "")) {
            let model = drawn.held.model.clone();
            add(
                "provider",
                drawn,
                model
                    .map(|model| ("model".to_owned(), model))
                    .into_iter()
                    .collect(),
            );
        }
    }
    for caller in callers {
        for drawn in limits::own(&ask(caller, "", "")) {
            let key = caller.key.clone().unwrap_or_else(|| "none".to_owned());
            let owner = vec![
                ("tenant".to_owned(), caller.tenant.clone()),
                ("key".to_owned(), key),
            ];
            add("key", drawn, owner);
        }
    }
    let mut tries = MOST_TRIES;
    for strict in snapshot.strict_limits() {
        let limit = &strict.limit;
        let tells = |scope| limit.per.contains(&scope) || limit.only.iter().any(|(only, _)| *only == scope);
        let models = if tells(Scope::Model) { usize::MAX } else { 1 };
        let routes = if tells(Scope::Route) { usize::MAX } else { 1 };
        for caller in callers {
            for model in snapshot.config.models.iter().take(models) {
                for route in penstock_config::ROUTES.iter().take(routes) {
                    tries = tries.saturating_sub(1);
                    if tries == 0 {
                        return all;
                    }
                    let ask = ask(caller, &model.name, route.name);
                    for drawn in limits::strict(std::slice::from_ref(strict), &ask) {
                        let owner = limits::values(limit, &ask).into_iter();
                        let owner = owner.map(|(name, value)| (name.to_owned(), value.to_owned()));
                        add("strict", drawn, owner.collect());
                    }
                }
            }
        }
    }
    all
}
