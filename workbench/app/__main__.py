"""``python -m workbench.app FOLDER``: the app in a process of its own."""

from __future__ import annotations

import argparse
import os

from workbench.app.serve import serve


def main() -> None:
    """Serve the app of a workspace."""
    parser = argparse.ArgumentParser(prog="workbench.app")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--follow", metavar="FILE", help="the folder is what FILE says just now")
    parser.add_argument("--unix-socket", default="", help="listen there, behind Jupyter's proxy")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    if given.follow:
        from workbench.app.framed import serve_framed

        secret = os.environ.pop("WORKBENCH_PROXY_SECRET", "")  # not for the jobs that we start
        serve_framed(given.follow, secret=secret, socket=given.unix_socket, port=given.port)
        return
    if not given.folder:
        parser.error("name the workspace's folder")
    token = os.environ.get("WORKBENCH_APP_TOKEN")  # not an argument: others see those
    serve(given.folder, port=given.port, browser=not given.no_browser, token=token)


if __name__ == "__main__":
    main()
