from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.editor import ROOT, URI, Editor

REFUND = (ROOT / "examples" / "refund.weft").read_text(encoding="utf-8")
CATALOG = ROOT / "examples" / "catalog.json"


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    found = Editor("--catalog", str(CATALOG), home=tmp_path)
    yield found
    found.end()
    assert found.noise == b""


def place(text: str, word: str, more: int = 0) -> tuple[int, int]:
    """Line and UTF-16 column of a word."""
    at = text.index(word) + more
    start = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at), len(text[start:at].encode("utf-16-le")) // 2


def edit(text: str, old: str, new: str) -> tuple[str, dict]:
    """The text with ``old`` replaced once, and that as an incremental change."""
    line, character = place(text, old)
    end_line, end_character = place(text, old, len(old))
    change = {
        "range": {
            "start": {"line": line, "character": character},
            "end": {"line": end_line, "character": end_character},
        },
        "text": new,
    }
    return text.replace(old, new, 1), change


def test_it_says_what_it_can_do(editor: Editor):
    can = editor.capabilities
    assert can["textDocumentSync"]["change"] == 2
    assert can["positionEncoding"] == "utf-16"
    for what in (
        "completion",
        "hover",
        "signatureHelp",
        "definition",
        "references",
        "documentSymbol",
        "foldingRange",
    ):
        assert can[f"{what}Provider"], what
    assert can["renameProvider"]["prepareProvider"] is True
    assert can["documentFormattingProvider"] and can["codeActionProvider"]
    assert can["semanticTokensProvider"]["legend"]["tokenTypes"][0] == "keyword"


def test_diagnostics_come_with_code_place_link_and_fix_and_go_when_it_is_mended(editor: Editor):
    broken = REFUND.replace("${order.customer.name}", "${order.customer.nme}")
    (one,) = editor.open(broken)
    assert (one["code"], one["severity"], one["source"]) == ("E204", 1, "weft")
    assert one["codeDescription"]["href"].endswith("docs/diagnostics.md#e204")
    line, character = place(broken, "nme}")
    assert one["range"]["start"] == {"line": line, "character": character}
    actions = editor.of("codeAction", range=one["range"], context={"diagnostics": [one]})
    assert actions[0]["kind"] == "quickfix"
    change = actions[0]["edit"]["changes"][URI][0]
    assert change["newText"] == "name"
    editor.change({"range": change["range"], "text": change["newText"]})
    assert editor.diagnostics() == []


def test_many_edits_in_a_row_are_one_text(editor: Editor):
    assert editor.open(REFUND) == []
    text = REFUND
    for old, new in (
        ("  step done:", "  step extra: let orde\n  step done:"),
        ("let orde\n", "let order\n"),
        ("let order\n", "let order.\n"),
        ("let order.\n", "let order.tot\n"),
    ):
        text, change = edit(text, old, new)
        editor.change(change)
    line, character = place(text, "let order.tot", len("let order.tot"))
    items = editor.at("completion", line, character)["items"]
    assert [item["label"] for item in items] == ["total"]
    assert items[0]["textEdit"]["range"]["start"] == {"line": line, "character": character - 3}
    assert {one["code"] for one in editor.diagnostics()} >= {"E204"}


def test_positions_are_right_behind_emoji_and_with_carriage_returns(editor: Editor):
    text = REFUND.replace("Refund an order and", "Refund 🙂 an order and")
    text = text.replace("  step done:", '  step smile: let "🙂🙂 ${order.}"\n  step done:').replace(
        "\n", "\r\n"
    )
    editor.open(text)
    line, character = place(text, "🙂🙂 ${order.", len("🙂🙂 ${order."))
    assert character == len('  step smile: let "') + 4 + 1 + len("${order.")
    items = editor.at("completion", line, character)["items"]
    assert [item["label"] for item in items][:2] == ["id", "items"]
    assert items[0]["textEdit"]["range"]["start"] == {"line": line, "character": character}
    text, change = edit(text, "🙂🙂 ${order.}", "🙂🙂 ${order.id}")
    editor.change(change)
    hovered = editor.at("hover", line, character - 3)
    assert hovered["range"]["start"] == {"line": line, "character": character - len("order.")}


