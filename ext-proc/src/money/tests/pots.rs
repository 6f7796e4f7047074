use super::*;

/// Each pot as `budget owner…`.
fn told(money: &Money, callers: &[Caller], most: usize) -> Vec<String> {
    let pots = money.pots(callers, &["openai", "claude"], SUNDAY, most);
    let told = pots.iter().map(|pot| {
        let name = &money.budget(pot.budget).unwrap().name;
        format!("{name} {}", pot.owner.join(" "))
    });
    told.collect()
}

#[test]
fn everybody_who_draws_on_a_budget_has_a_pot_and_each_only_one() {
    let money = money(
        "money:
  budgets:
    - { name: all, amount: 1, period: day }
    - { name: each, per: [tenant], amount: 1, period: day }
    - { name: keys, per: [key], match: { tenant: [acme], model: [small] }, amount: 1, period: day }
    - { name: teams, per: [team], amount: 1, period: day }
    - { name: claude, per: [provider], match: { provider: [claude] }, amount: 1, period: day }",
    );
    let callers = [caller("acme", "a1"), caller("acme", "a2"), caller("globex", "g1")];
    assert_eq!(
        told(&money, &callers, 100),
        [
            "all ",
            "each acme",
            "each globex",
            "keys a1",
            "keys a2",
            "teams acme / none",
            "teams globex / none",
            "claude claude",
        ]
    );
    // What all share is there before anybody has asked.
    assert_eq!(told(&money, &[], 100), ["all ", "claude claude"]);
    // No budget takes the places of another.
    assert_eq!(
        told(&money, &callers, 5),
        [
            "all ",
            "each acme",
            "keys a1",
            "teams acme / none",
            "claude claude"
        ]
    );
}

#[test]
fn a_pot_is_the_account_that_requests_draw_on() {
    let money = money(
        "money:
  budgets: [{ name: each, per: [tenant, provider], amount: 1, period: month, timezone: Europe/Berlin }]",
    );
    let callers = [caller("a/b", "k")];
    let pots = money.pots(&callers, &["openai"], SUNDAY, 10);
    let claims = money.claims(&callers[0], "default", &[target("openai", 1)], SUNDAY);
    let accounts: Vec<_> = claims.iter().map(|claim| &claim.claim.account).collect();
    assert_eq!(pots.iter().map(|pot| &pot.account).collect::<Vec<_>>(), accounts);
}
