"""A laid out graph as a standalone SVG picture. Every text of the workflow is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from dsl.graph.layout import LABEL, STEP, layout
from dsl.graph.nodes import Edge, Graph, Node


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture; those of the kinds of steps are the same in all."""

    page: str
    card: str
    lane: str
    pill: str
    pill_line: str
    line: str
    edge: str
    strong: str
    text: str
    muted: str
    wrong: str


LIGHT = Theme(
    page="#fbfcfe",
    card="#ffffff",
    lane="#f4f7fb",
    pill="#eaf0f7",
    pill_line="#c9d4e2",
    line="#d5deea",
    edge="#a3aebd",
    strong="#3d4a5c",
    text="#17202e",
    muted="#5b6778",
    wrong="#c53030",
)
DARK = Theme(
    page="#101014",
    card="#1e1e25",
    lane="#17171c",
    pill="#292932",
    pill_line="#3a3a46",
    line="#34343f",
    edge="#6f6f7d",
    strong="#c5c5d0",
    text="#ececf1",
    muted="#a3a3b1",
    wrong="#ff8f97",
)

_TONES = {
    "call": "#2f6fdb",
    "run": "#2f6fdb",
    "agent": "#8a4fd0",
    "approve": "#b7791f",
    "if": "#0f8a7e",
    "switch": "#0f8a7e",
    "parallel": "#0f8a7e",
    "do": "#64748b",
    "foreach": "#0f8a7e",
    "loop": "#0f8a7e",
    "wait": "#b7791f",
    "let": "#64748b",
    "return": "#2f855a",
    "fail": "#c53030",
    "broken": "#c53030",
}
# 16 x 16 line drawings, one a kind of step.
_ICONS = {
    "call": "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
    "run": "M4 2.5v11l9-5.5z",
    "agent": "M8 1.5l1.6 4.4 4.4 1.6-4.4 1.6L8 13.5 6.4 9.1 2 7.5l4.4-1.6z",
    "approve": "M8 2a3 3 0 110 6 3 3 0 010-6zM2.5 14c.6-3 2.7-4.4 5.5-4.4s4.9 1.4 5.5 4.4",
    "if": "M8 1.5 14.5 8 8 14.5 1.5 8z",
    "switch": "M8 2v4M8 6 3 11v3M8 6l5 5v3M8 6v8",
    "parallel": "M3 3v10M8 3v10M13 3v10",
    "do": "M3 4h10M3 8h10M3 12h10",
    "foreach": "M2.5 4h8M2.5 8h8M2.5 12h8M13 6.5 14.5 8 13 9.5",
    "loop": "M13 8a5 5 0 11-1.6-3.7M13 2v3h-3",
    "wait": "M8 2a6 6 0 110 12A6 6 0 018 2zM8 5v3.2l2.2 1.6",
    "let": "M3 6h10M3 10h10",
    "return": "M3 8.5l3.3 3.3L13 5",
    "fail": "M4 4l8 8M12 4l-8 8",
    "broken": "M4 4l8 8M12 4l-8 8",
}


def _style(theme: Theme) -> str:
    return (
        "text{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}"
        f".t{{font-size:13.5px;font-weight:600;fill:{theme.text}}}.s{{font-size:12px;fill:{theme.muted}}}"
        f".l{{font-size:11.5px;font-weight:600;fill:{theme.strong}}}"
        f".m{{font-size:12.5px;font-weight:600;fill:{theme.strong}}}"
        f".e{{fill:none;stroke:{theme.edge};stroke-width:1.6}}.a{{stroke-dasharray:5 4}}"
    )


