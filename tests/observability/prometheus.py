"""A real Prometheus, with the rules of the quickstart, that scrapes every second."""

import json
import math
import re
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from places import PROMETHEUS, RULES

# On a busy machine; what is waited for comes within a few scrapes.
WAIT_SECONDS = 90


class Prometheus:
    def __init__(self, directory, targets):
        """`targets` are addresses and paths by job."""
        (directory / "rules").mkdir()
        for path in RULES.glob("*.yaml"):
            # Nobody waits two minutes for a recording here.
            text = re.sub(r"^  interval: \d+[sm]$", "  interval: 1s", path.read_text(), flags=re.MULTILINE)
            (directory / "rules" / path.name).write_text(text)
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules/*.yaml"],
            "scrape_configs": [
                {"job_name": job, "metrics_path": path, "static_configs": [{"targets": [address]}]}
                for job, (address, path) in targets.items()
            ],
        }
        (directory / "prometheus.yaml").write_text(json.dumps(config))
        with socket.create_server(("127.0.0.1", 0)) as held:
            address = "127.0.0.1:%d" % held.getsockname()[1]
        self.url = f"http://{address}"
        self._log = (directory / "log").open("w+")
        # setpriv has the kernel end it if pytest itself is killed.
        self._child = subprocess.Popen(
            [
                "setpriv", "--pdeathsig", "TERM", "--", PROMETHEUS, f"--config.file={directory / 'prometheus.yaml'}",
                f"--storage.tsdb.path={directory / 'data'}", f"--web.listen-address={address}", "--log.level=warn",
            ],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
        )
        try:
            self.wait_until("it is ready", self._ready)
        except BaseException:
            self.stop()
            raise

    def _ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait_until(self, what, condition):
        """Asks `condition` until it says something true, and returns that."""
        end = time.monotonic() + WAIT_SECONDS
        while not (found := condition()):
            if self._child.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"not within {WAIT_SECONDS} s: {what}\n{self.log()}")
            time.sleep(0.2)
        return found

    def get(self, path, **parameters):
        """What the HTTP API answers."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None

    def values(self, expression):
        """The labels and finite values that an expression has at this moment."""
        found = self.get("query", query=expression)["result"]
        pairs = [(series["metric"], float(series["value"][1])) for series in found]
        return [(labels, value) for labels, value in pairs if math.isfinite(value)]

    def log(self):
        self._log.seek(0)
        return self._log.read()[-4000:]

    def stop(self):
        self._child.terminate()
        self._child.wait(15)
        self._log.close()
