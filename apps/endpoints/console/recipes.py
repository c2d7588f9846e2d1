"""Commands that start Text Generation Inference for each size; a test compares them with docs/operations.md.

Memory figures are calculated, not measured.
"""

from dataclasses import dataclass

IMAGE = "ghcr.io/huggingface/text-generation-inference:3.3.7"
KEY_LINE = "export API_KEY=$(openssl rand -hex 24)"
DOCKER_RUN = (
    "docker run --detach --restart unless-stopped --gpus all --shm-size 1g",
    "--publish 8080:80 --volume code-llama:/data --env API_KEY",
    f"{IMAGE} --max-stop-sequences 8",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to run a size: the cards, and TGI's options besides the model's name."""

    size: str
    cards: str
    options: str

    @property
    def arguments(self) -> str:
        """Return the arguments after the image's name."""
        return self.arguments_for(f"codellama/CodeLlama-{self.size.lower()}-Instruct-hf")

    @property
    def command(self) -> str:
        """Return the whole command for the GPU host, folded for reading."""
        return fold(self.arguments)

    def arguments_for(self, repository: str) -> str:
        """Return the arguments after the image's name for another model of the same size."""
        return f"--model-id {repository} {self.options}"


def fold(arguments: str) -> str:
    """Fold a command into lines of one option each."""
    model, limits, figures = arguments.partition("--max-input-tokens")
    return " \\\n  ".join((*DOCKER_RUN, model.strip(), limits + figures))


RECIPES = (
    Recipe("7B", "one card of 24 GB", "--max-input-tokens 8192 --max-total-tokens 9216"),
    Recipe("13B", "two cards of 24 GB", "--num-shard 2 --max-input-tokens 8192 --max-total-tokens 9216"),
    Recipe("13B", "one card of 24 GB, in 8 bits", "--quantize eetq --max-input-tokens 4096 --max-total-tokens 5120"),
    Recipe("34B", "two cards of 80 GB", "--num-shard 2 --max-input-tokens 15360 --max-total-tokens 16384"),
    Recipe(
        "34B",
        "one card of 48 GB, in 4 bits",
        "--quantize bitsandbytes-nf4 --max-input-tokens 4096 --max-total-tokens 5120",
    ),
    Recipe("70B", "four cards of 80 GB", "--num-shard 4 --max-input-tokens 3072 --max-total-tokens 4096"),
)
