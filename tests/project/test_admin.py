"""The admin: staff only, and every model in it."""

from django.apps import apps
from django.contrib import admin
from django.test import Client

from apps.accounts.models import User


def test_anonymous_visitors_are_sent_to_sign_in(client: Client, db: None) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/sign-in/?next=/admin/"
    assert response.status_code == 200


def test_people_who_are_not_staff_find_nothing(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/admin/", follow=True).status_code == 404


def test_staff_see_every_model_of_ours(client: Client, db: None) -> None:
    staff = User.objects.create_superuser("staff")
    client.force_login(staff)
    page = client.get("/admin/").content.decode()
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    assert len(ours) >= 5
    # Parts of another model are edited there.
    parts = {inline.model for options in admin.site._registry.values() for inline in options.inlines}  # noqa: SLF001 - nothing else names them
    for model in set(ours) - parts:
        assert admin.site.is_registered(model), f"{model.__name__} is not in the admin"
        assert f"/admin/{model._meta.app_label}/{model._meta.model_name}/" in page
        changelist = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")
        assert changelist.status_code == 200
