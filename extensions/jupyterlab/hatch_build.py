"""No wheel leaves without the JupyterLab front end: hatch says nothing if its folder is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface):
    """Builds the front end where it is missing and npm is at hand, or stops with a sentence."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Look before anything is packed."""
        root = Path(self.root)
        built = root / "workbench" / "lab" / "labextension"
        if any((built / "static").glob("remoteEntry.*.js")):
            return
        source = root / "extensions" / "jupyterlab"
        npm = shutil.which("npm")
        if npm is None or not (source / "package-lock.json").is_file():
            raise RuntimeError(
                "The JupyterLab front end is missing. Its built files belong to the repository: "
                "restore workbench/lab/labextension with git, "
                "or install Node.js 20.19 or newer and run: make lab"
            )
        self.app.display_info("building the JupyterLab front end")
        if not (source / "node_modules").is_dir():
            subprocess.run([npm, "ci", "--no-fund", "--no-audit"], cwd=source, check=True)
        subprocess.run([npm, "run", "build"], cwd=source, check=True)
