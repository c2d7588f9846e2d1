"""Measure a reply here and in Open WebUI, one after the other, with the same people, model and counting.

    uv run python -m benchmarks.open_webui --program PATH [--streams 16 32] [--tokens 200 1000] [--runs 3] [--json FILE]

``PATH`` is the ``open-webui`` command of an environment of its own (``pip install open-webui``); it runs as shipped, in
an empty folder, without titles, tags and suggested questions. Each person is signed in separately, posts a message into
a conversation that has one, and follows the reply on a socket. What their browser would do besides is not asked for.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import psutil

from benchmarks.live_path import everybody_asks, measure, median_of, row_of, show
from benchmarks.live_stack import LivePathStack
from benchmarks.people import Person

# isort: split
from apps.embedded.ports import free_port
from benchmarks.stack import processor_seconds

START_SECONDS = 300.0
MODEL = "stamping"
PASSWORD = "Bench-mark-1"  # noqa: S105 (of people who are gone with their folder)
SWITCHED_OFF = (
    "ENABLE_OLLAMA_API",
    "ENABLE_TITLE_GENERATION",
    "ENABLE_TAGS_GENERATION",
    "ENABLE_FOLLOW_UP_GENERATION",
    "ENABLE_AUTOCOMPLETE_GENERATION",
    "ENABLE_VERSION_UPDATE_CHECK",
)


@dataclass
class Guest(Person):
    """A person with a conversation in Open WebUI."""

    token: str = ""
    chat: str = ""
    latest: str | None = None  # the id of the latest message, which the next one follows


class OpenWebui:
    """The program, and the people who use it."""

    def __init__(self, program: Path, model_url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="open-webui-bench-"))
        port = free_port()
        self.site = f"http://127.0.0.1:{port}"
        told = {
            "DATA_DIR": str(self.folder),
            "OPENAI_API_BASE_URL": f"{model_url}/v1",
            "OPENAI_API_KEY": "none",
            "OFFLINE_MODE": "true",
            "RAG_EMBEDDING_ENGINE": "openai",  # otherwise it downloads an embedding model
            "WEBUI_SECRET_KEY": uuid4().hex,
            "BYPASS_MODEL_ACCESS_CONTROL": "true",
            "GLOBAL_LOG_LEVEL": "WARNING",
            **dict.fromkeys(SWITCHED_OFF, "false"),
        }
        self.log = (self.folder / "log").open("w")
        command = [program, "serve", "--host", "127.0.0.1", "--port", str(port)]
        self.process = subprocess.Popen(command, env=os.environ | told, stdout=self.log, stderr=self.log)  # noqa: S603
        self.guests: list[Guest] = []

    def processes(self) -> dict[str, list[psutil.Process]]:
        first = psutil.Process(self.process.pid)
        return {"open-webui": [first, *first.children(recursive=True)]}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def invite(self, count: int) -> None:
        """Start Open WebUI if needed; give ``count`` people an account and a conversation with one reply."""
        async with aiohttp.ClientSession() as session:
            await self._started(session)
            for number in range(len(self.guests), count):
                who = {"name": f"bench {number}", "email": f"bench-{number}@example.org", "password": PASSWORD}
                if number:
                    headers = {"Authorization": f"Bearer {self.guests[0].token}"}
                    await answer_to(session, f"{self.site}/api/v1/auths/add", who | {"role": "user"}, headers)
                # The first to sign up is the admin; nobody else may.
                door = "signin" if number else "signup"
                token = (await answer_to(session, f"{self.site}/api/v1/auths/{door}", who))["token"]
                self.guests.append(Guest(token=token))
                await self.follow(self.guests[-1], session, "stamp 1 at 50 per second")

    async def _started(self, session: aiohttp.ClientSession) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            try:
                async with session.get(f"{self.site}/health") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.5)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    async def follow(self, guest: Guest, session: aiohttp.ClientSession, question: str) -> None:
        """Open a socket, post the message, and read the reply to its end."""
        address = f"{self.site}/ws/socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(address, max_msg_size=0) as frames:
            await frames.receive()  # Engine.IO opens
            await frames.send_str(f"40{json.dumps({'token': guest.token})}")
            socket = json.loads((await frames.receive_str())[2:])["sid"]
            guest.begin()
            reply = str(uuid4())
            async with asyncio.TaskGroup() as together:  # together: if the post is refused, stop reading too
                together.create_task(self._post(guest, session, question, socket=socket, reply=reply))
                async for frame in frames:
                    if frame.data == "2":
                        await frames.send_str("3")
                    elif reply in frame.data:
                        guest.take(frame.data)
                        if guest.seen and '"done":true' in frame.data:
                            guest.is_over = True
                            break

    async def _post(
        self, guest: Guest, session: aiohttp.ClientSession, question: str, *, socket: str, reply: str
    ) -> None:
        message = {"id": str(uuid4()), "parentId": guest.latest, "childrenIds": [reply], "role": "user"}
        body = {
            "stream": True,
            "model": MODEL,
            "messages": [{"role": "user", "content": question}],
            "session_id": socket,
            "id": reply,
            "parent_id": guest.latest,
            "user_message": message | {"content": question, "timestamp": int(time.time()), "models": [MODEL]},
            **({"chat_id": guest.chat} if guest.chat else {}),
        }
        headers = {"Authorization": f"Bearer {guest.token}"}
        answer = await answer_to(session, f"{self.site}/api/chat/completions", body, headers)
        guest.chat, guest.latest = guest.chat or answer["chat_id"], reply


async def answer_to(
    session: aiohttp.ClientSession, address: str, body: Any, headers: dict[str, str] | None = None
) -> Any:
    async with session.post(address, json=body, headers=headers) as answer:
        if not answer.ok:
            raise RuntimeError(f"{answer.status}: {(await answer.text())[:300]}")
        return await answer.json()


def measure_peer(peer: OpenWebui, streams: int, tokens: int) -> dict[str, Any]:
    """Run that many replies at once and return the figures."""
    asyncio.run(peer.invite(streams))
    guests = [Guest(token=guest.token, chat=guest.chat, latest=guest.latest) for guest in peer.guests[:streams]]
    before = processor_seconds(peer.processes())
    failed = asyncio.run(everybody_asks(guests, peer.follow, tokens))
    peer.guests[:streams] = guests
    return row_of(peer.processes(), "open-webui", guests, tokens, failed=failed, before=before)


def compared(program: Path, streams: Sequence[int], tokens: Sequence[int], runs: int) -> list[dict[str, Any]]:
    """Measure the workbench and Open WebUI in turn, and return their rows."""
    rows = []
    stack = LivePathStack()
    peer = OpenWebui(program, stack.model_url)
    try:
        measure(stack, 4, 50)
        measure_peer(peer, 4, 50)
        for length in tokens:
            for count in streams:
                found = [(measure(stack, count, length), measure_peer(peer, count, length)) for _ in range(runs)]
                rows += [median_of(column) for column in zip(*found, strict=True)]
                show(rows[-2:])
    finally:
        peer.stop()
        stack.stop()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--streams", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--tokens", type=int, nargs="+", default=[200])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows = compared(given.program, given.streams, given.tokens, given.runs)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
