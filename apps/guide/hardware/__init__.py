"""The hardware calculator: a model's GPU memory, the cards that hold it, and the commands that start it.

``memory`` and ``fit`` are plain arithmetic; ``advice`` adds cautions; ``command`` writes the servers' commands; ``bar``
draws. ``selectors`` reads the guide's facts; ``answer`` combines everything for page and JSON.
"""
