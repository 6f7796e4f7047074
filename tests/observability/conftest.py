"""One run for the whole session: the gateway under mixed traffic, and a Prometheus that scrapes it."""

import pytest

from prometheus import Prometheus
from traffic import EXPECTED, World

# What one round adds, at least.
ROWS = {"penstock_ledger_rows_total": len(EXPECTED), "penstock_quota_overruns": 1, "penstock_losses": 1}


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory):
    """A Prometheus that has seen two rounds of traffic, and rates between them."""
    world = World(tmp_path_factory.mktemp("gateway"))
    try:
        targets = {"penstock": (world.service_admin, "/metrics"), "envoy": (world.envoy_admin, "/stats/prometheus")}
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), targets)
        try:
            for number in (1, 2):
                for kind, statuses in world.round(number).items():
                    log = "\n".join(list(world.gateway.process.lines)[-20:])
                    assert set(statuses) <= EXPECTED[kind], f"{kind}: {statuses}\n{log}"
                # Both have been scraped with this round's requests, so that the next one is an increase.
                for told, each in ROWS.items():
                    rows = f"sum({told}) >= {number * each}"
                    prometheus.wait_until(rows, lambda: prometheus.values(rows))
            yield prometheus
        finally:
            prometheus.stop()
    finally:
        world.stop()
