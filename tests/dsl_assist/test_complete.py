from __future__ import annotations

from dsl.catalog import Catalog
from dsl.parse import parse
from tests.dsl_assist.desk import (
    BODY,
    CATALOG,
    FORMS,
    FORMS_CATALOG,
    HEADER,
    REFUND,
    chosen,
    labels,
    offered,
    step,
)


def test_an_empty_text_can_only_become_a_workflow():
    assert labels("¦") == ["workflow"]


def test_behind_the_name_of_a_step_come_the_kinds_of_step():
    assert labels(step("step x: ¦"))[:4] == ["call", "approve", "if", "switch"]


def test_on_a_new_line_a_step_can_begin_and_a_deeper_line_offers_clauses_first():
    assert labels(step("¦"))[0] == "step"
    deeper = labels(step("step x: call shop.get_order(order_id: order.id)\n    timeout 3s\n    ¦"))
    assert deeper[:3] == ["retry", "key", "catch"]
    assert "timeout" not in deeper


def test_a_clause_that_follows_the_cursor_is_not_offered_again():
    text = step("step x: call shop.get_order(order_id: order.id)\n    ¦\n    retry 3")
    assert "retry" not in labels(text)
    assert "timeout" in labels(text)


def test_after_is_offered_in_a_parallel_only():
    assert "after" not in labels(step("step x: let 1\n    ¦"))
    assert "after" in labels(f"{HEADER}  step p: parallel {{\n    step x: let 1\n      ¦\n  }}\n}}")


def test_after_names_the_other_steps_of_the_parallel_also_those_below():
    text = f"{HEADER}  step p: parallel {{ step a: let 1 step b: let 2 after ¦ step c: let 3 }}\n}}"
    assert labels(text) == ["a", "c"]


def test_tools_of_used_connectors_come_before_those_of_others():
    found = offered(step("step x: call ¦"))
    assert [one.label for one in found][:3] == ["shop", "mail", "shop.check_refund_eligibility"]
    last = found[-1]
    assert (last.label, last.snippet) == ("http.request", "http.request(method: ${1}, url: ${2})")


def test_choosing_a_tool_of_a_connector_that_is_not_used_yet_adds_its_use_line():
    text = chosen(HEADER + "  step x: call reque¦\n}", "http.request")
    assert 'use mail: mcp "mail"\n  use http: mcp "http"\n' in text
    assert "call http.request" in text


def test_a_tool_says_what_it_does_and_what_it_can_do():
    found = next(one for one in offered(step("step x: call shop.¦")) if one.label == "process_refund")
    assert "moves money" in found.documentation
    assert "pay back" in found.documentation


def test_the_arguments_that_are_not_given_yet_are_offered_the_required_ones_first():
    assert labels(step("step x: call shop.process_refund(¦)")) == ["amount", "order_id", "reason"]
    assert labels(step("step x: call shop.process_refund(amount: 1.0, ¦, reason: input.reason)")) == [
        "order_id"
    ]


def test_an_argument_is_offered_the_values_that_are_called_like_it_first():
    assert labels(step("step x: call shop.get_order(order_id: ¦)"))[:2] == ["order.id", "input.order_id"]


def test_fields_come_by_the_schema_and_methods_by_the_sort_of_value():
    assert labels(step("step x: let order.¦"))[:4] == ["id", "items", "total", "status"]
    assert labels(step("step x: let order.items.¦"))[:3] == ["filter", "map", "all"]
    assert "startsWith" in labels(step("step x: let order.id.¦"))
    assert "filter" not in labels(step("step x: let order.id.¦"))


def test_the_item_of_a_filter_has_the_fields_of_the_lists_items():
    assert labels(step("step x: let order.items.filter(item, item.¦)")) == [
        "sku",
        "price",
        "title",
        "quantity",
    ]


def test_holes_of_texts_and_of_prompts_are_completed_like_any_expression():
    assert labels(step('step x: let "to ${order.customer.¦}"')) == ["id", "name", "email"]
    assert labels(step('step x: let """\n    Dear ${order.cust¦\n    """')) == ["customer"]
    assert labels(step('step x: let "to ¦"')) == []


