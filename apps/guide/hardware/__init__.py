"""How much GPU memory a model needs, which cards hold it, and how TGI is started for it.

``memory`` and ``fit`` are plain arithmetic, ``advice`` says what the arithmetic does not, ``command`` writes the TGI
command, ``bar`` draws; ``selectors`` brings the guide's facts, ``answer`` puts all together for page and JSON.
"""