@pytest.mark.parametrize("separator", ["\u2028", "\x0c", "\x85"])
def test_only_line_ends_of_the_protocol_end_a_line(editor: Editor, separator: str):
    text = REFUND.replace("// Everything above", f"// Every{separator}thing above")
    editor.open(text)
    text, change = edit(text, "step done: return", "step done2: return")
    editor.change(change)
    names = [child["name"] for child in editor.of("documentSymbol")[0]["children"]]
    assert names[-1] == "done2"


def test_an_editor_that_counts_bytes_is_answered_in_bytes(tmp_path: Path):
    editor = Editor("--catalog", str(CATALOG), home=tmp_path, encodings=["utf-8", "utf-16"])
    try:
        assert editor.capabilities["positionEncoding"] == "utf-8"
        text = "workflow x {\n  step a: let 'é🙂' + b\n}\n"
        unknown = next(one for one in editor.open(text) if one["code"] == "E101")
        start = unknown["range"]["start"]
        assert start == {"line": 1, "character": len("  step a: let 'é🙂' + ".encode())}
    finally:
        editor.end()


def test_hover_signature_definition_references_and_rename(editor: Editor):
    editor.open(REFUND)
    assert "moves money" in editor.at("hover", *place(REFUND, "process_refund"))["contents"]["value"]
    line, character = place(REFUND, "amount: order.total", 3)
    help_ = editor.at("signatureHelp", line, character)
    active = help_["signatures"][0]["parameters"][help_["activeParameter"]]
    assert active["label"] == "amount"
    target = editor.at("definition", *place(REFUND, "order.total", 1))
    line, character = place(REFUND, "order: call")
    assert target["range"]["start"] == {"line": line, "character": character}
    where = editor.at("references", line, character, context={"includeDeclaration": True})
    assert len(where) == 1 + REFUND.count("order.") + REFUND.count("show order")
    assert editor.at("prepareRename", line, character) == target["range"]
    renamed = editor.at("rename", line, character, newName="purchase")["changes"][URI]
    assert {one["newText"] for one in renamed} == {"purchase"}
    assert len(renamed) == len(where)


def test_a_name_that_is_taken_is_refused_with_a_reason(editor: Editor):
    editor.open(REFUND)
    line, character = place(REFUND, "order: call")
    params = {
        "textDocument": {"uri": URI},
        "position": {"line": line, "character": character},
        "newName": "refund",
    }
    error = editor.answer("textDocument/rename", params)["error"]
    assert "is taken" in error["message"]


def test_outline_folds_colours_and_formatting(editor: Editor):
    text = REFUND.replace("    timeout 10s\n", "        timeout   10s\n", 1)
    editor.open(text)
    children = editor.of("documentSymbol")[0]["children"]
    gate = next(child for child in children if child["name"] == "gate")
    assert [child["name"] for child in gate["children"]] == ["approval"]
    assert len(editor.of("foldingRange")) > 5
    data = editor.of("semanticTokens/full")["data"]
    assert len(data) % 5 == 0 and len(data) > 200
    (change,) = editor.of("formatting", options={"tabSize": 2, "insertSpaces": True})
    start, end = change["range"]["start"], change["range"]["end"]
    assert start["line"] == end["line"]
    assert editor.of("formatting", options={"tabSize": 2, "insertSpaces": True}) == [change]


def test_a_completion_that_needs_a_use_line_brings_it(editor: Editor):
    text = REFUND.replace("  step done:", "  step ask: call http.\n  step done:")
    editor.open(text)
    items = editor.at("completion", *place(text, "call http.", len("call http.")))["items"]
    extra = items[0]["additionalTextEdits"]
    assert items[0]["label"] == "request"
    assert extra[0]["newText"] == '\n  use http: mcp "http"'
    assert items[0]["insertTextFormat"] == 2


