"""Models as the page shows them, and a dialog's words as the engine takes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.models import Form, ModelView
from studio.shell.moments import iso

# key: (as a choice, in a row, where it usually is)
PROVIDERS: Final = {
    "openai": ("A service that speaks OpenAI's protocol", "OpenAI's protocol", "https://api.openai.com/v1"),
    "anthropic": ("Anthropic", "Anthropic", "https://api.anthropic.com"),
    "local": (
        "A server of your own: vLLM, Ollama, llama.cpp",
        "Own server",
        "http://localhost:11434/v1",
    ),
}
PRICES: Final = ("usd_in", "usd_out", "usd_cached", "usd_stored")
TIERS: Final = {"": "Every tier", "fast": "Fast", "balanced": "Balanced", "best": "Best"}


@dataclass(frozen=True, slots=True)
class Can:
    """One thing that a test found. ``tone``: "success" or ""."""

    words: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    """``price``: "" where nobody knows. ``state``: "untested", "answers" or "silent" after the last test; ``problem``:
    why it was silent."""

    id: str
    number: int
    name: str
    model: str
    url: str
    provider: str
    tier: str
    price: str
    has_key: bool
    enabled: bool
    local: bool
    state: str
    problem: str
    can: list[Can]
    probed: str
    first: bool
    last: bool
    menu: list[dict[str, str]]


def rows_of(listed: tuple[ModelView, ...]) -> list[ModelRow]:
    return [_row(view, number, len(listed)) for number, view in enumerate(listed, 1)]


def _row(view: ModelView, number: int, count: int) -> ModelRow:
    probe = view.probe
    silent = [
        one["words"] for one in probe.get("findings", ()) if one["what"] == "answers" and not one["yes"]
    ]
    return ModelRow(
        id=str(view.id),
        number=number,
        name=view.name,
        model=view.model,
        url=view.url,
        provider=PROVIDERS[view.provider][1],
        tier=TIERS[view.tier] if view.tier else "",
        price=price_of(view.usd_in, view.usd_out),
        has_key=view.has_key,
        enabled=view.enabled,
        local=view.local,
        state="untested" if not probe else "answers" if probe.get("answers") else "silent",
        problem=silent[0] if silent else "",
        can=cans_of(probe),
        probed=iso(view.probed_at),
        first=number == 1,
        last=number == count,
        menu=[
            {"key": "edit", "label": "Change…"},
            {"key": "switch", "label": "Turn off" if view.enabled else "Turn on"},
            {"key": "delete", "label": "Delete…", "tone": "danger"},
        ],
    )


def cans_of(probe: Mapping[str, Any]) -> list[Can]:
    """What it can, as the designer has use for it: how it writes, whether it uses tools, how quick it is."""
    if not probe.get("answers"):
        return []
    said = {one["what"]: str(one["words"]) for one in probe.get("findings", ())}
    if probe.get("grammar"):
        found = [Can("writes under the grammar", "success", said.get("grammar", ""))]
    elif probe.get("json_schema"):
        found = [Can("fills a form", "success", said.get("json_schema", ""))]
    else:
        found = [
            Can(
                "plain text, repaired",
                "",
                "It can be held to no shape: what it writes is checked and repaired.",
            )
        ]
    if probe.get("tools"):
        found.append(Can("uses tools", "success", said.get("tools", "")))
    else:
        found.append(
            Can(
                "no tools", "", f"{said.get('tools', '')} Agent steps with tools need a model that uses them."
            )
        )
    if isinstance(probe.get("ms"), int):
        found.append(
            Can(f"first words after {seconds(probe['ms'])}", "", "The quickest answer of the last test.")
        )
    return found


def seconds(ms: int) -> str:
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def price_of(usd_in: float | None, usd_out: float | None) -> str:
    """In and out, per million tokens."""
    if usd_in is None or usd_out is None:
        return ""
    return "free" if usd_in == usd_out == 0 else f"{usd_in:g} / {usd_out:g} USD"


def fields_of(view: ModelView | None) -> dict[str, str]:
    """What the dialog's fields begin with; never the key."""
    if view is None:
        return dict.fromkeys(("name", "url", "model", "tier", *PRICES), "")
    return {
        "name": view.name,
        "url": view.url,
        "model": view.model,
        "tier": view.tier,
        **{name: "" if (usd := getattr(view, name)) is None else f"{usd:g}" for name in PRICES},
    }


def form_of(said: Mapping[str, Any], *, has_key: bool) -> Form | dict[str, str]:
    """What a dialog says of a model, or what is wrong by field. A key that is left empty is the one there is."""
    wrong: dict[str, str] = {}
    key: str | None = str(said.get("key") or "").strip()
    if has_key and not key:
        key = "" if said.get("no_key") else None
    prices = {name: _number(said, name, wrong) for name in PRICES}
    if wrong:
        return wrong
    return Form(
        name=str(said.get("name") or ""),
        provider=str(said.get("provider") or ""),
        url=str(said.get("url") or ""),
        model=str(said.get("model") or ""),
        tier=str(said.get("tier") or ""),
        **prices,
        key=key,
        enabled=bool(said.get("enabled")),
    )


def _number(said: Mapping[str, Any], name: str, wrong: dict[str, str]) -> float | None:
    words = str(said.get(name) or "").strip().replace(",", ".")
    if not words:
        return None
    try:
        return float(words)
    except ValueError:
        wrong[name] = "must be a number, like 0.15"
        return None
