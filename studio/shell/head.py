"""What goes into the head of every page before anything is painted."""

from __future__ import annotations

import reflex as rx

# The framework sets light or dark once its scripts run; until then a dark screen would flash white.
_EARLY = (
    "try{const t=localStorage.getItem('theme')||'system';"
    "const d=t==='dark'||(t==='system'&&matchMedia('(prefers-color-scheme: dark)').matches);"
    "document.documentElement.classList.add(d?'dark':'light')}catch{}"
)


def early_theme() -> rx.Component:
    """Chooses light or dark while the page is being read."""
    return rx.el.script(_EARLY)
