"""The benchmarks' page: charts of the scores, the tables they come from, and where the pattern breaks.

``figures`` takes the scores apart, ``patterns`` finds what contradicts the usual expectations, ``chart`` places the
bars; all of it is computed from the loaded scores, none of it is written down.
"""
