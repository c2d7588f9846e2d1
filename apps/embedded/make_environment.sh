#!/bin/sh
# Makes .venv: finds or installs uv, finds a Python, and installs the locked packages.
set -eu
cd "$(dirname "$0")/../.."

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# A name on the PATH may be a stub that only says that the tool is not there: it must run.
find_uv() {
    for candidate in uv .tools/bin/uv .tools/site/bin/uv; do
        if "$candidate" --version >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

find_any_python() {
    for candidate in python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

# uv goes into a folder of the project's own: many systems keep pip out of their Python (PEP 668),
# and some have venv but not pip, or pip but not venv.
install_uv() {
    python=$(find_any_python) || fail "Python 3.12 or newer is needed and none was found. Install it and try again."
    printf 'Installing uv into .tools\n'
    if "$python" -m venv .tools >/dev/null 2>&1 && .tools/bin/python -m pip install --quiet --disable-pip-version-check uv; then
        return
    fi
    rm -rf .tools
    "$python" -m pip install --quiet --disable-pip-version-check --target .tools/site uv ||
        fail "uv could not be installed. Install it (https://docs.astral.sh/uv/) and try again."
}

# The version that .python-version asks for, else any that will do, else one that uv can download.
find_python() {
    "$uv" python find --no-python-downloads 2>/dev/null && return
    "$uv" python find --no-project --no-python-downloads '>=3.12' 2>/dev/null && return
    "$uv" python install --quiet 2>/dev/null && "$uv" python find 2>/dev/null
}

uv=$(find_uv) || { install_uv && uv=$(find_uv); } || fail "uv was installed but does not run."
python=$(find_python) || fail "Python 3.12 or newer is needed and none was found. Install it and try again."
[ -x .venv/bin/python ] || printf 'Installing packages into .venv: about 1 GB, some minutes\n'
# Compiled once here, not by each of the programs that start at the same time.
"$uv" sync --quiet --frozen --compile-bytecode --python "$python"
