"""A workflow exported from n8n, as a Weft text, with a report of what did not come over as it was. Pure.

Common nodes are mapped: triggers, HTTP requests, set, if, switch, loops over items, wait, merge, sub-workflows, e-mail,
stop with an error, and questions to a model. n8n passes lists of items from node to node; Weft passes one value from
step to step. So a node works once here, on what the node before it gave, except inside a loop over items.
"""

from dsl.n8n.export import NotN8n
from dsl.n8n.reading import Made, read
from dsl.n8n.report import Note

__all__ = ["Made", "NotN8n", "Note", "read"]
