"""Every query of every panel is asked of a Prometheus that scraped a real run, and finds something."""

import importlib.util
import json
import re

import pytest

from places import DASHBOARDS, QUICKSTART

LOADED = {path.name: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}
QUERIES = [
    pytest.param(target["expr"], panel["title"], id=f"{name}: {panel['title']} {target['refId']}")
    for name, dashboard in LOADED.items()
    for panel in dashboard["panels"]
    for target in panel["targets"]
]
# What Grafana puts in the place of its own variables, for a run that lasts seconds; and everything for those of the dashboard.
BUILT_IN = {"__rate_interval": "30s"}


def filled(expression, dashboards):
    values = BUILT_IN | {
        variable["name"]: variable["allValue"]
        for dashboard in dashboards
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    }
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], expression)


def test_the_dashboards_are_what_their_script_writes():
    spec = importlib.util.spec_from_file_location("dashboards", QUICKSTART / "grafana" / "dashboards.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written = {name: script.text(content) for name, content in script.dashboards().items()}
    assert written == {path.name: path.read_text() for path in DASHBOARDS.glob("*.json")}, "run grafana/dashboards.py"


def test_there_is_one_for_each_tier_and_their_panels_have_queries():
    assert set(LOADED) == {"now.json", "day.json", "week.json"}
    assert len({dashboard["uid"] for dashboard in LOADED.values()}) == 3
    for dashboard in LOADED.values():
        assert all(panel["targets"] for panel in dashboard["panels"])


@pytest.mark.parametrize("name", LOADED)
def test_no_panel_names_a_datasource_of_its_own(name):
    dashboard = LOADED[name]
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    queries = [variable for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    targets = [target for panel in dashboard["panels"] for target in panel["targets"]]
    for part in [*dashboard["panels"], *targets, *queries]:
        assert part["datasource"] == chosen


@pytest.mark.parametrize("expression, panel", QUERIES)
def test_a_query_finds_something(prometheus, expression, panel):
    query = filled(expression, LOADED.values())

    def found():
        values = [value for _, value in prometheus.values(query)]
        return any(values) or values and panel == "What belongs at 0"

    prometheus.wait_until(f"data for {query}", found)


@pytest.mark.parametrize(
    "query", sorted({v["query"]["query"] for d in LOADED.values() for v in d["templating"]["list"] if v["type"] == "query"})
)
def test_a_variable_has_values(prometheus, query):
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
    assert [value for value in prometheus.get(f"label/{label}/values", **{"match[]": metric}) if value]


def test_the_rules_evaluate_without_error(prometheus):
    def evaluated():
        rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
        return rules if rules and all(rule["health"] != "unknown" for rule in rules) else None

    rules = prometheus.wait_until("all rules are evaluated", evaluated)
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
