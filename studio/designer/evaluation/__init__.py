"""Evaluation of designers: suites of requests, the properties that their answers must have, and what a run comes to.

``docs/evaluation.md`` tells how to read and write a suite; ``weft eval`` runs one.
"""

from studio.designer.evaluation.harness import Judged, builtin, judge_case, of_model, run_case, run_suite
from studio.designer.evaluation.judging import judge
from studio.designer.evaluation.reading import Reading, Result
from studio.designer.evaluation.suite import Case, SuiteError, built_in, catalog_of, read_cases, read_catalog

__all__ = [
    "Case",
    "Judged",
    "Reading",
    "Result",
    "SuiteError",
    "built_in",
    "builtin",
    "catalog_of",
    "judge",
    "judge_case",
    "of_model",
    "read_cases",
    "read_catalog",
    "run_case",
    "run_suite",
]