def svg(graph: Graph, theme: Theme = LIGHT) -> str:
    """The picture. A graph without boxes is laid out first."""
    placed = graph if graph.width else layout(graph)
    at: dict[str, tuple[int, int]] = {}
    drawing: list[str] = []
    for node in placed.nodes:
        left, top = at.get(node.parent, (0, 0)) if node.parent is not None else (0, 0)
        at[node.id] = (left + node.x, top + node.y)
        drawing.append(_node(node, *at[node.id], theme))
    by_id = {node.id: node for node in placed.nodes}
    lines = "".join(_edge(edge, by_id, at) for edge in placed.edges)
    title = escape(placed.workflow)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{placed.width}" height="{placed.height}" '
        f'viewBox="0 0 {placed.width} {placed.height}" role="img" aria-label="Workflow {title}">'
        f"<title>{title}</title><style>{_style(theme)}</style>"
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M1 1 7 4 1 7" fill="none" stroke="{theme.edge}" stroke-width="1.6"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="{theme.page}"/>{"".join(drawing)}{lines}</svg>\n'
    )


def _node(node: Node, x: int, y: int, theme: Theme) -> str:
    width, height = node.width, node.height
    match node.kind:
        case "start" | "end":
            return (
                f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{height // 2}" fill="{theme.pill}" '
                f'stroke="{theme.pill_line}"/><text class="m" x="{x + width // 2}" y="{y + height // 2 + 4}" '
                f'text-anchor="middle">{escape(node.title)}</text>'
            )
        case "lane":
            label = _text("l", x + 14, y + 20, node.label, width - 28, 6.6) if node.label else ""
            return (
                f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="{theme.lane}" '
                f'stroke="{theme.line}" stroke-dasharray="4 4"/>{label}'
            )
        case "empty" if node.implied:
            return ""
        case "empty":
            middle = f'x="{x + width // 2}" y="{y + height // 2 + 4}" text-anchor="middle"'
            return (
                f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="none" '
                f'stroke="{theme.line}" stroke-dasharray="4 4"/><text class="s" {middle}>nothing to do</text>'
            )
        case _:
            return _step(node, x, y, theme)


def _step(node: Node, x: int, y: int, theme: Theme) -> str:
    tone = _TONES[node.kind]
    errors = any(problem.severity == "error" for problem in node.problems)
    stroke = theme.wrong if errors else theme.line
    middle = y + min(node.head or STEP[1], STEP[1]) // 2
    return (
        f'<rect x="{x}" y="{y}" width="{node.width}" height="{node.height}" rx="12" fill="{theme.card}" '
        f'stroke="{stroke}" stroke-width="{2 if errors else 1}"/>'
        f'<rect x="{x + 14}" y="{middle - 18}" width="36" height="36" rx="9" fill="{tone}" fill-opacity="0.12"/>'
        f'<path transform="translate({x + 24} {middle - 8})" d="{_ICONS[node.kind]}" fill="none" stroke="{tone}" '
        'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>'
        f"{_text('t', x + 62, middle - 5, node.title, node.width - 72, 7.6)}"
        f"{_text('s', x + 62, middle + 13, node.sentence, node.width - 72, 6.3)}"
    )


def _text(style: str, x: int, y: int, text: str, width: int, letter: float) -> str:
    """One line of text, cut where it would leave its box; the whole is its tooltip."""
    room = max(4, int(width / letter))
    shown = text if len(text) <= room else text[: room - 1].rstrip() + "…"
    tip = f"<title>{escape(text)}</title>" if shown != text else ""
    return f'<text class="{style}" x="{x}" y="{y}">{escape(shown)}{tip}</text>'


def _edge(edge: Edge, nodes: dict[str, Node], at: dict[str, tuple[int, int]]) -> str:
    source, target = nodes[edge.source], nodes[edge.target]
    x1, y1 = at[source.id][0] + source.width // 2, at[source.id][1] + source.height
    x2, y2 = at[target.id][0] + target.width // 2, at[target.id][1]
    if target.parent == source.id:
        y1 = at[source.id][1] + (LABEL if source.label else 6)
    elif source.parent == target.id:
        return ""
    style = "e a" if edge.kind == "after" else "e"
    if x1 == x2:
        path = f"M{x1} {y1}V{y2 - 1}"
    else:
        bend = y2 - 24 if edge.kind == "after" else (y1 + y2) // 2
        path = f"M{x1} {y1}C{x1} {bend} {x2} {bend - 16} {x2} {y2 - 1}"
    return f'<path class="{style}" d="{path}" marker-end="url(#arrow)"/>'
