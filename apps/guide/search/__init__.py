"""Search of the guide: an index of passages (``index``), finding (``find``), and suggestions (``spelling``).

The index is made anew by ``load_guide`` and after every change in the admin. It holds only copies of other rows.
"""
