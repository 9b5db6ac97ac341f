"""The server: keeps the open texts and answers an editor, over standard input and output."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

import dsl
from deploy.lsp import answers
from deploy.lsp.catalog import CatalogFile
from deploy.lsp.document import Document

PAUSE = 0.15
"""Seconds without typing before a text is checked, so that checking is not in the way of completion."""
LOOK_AGAIN = 2.0
"""Seconds between looks at the catalog's file."""

_log = logging.getLogger("weft.lsp")


class Texts:
    """The open texts by address; stands in for the workspace that comes with the library, whose lines end where
    Python's do and not where the protocol's do."""

    def __init__(self) -> None:
        self.open: dict[str, Document] = {}
        self.encoding = "utf-16"

    def put_text_document(self, item: types.TextDocumentItem, **_: object) -> None:
        self.open[item.uri] = Document(item.uri, item.text, item.version, self.encoding)

    def update_text_document(
        self, which: types.VersionedTextDocumentIdentifier, change: types.TextDocumentContentChangeEvent
    ) -> None:
        document = self.open.get(which.uri)
        if document is not None:
            self.open[which.uri] = document.changed(change, which.version)

    def remove_text_document(self, uri: str) -> None:
        self.open.pop(uri, None)

    def add_folder(self, folder: types.WorkspaceFolder) -> None:
        """Folders mean nothing here."""

    def remove_folder(self, uri: str) -> None:
        """Folders mean nothing here."""


class _Protocol(LanguageServerProtocol):
    @property
    def workspace(self) -> Texts:
        return self._server.texts


class WeftServer(LanguageServer):
    """One editor's server. ``ended_well``: the editor said goodbye before it left."""

    def __init__(self, catalog: CatalogFile) -> None:
        self.texts = Texts()
        self.file = catalog
        self.ended_well = False
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        super().__init__("weft", "1", protocol_cls=_Protocol, max_workers=2)

    @property
    def snippets(self) -> bool:
        document = self.client_capabilities.text_document
        item = document.completion.completion_item if document and document.completion else None
        return bool(item and item.snippet_support)

    def check_soon(self, uri: str, pause: float) -> None:
        self._forget(uri)
        self._waiting[uri] = asyncio.get_running_loop().call_later(pause, self.check_now, uri)

    def check_now(self, uri: str) -> None:
        self._forget(uri)
        document = self.texts.open.get(uri)
        if document is None:
            return
        found = answers.diagnostics(document, self.file.catalog)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, document.version))
        # Reads every step once, so that the first completion needs to read only the one that is typed in.
        dsl.complete(document.text, len(document.text.rstrip().rstrip("}")), self.file.catalog)

    def closed(self, uri: str) -> None:
        self._forget(uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _forget(self, uri: str) -> None:
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()

    async def watch_catalog(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            self.look_at_catalog()

    def look_at_catalog(self) -> None:
        if self.file.refresh():
            for uri in self.texts.open:
                self.check_soon(uri, 0)


def server(catalog: CatalogFile) -> WeftServer:
    """A server with everything it can answer."""
    found = WeftServer(catalog)
    _add_life(found)
    _add_writing(found)
    _add_reading(found)
    return found


def _add_life(server: WeftServer) -> None:
    tasks: set[asyncio.Task[None]] = set()

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        tasks.add(asyncio.get_running_loop().create_task(server.watch_catalog()))

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        server.texts.encoding = types.PositionEncodingKind(chosen).value

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.ended_well = True
        for task in tasks:
            task.cancel()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.check_soon(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.check_soon(params.text_document.uri, PAUSE)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.look_at_catalog()
        server.check_soon(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        server.look_at_catalog()


def _add_writing(server: WeftServer) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[".", '"', "(", "{", "@"], resolve_provider=False),
    )
    def complete(params: types.CompletionParams) -> types.CompletionList | None:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return None
        at = document.offset(params.position)
        return answers.completions(document, at, server.file.catalog, snippets=server.snippets)

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=[":"]),
    )
    def signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return None
        return answers.signature(document, document.offset(params.position), server.file.catalog)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return []
        return answers.fixes(document, params.range, params.context.diagnostics, server.file.catalog)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = server.texts.open.get(params.text_document.uri)
        return [] if document is None else answers.formatted(document)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return None
        try:
            found = dsl.rename(document.text, document.offset(params.position), params.new_name)
        except dsl.EditError as error:
            raise JsonRpcInvalidParams(message=f"{error.message}: {error.help}") from None
        return types.WorkspaceEdit(changes={document.uri: [document.edit(one) for one in found]})

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.Range | None:
        document = server.texts.open.get(params.text_document.uri)
        span = dsl.renameable(document.text, document.offset(params.position)) if document else None
        return document.range(span) if document and span else None


def _add_reading(server: WeftServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return None
        return answers.hover(document, document.offset(params.position), server.file.catalog)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> types.Location | None:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return None
        span = dsl.definition(document.text, document.offset(params.position), server.file.catalog)
        return types.Location(document.uri, document.range(span)) if span else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return []
        at = document.offset(params.position)
        spans = dsl.references(document.text, at, server.file.catalog)
        if not params.context.include_declaration:
            own = dsl.definition(document.text, at, server.file.catalog)
            spans = tuple(span for span in spans if span != own)
        return answers.locations(document, spans)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        document = server.texts.open.get(params.text_document.uri)
        if document is None:
            return []
        spans = dsl.references(document.text, document.offset(params.position), server.file.catalog)
        return [types.DocumentHighlight(document.range(span)) for span in spans]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = server.texts.open.get(params.text_document.uri)
        return [] if document is None else answers.outline(document)

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folds(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        document = server.texts.open.get(params.text_document.uri)
        return [] if document is None else answers.folds(document)

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, answers.LEGEND)
    def colours(params: types.SemanticTokensParams) -> types.SemanticTokens:
        document = server.texts.open.get(params.text_document.uri)
        return types.SemanticTokens(data=[]) if document is None else answers.colours(document)


def serve(catalog: str | None) -> int:
    """Serve one editor until it leaves: 0 when it said goodbye before, 1 otherwise. Raises :class:`Failure` when there
    is no such catalog."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="weft lsp: %(message)s")
    found = server(CatalogFile(catalog))
    # Standard output is the protocol's alone: whatever else is printed goes to the log.
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    found.start_io(stdin=sys.stdin.buffer, stdout=channel)
    return 0 if found.ended_well else 1
