"""The chat formats of Code Llama Instruct, as the reference code builds them.

Source: ``chat_completion`` and ``dialog_prompt_tokens`` in ``llama/generation.py`` of the reference repository;
where Meta's page on prompts differs from the code, the code counts.

TGI's own protocol is sent these prompts, and the guide and a reply's info show them. An OpenAI-style server is sent the
messages (``protocols/openai.py``) and renders them itself.
"""

from apps.inference.prompts.dialogue import Dialogue
from apps.inference.prompts.prompt import BOS, EOS, Piece, special, text

STEP = "<step>"
REPLY_HEADER = "Source: assistant\nDestination: user"


def llama_2_pieces(dialogue: Dialogue) -> list[Piece]:
    """Render for 7B, 13B and 34B: every exchange between ``<s>`` and ``</s>``, the last one open."""
    exchanges = [*dialogue.exchanges, (dialogue.question, None)]
    pieces: list[Piece] = []
    for number, (question, answer) in enumerate(exchanges):
        system = dialogue.system if number == 0 else None
        asked = f"[INST] {_with_system(question, system).strip()} [/INST]"
        if answer is None:
            # The model's own text begins with a space. The partial reply stays as it is, to the byte.
            continued = f"{asked} {dialogue.partial}" if dialogue.partial else asked
            pieces += [special(BOS), text(continued)]
        else:
            pieces += [special(BOS), text(f"{asked} {answer.strip()} "), special(EOS)]
    return pieces


def _with_system(question: str, system: str | None) -> str:
    # Stripped only after merging: the spaces before the first question stay when there is a system prompt.
    return question if system is None else f"<<SYS>>\n{system}\n<</SYS>>\n\n{question}"


def source_destination_pieces(dialogue: Dialogue) -> list[Piece]:
    """Render for 70B as the reference does: a system turn always, a header of its own for every turn."""
    pieces = [special(BOS)]
    for role, content in _turns(dialogue, system=dialogue.system or ""):
        pieces.append(text(f" Source: {role}"))
        if content:
            pieces.append(text(f"\n\n {content.strip()}"))
        pieces.append(special(STEP))
    return [*pieces, text(f" {REPLY_HEADER}"), text(f"\n\n {dialogue.partial}")]


def hub_template_pieces(dialogue: Dialogue) -> list[Piece]:
    """Render for 70B as the chat template published with the weights on the Hub does: other spaces, no system turn."""
    pieces = [special(BOS)]
    lead = ""
    for role, content in _turns(dialogue, system=dialogue.system):
        pieces += [text(f"{lead}Source: {role}\n\n {content.strip()} "), special(STEP)]
        lead = " "
    return [*pieces, text(f"{lead}{REPLY_HEADER}\n\n {dialogue.partial}")]


def _turns(dialogue: Dialogue, *, system: str | None) -> list[tuple[str, str]]:
    turns = [] if system is None else [("system", system)]
    for question, answer in dialogue.exchanges:
        turns += [("user", question), ("assistant", answer)]
    return [*turns, ("user", dialogue.question)]
