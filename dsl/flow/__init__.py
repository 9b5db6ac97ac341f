"""What is sure wherever a run comes: the analysis that the proofs share.

A fact is a bit, what is sure at a place a set of bits. It is a must-analysis over the tree, in one walk:

- Steps of a block add to what is sure; nothing that is sure is ever lost (names are given once).
- Where branches come together again, only what is sure on each way that goes on stays: an intersection. A way that
  ends the workflow is no way; it counts as one on which everything is sure.
- Behind a ``parallel`` all its steps have run: a union. (In a graph of the steps nothing would be on *every* path
  through the parallel, so dominators would miss it.) Behind ``parallel any`` one of the last steps has run, nobody
  knows which: an intersection over them. Behind ``settle`` any step may have failed: what was sure before it.
- Beside each other: a step of a ``parallel`` can count on what it is ``after``, on nothing its siblings do.
- A ``foreach`` or ``loop`` may run no round: what is inside is sure inside only. A round cannot count on the round
  before it. A ``loop`` is left by its test only, so behind it the test has come out.
- A catch takes over from any place inside what failed: it can count on what was sure before the step.
- ``on reject`` and ``on timeout`` branches that go on come together with the yes, without it.
- A compensation runs when its step has succeeded, so it counts on what is sure behind that.

What the facts are is the caller's business (:class:`Facts`).
"""

from dsl.flow.bounds import Bounds
from dsl.flow.sure import NEVER, Facts, Sure, sure_of
from dsl.flow.values import Value, Values
from dsl.flow.way import Stop, way_to

__all__ = ["NEVER", "Bounds", "Facts", "Stop", "Sure", "Value", "Values", "sure_of", "way_to"]
