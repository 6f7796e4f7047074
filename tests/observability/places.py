"""Where what is tested lies, and the programs that test it."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "examples" / "quickstart"
RULES = QUICKSTART / "prometheus" / "rules"
DASHBOARDS = QUICKSTART / "grafana" / "dashboards"
UNIT_TESTS = ROOT / "tests" / "observability" / "rules"
RUNBOOKS = ROOT / "docs" / "alerts.md"

PROMETHEUS = os.environ.get("PROMETHEUS", ROOT / ".venv/bin/prometheus")
PROMTOOL = os.environ.get("PROMTOOL", ROOT / ".venv/bin/promtool")
