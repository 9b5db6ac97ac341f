"""How a webhook's sender may be checked: the forms of ``verify``. What each of them does is the engine's.

The set is closed, like the language's other words: a check that nobody has looked at would be none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from dsl import tree

Given: TypeAlias = Literal["event", "secret"]


@dataclass(frozen=True, slots=True)
class Form:
    """``params``: what stands between the brackets, in order. ``words``: what it checks, in a sentence or two."""

    name: str
    params: tuple[Given, ...]
    words: str

    def written(self, secret: str) -> str:
        """``standard(secrets.shop_key)``."""
        given = ("event" if param == "event" else f"secrets.{secret}" for param in self.params)
        return f"{self.name}({', '.join(given)})"


_FORMS: Final = (
    Form(
        "standard",
        ("secret",),
        "Standard Webhooks: id, time and body are signed (`webhook-id`, `webhook-timestamp`, `webhook-signature`). "
        "The best one where the sender offers it.",
    ),
    Form("github", ("secret",), "As GitHub signs: the body, in `X-Hub-Signature-256`."),
    Form("stripe", ("secret",), "As Stripe signs: time and body, in `Stripe-Signature`."),
    Form(
        "hmac_sha256",
        ("event", "secret"),
        "An HMAC with SHA-256 of the body, in hex or base64, in `X-Signature`.",
    ),
)
FORMS: Final[Mapping[str, Form]] = {form.name: form for form in _FORMS}


def secret_of(verify: tree.Expr | None) -> str | None:
    """The secret of a check that is written as one of the forms is; None where it is not."""
    if not isinstance(verify, tree.FunctionCall):
        return None
    form = FORMS.get(verify.function)
    if form is None or len(form.params) != len(verify.args):
        return None
    secret = None
    for param, given in zip(form.params, verify.args, strict=True):
        match given:
            case tree.Name(id="event") if param == "event":
                pass
            case tree.Member(target=tree.Name(id="secrets"), name=name, optional=False) if param == "secret":
                secret = name
            case _:
                return None
    return secret
