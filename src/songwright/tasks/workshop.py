"""What a studio works with, put together."""

from __future__ import annotations

from collections.abc import Callable

from songwright.engines.isolation import close_nests
from songwright.engines.registry import Engines
from songwright.errors import SongwrightError
from songwright.library.blobs import Blobs
from songwright.library.database import Database
from songwright.library.songs import Library
from songwright.recordings.incoming import Incoming
from songwright.settings import Settings
from songwright.tasks.callbacks import Callbacks
from songwright.tasks.calls import Calls
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.ledger import Ledger
from songwright.tasks.leftovers import Leftovers
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine
from songwright.tasks.queue import IMPORTS_LANE, TaskQueue
from songwright.tasks.vault import TokenVault
from songwright.tasks.wakeups import Wakeups
from songwright.tasks.worker import Worker

__all__ = ["Workshop"]

# Tasks that a service elsewhere works on take no processor here; so many at a time are no burden to it.
_SLOTS_ELSEWHERE = 4


class Workshop:
    """The library, the ledger and the worker of one home folder, wired to each other."""

    def __init__(self, settings: Settings, engines: Engines, jobs: Callable[[], JobEngine] | None) -> None:
        """Open the database; nothing is performed before the worker is woken.

        Raises:
            ConfigurationError: The home folder or the database can't be used.
        """
        home = settings.home
        self.database = Database.in_folder(home)
        blobs = Blobs(home / "songs")
        self.library = Library(self.database, blobs)
        self.ledger = Ledger(self.database)
        self.calls = Calls(self.database)
        self.callbacks = Callbacks(self.database)
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
        self.leftovers = Leftovers(
            home=home,
            work=home / "work",
            incoming=self.incoming,
            vault=self.vault,
            blobs=blobs,
            callbacks=self.callbacks,
        )
        self._engines = engines
        self._slots_here = settings.workers
        self.worker = Worker(
            home=home,
            ledger=self.ledger,
            queue=TaskQueue(self.database),
            performer=self.performer,
            leftovers=self.leftovers,
            wakeups=self.wakeups,
            jobs=jobs or InProcessJobs,
            slots=self._slots,
        )
        self.performer.on_end = self.worker.wake

    def close(self) -> None:
        """Stop the worker and close the database."""
        self.worker.close()
        close_nests()
        self.incoming.close()
        self.database.close()

    def _slots(self, lane: str) -> int:
        """How many tasks of a lane run at a time."""
        if lane == IMPORTS_LANE:
            return 1
        try:
            elsewhere = self._engines.engine(lane).capabilities.needs_network
        except SongwrightError:
            elsewhere = False
        return max(_SLOTS_ELSEWHERE, self._slots_here) if elsewhere else self._slots_here
