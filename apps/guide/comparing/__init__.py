"""Two to four models or variants side by side: ``/guide/compare/``, and the same as CSV and JSON.

``state`` reads the address, ``figures`` are the contents of cells, ``table`` puts cells into rows and groups,
``shown`` merges and marks them for the page, ``selectors`` reads, ``downloads`` writes.
"""
