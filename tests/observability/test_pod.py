"""What compose.yaml starts works together: the same commands, the same penstock.yaml, the ports that stand there."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from places import ROOT
from processes import BINARIES, TARGET

HERE = pathlib.Path(__file__).parent
UNSHARE = ["unshare", "--map-root-user", "--net", "--"]


def test_the_commands_of_the_compose_file_make_a_gateway_that_answers(tmp_path):
    if subprocess.run([*UNSHARE, "true"], capture_output=True).returncode:
        pytest.skip("no network namespace can be made here")
    env = {
        "ENVOY": str(ROOT / ".venv/bin/envoy"),
        "REDIS_SERVER": str(ROOT / ".venv/bin/redis-server"),
        **os.environ,
        "POD_BINARIES": str(BINARIES),
        "PENSTOCK_WASM_DIR": str(TARGET.absolute() / "wasm32-wasip1/release"),
    }
    done = subprocess.run([*UNSHARE, sys.executable, HERE / "pod.py", tmp_path], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-6000:]
    found = json.loads(done.stdout)
    assert "primary" in found["answer"]
    assert found["listens"] == 1, "clients come in from outside the pod, and only there"
    assert "ready" in found["ready"] and "Redis is away" not in found["ready"]
    assert found["hears others"], "the service has a Redis, through which replicas tell one another"
    assert found["rules"] > 40
    assert found["data"], "the ledger is beside penstock.yaml"
