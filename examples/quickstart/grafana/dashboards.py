#!/usr/bin/env python3
"""The three dashboards, one for each tier of alerts. Run it after a change: it writes dashboards/*.json beside it.

A panel is a title, what it says, how it is drawn and its queries: an expression and the legend of its series. Grafana's JSON
says the same in some forty lines each. tests/observability runs every query, and fails if the JSON is older than this file.
"""

import json
import pathlib

DIRECTORY = pathlib.Path(__file__).parent / "dashboards"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
RATE = "[$__rate_interval]"
MODEL = 'model=~"$model"'


def p99(metric, by="", condition="", quantile=0.99):
    """A quantile of a histogram, with the series of all replicas added up."""
    labels = ", ".join(filter(None, ["le", by]))
    return f"histogram_quantile({quantile}, sum by ({labels}) (rate({metric}_bucket{condition}{RATE})))"


GENAI = '{gen_ai_request_model=~"$model"}'
WITHIN = {  # what the gateway itself takes, by part
    "decision": p99("penstock_decision_seconds"),
    "token-quota": p99("penstock_count_us") + " / 1e6",
    "pii-redaction": p99("penstock_pii_mask_us") + " / 1e6",
}

NOW = [
    ("Requests", "Requests in a second, by how they ended.", "reqps", 12, [
        (f"sum by (outcome) (rate(penstock_requests_total{{{MODEL}}}{RATE}))", "{{outcome}}"),
    ]),
    ("Failed for the client", "Of the requests that a provider was asked for: those that failed or broke off, fallback included.", "percentunit", 12, [
        (f'sum by (model) (rate(penstock_requests_total{{{MODEL}, provider!="", outcome=~"failed|truncated"}}{RATE})) / sum by (model) (rate(penstock_requests_total{{{MODEL}, provider!="", outcome=~"ok|failed|truncated"}}{RATE}))', "{{model}}"),
    ]),
    ("Errors of providers", "Attempts that say that the target is broken. A 429 is none, nor is what is wrong with one request.", "percentunit", 12, [
        (f'sum by (provider, model) (rate(penstock_target_attempts_total{{effect="failure"}}{RATE})) / sum by (provider, model) (rate(penstock_target_attempts_total{{effect=~"success|failure|rate_limited"}}{RATE}))', "{{provider}}/{{model}}"),
    ]),
    ("Circuits", "1: the target gets no requests but a probe now and then.", "short", 12, [
        ("max by (provider, model) (penstock_circuit_open)", "{{provider}}/{{model}}"),
    ]),
    ("Fallbacks", "Moves to the next target, by where from and why.", "reqps", 12, [
        (f"sum by (provider, reason) (rate(penstock_fallbacks_total{{{MODEL}}}{RATE}))", "{{provider}} {{reason}}"),
    ]),
    ("Duration", "From the first byte of the request to the last of the answer.", "s", 12, [
        (p99("gen_ai_server_request_duration_seconds", "gen_ai_request_model", GENAI), "p99 {{gen_ai_request_model}}"),
        (p99("gen_ai_server_request_duration_seconds", "gen_ai_request_model", GENAI, 0.5), "p50 {{gen_ai_request_model}}"),
    ]),
    ("First token", "Time to the first token of streams.", "s", 12, [
        (p99("gen_ai_server_time_to_first_token_seconds", "gen_ai_request_model", GENAI), "p99 {{gen_ai_request_model}}"),
        (p99("gen_ai_server_time_to_first_token_seconds", "gen_ai_request_model", GENAI, 0.5), "p50 {{gen_ai_request_model}}"),
    ]),
    ("Time per output token", "How fast answers stream, once they have begun.", "s", 12, [
        (p99("gen_ai_server_time_per_output_token_seconds", "gen_ai_request_model", GENAI, 0.5), "p50 {{gen_ai_request_model}}"),
    ]),
    ("What the gateway takes itself (p99)", "The service's decision, a wait for room at a provider included; counting; masking.", "s", 12, [
        (query, part) for part, query in WITHIN.items()
    ]),
    ("Cost in an hour", "At the rate of this moment.", "currencyUSD", 12, [
        (f"3600 * sum by (model) (rate(penstock_cost_usd_total{{{MODEL}}}{RATE}))", "{{model}}"),
    ]),
    ("Personal data per request", "Values found in a request on average, by kind.", "short", 12, [
        (f"sum by (kind) (rate(penstock_pii_values_total{RATE})) / on () group_left () sum(rate(penstock_requests_total{RATE}))", "{{kind}}"),
    ]),
    ("Limits", "Requests that a limit refused, and answers that outgrew one with nothing left.", "reqps", 12, [
        (f"sum by (limit, kind) (rate(penstock_quota_refusals{RATE}))", "refused: {{limit}} {{kind}}"),
        (f"sum by (limit, kind) (rate(penstock_quota_overruns{RATE}))", "exceeded: {{limit}} {{kind}}"),
    ]),
    ("Decisions as Envoy saw them", "static and denied: the service did not answer.", "reqps", 12, [
        (f"sum by (outcome) (rate(penstock_decisions{RATE}))", "{{outcome}}"),
    ]),
    ("Store", "1: the store of limits and budgets answers.", "short", 12, [
        ("min by (instance) (penstock_store_up)", "{{instance}}"),
    ]),
    ("What belongs at 0", "In a second.", "short", 12, [
        (f"sum(rate(penstock_lease_failures{RATE})) or 0 * sum(rate(penstock_lease_calls{RATE}))", "leases failed"),
        (f"sum(rate(penstock_settlements_lost_total{RATE}))", "settlements lost"),
        (f"sum(rate(envoy_access_logs_grpc_access_log_logs_dropped{RATE}))", "log entries dropped"),
        (f"sum(rate(penstock_ledger_lost_total{RATE}))", "ledger rows lost"),
        (f"sum(rate(envoy_http_ext_authz_error{RATE}))", "nobody asked for the key"),
        (f"sum by (plugin) (rate(envoy_wasm_vm_reload{RATE}))", "crashes of {{plugin}}"),
    ]),
]

