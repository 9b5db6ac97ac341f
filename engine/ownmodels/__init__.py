"""An account's own models, apart from any way into the database: what a runner and the services both need.

A stored entry becomes one that can be called (``entry``), its address is judged at every connection (``place``), what
is said to it is looked through first (``screened``), and its budget is asked (``budget``). ``engine.models`` is the
service over the tables.
"""

from engine.ownmodels.budget import Budgets, Purse, Reserved, read_budgets
from engine.ownmodels.entry import Stored, entry_of, secret_name
from engine.ownmodels.place import Allowed, check_address, guarded_board
from engine.ownmodels.screened import ScreenedModel, is_local

__all__ = [
    "Allowed",
    "Budgets",
    "Purse",
    "Reserved",
    "ScreenedModel",
    "Stored",
    "check_address",
    "entry_of",
    "guarded_board",
    "is_local",
    "read_budgets",
    "secret_name",
]
