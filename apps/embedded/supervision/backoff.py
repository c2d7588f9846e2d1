"""The delay before a program that died is started again."""

from dataclasses import dataclass

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
# A program that ran this long had started well, so its next death counts as the first.
HEALTHY_SECONDS = 5.0


@dataclass(slots=True)
class BackOff:
    """Delays that double with each early death."""

    deaths: int = 0

    def next_delay(self, *, ran_seconds: float) -> float:
        """Return the seconds to wait after a death that came ``ran_seconds`` after the start."""
        if ran_seconds >= HEALTHY_SECONDS:
            self.deaths = 0
        self.deaths += 1
        # Bound the exponent too: a program that dies for days must not overflow.
        return min(FIRST_DELAY * (1 << min(self.deaths - 1, 10)), LONGEST_DELAY)
