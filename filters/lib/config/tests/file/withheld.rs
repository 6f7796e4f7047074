//! Which targets are used by decision only: those that somebody's requests may not go to.

use std::path::Path;

use penstock_config::{
    Config,
    slice::{SchemaTranslation, Withheld},
};

const MODELS: &str = "
models:
  - { name: m, targets: [{ provider: eu, model: a }, { provider: us, model: a }, { provider: anywhere, model: a }] }
";

fn withheld(regions: [&str; 2], more: &str) -> Vec<String> {
    let provider = |name: &str, region: &str| {
        format!("  - {{ name: {name}, api: openai, base_url: 'https://a.b/v1'{region} }}\n")
    };
    let text = format!(
        "providers:\n{}{}{}{MODELS}service: {{ failure_mode: static_plan, redis: {{ env: REDIS }} }}\n{more}",
        provider("eu", regions[0]),
        provider("us", regions[1]),
        provider("anywhere", "")
    );
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml"))
        .unwrap_or_else(|invalid| panic!("{invalid}"));
    let SchemaTranslation::Front(front) = config.front() else {
        panic!("no front")
    };
    let withheld: Vec<Withheld> = front.service.unwrap().withheld;
    let targets = withheld.into_iter().flat_map(|withheld| withheld.targets);
    targets.map(|(provider, _)| provider).collect()
}

#[test]
fn without_a_decision_nothing_goes_where_somebodys_requests_may_not() {
    let regions = [", region: eu-west-1", ", region: us"];
    let key = |region: &str| {
        format!(
            "keys: {{ list: [ {{ id: k, hash: 'sha256:{:0>64}', tenant: t{region} }} ] }}\n",
            1
        )
    };
    for (regions, more, expected) in [
        (regions, String::new(), &[][..]),
        (regions, key(""), &[]),
        (regions, key(", region: eu"), &["us", "anywhere"]),
        (regions, key(", region: eu-west-2"), &["eu", "us", "anywhere"]),
        // Regions of keys in Redis and of tokens are not known here, and a target without a region may be anywhere.
        (
            regions,
            "keys: { redis: true }\n".to_owned(),
            &["eu", "us", "anywhere"],
        ),
        (["", ""], "keys: { redis: true }\n".to_owned(), &[]),
        (
            ["", ""],
            "identity: { region: { metadata: [jwt, region] } }\n".to_owned(),
            &["eu", "us", "anywhere"],
        ),
    ] {
        assert_eq!(withheld(regions, &more), expected, "{regions:?} {more}");
    }
}