def test_enumerated_values_are_offered_bare_and_inside_quotes():
    assert labels(step("step x: if order.status == ¦ { }"))[:2] == ["paid", "shipped"]
    assert chosen(step("step x: if order.status == ¦ { }"), "paid") == step(
        'step x: if order.status == "paid" { }'
    )
    assert labels(step('step x: if order.status == "sh¦" { }')) == ["shipped"]
    assert chosen(step('step x: if order.status == "sh¦'), "shipped") == step(
        'step x: if order.status == "shipped"'
    )
    assert labels(step("step x: switch order.status { case ¦ { } }"))[:2] == ["paid", "shipped"]
    assert labels(step("step x: return { status: ¦ }"))[:2] == ["refunded", "not_eligible"]


def test_in_a_hole_of_a_text_a_value_gets_the_quotes_that_can_stand_there():
    text = step('step x: let "${order.status == ¦}"')
    assert chosen(text, "paid") == step("step x: let \"${order.status == 'paid'}\"")


def test_roles_connectors_workflows_secrets_and_codes_are_known():
    assert labels(REFUND.replace('role "manager"', 'role "¦"')) == sorted(CATALOG.roles or ())
    assert labels(REFUND.replace('mcp "shop"', 'mcp "¦"')) == list(CATALOG.connectors)
    assert labels(step('step x: call shop.get_order(order_id: "1")\n    retry 3 on "un¦"'))[:1] == [
        "unavailable"
    ]
    secrets = Catalog(secrets=frozenset({"stripe_key"}))
    assert labels(HEADER.replace("  config", "  secret ¦\n  config"), secrets) == ["stripe_key"]


def test_types_are_those_of_the_language_and_of_the_text():
    found = labels(
        HEADER.replace("  config", '  type Priority: "low" | "high"\n  config').replace("float", "¦")
    )
    assert found[:3] == ["Priority", "string", "int"]


def test_what_was_typed_filters_first_by_beginning_then_by_letters_in_order():
    assert labels(step("step x: let ord¦"))[0] == "order"
    assert "check_refund_eligibility" in labels(step("step x: call shop.crel¦"))
    assert "get_order" not in labels(step("step x: call shop.crel¦"))


def test_a_word_is_replaced_whole_wherever_the_cursor_is_in_it():
    assert chosen(step("step x: let or¦xyz"), "order") == step("step x: let order")


def test_names_of_a_loop_a_catch_and_a_foreach_are_known_inside_them_only():
    inside = f"{HEADER}  step e: foreach one in [1] {{\n    step x: let ¦\n  }}\n}}"
    assert "one" in labels(inside)
    assert "one" not in labels(inside.replace("¦\n  }", "1\n  }\n  step y: let ¦"))
    assert "problem" in labels(f"{BODY}  step x: do {{ }} catch as problem {{ step y: let ¦ }}\n}}")


def test_a_mistake_above_the_cursor_does_not_take_the_names_away():
    broken = REFUND.replace("step eligibility: call shop.check", "step eligibility: call call shop check{")
    text = broken.replace("  step done", "  step x: let order.¦\n  step done")
    assert labels(text)[:2] == ["id", "items"]
    unclosed = REFUND.replace("if !eligibility.eligible {", "if !eligibility.eligible {{").replace(
        "  step done", "  step x: let order.¦\n  step done"
    )
    assert labels(unclosed)[:2] == ["id", "items"]


def test_there_is_nothing_to_offer_in_comments_numbers_and_new_names():
    assert labels(step("// step x: call ¦")) == []
    assert labels(step("step x: wait 3¦")) == []
    assert labels(step("step ¦")) == []


def test_lines_of_an_approval_that_are_there_are_not_offered_again():
    found = labels(REFUND.replace("within 24h", "¦"))
    assert {"within", "quorum", "escalate", "on reject", "on timeout"} <= set(found)
    assert not {"title", "show"} & set(found)


def test_the_longest_examples_offer_what_their_own_catalog_has():
    text = FORMS["approvals"]
    at = text.index("call ") + len("call ")
    assert labels(text[:at] + "¦" + text[at:], FORMS_CATALOG)


def test_completions_are_numbered_in_their_order_and_always_the_same():
    found = offered(step("step x: let ¦"))
    assert [one.order for one in found] == list(range(len(found)))
    assert found == offered(step("step x: let ¦"))


def test_a_snippet_has_its_places_in_order_and_reads_without_them():
    found = next(one for one in offered(step("¦")) if one.label == "approve")
    assert found.snippet.startswith('step ${1:approval}: approve by role "${2:manager}"')
    assert not parse(
        HEADER + '  step approval: approve by role "manager" { title "x" within 24h }\n}'
    ).diagnostics