DAY = [
    ("Cost of a day by caller", "What requests of the last 24 hours cost.", "table currencyUSD", 12, [
        ('sort_desc(tenant_team:penstock_cost_usd:increase1d{tenant=~"$tenant"})', "{{tenant}} {{team}}"),
    ]),
    ("Cost of a day by model and provider", "", "table currencyUSD", 12, [
        (f"sort_desc(model_provider:penstock_cost_usd:increase1d{{{MODEL}}})", "{{model}} {{provider}}"),
    ]),
    ("Cost by caller", "In an hour.", "currencyUSD", 12, [
        ('3600 * sum by (tenant, team) (rate(penstock_cost_usd_total{tenant=~"$tenant"}[1h]))', "{{tenant}} {{team}}"),
    ]),
    ("Budgets", "Part that is used, of budgets that all share.", "percentunit", 12, [
        ("max by (budget) (penstock_budget_used_ratio)", "{{budget}}"),
    ]),
    ("Answers from the cache", "Of the requests that it was asked for, in an hour.", "percentunit", 12, [
        (f'sum by (model) (increase(penstock_cache_requests_total{{{MODEL}, result=~"hit-.*"}}[1h])) / sum by (model) (increase(penstock_cache_requests_total{{{MODEL}, result!="bypass"}}[1h]))', "{{model}}"),
    ]),
    ("Saved by the cache", "What its answers would have cost, in an hour.", "currencyUSD", 12, [
        (f"sum by (model) (increase(penstock_cache_saved_micro_usd_total{{{MODEL}}}[1h])) / 1e6", "{{model}}"),
    ]),
    ("Where requests go", "Shares of the providers that answered, in an hour.", "percentunit", 12, [
        (f'sum by (model, provider) (increase(penstock_requests_total{{{MODEL}, provider!=""}}[1h])) / on (model) group_left () sum by (model) (increase(penstock_requests_total{{{MODEL}, provider!=""}}[1h]))', "{{model}}: {{provider}}"),
    ]),
    ("Fallbacks", "Moves to the next target in an hour, by where from and why.", "short", 12, [
        (f"sum by (model, provider, reason) (increase(penstock_fallbacks_total{{{MODEL}}}[1h]))", "{{model}}: {{provider}} {{reason}}"),
    ]),
    ("Tokens by model", "In an hour.", "short", 12, [
        (f"sum by (model, token_type) (increase(penstock_tokens_total{{{MODEL}}}[1h]))", "{{model}} {{token_type}}"),
    ]),
    ("Tokens by caller", "In an hour.", "short", 12, [
        ('sum by (tenant, team) (increase(penstock_tokens_total{tenant=~"$tenant"}[1h]))', "{{tenant}} {{team}}"),
    ]),
    ("Tokens of a request", "On average, of requests that were answered.", "short", 12, [
        (f"model:penstock_tokens_per_request:ratio6h{{{MODEL}}}", "{{model}}"),
    ]),
    ("Counted input against the provider's", "1000: as many as the provider counted. Half of the estimates are between the two lines.", "short", 12, [
        ("histogram_quantile(0.25, sum by (le, model) (rate(penstock_estimate_permille_bucket[1h])))", "p25 {{model}}"),
        ("histogram_quantile(0.75, sum by (le, model) (rate(penstock_estimate_permille_bucket[1h])))", "p75 {{model}}"),
    ]),
    ("Refusals", "In an hour, by why.", "short", 24, [
        (f"sum by (reason) (increase(penstock_refusals_total{{{MODEL}}}[1h]))", "{{reason}}"),
    ]),
]

