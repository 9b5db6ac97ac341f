"""A random edit of each kind for any program, most of them ones that can be made."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import dsl
from dsl import tree
from dsl.edits.ground import Ground
from dsl.edits.heads import name_of, part_of
from dsl.outline import slots

USE = dsl.UseLine(alias="crm", connector="crm")
WRAPS = ("if", "switch", "parallel", "do", "foreach", "loop", "catch")


class Edits:
    """``kinds`` makes an edit of each kind for a text."""

    def __init__(self, text: str, random: Random) -> None:
        self.ground = Ground.of(text)
        self.random = random
        self.paths = list(self.ground.places)
        self.kinds: dict[str, Callable[[], dsl.Edit]] = {
            "add_step": self._add,
            "paste": self._paste,
            "remove_step": lambda: dsl.RemoveStep(path=self._path()),
            "move_step": self._move,
            "rename_step": lambda: dsl.RenameStep(
                path=self._path(), id=self._pick("fresh", "order", "a", "s1")
            ),
            "rename_name": self._rename_name,
            "set_header": self._set_header,
            "set_argument": lambda: dsl.SetArgument(
                path=self._path(tree.Call, tree.RunWorkflow),
                name=self._pick("note", "x", "a b", "order"),
                value=self._pick("1", '"two"', "order.id", None),
            ),
            "set_clause": self._set_clause,
            "set_expression": self._set_expression,
            "set_doc": lambda: dsl.SetDoc(
                path=self._pick("", self._path()), doc=self._pick("", "One.\nTwo.", "One.")
            ),
            "set_annotation": lambda: dsl.SetAnnotation(
                path=self._path(), name=self._pick("cost", "owner"), text=self._pick("usd: 0.5", "", None)
            ),
            "set_comment": lambda: dsl.SetComment(
                path=self._path(), comment=self._pick("", "why\nso", "/ why")
            ),
            "wrap": self._wrap,
            "unwrap": lambda: dsl.Unwrap(
                path=self._path(tree.Do, tree.Parallel, tree.If, tree.Foreach, tree.Loop, tree.Switch)
            ),
            "connect": lambda: dsl.Connect(**self._pair()),
            "disconnect": lambda: dsl.Disconnect(**self._pair()),
            "replace_text": self._replace,
            "sequence": lambda: dsl.Sequence(
                edits=(dsl.SetDoc(path=self._path(), doc="Both."), self._add(), self._move())
            ),
        }

    def any(self) -> dsl.Edit:
        return self.kinds[self.random.choice(list(self.kinds))]()

    def _pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def _path(self, *kinds: type) -> str:
        fitting = [path for path, place in self.ground.places.items() if isinstance(place.step.kind, kinds)]
        return self.random.choice(fitting or self.paths or ["nowhere"])

    def _slot(self) -> tuple[str, str | None]:
        container = self.random.choice(list(self.ground.blocks))
        if self.random.random() < 0.15 and self.paths:
            container = f"{self._path()}/{self._pick('else', 'default', 'reject', 'timeout')}"
        inside = (
            [step.id for step in self.ground.blocks[container].steps]
            if container in self.ground.blocks
            else []
        )
        return container, self.random.choice([None, *inside])

    def _add(self) -> dsl.Edit:
        container, before = self._slot()
        text = self._pick(
            "step fresh: let 1\n  timeout 3s // note",
            "step a: call crm.find(id: 1)\n step b: let a.id",
            "// above\nstep s1: if true { step s2: let s1 }",
        )
        return dsl.AddStep(container=container, before=before, text=text, uses=self._pick((), (USE,)))

    def _paste(self) -> dsl.Edit:
        container, before = self._slot()
        try:
            return dsl.copy_text(self.ground.parsed, [self._path(), self._path()]).paste(container, before)
        except dsl.EditError:
            return dsl.Paste(text="step a: let 1")

    def _move(self) -> dsl.Edit:
        container, before = self._slot()
        return dsl.MoveStep(path=self._path(), container=container, before=before)

    def _wrap(self) -> dsl.Edit:
        place = self.ground.places.get(self._path())
        if place is None:
            return dsl.Wrap(paths=("nowhere",), into="do")
        steps = self.ground.block(place.container).steps
        prefix = place.path[: len(place.path) - len(place.step.id)]
        count = self.random.randint(1, 3)
        paths = tuple(prefix + step.id for step in steps[place.index : place.index + count])
        return dsl.Wrap(paths=paths, into=self._pick(*WRAPS))

    def _pair(self) -> dict[str, str]:
        groups: dict[str, list[str]] = {}
        for path, place in self.ground.places.items():
            groups.setdefault(place.container, []).append(path)
        together = [paths for paths in groups.values() if len(paths) > 1]
        if not together or self.random.random() < 0.05:
            return {"source": self._path(), "target": self._path()}
        group = self.random.choice(together)
        at = self.random.randrange(len(group) - 1)
        pair = [group[at], group[min(at + self.random.randint(1, 3), len(group) - 1)]]
        if self.random.random() < 0.1:
            pair.reverse()
        return {"source": pair[0], "target": pair[1]}

    def _set_clause(self) -> dsl.Edit:
        clause, text = self._pick(
            ("timeout", "3s"),
            ("timeout", None),
            ("after", "a, b"),
            ("after", None),
            ("retry", 'retry 2 on "timeout"'),
            ("key", '"k"'),
            ("catch", 'catch "gone" as e { step told: let e.message }'),
            ("catch1", None),
            ("compensate", "{ step undo: let 1 }"),
            ("compensate", None),
        )
        return dsl.SetClause(path=self._path(), clause=clause, text=text)

    def _set_expression(self) -> dsl.Edit:
        field, value, *kinds = self._pick(
            ("value", "order.total + 1", tree.Let, tree.Return),
            ("test", "order.ok", tree.If, tree.Loop),
            ("arms[0].test", '"paid"', tree.If, tree.Switch),
            ("items", "[1, 2]", tree.Foreach),
            ("concurrency", "7", tree.Foreach),
            ("concurrency", None, tree.Foreach),
            ("max", "5", tree.Loop),
            ("title", '"May ${x} go?"', tree.Approve),
            ("within", "2h", tree.Approve),
            ("within", None, tree.Approve),
            ("show", None, tree.Approve),
            ("prompt", '"""\n  Say ${x}\n  """', tree.Agent),
            ("message", None, tree.Fail),
            ("code", '"other"', tree.Fail),
            ("when", "event.id == 1", tree.Wait),
        )
        return dsl.SetExpression(path=self._path(*kinds), field=field, value=value)

    def _rename_name(self) -> dsl.Edit:
        known: list[dict[str, str]] = []
        for head in self.ground.workflow.heads:
            if isinstance(head, tree.Fields):
                known += [{"sort": head.role, "name": field.name} for field in head.fields]
            else:
                known.append({"sort": part_of(head), "name": name_of(head) or ""})
        for path, place in self.ground.places.items():
            catches = iter([c for c in place.step.clauses if isinstance(c, tree.Catch)])
            for slot in slots(place.step):
                match place.step.kind:
                    case tree.Foreach(variable=name) if slot.name == "body":
                        known.append({"sort": "variable", "name": name, "block": f"{path}/body"})
                    case tree.Loop(carry=(name, _)) if slot.name == "body":
                        known.append({"sort": "variable", "name": name, "block": f"{path}/body"})
                if slot.name.startswith("catch") and (variable := next(catches).variable):
                    known.append({"sort": "variable", "name": variable, "block": f"{path}/{slot.name}"})
        chosen = self.random.choice(known or [{"sort": "use", "name": "nothing"}])
        return dsl.RenameName.model_validate({**chosen, "new": self._pick("fresh", "other", "timeout")})

    def _set_header(self) -> dsl.Edit:
        part, text = self._pick(
            ("use", 'mcp "crm"'),
            ("use", 'workflow "billing/collect"'),
            ("type", "{ id: string, paid: bool? }"),
            ("input", 'string = "none"'),
            ("input", "int[]"),
            ("output", "Order?"),
            ("config", "float = 1.5"),
            ("secret", ""),
            ("trigger", "manual"),
            ("trigger", 'schedule "0 9 * * *" timezone "Europe/Paris"\n    with (order: 1)'),
        )
        names = ["order", "x", "fresh"]
        for head in self.ground.workflow.heads:
            if part_of(head) == part:
                found = (
                    [f.name for f in head.fields] if isinstance(head, tree.Fields) else [name_of(head) or ""]
                )
                names += found
        return dsl.SetHeader(
            part=part,
            name=self.random.choice(names),
            text=self._pick(text, text, None),
            doc=self._pick(None, None, "", "What it is.\nMore."),
        )

    def _replace(self) -> dsl.Edit:
        start = self.random.randrange(len(self.ground.text))
        end = min(len(self.ground.text), start + self.random.randint(0, 9))
        return dsl.ReplaceText(start=start, end=end, text=self._pick("", "x", " // c\n", "}"))
