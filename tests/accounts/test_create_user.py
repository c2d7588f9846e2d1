"""``create_user USERNAME [--staff]``."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User

pytestmark = pytest.mark.django_db


def create_user(*arguments: str) -> str:
    output = StringIO()
    call_command("create_user", *arguments, stdout=output)
    return output.getvalue().strip()


def test_new_user_cannot_sign_in_by_password() -> None:
    assert create_user("dana") == "Created user dana."
    dana = User.objects.get(username="dana")
    assert dana.is_active
    assert not dana.is_staff
    assert not dana.has_usable_password()


def test_staff_may_do_everything_in_the_admin() -> None:
    create_user("dana", "--staff")
    dana = User.objects.get(username="dana")
    assert dana.is_staff
    assert dana.is_superuser


def test_second_call_changes_nothing() -> None:
    create_user("dana", "--staff")
    before = User.objects.values().get(username="dana")
    assert create_user("dana") == "User dana exists."
    assert User.objects.values().get(username="dana") == before


def test_existing_user_can_be_made_staff_and_keeps_the_password() -> None:
    User.objects.create_user("dana", password="correct horse battery")
    create_user("dana", "--staff")
    dana = User.objects.get(username="dana")
    assert dana.is_superuser
    assert dana.check_password("correct horse battery")


@pytest.mark.parametrize("username", ["", "two words", "x" * 151, "semi;colon"])
def test_bad_username_is_one_sentence(username: str) -> None:
    with pytest.raises(
        CommandError, match=r"^A user name is 1 to 150 letters, digits and @ \. \+ - _ only\.$"
    ) as error:
        create_user(username)
    assert error.value.returncode == 1
    assert not User.objects.exists()
