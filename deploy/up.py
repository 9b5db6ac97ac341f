"""``weft up``: start everything in the order a person needs it, keep it running, and stop all of it.

The page comes first: the database, the sample connectors and the studio are up before Ray is asked for, and the
studio shows the engine's state. Every child and its start time are on record, so that a start-up that was killed
is cleaned up by the next one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType

from filelock import FileLock, Timeout

from deploy import children, local
from deploy.children import Child
from deploy.console import Console
from deploy.failure import Failure
from deploy.home import ROOT, Home, write_private
from deploy.postgres import EmbeddedPostgres
from deploy.setup import prepare

_RESTART_DELAYS = (0.5, 2, 5, 15, 30)
_STEADY_SECONDS = 60
_GATEWAY_PORT = 8000
_PATIENCE_S = 240
"""For a part to answer, on a machine that has much else to do; one that ends is noticed at once."""


@dataclass(frozen=True, slots=True)
class _Engine:
    """``ready``: the address that answers well once runs are carried on."""

    child: Child
    ready: str


class Supervisor:
    """One local installation while it runs."""

    def __init__(self, home: Home, port: int, engine: bool) -> None:
        self.home = home
        self.port = port
        self.with_engine = engine
        self.console = Console()
        self.stopping = threading.Event()
        self.children: list[Child] = []
        self.embedded: EmbeddedPostgres | None = None
        self._engine: _Engine | None = None
        self._looking: threading.Thread | None = None
        self._due: dict[str, float] = {}

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        self.console.say(f"Weft Studio, in {local.relative(self.home.path)}")
        try:
            self._sweep()
            self._start()
            self._watch()
        except local.Stopping:
            pass
        finally:
            self._stop()
        return 0

    # ---- start ---------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        record = self.home.read_record()
        left = [
            mark
            for mark in record.get("children", [])
            if children.alive(mark) or mark.get("name") != "database"
        ]
        found = children.sweep(left)
        if found:
            self.console.say(f"  Cleaned up after a start that was killed: {', '.join(found)}")

    def _start(self) -> None:
        if not local.port_free(self.port):
            raise Failure(
                f"Port {self.port} is taken by another program.",
                f"End that program, or choose another port: ./weft up --port {self.port + 1}",
            )
        samples_port = local.free_port(self.home.read_record().get("samples_port"))
        gateway_port = local.free_port(_GATEWAY_PORT)
        samples = local.samples_child(self.home, samples_port, dict(os.environ))
        self._begin(samples)

        owner_url = self._database()
        with self.console.stage("Starting the sample connectors", "Connectors ready: shop, mail, http"):
            local.wait_until_up(
                samples, f"http://127.0.0.1:{samples_port}/health", _PATIENCE_S, self.stopping.is_set
            )
        samples_url = f"http://127.0.0.1:{samples_port}"
        with self.console.stage("Preparing tables and the sample workspace", "Workspace ready"):
            prepared = prepare(self._setup_environment(owner_url, samples_url))
        self._build_page()
        environment = local.child_environment(
            self.home,
            prepared.app_url,
            prepared.runner_url,
            studio=self.port,
            gateway=gateway_port,
            samples=samples_port,
        )

        studio = Child(
            name="studio",
            command=[sys.executable, "-m", "studio.serve", "--host", "127.0.0.1", "--port", str(self.port)],
            # It answers people: the runners' way into every account's runs is none of its business.
            environment={name: value for name, value in environment.items() if name != "WEFT_RUNNER_URL"},
            log=self.home.logs / "studio.log",
        )
        with self.console.stage("Starting the studio", "Studio ready"):
            self._begin(studio)
            local.wait_until_up(
                studio, f"http://127.0.0.1:{self.port}/api/health", _PATIENCE_S, self.stopping.is_set
            )
        self._record(samples_port=samples_port, gateway_port=gateway_port)
        self._welcome(prepared.password)

        if self.with_engine:
            engine = Child(
                name="engine",
                command=[sys.executable, "-m", "engine.serving"],
                environment=environment,
                log=self.home.logs / "engine.log",
                grace=25,
            )
            self._begin(engine)
            self._record(samples_port=samples_port, gateway_port=gateway_port)
            # The gateway answers some seconds before the first runner is there. That of a cluster elsewhere may be
            # out of reach; the studio's API knows as well whether a runner lives.
            port = self.port if os.environ.get("RAY_ADDRESS") else gateway_port
            self._engine = _Engine(engine, f"http://127.0.0.1:{port}/api/ready?runs=true")
            self._look_for_engine()

    def _look_for_engine(self) -> None:
        """Tell people when it is there, and look after everything else meanwhile."""
        if self._looking is None or not self._looking.is_alive():
            self._looking = threading.Thread(target=self._await_engine, daemon=True, name="weft-engine")
            self._looking.start()

    def _await_engine(self) -> None:
        """An engine that does not start is said, and no reason to end the studio: runs queue."""
        assert self._engine is not None
        try:
            with self.console.stage(
                "Starting Ray and the engine; the studio works meanwhile", "Engine ready"
            ):
                local.wait_until_up(self._engine.child, self._engine.ready, _PATIENCE_S, self.stopping.is_set)
        except local.Stopping:
            return
        except Failure as failure:
            self.console.say(f"  {failure.message}\n  {failure.help} Runs queue until the engine is there.")

    def _begin(self, child: Child) -> None:
        child.start()
        self.children.append(child)
        self._record()

    def _database(self) -> str:
        """The owner's URL of the database: the one that was given, or the embedded one's, started."""
        if given := os.environ.get("DATABASE_URL"):
            return given
        with self.console.stage("Starting the database", "Database ready"):
            self.embedded = EmbeddedPostgres(self.home.path)
            return self.embedded.start()

    def _setup_environment(self, owner_url: str, samples_url: str) -> dict[str, str]:
        return {
            **os.environ,
            "WEFT_HOME": str(self.home.path),
            "WEFT_KEY_FILE": str(self.home.key_file()),
            "DATABASE_URL": owner_url,
            "WEFT_SAMPLES_URL": samples_url,
            "WEFT_SAMPLES_TOKEN": local.samples_token(self.home),
        }

    def _build_page(self) -> None:
        with self.console.stage(
            "Building the page (once for each version, about half a minute)", "Page built"
        ):
            process = subprocess.Popen(
                [sys.executable, "-m", "studio.build"],
                cwd=ROOT,
                env=local.without_secrets(os.environ),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            output, _ = self._wait(process)
            if self.stopping.is_set():
                raise local.Stopping
        if process.returncode != 0:
            log = self.home.logs / "build.log"
            write_private(log, output)
            tail = "\n".join(output.strip().splitlines()[-8:])
            raise Failure(
                f"The page could not be built:\n{tail}",
                f"The first build needs the npm registry and 500 MB of free disk. The whole log is in {str(log)!r}.",
            )

    def _wait(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        while True:
            try:
                return process.communicate(timeout=0.3)
            except subprocess.TimeoutExpired:
                if self.stopping.is_set():
                    os.killpg(process.pid, signal.SIGTERM)
                    return process.communicate()

    def _welcome(self, password: str | None) -> None:
        say = self.console.say
        say()
        say(f"  Open       http://localhost:{self.port}")
        if password is None:
            say(f"  Sign in    {local.LOGIN}, with the password shown at the first start")
            say("             (./weft doctor --reset-login makes a new one)")
        else:
            say(f"  Sign in    {local.LOGIN}")
            say(f"  Password   {password}")
            say(
                "             (shown this once, stored only as a hash; ./weft doctor --reset-login makes a new one)"
            )
        say("  Stop       Ctrl-C")
        say()

    def _record(self, **more: int) -> None:
        assert self.children
        known = self.home.read_record()
        record = {
            **{name: known[name] for name in ("samples_port", "gateway_port") if name in known},
            "up": children.own_mark(),
            "url": f"http://localhost:{self.port}",
            "children": [child.mark() for child in self.children if child.process is not None],
            **more,
        }
        self.home.write_record(record)

    # ---- keep running --------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self.stopping.wait(0.5):
            for child in self.children:
                if not child.alive():
                    self._revive(child)

    def _revive(self, child: Child) -> None:
        """Start a child that ended by itself again, waiting longer each time it does so soon after its start."""
        assert child.process is not None
        now = time.monotonic()
        due = self._due.get(child.name)
        if due is None:
            recent = [start for start in child.starts if now - start < _STEADY_SECONDS]
            delay = (
                _RESTART_DELAYS[min(len(recent), len(_RESTART_DELAYS)) - 1] if recent else _RESTART_DELAYS[0]
            )
            self._due[child.name] = now + delay
            self.console.say(
                f"  {child.name} ended (exit code {child.process.returncode}); starting it again in {delay:g} s. "
                f"Its log: {local.relative(child.log)}"
            )
            children.stop(child)
        elif now >= due:
            del self._due[child.name]
            child.start()
            self._record()
            if self._engine is not None and child is self._engine.child:
                self._look_for_engine()

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        # Nothing is printed here: the signal may have come in the middle of printing.
        self.stopping.set()

    # ---- stop ----------------------------------------------------------------------------------------

    def _stop(self) -> None:
        if not self.children and self.embedded is None:
            return
        self.console.say("  Stopping…")
        started = time.monotonic()
        for child in reversed(self.children):
            children.stop(child)
        if self.embedded is not None:
            self.embedded.stop()
        self.home.write_record({**self.home.read_record(), "up": None, "children": []})
        self.console.say(f"  Stopped, nothing is left running ({time.monotonic() - started:.1f} s)")


def up(home: Home, port: int, engine: bool = True) -> int:
    """Run until asked to stop. A second one says where the first is."""
    try:
        with FileLock(home.lock, timeout=0):
            return Supervisor(home, port, engine).run()
    except Timeout:
        record = home.read_record()
        pid = (record.get("up") or {}).get("pid", "?")
        raise Failure(
            f"Weft Studio is already running here: {record.get('url', 'it is just starting')} (process {pid}).",
            "Open that address, or stop it with Ctrl-C where it runs, or set WEFT_HOME for a second installation.",
        ) from None
