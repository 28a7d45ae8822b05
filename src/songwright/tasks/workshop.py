"""What a studio works with, put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from songwright.engines.isolation import close_nests
from songwright.engines.registry import Engines
from songwright.library.blobs import Blobs
from songwright.library.database import Database
from songwright.library.songs import Library
from songwright.recordings.incoming import Incoming
from songwright.settings import Settings
from songwright.tasks.callbacks import Callbacks
from songwright.tasks.calls import Calls
from songwright.tasks.ledger import Ledger
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine
from songwright.tasks.vault import TokenVault
from songwright.tasks.wakeups import Wakeups
from songwright.tasks.worker import Worker

__all__ = ["Workshop"]


class Workshop:
    """The library, the ledger and the worker of one home folder, wired to each other."""

    def __init__(self, settings: Settings, engines: Engines, jobs: Callable[[], JobEngine] | None) -> None:
        """Open the database; nothing is performed before the worker is woken.

        Raises:
            ConfigurationError: The home folder or the database can't be used.
        """
        home = settings.home
        self._database = Database.in_folder(home)
        blobs = Blobs(home / "songs")
        self.library = Library(self._database, blobs)
        self.ledger = Ledger(self._database)
        self.calls = Calls(self._database)
        self.callbacks = Callbacks(self._database)
        self.wakeups = Wakeups()
        self.vault = TokenVault(home / "tokens")
        self.incoming = Incoming(home / "incoming")
        self.performer = Performer(
            engines=engines,
            ledger=self.ledger,
            library=self.library,
            blobs=blobs,
            wakeups=self.wakeups,
            vault=self.vault,
            incoming=self.incoming,
            work=home / "work",
        )
        self.worker = Worker(
            home=home,
            work=home / "work",
            incoming=self.incoming,
            ledger=self.ledger,
            performer=self.performer,
            jobs=jobs or partial(_durable_jobs, home),
            slots=settings.workers,
        )

    def close(self) -> None:
        """Stop the worker and close the database."""
        self.worker.close()
        close_nests()
        self._database.close()


def _durable_jobs(home: Path) -> JobEngine:
    from songwright.tasks.durable import DurableJobs

    return DurableJobs.in_folder(home)
