"""What a dashboard shows of an account: runs over time, durations, steps, calls, queues. From summary rows alone.

``figures`` reads all of it in one snapshot. What each number is: docs/dashboard.md.
"""

from engine.figures.buckets import ERROR, bucket_of, middle, percentile
from engine.figures.figure import (
    CallFigure,
    Figures,
    Moment,
    Now,
    QueueMoment,
    StepFigure,
    Sums,
)
from engine.figures.reading import ever_ran, figures
from engine.figures.span import RANGES, Span, span_between, span_of

__all__ = [
    "ERROR",
    "RANGES",
    "CallFigure",
    "Figures",
    "Moment",
    "Now",
    "QueueMoment",
    "Span",
    "StepFigure",
    "Sums",
    "bucket_of",
    "ever_ran",
    "figures",
    "middle",
    "percentile",
    "span_between",
    "span_of",
]
