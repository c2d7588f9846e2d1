"""The Chromium of the browser tests. ``python -m tests.support.chromium`` installs one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

# It has no windows to draw: the tests take three quarters of the processor time with it.
SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = "The browser tests need Chromium, and it could not be installed here. Install the package `chromium`."


def executable() -> str | None:
    """Return the path of a whole Chromium: the system's, or else the one that Playwright installed."""
    if (found := _first_of(*NAMES)) is not None:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def without_windows() -> str | None:
    """Return the path of the system's headless shell or whole Chromium. None lets Playwright drive its own shell."""
    return _first_of(SHELL, *NAMES)


def install() -> bool:
    """Install Debian's packages where we may, else use Playwright's own installer, which brings both too."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        for packages in (["chromium", SHELL], ["chromium"]):
            if _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages):
                return True
    return _run(sys.executable, "-m", "playwright", "install", "chromium")


def _first_of(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name)) is not None), None)


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