def test_broken_empty_and_huge_texts_are_answered(editor: Editor):
    assert editor.open("")[0]["code"] == "E001"
    for text in (
        "workflow x {" * 40,
        '"' * 300,
        "\x00\x01",
        "é" * 100,
        "workflow x { step a: let ${",
        "x" * 600_000,
    ):
        editor.change({"text": text})
        assert editor.diagnostics()
        editor.at("completion", 0, 5)
        editor.at("hover", 0, 5)
        editor.of("documentSymbol")
        editor.of("semanticTokens/full")
    editor.change({"text": REFUND})
    assert editor.diagnostics() == []


def test_a_text_that_is_not_open_and_places_that_do_not_exist_are_no_mistake(editor: Editor):
    assert editor.at("completion", 0, 0, uri="file:///nowhere.weft") is None
    assert editor.at("hover", 3, 1, uri="file:///nowhere.weft") is None
    assert editor.of("documentSymbol", uri="file:///nowhere.weft") == []
    editor.tell(
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///nowhere.weft", "version": 2}, "contentChanges": [{"text": "x"}]},
    )
    editor.open(REFUND)
    assert editor.at("hover", 100_000, 100_000) is None
    assert "items" in editor.at("completion", 100_000, 7)


def test_an_unknown_request_is_refused_and_the_next_one_answered(editor: Editor):
    assert editor.answer("textDocument/unheardOf", {})["error"]["code"] == -32601
    assert editor.open(REFUND) == []


def test_closing_a_text_takes_its_diagnostics_away(editor: Editor):
    assert editor.open("workflow x {")
    editor.tell("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert editor.diagnostics() == []


def test_a_changed_catalog_is_read_again_and_a_broken_one_is_not(tmp_path: Path):
    file = tmp_path / "catalog.json"
    shutil.copy(CATALOG, file)
    editor = Editor("--catalog", str(file), home=tmp_path)
    try:
        assert editor.open(REFUND) == []
        catalog = json.loads(file.read_text(encoding="utf-8"))
        del catalog["connectors"]["mail"]
        file.write_text(json.dumps(catalog), encoding="utf-8")
        assert [one["code"] for one in editor.diagnostics()][:1] == ["E106"]
        file.write_text("{ broken", encoding="utf-8")
        editor.tell("workspace/didChangeWatchedFiles", {"changes": []})
        assert editor.of("documentSymbol")  # it has looked by now
        shutil.copy(CATALOG, file)
        editor.tell("workspace/didChangeWatchedFiles", {"changes": []})
        assert editor.diagnostics() == []
    finally:
        editor.end()
    assert b"is not a catalog" in editor.errors


def test_it_ends_with_0_after_a_goodbye_and_with_1_without(tmp_path: Path):
    polite, rude = Editor(home=tmp_path), Editor(home=tmp_path)
    try:
        assert polite.leave() == 0
        assert rude.hang_up() == 1
    finally:
        polite.end()
        rude.end()


def test_a_catalog_that_does_not_exist_is_a_sentence_and_exit_2(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "deploy", "lsp", "--catalog", str(tmp_path / "none.json")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "WEFT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "There is no file" in done.stderr
    assert done.stdout == ""


def test_it_starts_without_the_engine_and_the_studio():
    names = "{'engine', 'studio', 'reflex', 'ray', 'langgraph', 'sqlmodel', 'mcp'}"
    code = f"import deploy.lsp.server, sys; print(sorted({names} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_completing_while_typing_in_two_hundred_steps_takes_no_longer_than_a_blink(editor: Editor):
    """A bound far above what it takes, that a machine under load keeps too."""
    steps = "".join(
        f"  step order{n}: call shop.get_order(order_id: input.order_id)\n    timeout 10s\n"
        for n in range(200)
    )
    head = REFUND[: REFUND.index("  step order")]
    text = f'{head}{steps}  step last: let order7.\n  step done: return {{ status: "refunded", refund_id: null }}\n}}\n'
    editor.open(text)
    at = place(text, "let order7.", len("let order7."))
    editor.at("completion", *at)
    started = time.monotonic()
    for _ in range(5):
        editor.at("completion", *at)
    assert (time.monotonic() - started) / 5 < 0.5