WEEK = [
    ("Cost of a week by team", "What requests of the last seven days cost.", "table currencyUSD", 12, [
        ('sort_desc(tenant_team:penstock_cost_usd:increase7d{tenant=~"$tenant"})', "{{tenant}} {{team}}"),
    ]),
    ("Cost by team", "Of a day, over time.", "currencyUSD", 12, [
        ('tenant_team:penstock_cost_usd:increase1d{tenant=~"$tenant"}', "{{tenant}} {{team}}"),
    ]),
    ("Requests of a week", "By model.", "table short", 8, [
        (f"sort_desc(model:penstock_requests:increase7d{{{MODEL}}})", "{{model}}"),
    ]),
    ("Answers that broke off in a week", "After the client had got something.", "table short", 8, [
        (f"sort_desc(model:penstock_truncations:increase7d{{{MODEL}}})", "{{model}}"),
    ]),
    ("Requests that lost something in a week", "The provider's API could not express all of it.", "table short", 8, [
        ("sort_desc(provider:penstock_losses:increase7d)", "{{provider}}"),
    ]),
    ("Refusals of a week", "By why.", "table short", 8, [
        ("sort_desc(reason:penstock_refusals:increase7d)", "{{reason}}"),
    ]),
    ("Refusals by policy", "No target in the key's region or with what the request needs; a model that is not the key's; no approval; personal data that may not go out.", "short", 16, [
        (f'sum by (reason) (increase(penstock_refusals_total{{{MODEL}, reason=~"no_target|model_not_allowed|approval_required|personal_data"}}[1d]))', "{{reason}}"),
    ]),
    ("Personal data of a week", "Values found, by kind.", "table short", 8, [
        ("sort_desc(kind:penstock_pii_values:increase7d)", "{{kind}}"),
    ]),
    ("What became of personal data", "In a day, by action.", "short", 16, [
        ("sum by (entity, action) (increase(penstock_pii_entities[1d]))", "{{entity}} {{action}}"),
    ]),
    ("Who was not admitted", "In a day, by what was wrong with the key.", "short", 12, [
        ('sum by (outcome) (increase(penstock_authorizations_total{outcome!~"key|anonymous|unguarded"}[1d]))', "{{outcome}}"),
    ]),
    ("Ledger", "Rows written in a day.", "short", 6, [
        ("sum(increase(penstock_ledger_rows_total[1d]))", "rows"),
    ]),
    ("Policy", "The versions in force.", "table short", 6, [
        ("count by (version) (penstock_policy == 1)", "{{version}}"),
    ]),
]


def variable(name, label):
    return {
        "name": name, "label": label, "type": "query", "datasource": DATASOURCE, "refresh": 2, "sort": 1,
        "query": {"query": f"label_values({label_source(name)}, {name})", "refId": name},
        "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"},
    }


def label_source(name):
    return {"model": "penstock_requests_total", "tenant": "penstock_tokens_total"}[name]


def panel(number, x, y, title, description, style, width, queries):
    kind, _, unit = style.rpartition(" ")
    table = kind == "table"
    targets = [
        {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend,
         **({"instant": True, "range": False, "format": "table"} if table else {"range": True})}
        for index, (expression, legend) in enumerate(queries)
    ]
    made = {
        "id": number, "title": title, "description": description, "type": kind or "timeseries", "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": width, "h": 8}, "targets": targets,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
    }
    if table:
        # Neither the time, which is now, nor the name of the recording says anything.
        made["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True, "__name__": True}}}]
    else:
        made["options"] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    return made


def dashboard(uid, title, since, refresh, panels):
    made, x, y = [], 0, 0
    for number, entry in enumerate(panels, 1):
        width = entry[3]
        if x + width > COLUMNS:
            x, y = 0, y + 8
        made.append(panel(number, x, y, *entry))
        x += width
    return {
        "uid": uid, "title": title, "tags": ["penstock"], "schemaVersion": 39, "editable": False, "timezone": "browser",
        "time": {"from": since, "to": "now"}, "refresh": refresh,
        "templating": {"list": [
            {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}},
            variable("model", "Model"),
            variable("tenant", "Tenant"),
        ]},
        "links": [{"type": "dashboards", "tags": ["penstock"], "title": "Penstock", "asDropdown": False}],
        "panels": made,
    }


def dashboards():
    """File names and what is in them."""
    return {
        "now.json": dashboard("penstock-now", "Penstock: now", "now-1h", "15s", NOW),
        "day.json": dashboard("penstock-day", "Penstock: every day", "now-24h", "5m", DAY),
        "week.json": dashboard("penstock-week", "Penstock: every week", "now-7d", "15m", WEEK),
    }


def text(content):
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, content in dashboards().items():
        (DIRECTORY / name).write_text(text(content))
