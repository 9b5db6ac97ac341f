"""From what the language says to what the protocol wants: one function a request, nothing is kept here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lsprotocol import types

import dsl
from deploy.home import ROOT
from deploy.lsp.document import Document
from dsl.assist import COLOURS, Completion, Symbol
from dsl.catalog import Catalog
from dsl.diagnostic import Diagnostic
from dsl.outline import places
from dsl.tree import Span

_DOCS = (ROOT / "docs" / "diagnostics.md").as_uri()
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
_COMPLETIONS = {
    "keyword": types.CompletionItemKind.Keyword,
    "snippet": types.CompletionItemKind.Snippet,
    "name": types.CompletionItemKind.Variable,
    "field": types.CompletionItemKind.Field,
    "method": types.CompletionItemKind.Method,
    "function": types.CompletionItemKind.Function,
    "tool": types.CompletionItemKind.Function,
    "argument": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "type": types.CompletionItemKind.TypeParameter,
    "role": types.CompletionItemKind.Constant,
    "user": types.CompletionItemKind.Constant,
    "connector": types.CompletionItemKind.Module,
    "workflow": types.CompletionItemKind.Module,
    "secret": types.CompletionItemKind.Constant,
    "step": types.CompletionItemKind.Reference,
    "code": types.CompletionItemKind.Constant,
    "operator": types.CompletionItemKind.Operator,
}
_SYMBOLS = {
    "workflow": types.SymbolKind.Module,
    "step": types.SymbolKind.Function,
    "use": types.SymbolKind.Namespace,
    "type": types.SymbolKind.Struct,
    "fields": types.SymbolKind.Object,
    "field": types.SymbolKind.Field,
    "secret": types.SymbolKind.Key,
    "trigger": types.SymbolKind.Event,
}
MODIFIERS = ("declaration",)
LEGEND = types.SemanticTokensLegend(token_types=list(COLOURS), token_modifiers=list(MODIFIERS))


def diagnostics(document: Document, catalog: Catalog) -> list[types.Diagnostic]:
    parsed = dsl.parse(document.text)
    by_path = {place.path: place.step.id_span for place in places(parsed.workflow.body)}
    return [_diagnostic(document, one, by_path) for one in dsl.check(parsed, catalog)]


def _diagnostic(document: Document, one: Diagnostic, steps: dict[str, Span]) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            location=types.Location(document.uri, document.range(steps[path])),
            message=f"the way goes through `{path}`",
        )
        for path in one.witness
        if path in steps
    ]
    return types.Diagnostic(
        range=document.range(one.span),
        message=f"{one.message}\n{one.help}" if one.help else one.message,
        severity=_SEVERITIES[one.severity],
        code=one.code,
        code_description=types.CodeDescription(href=f"{_DOCS}#{one.code.lower()}"),
        source="weft",
        related_information=related or None,
        tags=[types.DiagnosticTag.Unnecessary] if one.code in ("W301", "W303") else None,
    )


def fixes(
    document: Document, range: types.Range, shown: Sequence[types.Diagnostic], catalog: Catalog
) -> list[types.CodeAction]:
    """The fixes of the diagnostics that touch a range. ``shown`` are the editor's, to say which a fix is for."""
    start, end = document.offset(range.start), document.offset(range.end)
    actions = []
    for one in dsl.check(dsl.parse(document.text), catalog):
        if one.fix is None or one.span.end < start or one.span.start > end:
            continue
        place = document.range(one.span)
        edits = [document.edit(part) for part in one.fix.replacements]
        actions.append(
            types.CodeAction(
                title=one.fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[other for other in shown if other.code == one.code and other.range == place],
                is_preferred=True,
                edit=types.WorkspaceEdit(changes={document.uri: edits}),
            )
        )
    return actions


def completions(document: Document, offset: int, catalog: Catalog, *, snippets: bool) -> types.CompletionList:
    found = dsl.complete(document.text, offset, catalog)
    items = [_completion(document, one, snippets=snippets) for one in found]
    # What is typed next may bring in what was cut off.
    return types.CompletionList(is_incomplete=len(items) >= 400, items=items)


