"""Finding runs: filters, search by indexed keys, and views that people keep.

- ``terms``: what a run is found by, and what somebody asks for, as numbers. Pure.
- ``filling``: a runner's part: makes the numbers of runs that began or ended, behind their backs.
- ``asking``: a filter as a value, to and from the words of an address. Pure.
- ``listing``: the list of runs, page by page.
- ``views``: filters with a name.

This front door imports nothing: a runner takes ``filling`` alone.
"""
