"""Migrations, written by hand: the schema, its policies and its grants. ``versions/NNNN_name.py``, applied in order.

Each says in its docstring whether it runs before or after the code that needs it.
"""
