"""Histograms: what is read back is as near as promised, and the database puts things where Python does."""

from __future__ import annotations

import math
import random

import psycopg
import pytest

from engine.database import Urls
from engine.figures import ERROR, bucket_of, middle, percentile


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("seed", range(5))
def test_a_percentile_is_within_the_bound_of_the_true_one(share: float, seed: int):
    rng = random.Random(seed)
    took = [rng.lognormvariate(rng.uniform(-3, 6), 2) + 0.0011 for _ in range(rng.randint(1, 3000))]
    counts: dict[int, int] = {}
    for one in took:
        counts[bucket_of(one)] = counts.get(bucket_of(one), 0) + 1
    true = sorted(took)[max(1, math.ceil(share * len(took))) - 1]
    read = percentile(counts, share)
    assert read is not None and abs(read - true) <= ERROR * true * 1.000001
    assert abs(read - true) > 0, "the control: a histogram is not exact"


def test_the_bound_is_nine_percent_and_is_reached_at_the_edges_of_a_bucket():
    assert 0.09 < ERROR < 0.092
    low = 2.0 ** (10 / 4) / 1000 * 1.0000001
    assert middle(bucket_of(low)) / low - 1 == pytest.approx(ERROR, rel=1e-4)


def test_histograms_are_added_like_numbers():
    one, other = {3: 2, 9: 1}, {9: 4}
    assert percentile({3: 2, 9: 5}, 0.5) == middle(9)
    assert (percentile(one, 0.5), percentile(other, 0.5), percentile({}, 0.5)) == (middle(3), middle(9), None)


def test_the_database_and_python_agree_on_buckets(urls: Urls):
    rng = random.Random(7)
    values = [0.0, 0.001, 0.0010001, -1.0, 1e9, 5.2e7, *(10 ** rng.uniform(-4, 8) for _ in range(2000))]
    with psycopg.connect(urls.app) as connection:
        rows = connection.execute(
            "SELECT weft_bucket(v) FROM unnest(%s::float8[]) WITH ORDINALITY AS g(v, n) ORDER BY n", (values,)
        ).fetchall()
        assert connection.execute("SELECT weft_bucket(NULL)").fetchone() == (None,)
    assert [row[0] for row in rows] == [bucket_of(value) for value in values]
