"""The benchmarks' page: charts of the scores, the tables they come from, and where the pattern breaks.

``figures`` groups the scores, ``patterns`` finds scores that contradict expectations, ``chart`` places the
bars. Everything is computed from the loaded scores.
"""
