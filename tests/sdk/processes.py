"""The programs under test: scripted providers and the gateway, each a process that ends with this one."""

import collections
import json
import os
import pathlib
import socket
import subprocess
import threading
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARIES = TARGET / "debug"

# Compiling the filter takes most of it, on a busy machine.
START_SECONDS = 180
STOP_SECONDS = 15


class Process:
    """A program, and the last lines that it wrote."""

    def __init__(self, program, *arguments, env=None):
        path = BINARIES / program
        assert path.exists(), f"no {path}: run `make tools`"
        self.lines = collections.deque(maxlen=300)
        self._changed = threading.Condition()
        self._ended = False
        # setpriv has the kernel end the program if pytest itself is killed.
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, text):
        """The first line that contains `text`."""

        def found():
            return next((line for line in self.lines if text in line), None)

        with self._changed:
            self._changed.wait_for(lambda: self._ended or found(), START_SECONDS)
            line = found()
        if line is None:
            self.kill()
            log = "\n".join(self.lines)
            raise AssertionError(f"{self._child.args[4]} did not say {text!r}:\n{log}")
        return line

    def kill(self):
        self._child.kill()
        self._finish()

    def stop(self):
        self._child.terminate()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self._finish()

    def _finish(self):
        self._child.wait()
        self._reader.join()
        self._child.stdout.close()


class Provider:
    """A scripted provider that speaks both APIs."""

    def __init__(self, name, api_key):
        self.name = name
        self.api_key = api_key
        self._address = "127.0.0.1:0"
        self.start()

    def start(self):
        """Starts it; once more on the same port, if it has been killed."""
        self.process = Process(
            "penstock-demo-provider", "--listen", self._address, "--name", self.name, "--api-key", self.api_key
        )
        self.url = self.process.wait_for("listens on").split()[-1]
        self._address = self.url.removeprefix("http://")

    def requests(self, marker):
        """The requests so far that contain `marker`: method, path, headers, body, json."""
        with urllib.request.urlopen(f"{self.url}/_requests") as response:
            return [request for request in json.load(response) if marker in request["body"]]

    def kill(self):
        self.process.kill()

    def stop(self):
        self.process.stop()


class Gateway:
    """`penstock run` on free ports."""

    def __init__(self, config, directory, env):
        # Held until the last moment, so that both are free and differ.
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        listen, admin = ("127.0.0.1:%d" % held.getsockname()[1] for held in sockets)
        path = directory / "penstock.yaml"
        # JSON is YAML.
        path.write_text(json.dumps({"listen": listen, "admin": admin, **config}, indent=1))
        for held in sockets:
            held.close()
        env = {
            "ENVOY": str(ROOT / ".venv/bin/envoy"),
            "PENSTOCK_WASM_DIR": str(TARGET.absolute() / "wasm32-wasip1/release"),
            **{name: os.environ[name] for name in ("ENVOY", "PENSTOCK_WASM_DIR") if name in os.environ},
            **env,
        }
        self.url = f"http://{listen}"
        self.process = Process(
            "penstock", "run", "--file", str(path), "--concurrency", "2", "--drain-time", "0", env=env
        )
        self.process.wait_for("penstock: ready")

    def stop(self):
        self.process.stop()
