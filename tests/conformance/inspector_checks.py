"""Has MCP's Inspector list the tools strictly, on both revisions, and call every one of them over stdio.

Run it as ``python tests/conformance/inspector_checks.py``; ``make conformance`` does. It needs npm.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from songwright.server.tools import CATALOGUE

INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
NODE = "node@22"
CALLS: dict[str, dict[str, object]] = {
    "generate_song": {"prompt": "folk", "lyric": "[Verse]\nla\n\n[Chorus]\nla la", "request_id": "one"},
    "cover_song": {"audio_id": "last", "prompt": "jazz"},
    "extend_song": {"audio_id": "last"},
    "vary_song": {"audio_id": "last"},
    "swap_vocals": {"audio_id": "last"},
    "swap_instrumentals": {"audio_id": "last"},
    "replace_section": {"audio_id": "last", "section": "verse"},
    "separate_stems": {"audio_id": "last"},
    "list_songs": {},
    "get_song": {"audio_id": "last"},
    "export_song": {"audio_id": "last", "format": "mp3"},
    "compare_songs": {"first_id": "last", "second_id": "last"},
}


class Inspector:
    """The Inspector's command line on a server of a home folder."""

    def __init__(self, folder: Path) -> None:
        self._environment = dict(os.environ) | {
            "HOME": str(folder),
            "NPM_CONFIG_CACHE": os.environ.get("NPM_CONFIG_CACHE", str(Path.home() / ".npm")),
            "SONGWRIGHT_HOME": str(folder / "home"),
            "SONGWRIGHT_ENGINE": "scripted",
        }

    def ask(self, *options: str, era: str = "modern") -> tuple[bool, str]:
        """Whether it went well, and what it printed."""
        command = ["npx", "--yes", "-p", NODE, "-p", INSPECTOR, "inspector", "--cli", "--protocol-era", era]
        ended = subprocess.run(
            [*command, sys.executable, "-m", "songwright", *options, "--format", "json"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode == 0, ended.stdout + ended.stderr

    def call(self, name: str, arguments: dict[str, object]) -> tuple[bool, str]:
        """Call one tool."""
        given = ("--tool-name", name, "--tool-args-json", json.dumps(arguments))
        well, printed = self.ask("--method", "tools/call", *given)
        return well and '"isError":true' not in printed.replace(" ", ""), printed


def main() -> None:
    """List and call everything; fail where one goes wrong."""
    if shutil.which("npx") is None:
        sys.exit("npx is not there; install Node.js with npm and run this again")
    found: dict[str, tuple[bool, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        inspector = Inspector(Path(folder))
        for era in ("legacy", "modern"):
            found[f"list, {era}"] = inspector.ask("--method", "tools/list", "--strict", era=era)
        for name, arguments in CALLS.items():
            found[name] = inspector.call(name, arguments)
        task_id = found["generate_song"][1].partition("task://")[2][:36]
        for name in ("get_task", "cancel_task"):
            found[name] = inspector.call(name, {"task_id": task_id})
    missing = {tool.name for tool in CATALOGUE} - found.keys()
    for name, (well, printed) in found.items():
        sys.stdout.write(f"{'passed' if well else 'FAILED'}  inspector: {name}\n{'' if well else printed}")
    if missing:
        sys.exit(f"not called: {', '.join(sorted(missing))}")
    sys.exit(not all(well for well, _ in found.values()))


if __name__ == "__main__":
    main()
