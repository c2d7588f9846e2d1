"""The chooser: recommend a model for a few answers, with reasons.

``answers`` reads people's answers; ``rules`` are data (``content/rules.toml``); ``evidence`` holds the scores that
order models; ``memory`` calculates which models fit on a card. ``decide`` combines them without a database; ``choose``
does so with the guide's rules and the endpoints here.
"""
