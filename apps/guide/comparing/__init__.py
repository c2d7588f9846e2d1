"""Two to four models or variants side by side: ``/guide/compare/``, and the same as CSV and JSON.

``state`` is what the address says, ``figures`` what stands in a cell, ``table`` puts cells into rows and groups,
``shown`` merges and marks them for the page, ``selectors`` reads, ``downloads`` writes.
"""
