"""Requests as their senders sign them: for the test that the page sends, the example it shows, and the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final
from uuid import UUID

from engine.hooks.verifying import standard_key

AGENT: Final = "weft-test"


def signed_headers(
    function: str, secret: str, body: bytes, at_s: int, delivery: UUID | str
) -> dict[str, str]:
    """What a sender of this kind would send with ``body`` at this second. Raises ``ValueError`` for a secret that is
    none of its kind."""
    match function:
        case "standard":
            key = standard_key(secret)
            if key is None:
                raise ValueError("the secret begins with whsec_, but what follows is no base64")
            mark = _mac(key, f"{delivery}.{at_s}.".encode() + body)
            return {
                "webhook-id": str(delivery),
                "webhook-timestamp": str(at_s),
                "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
            }
        case "github":
            return {
                "X-GitHub-Delivery": str(delivery),
                "X-Hub-Signature-256": f"sha256={_mac(secret.encode(), body).hex()}",
            }
        case "stripe":
            mark = _mac(secret.encode(), f"{at_s}.".encode() + body)
            return {"Stripe-Signature": f"t={at_s},v1={mark.hex()}"}
        case "hmac_sha256":
            return {"X-Signature": _mac(secret.encode(), body).hex()}
        case _:
            raise ValueError(f"there is no check {function!r}")


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def example(function: str, url: str, method: str, body: str, secret: str) -> str:
    """Shell lines that sign ``body`` with openssl and send it with curl. ``secret``: the name of the secret; its value
    is the reader's, in a variable of the shell."""
    quoted = body.replace("'", "'\\''")
    lines = [f"SECRET='the value of {secret}'", f"BODY='{quoted}'"]
    sign = "openssl dgst -sha256 -hmac \"$SECRET\" -r | cut -d' ' -f1"
    match function:
        case "standard":
            lines += [
                "ID=$(openssl rand -hex 16); AT=$(date +%s)",
                'case $SECRET in whsec_*) RAW="base64 -d";; *) RAW=cat;; esac',
                'KEY=$(printf %s "${SECRET#whsec_}" | $RAW | od -An -v -tx1 | tr -d " \\n")',
                'SIGN=$(printf %s "$ID.$AT.$BODY" |',
                "  openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | openssl base64 -A)",
            ]
            headers = ["webhook-id: $ID", "webhook-timestamp: $AT", "webhook-signature: v1,$SIGN"]
        case "github":
            lines.append(f'SIGN=$(printf %s "$BODY" | {sign})')
            headers = ["X-GitHub-Delivery: $(openssl rand -hex 16)", "X-Hub-Signature-256: sha256=$SIGN"]
        case "stripe":
            lines += ["AT=$(date +%s)", f'SIGN=$(printf %s "$AT.$BODY" | {sign})']
            headers = ["Stripe-Signature: t=$AT,v1=$SIGN"]
        case _:
            lines.append(f'SIGN=$(printf %s "$BODY" | {sign})')
            headers = ["X-Signature: $SIGN"]
    call = [f"curl -X {method} '{url}'", '-H "Content-Type: application/json"']
    call += [f'-H "{one}"' for one in headers] + ['--data-binary "$BODY"']
    return "\n".join([*lines, " \\\n  ".join(call)])
