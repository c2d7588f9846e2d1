"""The shapes of answers, only for the description. The code that sends an answer builds it."""

from typing import Any, Literal

from msgspec import Struct, field

type FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]
type State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
type Task = Literal["chat", "complete", "infill"]


class Problem(Struct):
    """An error: a sentence, OpenAI's type and code, and the field."""

    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None
    code: str | None


class Refusal(Struct):
    """An error, in OpenAI's shape."""

    error: Problem


class TgiRefusal(Struct, omit_defaults=True):
    """An error, in the shape of Text Generation Inference."""

    error: str
    error_type: str = ""


class TokenCounts(Struct):
    """Tokens; 0 where the model server does not count."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ServedModel(Struct):
    """A name that requests may give as their model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    variant: Literal["base", "python", "instruct"]
    tasks: list[Task]


class ModelList(Struct):
    """Every name that requests may give as their model."""

    object: Literal["list"]
    data: list[ServedModel]


class LikelyInPlace(Struct):
    """A token that was likely at this position; ``bytes`` is its UTF-8."""

    token: str
    logprob: float
    bytes: list[int]


class TokenLogprob(Struct):
    """A token of the reply; -9999 stands for a figure that the model server did not tell."""

    token: str
    logprob: float
    bytes: list[int]
    top_logprobs: list[LikelyInPlace]


class ChatLogprobs(Struct):
    """The tokens of a reply, which join to its text."""

    content: list[TokenLogprob]
    refusal: None


class TextLogprobs(Struct):
    """The tokens of a completion, which join to its text; offsets count code points."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float]] | None
    text_offset: list[int]


class CalledFunction(Struct):
    """A function of the caller's, and its arguments as JSON."""

    name: str
    arguments: str


class ToolCall(Struct):
    """The call of a function."""

    id: str
    type: Literal["function"]
    function: CalledFunction


class AnswerMessage(Struct, omit_defaults=True):
    """The reply of a chat, or the one call that was asked for."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    tool_calls: list[ToolCall] = []


class ChatChoice(Struct):
    """The one reply."""

    index: int
    message: AnswerMessage
    logprobs: ChatLogprobs | None
    finish_reason: FinishReason


class ChatAnswer(Struct):
    """A whole reply; ``model`` is the id of the model that wrote it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: TokenCounts


class TextChoice(Struct):
    """The completion of the prompt whose place in the list is ``index``."""

    index: int
    text: str
    logprobs: TextLogprobs | None
    finish_reason: FinishReason


class CompletionAnswer(Struct):
    """Whole completions; ``model`` is the id of the model that wrote them."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[TextChoice]
    usage: TokenCounts


class GenerationTimings(Struct):
    """Moments in ISO 8601, and figures in seconds."""

    created_at: str
    started_at: str | None
    first_token_at: str | None
    ended_at: str | None
    seconds_to_first_token: float | None
    tokens_per_second: float | None


class ShownGeneration(Struct):
    """A generation: its state, its text so far, and ``offset``, the code points of that text."""

    id: str
    object: Literal["generation"]
    state: State
    task: Task
    variant: str
    endpoint: str | None
    text: str
    offset: int
    finish_reason: str | None
    usage: TokenCounts
    timings: GenerationTimings
    error: str | None


class UsageAnswer(Struct):
    """Usage by the key's owner per day, key and endpoint, and the rest of the limits by their kind."""

    object: Literal["list"]
    since: str = field(name="from")
    days: int
    data: list[dict[str, Any]]
    limits: dict[str, dict[str, int | None]]


class GeneratedDetails(Struct, omit_defaults=True):
    """The end of a text; its tokens are listed if ``top_n_tokens`` was asked for."""

    finish_reason: Literal["length", "eos_token", "stop_sequence"]
    generated_tokens: int
    seed: int | None
    prefill: list[Any]
    tokens: list[Any]
    top_tokens: list[list[Any]] = []


class GeneratedText(Struct, omit_defaults=True):
    """A continued text, in the shape of Text Generation Inference."""

    generated_text: str
    details: GeneratedDetails | None = None


class Infilled(Struct, omit_defaults=True):
    """A filled gap, in the shape of llama.cpp."""

    content: str
    stop: bool
    stop_type: str = ""
    tokens_predicted: int = 0
    tokens_evaluated: int = 0
    truncated: bool = False


ALL = (
    Infilled,
    Refusal,
    TgiRefusal,
    ModelList,
    ServedModel,
    ChatAnswer,
    CompletionAnswer,
    ShownGeneration,
    UsageAnswer,
    GeneratedText,
)
