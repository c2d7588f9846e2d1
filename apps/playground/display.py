"""An output as a page shows it: its text so far, its status and its figures."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.http import HttpRequest
from django.template.loader import render_to_string

from apps.generation.models import Generation, State
from apps.generation.queue import position_of
from apps.generation.request_record import RequestRecord
from apps.generation.selectors import text_so_far, written_so_far
from apps.playground.models import Kind, Output, Run
from apps.playground.status import Status, status_of


@dataclass(frozen=True)
class ShownOutput:
    """One output with its ``text`` so far. ``may_decide``: the reader owns the run."""

    run: Run
    output: Output
    text: str
    status: Status
    may_decide: bool = True

    @classmethod
    def of(cls, run: Run, output: Output, *, may_decide: bool = True) -> Self:
        """Read the text so far, from the event log while the output is being written."""
        generation = output.generation
        if generation.is_over:
            return cls(run, output, text_so_far(generation), status_of(generation, is_growing=False), may_decide)
        written = written_so_far(generation)
        position = position_of(generation.pk) if generation.state == State.QUEUED else None
        status = status_of(generation, is_growing=written.is_growing, position=position)
        return cls(run, output, written.text, status, may_decide)

    @property
    def generation(self) -> Generation:
        return self.output.generation

    @property
    def offset(self) -> int:
        """Return the code points of ``text``."""
        return len(self.text)

    @cached_property
    def last_request(self) -> RequestRecord | None:
        records = RequestRecord.read(self.generation.sent)
        return records[-1] if records else None

    @property
    def endpoint(self) -> str:
        if self.last_request is not None:
            return self.last_request.endpoint
        return self.generation.endpoint.name if self.generation.endpoint else self.generation.wanted_name

    @property
    def lead(self) -> str:
        """Return the beginning of the line on which the output starts."""
        if self.run.kind == Kind.SIDE_BY_SIDE:
            return ""
        return self.run.before.rpartition("\n")[2]

    @property
    def tail(self) -> str:
        """Return the rest of the line after the gap."""
        return self.run.after.partition("\n")[0].rstrip("\r")

    @property
    def can_decide(self) -> bool:
        return self.may_decide and self.generation.is_over and self.output.is_open

    @property
    def can_accept(self) -> bool:
        return self.can_decide and bool(self.text)

    @property
    def can_undo(self) -> bool:
        return self.may_decide and self.generation.is_over and not self.output.is_open

    @property
    def can_continue(self) -> bool:
        """Return whether the output broke off, so that a person can accept it and generate more."""
        return self.run.kind == Kind.COMPLETE and self.can_accept and self.generation.broke_off

    @property
    def cut_sentence(self) -> str:
        """Say which part of the document did not fit the context window; empty if all did."""
        record = self.last_request
        if record is None or not (record.cut_before or record.cut_after):
            return ""
        parts = []
        if record.cut_before:
            parts.append(f"the first {record.cut_before:,} characters before the cursor")
        if record.cut_after:
            parts.append(f"the last {record.cut_after:,} characters after the gap")
        return f"Written without {' and '.join(parts)}: the model's window holds {record.window or 0:,} tokens."

    def render(self, request: HttpRequest) -> str:
        """Return the element that pages and event streams show; its forms carry the CSRF token of ``request``."""
        return render_to_string("playground/_output.html", {"shown": self, "run": self.run}, request)


def shown_outputs(run: Run, *, may_decide: bool = True) -> list[ShownOutput]:
    """Return the outputs of a run in order."""
    return [ShownOutput.of(run, output, may_decide=may_decide) for output in run.outputs.all()]
