"""Everything in plain words: steps, conditions, names, amounts, kinds of values, what tools do."""
