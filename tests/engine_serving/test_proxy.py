"""What starts HAProxy: it keeps Serve's configuration to loopback, or does not start."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ray.serve._private.haproxy_templates import HAPROXY_CONFIG_TEMPLATE

from engine.serving import proxy

CONFIG = """global
    log 127.0.0.1:514 local0 info
    stats socket {folder}/admin.sock mode 666 level admin expose-fd listeners
    maxconn 100
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend prometheus
    bind :9101
    mode http
    http-request use-service prometheus-exporter if {{ path /metrics }}
    no log
frontend http_frontend
    bind {host}:8123
    http-request return status 200
listen stats
  bind *:8404
  stats enable
  stats uri /stats
"""


@pytest.fixture
def starter(tmp_path: Path) -> str:
    told = proxy.environment(tmp_path)
    return told["RAY_SERVE_HAPROXY_BINARY_PATH"]


def check(starter: str, folder: Path, host: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """HAProxy reads its configuration and says whether it would start; and the configuration."""
    file = folder / "haproxy.cfg"
    file.write_text(CONFIG.format(folder=folder, host=host))
    command = [starter, "-c", "-db", "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done, file.read_text()


def test_only_the_gateway_is_left_to_listen(starter: str, tmp_path: Path) -> None:
    done, config = check(starter, tmp_path, "127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^ *bind (.*)", config, re.MULTILINE) == ["127.0.0.1:8123"]
    assert " mode 600 level admin" in config and "mode 666" not in config
    assert "514" not in config


@pytest.mark.parametrize("host", ["*", "0.0.0.0", "", "[::]", "127.0.0.10"])
def test_a_configuration_beyond_loopback_does_not_start(starter: str, tmp_path: Path, host: str) -> None:
    done, _ = check(starter, tmp_path, host)
    assert done.returncode == 1
    assert "would listen beyond loopback" in done.stderr and f"bind {host}:8123" in done.stderr


def test_serves_own_configuration_has_no_listener_that_we_do_not_know() -> None:
    """The two in the middle are what the starter takes out; without it they are on all interfaces."""
    binds = [
        line.strip() for line in HAPROXY_CONFIG_TEMPLATE.splitlines() if line.strip().startswith("bind ")
    ]
    assert binds == [
        "bind :{{ config.metrics_port }}",
        "bind {{ config.frontend_host }}:{{ config.frontend_port }}",
        "bind {{ config.grpc_frontend_host }}:{{ config.grpc_frontend_port }} proto h2",
        "bind *:{{ config.stats_port }}",
    ]


def test_nobody_else_may_reach_the_folder_of_its_sockets(starter: str, tmp_path: Path) -> None:
    assert Path(starter).parent.stat().st_mode & 0o077 == 0
