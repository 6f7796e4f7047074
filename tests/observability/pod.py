"""Runs what compose.yaml runs in its pod, by the same commands, in a network namespace of its own and without containers.

It is started in that namespace (`unshare --net`), so the ports are those of penstock.yaml whatever else this machine does. Paths
of images and volumes become directories below the one that is named on the command line. It prints what it found as JSON.
"""

import fcntl
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request

import yaml

from places import PROMETHEUS, QUICKSTART

SERVICES = yaml.safe_load((QUICKSTART / "compose.yaml").read_text())["services"]
SECONDS = 180


def loopback_up():
    """What `ip link set lo up` does."""
    get_flags, set_flags, is_up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16xh", fcntl.ioctl(control, get_flags, struct.pack("16sh", b"lo", 0))[:18])[0]
        fcntl.ioctl(control, set_flags, struct.pack("16sh", b"lo", flags | is_up))


class Pod:
    def __init__(self, directory):
        self.children = {}
        etc, envoy = directory / "etc", directory / "envoy"
        for made in (etc, envoy, directory / "prometheus"):
            made.mkdir()
        shutil.copy(QUICKSTART / "penstock.yaml", etc)
        self.directory = etc
        # The longest first, so that none is taken for a part of another.
        self.places = {
            "/var/lib/penstock": str(envoy),
            "/etc/prometheus": str(QUICKSTART / "prometheus"),
            "path=/prometheus": f"path={directory / 'prometheus'}",
            "redis://redis": "redis://127.0.0.1",
        }
        self.programs = {
            "penstock-demo-provider": os.environ["POD_BINARIES"] + "/penstock-demo-provider",
            "envoy": os.environ["ENVOY"],
            "redis-server": os.environ["REDIS_SERVER"],
        }

    def here(self, text):
        for there, place in self.places.items():
            text = text.replace(there, place)
        return text.replace("$$", "$")

    def command(self, name):
        first, *rest = SERVICES[name]["command"]
        if name == "prometheus":
            return [str(PROMETHEUS), *map(self.here, (first, *rest))]
        return [self.programs.get(first, first), *map(self.here, rest)]

    def env(self, name):
        given = {variable: self.here(value) for variable, value in SERVICES[name].get("environment", {}).items()}
        return {**os.environ, "PATH": f"{os.environ['POD_BINARIES']}:{os.environ['PATH']}", **given}

    def run(self, name):
        done = subprocess.run(self.command(name), cwd=self.directory, env=self.env(name), capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr}"

    def start(self, name, command=None):
        log = (self.directory.parent / f"{name}.log").open("w")
        self.children[name] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *(command or self.command(name))],
            cwd=self.directory, env=self.env(name), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )
        self.wait_until(f"{name} is healthy", lambda: self.healthy(name), name)

    def healthy(self, name):
        _, program, *arguments = SERVICES[name]["healthcheck"]["test"]
        if program == "redis-cli":
            program, arguments = "bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/6379"]
        if program == "wget":
            return get(arguments[-1]) is not None
        return subprocess.run([program, *arguments], stderr=subprocess.DEVNULL).returncode == 0

    def wait_until(self, what, condition, name):
        end = time.monotonic() + SECONDS
        while not condition():
            if self.children[name].poll() is not None or time.monotonic() > end:
                log = (self.directory.parent / f"{name}.log").read_text()
                raise AssertionError(f"not so: {what}\n{log[-4000:]}")
            time.sleep(0.2)

    def stop(self):
        for child in reversed(self.children.values()):
            child.terminate()
        for child in self.children.values():
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


def get(url, body=None):
    request = urllib.request.Request(url, body, {"content-type": "application/json"} if body else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.read().decode()
    except OSError:
        return None


def main(directory):
    loopback_up()
    pod = Pod(directory)
    try:
        pod.run("render")
        for name in ("primary", "backup", "redis", "service", "envoy", "prometheus"):
            pod.start(name)
        body = json.dumps({"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}).encode()
        answer = json.loads(get("http://127.0.0.1:8080/v1/chat/completions", body) or "{}")
        targets = 'http://127.0.0.1:9090/api/v1/query?query=up%3D%3D1'
        jobs = set()

        def scraped():
            found = json.loads(get(targets) or '{"data": {"result": []}}')["data"]["result"]
            jobs.update(series["metric"]["job"] for series in found)
            return jobs == {"penstock", "envoy"}

        pod.wait_until("both are scraped", scraped, "prometheus")
        rules = json.loads(get("http://127.0.0.1:9090/api/v1/rules"))["data"]["groups"]
        print(json.dumps({
            "answer": answer.get("choices", [{}])[0].get("message", {}).get("content"),
            "listens": (directory / "envoy" / "envoy.yaml").read_text().count('address: "0.0.0.0"'),
            "hears others": "penstock_health_news_up 1" in get("http://127.0.0.1:9902/metrics"),
            "ready": get("http://127.0.0.1:9902/readyz"),
            "rules": sum(len(group["rules"]) for group in rules),
            "data": (directory / "etc" / "penstock-data").is_dir(),
        }))
    finally:
        pod.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
