"""Which model for what: a few answers in, a recommendation with its reasons out.

``answers`` reads what people say, ``rules`` are data (``content/rules.toml``), ``evidence`` are the scores that models
are put in order by, ``memory`` says what fits on a card, ``decide`` puts them together without a database, ``choose``
does so with the guide's rules and the endpoints here.
"""
