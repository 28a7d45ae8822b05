"""What three public judges say of the server's tools: tdqs lint, mcp-quality static, mcpscore.

Prints their figures. The judges are in an environment of their own; nothing depends on them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from songwright.server.tools import CATALOGUE


def main(judges: Path) -> None:
    """Run the judges that are in the folder ``judges``."""
    tools = [
        tool.definition().model_dump(mode="json", by_alias=True, exclude_none=True) for tool in CATALOGUE
    ]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "tools.json"
        listed.write_text(json.dumps({"tools": tools}), encoding="utf-8")
        serve = [sys.executable, "-m", "songwright", "serve"]
        home = f"SONGWRIGHT_HOME={folder}/home"
        for command in (
            ["tdqs", "lint", "--file", str(listed), "--format", "text"],
            ["mcp-quality", "static", str(listed)],
            ["mcpscore", "--env", home, "--stdio", *serve],
        ):
            print(f"\n== {' '.join(command[:2])}", flush=True)
            # A judge's exit status is its threshold, and the figures are what is wanted.
            subprocess.run([str(judges / command[0]), *command[1:]], check=False, cwd=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
