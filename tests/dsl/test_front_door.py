from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

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


def test_no_name_of_the_front_door_turns_into_the_module_it_comes_from():
    """A module of the same name takes the name's place when it is imported later than the front door."""
    for module in pkgutil.iter_modules(dsl.__path__, "dsl."):
        import_module(module.name)
    assert not [name for name in dsl.__all__ if isinstance(getattr(dsl, name), ModuleType)]


def test_what_comes_later_is_what_the_front_door_lists():
    assert set(dsl._WHERE) <= set(dsl.__all__)
    assert [name for name in dir(dsl) if name in dsl.__all__] == sorted(dsl.__all__)
    with pytest.raises(AttributeError, match="dsl has no 'nothing'"):
        _ = dsl.nothing
