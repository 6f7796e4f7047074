"""Every alert says what it means and what to do, and a test of its own shows that it fires and that it stays silent."""

import re
import subprocess

import pytest
import yaml

from places import PROMTOOL, QUICKSTART, RULES, RUNBOOKS, UNIT_TESTS

# Of an alert, by the file that it is in.
SEVERITIES = {"page": "page", "day": "ticket", "week": "plan"}
# Prometheus looks back this far for a sample; a recording that is rarer has gaps.
LOOKBACK_SECONDS = 300

GROUPS = [(path.stem, group) for path in sorted(RULES.glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]
ALERTS = [(tier, rule) for tier, group in GROUPS for rule in group["rules"] if "alert" in rule]
by_alert = pytest.mark.parametrize("tier, alert", ALERTS, ids=[rule["alert"] for _, rule in ALERTS])


def promtool(*arguments):
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True)


def test_prometheus_takes_its_configuration_and_the_rules():
    done = promtool("check", "config", QUICKSTART / "prometheus" / "prometheus.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    for tier in SEVERITIES:
        assert f"rules/{tier}.yaml" in done.stdout


def test_there_are_the_three_tiers_and_each_has_alerts():
    assert {path.stem for path in RULES.glob("*.yaml")} == set(SEVERITIES)
    assert {tier for tier, _ in ALERTS} == set(SEVERITIES)


def test_no_name_stands_for_two_rules():
    names = [rule.get("alert") or rule["record"] for _, group in GROUPS for rule in group["rules"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("group", [group for _, group in GROUPS], ids=lambda group: group["name"])
def test_a_recording_leaves_no_gaps(group):
    number, unit = re.fullmatch(r"(\d+)([sm])", group.get("interval", "15s")).groups()
    assert int(number) * {"s": 1, "m": 60}[unit] < LOOKBACK_SECONDS


@by_alert
def test_an_alert_says_what_it_is_and_where_its_runbook_stands(tier, alert):
    assert alert["labels"] == {"severity": SEVERITIES[tier]}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    file, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert file.endswith("/docs/alerts.md")
    runbook = runbooks().get(anchor)
    assert runbook, f"no runbook {anchor!r} in {RUNBOOKS}"
    for word in ("**Means**", "**Look**", "**Do**"):
        assert word in runbook, f"{anchor} does not say {word}"


def runbooks():
    """What stands below each heading, by the anchor that GitHub makes of it."""
    parts = re.split(r"^#+ (.+)$", RUNBOOKS.read_text(), flags=re.MULTILINE)
    return {heading.strip().lower().replace(" ", "-"): text for heading, text in zip(parts[1::2], parts[2::2])}


def test_there_is_no_runbook_without_its_alert():
    names = {alert["alert"].lower() for _, alert in ALERTS}
    assert {anchor for anchor in runbooks() if anchor.startswith("penstock") and anchor not in names} == set()


@by_alert
def test_an_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not(tier, alert):
    path = UNIT_TESTS / f"{alert['alert']}.yaml"
    assert path.exists(), f"no unit test {path}"
    content = yaml.safe_load(path.read_text())
    assert content["rule_files"] == [f"../../../examples/quickstart/prometheus/rules/{tier}.yaml"]
    checks = [check for case in content["tests"] for check in case["promql_expr_test"]]
    assert all(f'alertname="{alert["alert"]}", alertstate="firing"' in check["expr"] for check in checks)
    assert any(check["exp_samples"] for check in checks), "it never fires"
    assert any(not check["exp_samples"] for check in checks), "it is never silent"


def test_no_unit_test_is_of_an_alert_that_is_gone():
    assert {path.stem for path in UNIT_TESTS.glob("*.yaml")} == {alert["alert"] for _, alert in ALERTS}


@pytest.mark.parametrize("path", sorted(UNIT_TESTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_rules(path):
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
