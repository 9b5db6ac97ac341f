from __future__ import annotations

import dsl


def test_the_front_door_offers_what_others_build_on():
    assert set(dsl.__all__) >= {
        "apply",
        "check",
        "coerce",
        "content_hash",
        "evaluate",
        "format_text",
        "layout",
        "lower",
        "new_step",
        "parse",
        "position",
        "validate_input",
        "view",
    }


def test_every_name_of_the_front_door_exists_and_is_listed_in_order():
    assert all(hasattr(dsl, name) for name in dsl.__all__)
    assert dsl.__all__ == sorted(dsl.__all__, key=lambda name: (not name[0].isupper(), name))
