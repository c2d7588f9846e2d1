"""The audit log: what admins and API keys did."""

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7, Now

LONGEST_SUBJECT = 200
LONGEST_DETAILS = 500


class Action(models.TextChoices):
    """An action that the audit log records."""

    KEY_MADE = "key made", "API key made"
    KEY_REVOKED = "key revoked", "API key revoked"
    KEY_USED = "key used", "API key used from this address, first time in a day"
    PERSON_ADDED = "person added", "Person added"
    PERSON_INVITED = "person invited", "Person invited"
    PERSON_SWITCHED_OFF = "person switched off", "Person switched off"
    PERSON_SWITCHED_ON = "person switched on", "Person switched on"
    PERSON_DELETED = "person deleted", "Person deleted"
    RIGHTS_GIVEN = "rights given", "Made staff and superuser"
    RIGHTS_TAKEN = "rights taken", "Made an ordinary user"
    GROUPS_SET = "groups set", "Groups of a person set"
    INVITATION_WITHDRAWN = "invitation withdrawn", "Invitation withdrawn"
    FACTORS_REMOVED = "second factors removed", "Second factors removed for a person"
    LINK_MADE = "sign-in link made", "Sign-in link made for a person"
    ENDPOINT_CHANGED = "endpoint changed", "Endpoint added, changed or removed"
    TOKENS_RESEALED = "tokens resealed", "Endpoints’ tokens encrypted anew"
    BACKED_UP = "backed up", "Database written to a file"
    RESTORED = "restored", "Database restored from a file"
    PROMPTS_READ = "prompts read", "Prompts read"
    RECORD_ADDED = "record added", "Record added in the admin"
    RECORD_CHANGED = "record changed", "Record changed in the admin"
    RECORD_DELETED = "record deleted", "Record deleted in the admin"


class AuditEntry(models.Model):
    """One action: who did it, when, to what, and from where. It outlives the person and the subject.

    It never holds the text of a prompt or a reply: ``subject`` names a record, ``details`` says what changed.
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=32, help_text="One of ``Action``.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    actor_name = models.CharField(max_length=150, help_text="The user's name at the time, or “command line”.")
    key_prefix = models.CharField("API key", max_length=16, default="", blank=True)
    subject = models.CharField(max_length=LONGEST_SUBJECT, default="", blank=True)
    details = models.CharField(max_length=LONGEST_DETAILS, default="", blank=True)
    address = models.CharField("from", max_length=64, default="", blank=True, help_text="The network address.")

    class Meta:
        verbose_name_plural = "audit log"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at"], name="audit_recent")]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.subject}".strip()