def _completion(document: Document, one: Completion, *, snippets: bool) -> types.CompletionItem:
    written = one.snippet if snippets and one.snippet else one.insert
    return types.CompletionItem(
        label=one.label,
        kind=_COMPLETIONS[one.kind],
        detail=one.detail or None,
        documentation=_markdown(one.documentation) if one.documentation else None,
        sort_text=f"{one.order:04}",
        insert_text_format=types.InsertTextFormat.Snippet
        if snippets and one.snippet
        else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AdjustIndentation,
        text_edit=types.TextEdit(document.range(one.span), written),
        additional_text_edits=[document.edit(edit) for edit in one.edits] or None,
    )


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def hover(document: Document, offset: int, catalog: Catalog) -> types.Hover | None:
    found = dsl.hover(document.text, offset, catalog)
    return types.Hover(_markdown(found.markdown), document.range(found.span)) if found else None


def signature(document: Document, offset: int, catalog: Catalog) -> types.SignatureHelp | None:
    found = dsl.signature(document.text, offset, catalog)
    if found is None:
        return None
    parameters = [
        types.ParameterInformation(label=one.label, documentation=one.documentation or None)
        for one in found.parameters
    ]
    shown = types.SignatureInformation(
        label=found.label, documentation=_markdown(found.documentation), parameters=parameters
    )
    # No parameter is active: a number behind the last one says so.
    active = len(parameters) if found.active is None else found.active
    return types.SignatureHelp(signatures=[shown], active_signature=0, active_parameter=active)


def locations(document: Document, spans: Iterable[Span]) -> list[types.Location]:
    return [types.Location(document.uri, document.range(span)) for span in spans]


def outline(document: Document) -> list[types.DocumentSymbol]:
    return [_symbol(document, one) for one in dsl.symbols(document.text)]


def _symbol(document: Document, one: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=one.name,
        kind=_SYMBOLS[one.kind],
        range=document.range(one.span),
        selection_range=document.range(one.name_span),
        detail=one.detail or None,
        children=[_symbol(document, child) for child in one.children],
    )


def folds(document: Document) -> list[types.FoldingRange]:
    found = []
    for fold in dsl.folding(document.text):
        start, end = document.position(fold.start).line, document.position(fold.end).line
        # The line with the closing bracket stays to be seen.
        last = end if fold.kind == "comment" else end - 1
        if last > start:
            kind = types.FoldingRangeKind.Comment if fold.kind == "comment" else None
            found.append(types.FoldingRange(start_line=start, end_line=last, kind=kind))
    return found


def colours(document: Document) -> types.SemanticTokens:
    """Five numbers a word: lines and units since the word before, its length, its colour and whether it is declared."""
    data: list[int] = []
    line = character = 0
    for one in dsl.semantic_tokens(document.text):
        start, end = document.position(one.span.start), document.position(one.span.end)
        if start.line != end.line:
            continue
        since = start.character if start.line > line else start.character - character
        data += [start.line - line, since, end.character - start.character]
        data += [COLOURS.index(one.colour), int(one.declared)]
        line, character = start.line, start.character
    return types.SemanticTokens(data=data)


def formatted(document: Document) -> list[types.TextEdit]:
    """One edit of what differs; nothing for a text with mistakes in it."""
    old = document.text
    if any(one.severity == "error" for one in dsl.parse(old).diagnostics):
        return []
    new = dsl.format_text(old)
    if new == old:
        return []
    before = _common(old, new)
    behind = _common(old[before:][::-1], new[before:][::-1])
    span = Span(before, len(old) - behind)
    return [types.TextEdit(document.range(span), new[before : len(new) - behind])]


def _common(one: str, two: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == two[:middle] else (low, middle - 1)
    # Never between the two halves of a line's end.
    return low - 1 if re.search(r"\r\Z", one[:low]) else low
