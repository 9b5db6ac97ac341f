"""Policies for catalogs that tests make up."""

from __future__ import annotations

from dsl.policy import Policy, ToolRule

FREE = Policy(rules=(ToolRule(tool="*", approval="free", compensation="needless"),))
"""Tools still change things, but nobody has to approve it and nothing has to be undone: for tests of something else."""
