"""Makes the built page talk to the server it came from.

The build writes the address of the socket into `assets/reflex-env-*.js` (`ws://localhost:8000/_event`). One build has
to work at any address and behind any proxy, so each of those becomes the page's own origin.
"""

import re
from pathlib import Path
from typing import Any

import reflex as rx

_ADDRESS = re.compile(
    r"""(["'`])(?P<scheme>wss?|https?)://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(?P<path>/[^"'`]*)?\1"""
)


def own_origin(script: str) -> str:
    """The script with every baked-in local address replaced by an expression over `location`."""

    def expression(found: re.Match[str]) -> str:
        path = found["path"] or ""
        origin = (
            "location.origin"
            if found["scheme"].startswith("http")
            else 'location.origin.replace(/^http/,"ws")'
        )
        # The pages are also rendered once while building, where there is no location.
        return f'((typeof location==="undefined"?"":{origin})+{path!r})'

    return _ADDRESS.sub(expression, script)


class SameOrigin(rx.plugins.Plugin):
    """Rewrites the addresses after a production build; refuses a build in which there was nothing to rewrite."""

    def post_build(self, **context: Any) -> None:
        """Runs over `static_dir/assets/reflex-env-*.js`."""
        scripts = sorted(Path(context["static_dir"]).glob("assets/reflex-env-*.js"))
        for script in scripts:
            before = script.read_text()
            after = own_origin(before)
            if after != before:
                script.write_text(after)
        if not any("location.origin" in script.read_text() for script in scripts):
            raise RuntimeError(
                "The build has no assets/reflex-env-*.js with an address to rewrite; "
                "the page could not reach its server."
            )
