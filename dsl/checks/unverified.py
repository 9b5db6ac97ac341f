"""E404: a webhook checks its sender in a way that there is not.

What: behind `verify` stands something else than `standard(secrets.x)`, `github(secrets.x)`, `stripe(secrets.x)` or
`hmac_sha256(event, secrets.x)`.
Why: whoever knows the address could start the workflow: a check that does not exist keeps nobody out.
Fix: write the check that the sender's documentation names, with a secret that both sides know.

Bad:
    workflow orders {
      secret shop_key
      trigger placed: webhook POST "/orders" verify «hmac_sha1»(event, secrets.shop_key)
      step done: return {}
    }
Good:
    workflow orders {
      secret shop_key
      trigger placed: webhook POST "/orders" verify standard(secrets.shop_key)
      step done: return {}
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject, rename
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.suggestion import closest
from dsl.webhooks import FORMS, secret_of


def check(subject: Subject) -> Iterator[Diagnostic]:
    for head in subject.workflow.heads:
        if not isinstance(head, tree.Trigger) or not isinstance(head.on, tree.Webhook):
            continue
        verify = head.on.verify
        if verify is not None and secret_of(verify) is None:
            yield _wrong(subject, verify)


def _wrong(subject: Subject, verify: tree.Expr) -> Diagnostic:
    own = next((head.name for head in subject.workflow.heads if isinstance(head, tree.Secret)), "webhook_key")
    forms = ", ".join(f"`{form.written(own)}`" for form in FORMS.values())
    help_ = f"write one of {forms}"
    if not isinstance(verify, tree.FunctionCall):
        return Diagnostic("E404", "error", "this is no check of a signature", verify.span, help_)
    name = tree.Span(verify.span.start, verify.span.start + len(verify.function))
    form = FORMS.get(verify.function)
    if form is None:
        suggestion = closest(verify.function, FORMS)
        meant = f", did you mean `{suggestion}`?" if suggestion else ""
        message = f"there is no check `{verify.function}`{meant}"
        return Diagnostic("E404", "error", message, name, help_, None, rename(name, suggestion))
    secret = next((one.name for one in verify.args if isinstance(one, tree.Member) and _is_secret(one)), None)
    written = form.written(secret or own)
    fix = Fix(f"Change to `{written}`", (Replacement(verify.span, written),)) if secret else None
    return Diagnostic(
        "E404", "error", f"`{form.name}` is written `{written}`", verify.span, f"write `{written}`", None, fix
    )


def _is_secret(one: tree.Member) -> bool:
    return isinstance(one.target, tree.Name) and one.target.id == "secrets"
