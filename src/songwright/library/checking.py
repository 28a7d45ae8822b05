"""Whether everything that a home folder keeps is still as it was kept, and what can be mended."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from pydantic import ValidationError

from songwright.errors import ConflictError
from songwright.library import search
from songwright.library.blobs import LOOSE, BlobName, Blobs, StoredFile
from songwright.library.database import Database
from songwright.library.salvage import put_aside, salvage
from songwright.library.schema import song_files, songs, tasks
from songwright.library.songs import names_of
from songwright.library.trouble import is_damage
from songwright.music.song import Song

__all__ = ["Report", "check_home"]

_READ_AT_ONCE = 200  # songs, some 2 MB of facts
_BLOCK_BYTES = 1 << 20
_UNFINISHED = ("queued", "running")


@dataclass(slots=True)
class Report:
    """What a check has found.

    Attributes:
        wrong: A sentence for each thing that is not as it should be, and was not mended.
        mended: A sentence for each thing that was mended.
        songs: How many songs were looked at.
        files: How many files of theirs.
    """

    wrong: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    songs: int = 0
    files: int = 0


def check_home(home: Path, *, repair: bool) -> Report:
    """Look at every song's files and at both databases.

    Args:
        home: The home folder.
        repair: Whether to mend what can be mended without losing anything.

    Raises:
        ConflictError: Something is to be mended, and a songwright works there.
        ConfigurationError: The home folder or its database can't be opened.
        StorageError: The database can't be read or written to.
    """
    report = Report()
    if not (home / "library.db").exists():
        return report
    with _nobody_else(home, wanted=repair):
        _check_jobs(home, report, repair=repair)
        if not _check_library(home, report, repair=repair):
            return report
        database = Database.in_folder(home)
        try:
            blobs = Blobs(home / "songs")
            _check_songs(database, blobs, report, repair=repair)
            _check_orphans(home, database, blobs, report, repair=repair)
            _check_index(database, report, repair=repair)
        finally:
            database.close()
        # Whoever opens a library enters what is missing in its index.
        Database.in_folder(home).close()
    return report


@contextmanager
def _nobody_else(home: Path, *, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    lock = FileLock(home / "worker.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConflictError("a songwright works in the home folder; stop it, then repair") from None
    try:
        yield
    finally:
        lock.release()


def _check_jobs(home: Path, report: Report, *, repair: bool) -> None:
    path = home / "jobs.db"
    if not path.exists() or _is_sound(path):
        return
    if repair:
        put_aside(path)
        report.mended.append(
            "jobs.db was damaged and is put aside; it is made anew, and unfinished tasks begin anew."
        )
    else:
        report.wrong.append("jobs.db, which can be made anew at any time, is damaged.")


def _check_library(home: Path, report: Report, *, repair: bool) -> bool:
    """Whether the library can be looked into."""
    path = home / "library.db"
    if _is_sound(path):
        return True
    if not repair:
        report.wrong.append("library.db is damaged; nothing of what it holds was checked.")
        return False
    rows, lost = salvage(path)
    report.mended.append(
        f"library.db was damaged: {rows} rows were saved into a new one, {lost} that were seen could not be "
        "read. The damaged one is kept beside it, and so are files that no song names now."
    )
    return True


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            found = connection.execute("PRAGMA quick_check").fetchall()
            # Newer versions of SQLite look into the search index too, which is checked by itself.
            return all(line == "ok" or "song_search" in line for (line,) in found)
    except sqlite3.DatabaseError as error:
        # That it can't be opened, or is locked, is told by whoever opens it next.
        return not is_damage(error)


def _check_songs(database: Database, blobs: Blobs, report: Report, *, repair: bool) -> None:
    last = ""
    while True:
        some = sa.select(songs.c.id, sa.cast(songs.c.song, sa.Text).label("stored")).where(songs.c.id > last)
        with database.read() as connection:
            rows = connection.execute(some.order_by(songs.c.id).limit(_READ_AT_ONCE)).all()
            kept = _kept(connection, [row.id for row in rows])
        for row in rows:
            report.songs += 1
            try:
                song = Song.model_validate_json(row.stored, extra="ignore")
            except ValidationError:
                report.wrong.append(f"Song {row.id}: its facts can't be read.")
                continue
            found = _check_files(song, blobs, kept.get(song.id, {}), report)
            if found and repair:
                _note_files(database, song.id, found)
                report.mended.append(f"Song {song.id}: size and digest of its files are noted now.")
        if not rows:
            return
        last = rows[-1].id


def _kept(connection: sa.Connection, song_ids: Sequence[str]) -> dict[str, dict[BlobName, StoredFile]]:
    kept: dict[str, dict[BlobName, StoredFile]] = {}
    for row in connection.execute(sa.select(song_files).where(song_files.c.song_id.in_(song_ids))):
        file = StoredFile(row.name, row.attempt, row.size_bytes, row.sha256)
        kept.setdefault(row.song_id, {})[row.name] = file
    return kept


def _check_files(
    song: Song, blobs: Blobs, kept: dict[BlobName, StoredFile], report: Report
) -> list[StoredFile]:
    """Look at a song's files.

    Returns:
        Those of which nothing was noted, as older versions did, where nothing is wrong with any.
    """
    found: list[StoredFile] = []
    sound = True
    for name in names_of(song):
        report.files += 1
        noted = kept.get(name)
        path = blobs.path(song.id, name, LOOSE if noted is None else noted.attempt)
        trouble = _trouble(path, name, noted)
        if trouble:
            report.wrong.append(f"Song {song.id}: {name} {trouble}.")
            sound = False
        elif noted is None:
            found.append(_as_it_is(path, name))
    return found if sound else []


def _trouble(path: Path, name: BlobName, noted: StoredFile | None) -> str:
    """What is wrong with a file; "" for nothing."""
    try:
        if not path.is_file():
            return "is missing"
        if noted is None:
            return "" if _is_readable(path, name) else "can't be read to its end"
        now = _as_it_is(path, name)
    except OSError:
        return "can't be read"
    if now.size_bytes != noted.size_bytes:
        return f"has {now.size_bytes} bytes where {noted.size_bytes} were kept"
    if now.sha256 != noted.sha256:
        return "is not what was kept"
    return ""


def _as_it_is(path: Path, name: BlobName) -> StoredFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(name, LOOSE, file.tell(), digest)


def _is_readable(path: Path, name: BlobName) -> bool:
    """Whether a file of which nothing was noted can be read whole."""
    if not name.endswith(".flac"):
        return path.stat().st_size > 0
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            frames = sum(len(block) for block in file.blocks(_BLOCK_BYTES, dtype="int32"))
            return bool(file.format == "FLAC" and 0 < file.frames == frames)
    except soundfile.SoundFileError:
        return False


def _note_files(database: Database, song_id: str, found: list[StoredFile]) -> None:
    with database.write() as connection:
        connection.execute(song_files.insert(), [{"song_id": song_id, **asdict(file)} for file in found])


def _check_orphans(home: Path, database: Database, blobs: Blobs, report: Report, *, repair: bool) -> None:
    with database.read() as connection:
        wanted = {
            (row.song_id, row.attempt)
            for row in connection.execute(sa.select(song_files.c.song_id, song_files.c.attempt).distinct())
        }
        named = {song_id for song_id, _ in wanted}
        everyone = connection.execute(sa.select(songs.c.id)).scalars()
        wanted |= {(song_id, LOOSE) for song_id in everyone if song_id not in named}
        under_way = sa.select(tasks.c.song_id).where(tasks.c.status.in_(_UNFINISHED))
        unfinished = set(connection.execute(under_way).scalars())

    def is_wanted(song_id: str, attempt: int) -> bool:
        return (song_id, attempt) in wanted or song_id in unfinished

    orphans = [each for each in blobs.attempts() if not is_wanted(*each)]
    arrivals = blobs.sweep_arrivals() if repair else blobs.arrivals()
    if arrivals:
        told = f"{arrivals} folders in 'songs' were begun and never finished"
        _tell(report, mended=f"{told} and are removed.", wrong=f"{told}.", repair=repair)
    if not orphans:
        return
    told = f"{len(orphans)} folders in 'songs' hold files that no song names"
    if repair and any(home.glob("library.db.damaged-*")):
        # They may be all that is left of songs whose facts were lost.
        report.wrong.append(f"{told}; they stay as long as a library.db.damaged-... is kept.")
        return
    if repair:
        blobs.sweep(is_wanted)
    _tell(report, mended=f"{told} and are removed.", wrong=f"{told}.", repair=repair)


def _check_index(database: Database, report: Report, *, repair: bool) -> None:
    with database.write() as connection:
        if search.is_whole(connection):
            return
        if repair:
            search.rebuild(connection)
    _tell(
        report,
        mended="The search index was damaged and is made anew.",
        wrong="The search index is damaged; songs may not be found by their words.",
        repair=repair,
    )


def _tell(report: Report, *, mended: str, wrong: str, repair: bool) -> None:
    if repair:
        report.mended.append(mended)
    else:
        report.wrong.append(wrong)
