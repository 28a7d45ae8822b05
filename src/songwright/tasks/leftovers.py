"""Removes what processes left behind that were killed: files of tasks that ended or never came to be."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from songwright.library.blobs import Blobs
from songwright.recordings.incoming import Incoming
from songwright.tasks.callbacks import Callbacks
from songwright.tasks.vault import TokenVault

__all__ = ["Leftovers"]

# Long after its last try, which comes a day after the first, and after anyone asks why it did not arrive.
_SETTLED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The places where a task keeps something of its own. To be swept by the process that leads, alone."""

    home: Path
    work: Path
    incoming: Incoming
    vault: TokenVault
    blobs: Blobs
    callbacks: Callbacks

    def sweep(self, unfinished: Collection[str]) -> None:
        """Remove all that belongs to none of some tasks, while no other is being accepted."""
        self.incoming.clear_up(unfinished)
        self.vault.clear_up(unfinished)
        self.blobs.sweep_arrivals()
        for left in self.home.glob("jobs.db*"):
            # Earlier versions kept there what is in the ledger.
            left.unlink(missing_ok=True)
        if self.work.is_dir():
            for folder in self.work.iterdir():
                if folder.name not in unfinished and folder.is_dir():
                    shutil.rmtree(folder, ignore_errors=True)

    def prune(self) -> None:
        """Remove records that are of no more use."""
        self.callbacks.forget_settled(datetime.now(UTC) - _SETTLED_FOR)
