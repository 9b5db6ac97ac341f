"""Which browser origins may open the studio's socket: an exact list, never a wildcard.

The socket carries the session cookie, so any page of another origin that could open it would act as the person who is
signed in.
"""

import os
from urllib.parse import urlsplit


class BadOrigins(ValueError):
    """`WEFT_ORIGINS` holds something that is not an exact origin."""


def allowed_origins() -> tuple[str, ...]:
    """The origins from `WEFT_ORIGINS` (comma separated), or this machine's own at `WEFT_STUDIO_PORT`."""
    written = os.environ.get("WEFT_ORIGINS", "")
    if not written.strip():
        port = os.environ.get("WEFT_STUDIO_PORT", "3000")
        return (f"http://localhost:{port}", f"http://127.0.0.1:{port}")
    return exact_origins(written)


def exact_origins(written: str) -> tuple[str, ...]:
    """Splits and checks `https://studio.example.com,http://localhost:3000`. Raises BadOrigins on `*` or a path."""
    origins = tuple(part.strip().rstrip("/") for part in written.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        exact = (
            parts.scheme in ("http", "https")
            and parts.netloc
            and origin == f"{parts.scheme}://{parts.netloc}"
        )
        if not exact or "*" in origin or "@" in parts.netloc:
            raise BadOrigins(
                f"WEFT_ORIGINS holds {origin!r}, which is not an exact origin. "
                "Write the addresses people open, such as https://studio.example.com, separated by commas; "
                "a wildcard would let any page on the web act as the person signed in."
            )
    if not origins:
        raise BadOrigins("WEFT_ORIGINS holds no origin. Write at least one, such as http://localhost:3000.")
    return origins
