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
import wave
from pathlib import Path

from songwright.server.tools import CATALOGUE

INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
NODE = "node@22"
INSTALL_SECONDS = 900.0
STEP_SECONDS = 300.0
"""Most steps take 4 s on two cores; on a busy machine Node.js alone has taken a minute to start."""

RECORDING = "River.wav"
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
    "import_audio": {"path": RECORDING, "wait_seconds": 60},
}


class Inspector:
    """The Inspector's command line on a server of a home folder."""

    def __init__(self, folder: Path) -> None:
        installed = subprocess.run(
            ["npx", "--yes", "-p", NODE, "-p", INSPECTOR, "-c", "printenv PATH"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=INSTALL_SECONDS,
        )
        self._environment = dict(os.environ) | {"HOME": str(folder), "PATH": installed.stdout.strip()}
        server = {
            "SONGWRIGHT_HOME": str(folder / "home"),
            "SONGWRIGHT_ENGINE": "scripted",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        # The Inspector hands on no variables but those it is told to, and takes none without a value.
        self._for_server = [
            part for name, value in server.items() if value for part in ("-e", f"{name}={value}")
        ]

    def ask(self, *options: str, era: str = "modern") -> tuple[bool, str]:
        """Whether it went well, and what it printed."""
        command = ["inspector", "--cli", "--protocol-era", era, *self._for_server]
        try:
            ended = subprocess.run(
                [*command, sys.executable, "-m", "songwright", *options, "--format", "json"],
                env=self._environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=STEP_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return False, f"no answer within {STEP_SECONDS:.0f} s\n"
        return ended.returncode == 0, ended.stdout + ended.stderr

    def call(self, name: str, arguments: dict[str, object]) -> tuple[bool, str]:
        """Call one tool."""
        given = ("--tool-name", name, "--tool-args-json", json.dumps(arguments))
        well, printed = self.ask("--method", "tools/call", *given)
        return well and '"isError":true' not in printed.replace(" ", ""), printed


def leave_a_recording(imports: Path) -> None:
    """Put a second of a tone where import_audio looks for files."""
    imports.mkdir(parents=True)
    level = bytes(64 + 127 * (frame // 50 % 2) for frame in range(44_100))
    with wave.open(str(imports / RECORDING), "wb") as file:
        file.setparams((1, 1, 44_100, 0, "NONE", ""))
        file.writeframes(level)


def main() -> None:
    """List and call everything; fail where one goes wrong."""
    if shutil.which("npx") is None:
        sys.exit("npx is not there; install Node.js with npm and run this again")
    found: dict[str, tuple[bool, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        leave_a_recording(Path(folder) / "home" / "imports")
        inspector = Inspector(Path(folder))
        for era in ("legacy", "modern"):
            well, printed = inspector.ask("--method", "tools/list", "--strict", era=era)
            found[f"list, {era}"] = well and "Warning:" not in printed, printed
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
