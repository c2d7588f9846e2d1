"""The Chromium of the browser tests. ``python -m tests.support.chromium`` installs one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = "The browser tests need Chromium, and it could not be installed here. Install the package `chromium`."


def executable() -> str | None:
    """The path of a Chromium: the system's, or else the one that Playwright installed."""
    for name in NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> bool:
    """Debian's package where we may, else Playwright's own installer."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        if _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"):
            return True
    return _run(sys.executable, "-m", "playwright", "install", "chromium")


def _run(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode == 0


def main() -> None:
    try:
        if executable() is None:
            print("Installing Chromium", flush=True)  # noqa: T201
            if not install() or executable() is None:
                sys.exit(ADVICE)
    except Error as error:
        sys.exit(f"{ADVICE} {error}")


if __name__ == "__main__":
    main()
