"""The list of workflows: a template taken, a file brought in, a copy, tags, the archive and back, and a file out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

N8N = {
    "name": "Tell the buyer",
    "nodes": [
        {"name": "Go", "type": "n8n-nodes-base.manualTrigger"},
        {
            "name": "Write",
            "type": "n8n-nodes-base.emailSend",
            "parameters": {
                "toEmail": "={{ $json.email }}",
                "subject": "Thank you",
                "text": "We have your order.",
            },
        },
        {"name": "Count", "type": "n8n-nodes-base.code", "parameters": {"jsCode": "return 1"}},
    ],
    "connections": {"Go": {"main": [[{"node": "Write"}]]}, "Write": {"main": [[{"node": "Count"}]]}},
}


def test_workflows_come_in_and_go_out_and_are_kept_in_order(
    person: Person, api: Visitor, tmp_path: Path
) -> None:
    take_a_template(person)
    close_a_dialog(person)
    bring_in_a_file(person, tmp_path, api)
    tag_and_narrow(person)
    copy_archive_and_put_back(person, api)
    take_out_a_file(person, tmp_path)


def take_a_template(person: Person) -> None:
    person.page.goto(f"{person.url}/templates")
    card = person.page.locator("[data-testid=template][data-key=goodwill]")
    expect(card.locator("img").first).to_be_visible()
    person.photograph("templates")
    card.get_by_test_id("use-template").click()
    expect(person.node("consent")).to_be_visible()
    person.at("nav-workflows").click()
    expect(row(person, "goodwill")).to_be_visible()


def close_a_dialog(person: Person) -> None:
    person.at("import-workflow").click()
    expect(person.at("import-dialog")).to_be_visible()
    person.page.keyboard.press("Escape")
    expect(person.at("import-dialog")).to_have_count(0)
    expect(person.at("import-workflow")).to_be_focused()


def row(person: Person, name: str):
    return person.page.locator(f"[data-testid=workflow-row][data-name='{name}']")


def bring_in_a_file(person: Person, folder: Path, api: Visitor) -> None:
    file = folder / "buyer.json"
    file.write_text(json.dumps(N8N))
    person.at("import-workflow").click()
    person.at("import-file").set_input_files(str(file))
    expect(person.at("import-told")).to_contain_text("2 steps")
    expect(person.at("import-notes")).to_contain_text("Count")
    person.photograph("import")
    person.at("import-confirm").click()
    expect(person.node("write")).to_be_visible()
    (made,) = [one for one in api.get("/workflows") if one["name"] == "tell_the_buyer"]
    assert "call mail.send(to: input.email," in api.get(f"/workflows/{made['id']}")["text"]
    person.at("nav-workflows").click()


def choose(person: Person, name: str, entry: str) -> None:
    row(person, name).get_by_test_id("row-menu").click()
    person.at(f"menu-{entry}").click()


def tag_and_narrow(person: Person) -> None:
    choose(person, "tell_the_buyer", "details")
    person.at("row-tags").fill("from elsewhere")
    person.at("row-save").click()
    tag = person.at("tag-filter").filter(has_text="from elsewhere")
    tag.click()
    expect(person.at("workflow-row")).to_have_count(1)
    person.photograph("tagged")
    tag.click()
    expect(row(person, "goodwill")).to_be_visible()


def copy_archive_and_put_back(person: Person, api: Visitor) -> None:
    choose(person, "goodwill", "duplicate")
    expect(row(person, "goodwill_that_two_people_agree_to_copy")).to_be_visible()
    choose(person, "tell_the_buyer", "archive")
    person.at("confirm-archive").click()
    expect(row(person, "tell_the_buyer")).to_have_count(0)
    person.page.get_by_role("button", name="Undo").click()
    expect(row(person, "tell_the_buyer")).to_be_visible()
    assert "tell_the_buyer" in {one["name"] for one in api.get("/workflows")}


def take_out_a_file(person: Person, folder: Path) -> None:
    with person.page.expect_download() as waiting:
        choose(person, "goodwill", "export")
    assert waiting.value.suggested_filename == "goodwill.weft"
    waiting.value.save_as(folder / "goodwill.weft")
    assert "step consent: approve by role" in (folder / "goodwill.weft").read_text()
