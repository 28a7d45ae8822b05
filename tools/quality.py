"""What three public judges say of the server's tools: tdqs lint, mcp-quality static, mcpscore.

Prints their figures. The judges are in an environment of their own; nothing depends on them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from songwright.server.tools import CATALOGUE

VOCABULARY = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
VOCABULARY_IN_NPM = ("js-tiktoken@1.0.21", "package/dist/ranks/o200k_base.cjs")
NPM_SECONDS = 300.0


def vocabulary(folder: Path) -> Path:
    """A folder with the vocabulary that mcp-quality counts tokens by; left empty where it can't be had.

    mcp-quality counts with tiktoken, and where that can't fetch its vocabulary it counts words and marks,
    each quotation mark and brace for 1.3 tokens. The same vocabulary is in a package of npm's; tiktoken
    checks its SHA-256 when it reads it.
    """
    # tiktoken looks for a file named by the address that it would fetch.
    kept = folder / hashlib.sha1(VOCABULARY.encode(), usedforsecurity=False).hexdigest()
    npm = shutil.which("npm")
    if kept.exists() or npm is None:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    package, member = VOCABULARY_IN_NPM
    with tempfile.TemporaryDirectory() as unpacked:
        packed = subprocess.run(
            [npm, "pack", "--silent", "--pack-destination", unpacked, package],
            capture_output=True,
            check=False,
            timeout=NPM_SECONDS,
        )
        archive = next(Path(unpacked).glob("*.tgz"), None)
        if packed.returncode or archive is None:
            return folder
        with tarfile.open(archive) as files:
            script = files.extractfile(member)
            found = re.search(
                r'"?bpe_ranks"?: ?("(?:[^"\\]|\\.)*")', script.read().decode() if script else ""
            )
    if found is not None:
        # Each line: a mark, the rank of its first token, then tokens in base64 by rank.
        lines = [line.split(" ") for line in json.loads(found[1]).splitlines() if line]
        ranks = {int(start) + at: token for _, start, *tokens in lines for at, token in enumerate(tokens)}
        kept.write_text("".join(f"{ranks[rank]} {rank}\n" for rank in sorted(ranks)), encoding="ascii")
    return folder


def main(judges: Path) -> None:
    """Run the judges that are in the folder ``judges``."""
    tools = [
        tool.definition().model_dump(mode="json", by_alias=True, exclude_none=True) for tool in CATALOGUE
    ]
    environment = dict(os.environ) | {"TIKTOKEN_CACHE_DIR": str(vocabulary(judges.parent / "vocabulary"))}
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
            subprocess.run([str(judges / command[0]), *command[1:]], check=False, cwd=folder, env=environment)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
