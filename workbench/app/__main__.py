"""``python -m workbench.app FOLDER``: the app in a process of its own."""

from __future__ import annotations

import argparse
import os

from workbench.app.serve import serve


def main() -> None:
    """Serve the app of a workspace."""
    parser = argparse.ArgumentParser(prog="workbench.app")
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    token = os.environ.get("WORKBENCH_APP_TOKEN")  # not an argument: others see those
    serve(given.folder, port=given.port, browser=not given.no_browser, token=token)


if __name__ == "__main__":
    main()
