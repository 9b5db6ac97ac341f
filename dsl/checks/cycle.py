"""E104: steps that wait for each other.

What: following `after` leads back to where it began, or to a step that runs later anyway.
Why: none of them could ever start.
Fix: remove one of the `after`; to do something again, wrap it in a `loop`.

Bad:
    workflow both {
      input { a: float, b: float }
      step sums: parallel {
        step left: let input.a
          «after right»
        step right: let input.b
          after left
      }
      step done: return { sum: left + right }
    }
Good:
    workflow both {
      input { a: float, b: float }
      step sums: parallel {
        step left: let input.a
        step right: let input.b
          after left
      }
      step done: return { sum: left + right }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.outline import Place, after_of, slots

_HELP = "remove one of these `after`; to do something again, wrap it in a `loop`"


def check(subject: Subject) -> Iterator[Diagnostic]:
    paths = {id(place.step): place for place in subject.places}
    yield from _block(subject.workflow.body, False, paths)


def _block(block: tree.Block, parallel: bool, paths: dict[int, Place]) -> Iterator[Diagnostic]:
    yield from _cycles(block, paths) if parallel else _backwards(block, paths)
    for step in block.steps:
        for slot in slots(step):
            inner = isinstance(step.kind, tree.Parallel) and not slot.rescue
            yield from _block(slot.block, inner, paths)


def _cycles(block: tree.Block, paths: dict[int, Place]) -> Iterator[Diagnostic]:
    steps = {step.id: step for step in block.steps}
    if not any(map(after_of, block.steps)):
        return
    # Imported here: it is half of what importing the language costs, and few workflows use `after`.
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(steps)
    graph.add_edges_from((name, id_) for id_, s in steps.items() for name in after_of(s) if name in steps)
    for group in nx.strongly_connected_components(graph):
        members = [id_ for id_ in steps if id_ in group]
        if len(members) == 1 and members[0] not in after_of(steps[members[0]]):
            continue
        # The witness starts at the first step of the cycle that is written.
        edges = nx.find_cycle(graph.subgraph(members), members[0])
        round_ = [edges[0][0], *(edge[1] for edge in edges)]
        step = steps[members[0]]
        yield Diagnostic(
            "E104",
            "error",
            f"these steps wait for each other: {' -> '.join(round_)}",
            _after_span(step),
            _HELP,
            paths[id(step)].path,
            witness=tuple(paths[id(steps[name])].path for name in round_),
        )


def _backwards(block: tree.Block, paths: dict[int, Place]) -> Iterator[Diagnostic]:
    order = {step.id: index for index, step in reversed(list(enumerate(block.steps)))}
    for index, step in enumerate(block.steps):
        for name in after_of(step):
            if order.get(name, -1) >= index:
                what = "itself" if name == step.id else f"`{name}`, which comes later"
                yield Diagnostic(
                    "E104",
                    "error",
                    f"`{step.id}` cannot be after {what}",
                    _after_span(step),
                    "steps outside a `parallel` run in the order they are written; move the step",
                    paths[id(step)].path,
                    witness=tuple(paths[id(one)].path for one in block.steps[index : order[name] + 1]),
                )


def _after_span(step: tree.Step) -> tree.Span:
    return next((c.span for c in step.clauses if isinstance(c, tree.After)), step.id_span)
