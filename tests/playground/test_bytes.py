"""The request to a model server and the text that goes in at the gap, to the byte."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.playground.models import Run
from apps.playground.selectors import accepted_texts
from apps.stores.threads import in_thread
from tests.playground.asking import ask_to_complete, ask_to_fill, ended
from tests.support.counting_wire import DONE, completion_chunk, native_details, native_token, usage
from tests.support.scripted_server import ScriptedServer
from tests.support.services import Running
from tests.support.wire import Send, event, head

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = 4096


def openai_stream(*tokens: str) -> list[Send]:
    last = {**completion_chunk("", "stop"), "usage": usage(len(tokens))}
    events = [event(completion_chunk(token)) for token in tokens]
    return [head(), Send(b"".join([*events, event(last), DONE]))]


def native_stream(*tokens: str) -> list[Send]:
    details = native_details(len(tokens), "eos_token")
    last = {**native_token("</s>", special=True), "generated_text": "".join(tokens), "details": details}
    return [head(), Send(b"".join([*(event(native_token(token)) for token in tokens), event(last)]))]


def infill_stream(*tokens: str) -> list[Send]:
    last = {"content": "", "stop": True, "stop_type": "eos", "tokens_evaluated": 9, "tokens_predicted": len(tokens)}
    return [head(), Send(b"".join([*(event({"content": t, "stop": False}) for t in tokens), event(last)]))]


STREAMS = {"vllm": openai_stream, "tgi": native_stream, "llama.cpp": infill_stream}


def serve(server: ScriptedServer, kind: str, window: int = WINDOW) -> Endpoint:
    protocol = "tgi" if kind == "tgi" else "openai"
    endpoint = add_endpoint(name="gpu-1", url=server.url, protocol=protocol, variant="base", size="7B")
    Endpoint.objects.filter(pk=endpoint.pk).update(discovered={"kind": kind}, discovered_context_window=window)
    return endpoint


def sent_to(server: ScriptedServer) -> tuple[str, dict[str, Any]]:
    (asked,) = [r for r in server.requests if r.path in {"/v1/completions", "/generate_stream", "/infill"}]
    return asked.path, asked.json


async def filled(  # noqa: PLR0913 (what decides the bytes)
    server: ScriptedServer,
    browser: Client,
    *,
    kind: str,
    before: str,
    after: str,
    tokens: list[str],
    **more: Any,
) -> tuple[Run, Generation]:
    endpoint = await in_thread(serve)(server, kind)
    server.answer(*STREAMS[kind](*tokens))
    run = await in_thread(ask_to_fill)(browser, endpoint, before, after, **more)
    (generation,) = await in_thread(ended)(run)
    assert generation.state == State.SUCCEEDED, generation.error
    return await in_thread(Run.objects.get)(pk=run.pk), generation


# A space follows <SUF> where the tokenizer would join its end with what comes (decision 25).
CASES = {
    "after a word: PSM": ("def add", "\n    return a\n", ["(a):"], "<PRE> def add <SUF>\n    return a\n <MID>", {}),
    "between tokens: SPM": ("x = ", "\ny = 2\n", ["1"], "<PRE> <SUF>\ny = 2\n <MID> x = ", {}),
    "SPM overridden": ("x = ", "\ny = 2\n", ["1"], "<PRE> x =  <SUF>\ny = 2\n <MID>", {"order": "psm"}),
    "PSM overridden": ("def add", "\n", ["(a): ..."], "<PRE> <SUF>\n <MID> def add", {"order": "spm"}),
    "spaces at both seams": ("a +  ", "  + b  \n", ["  c  "], "<PRE> <SUF>  + b  \n <MID> a +  ", {}),
    "nothing before": ("", "\nx = 1", ["# one\n\n"], "<PRE> <SUF>\nx = 1 <MID>", {}),
    "line breaks around": ("\n\n", "\n\n", ["\n", "x\n"], "<PRE> <SUF>\n\n <MID> \n\n", {}),
    "tabs and wide characters": ("\tß = '\U0001f600", "'\t\n", ["…"], "<PRE> <SUF> '\t\n <MID> \tß = '\U0001f600", {}),
    "tags within the code": (
        'f("<PRE> <FILL_ME> </s>',
        '<MID>")',
        ["<SUF", "> x"],
        '<PRE> <SUF> < MID>") <MID> f("< PRE> < FILL_ME> < /s>',
        {},
    ),
}


@pytest.mark.parametrize("kind", ["vllm", "tgi"])
@pytest.mark.parametrize("case", CASES)
async def test_a_gap_to_the_byte(
    kind: str,
    case: str,
    scripted_server: ScriptedServer,
    browser: Client,
    celery_worker_process: Running,
) -> None:
    before, after, tokens, prompt, more = CASES[case]
    run, generation = await filled(
        scripted_server, browser, kind=kind, before=before, after=after, tokens=tokens, **more
    )
    _, body = sent_to(scripted_server)
    assert (body["inputs"] if kind == "tgi" else body["prompt"]) == prompt
    assert (run.before, run.after) == (before, after)
    assert generation.text == "".join(tokens)


@pytest.mark.parametrize("kind", ["vllm", "tgi", "llama.cpp"])
async def test_windows_line_ends(
    kind: str, scripted_server: ScriptedServer, browser: Client, celery_worker_process: Running
) -> None:
    """The model is sent LF; the document keeps CRLF, the new text included."""
    run, generation = await filled(
        scripted_server,
        browser,
        kind=kind,
        before="def f():\r\n    ",
        after="\r\n    return x\r\n",
        tokens=["x = 1\n", "    y = 2"],
        line_ends="crlf",
    )
    assert "\\r" not in json.dumps(sent_to(scripted_server)[1])
    assert generation.text == "x = 1\r\n    y = 2"
    address = f"/playground/{run.pk}/{generation.pk}/text/"
    page = await in_thread(browser.get)(address)
    assert page.content == b"def f():\r\n    x = 1\r\n    y = 2\r\n    return x\r\n"


@pytest.mark.parametrize("tokens", [["x", " <EOT>"], ["x", "<E", "OT>"], ["x", "<EOT>", "and more"]])
async def test_the_end_token_is_not_in_the_text(
    tokens: list[str],
    scripted_server: ScriptedServer,
    browser: Client,
    celery_worker_process: Running,
) -> None:
    _, generation = await filled(scripted_server, browser, kind="vllm", before="a = ", after="\n", tokens=tokens)
    assert generation.text == "x"
    assert "<EOT>" in sent_to(scripted_server)[1]["stop"]


async def test_llama_cpp_is_sent_both_sides(
    scripted_server: ScriptedServer, browser: Client, celery_worker_process: Running
) -> None:
    await filled(scripted_server, browser, kind="llama.cpp", before="a <PRE>  ", after="  b\n", tokens=["  c "])
    path, body = sent_to(scripted_server)
    assert path == "/infill"
    assert (body["input_prefix"], body["input_suffix"]) == ("a <PRE>  ", "  b\n")


async def test_accepted_text_goes_in_exactly(
    scripted_server: ScriptedServer, browser: Client, celery_worker_process: Running
) -> None:
    run, generation = await filled(
        scripted_server, browser, kind="vllm", before="  a(  ", after="  )\n\n", tokens=["  1,", "\n 2  "]
    )
    answer = await in_thread(browser.post)(f"/playground/{run.pk}/{generation.pk}/accept/")
    assert answer["Location"] == f"/playground/{run.pk}/"
    page = await in_thread(browser.get)(answer["Location"])
    assert page.context["form"].initial["before"] == "  a(    1,\n 2  "
    assert page.context["form"].initial["after"] == "  )\n\n"
    assert ">\n  a(    1,\n 2  </textarea>" in page.text
    assert "".join(accepted_texts(run, generation.text)) == "  a(    1,\n 2    )\n\n"


@pytest.mark.parametrize("has_tokenizer", [True, False])
async def test_what_does_not_fit_the_window_is_cut_and_said(
    has_tokenizer: bool,  # noqa: FBT001 (a parameter)
    scripted_server: ScriptedServer,
    browser: Client,
    celery_worker_process: Running,
) -> None:
    """The beginning of the text before the gap goes, and the end of the text after it."""
    before = "".join(f"first_{number} = {number}\n" for number in range(3000))
    after = "\n" + "".join(f"last_{number} = {number}\n" for number in range(3000))
    endpoint = await in_thread(serve)(scripted_server, "vllm", window=2000)
    if not has_tokenizer:
        scripted_server.answer(head(404, length=0))  # to /tokenize; otherwise a word is a token
    run = await in_thread(ask_to_fill)(browser, endpoint, before, after)
    (generation,) = await in_thread(ended)(run)
    assert generation.state == State.SUCCEEDED, generation.error
    body = next(request.json for request in scripted_server.requests if request.path == "/v1/completions")
    start, _, middle = body["prompt"].partition(" <MID>")
    kept_after, kept_before = start.removeprefix("<PRE> <SUF>"), middle.removeprefix(" ")
    assert kept_after
    assert kept_before
    assert before.endswith(kept_before)
    assert after.startswith(kept_after)
    (record,) = generation.sent
    assert record["cut_before"] == len(before) - len(kept_before) > 0
    assert record["cut_after"] == len(after) - len(kept_after) > 0
    page = (await in_thread(browser.get)(run.get_absolute_url())).text
    assert f"Written without the first {record['cut_before']:,} characters before the cursor" in page
    assert f"the last {record['cut_after']:,} characters after the gap" in page
    assert (run.before, run.after) == (before, after)  # the document itself is whole


@pytest.mark.parametrize("kind", ["vllm", "tgi", "llama.cpp"])
async def test_the_shown_body_is_the_one_that_was_posted(
    kind: str, scripted_server: ScriptedServer, browser: Client, celery_worker_process: Running
) -> None:
    run, generation = await filled(
        scripted_server, browser, kind=kind, before="x = ", after="\ny = '\u00df'\n", tokens=["1"], stop="#", seed="3"
    )
    path, body = sent_to(scripted_server)
    shown = await in_thread(browser.get)(f"/playground/{run.pk}/{generation.pk}/sent/")
    (sent,) = shown.context["requests"]
    assert sent.post.path == path
    assert json.loads(sent.body) == body
    assert f"posted to <code>{path}</code>" in shown.text
    assert "&quot;seed&quot;: 3" in shown.text


async def test_code_is_sent_as_it_is(
    scripted_server: ScriptedServer, browser: Client, celery_worker_process: Running
) -> None:
    """Raw completion: no template, nothing stripped, special tokens as they are typed."""
    endpoint = await in_thread(serve)(scripted_server, "vllm")
    scripted_server.answer(*openai_stream("  1", "\n\n"))
    code = "\n\n  # <MID> </s>\nx =  "
    run = await in_thread(ask_to_complete)(browser, endpoint, code, stop="\\n\\n\\n", seed="7")
    (generation,) = await in_thread(ended)(run)
    _, body = sent_to(scripted_server)
    assert (body["prompt"], body["stop"], body["seed"]) == (code, ["\n\n\n"], 7)
    assert generation.text == "  1\n\n"
    shown = await in_thread(browser.get)(f"/playground/{run.pk}/{generation.pk}/sent/")
    assert "x =  </span>" in shown.text
    assert "&lt;MID&gt;" in shown.text
