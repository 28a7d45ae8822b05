"""The command line. Without a command it serves MCP over stdio."""

from __future__ import annotations

import logging
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process."""
    if sys.argv[1:] in ([], ["serve"]):
        _serve_stdio()
        return
    from songwright.commands import cli

    cli()


def _serve_stdio() -> None:
    # A client waits for this: neither click nor the other commands are imported on the way.
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    from songwright.owed import deliver_owed
    from songwright.server.stdio import run_stdio

    run_stdio(deliver=deliver_owed)
