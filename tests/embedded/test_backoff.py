"""The pause of a program that died before its next start."""

from hypothesis import given
from hypothesis import strategies as st

from apps.embedded.supervision.backoff import FIRST_DELAY, HEALTHY_SECONDS, LONGEST_DELAY, BackOff


def test_delays_double() -> None:
    back_off = BackOff()
    assert [back_off.next_delay(ran_seconds=0) for _ in range(4)] == [0.1, 0.2, 0.4, 0.8]


def test_a_long_healthy_run_is_forgiven() -> None:
    back_off = BackOff()
    assert back_off.next_delay(ran_seconds=0) < back_off.next_delay(ran_seconds=0)
    assert back_off.next_delay(ran_seconds=HEALTHY_SECONDS) == FIRST_DELAY


@given(st.integers(min_value=0, max_value=10**9))
def test_no_delay_is_longer_than_the_longest(deaths: int) -> None:
    assert FIRST_DELAY <= BackOff(deaths).next_delay(ran_seconds=0) <= LONGEST_DELAY
