"""Looks at a home folder from outside, without songwright's own code: all there, and nothing else?"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

__all__ = ["faults_of_home"]

# What a home holds besides songs.
_FURNITURE = frozenset(
    {"library.db", "library.db-wal", "library.db-shm", "worker.lock", "secret.key", "imports", "cache"}
)


def faults_of_home(home: Path, accepted: Iterable[str], may_fail_by: frozenset[str]) -> list[str]:
    """What is wrong with a home whose processes have all ended, in sentences.

    Args:
        home: The folder.
        accepted: Ids of the tasks that were acknowledged.
        may_fail_by: Codes of the failures that are true.
    """
    connection = sqlite3.connect(home / "library.db")
    try:
        tasks = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT id, status, song_id, json_extract(state, '$.failure.code') FROM tasks"
            )
        }
        songs = Counter(row[0] for row in connection.execute("SELECT id FROM songs"))
        files = list(connection.execute("SELECT song_id, name, attempt, size_bytes, sha256 FROM song_files"))
        [(integrity,)] = connection.execute("PRAGMA integrity_check")
        callbacks = {row[0] for row in connection.execute("SELECT task_id FROM callbacks")}
    finally:
        connection.close()
    faults = [] if integrity == "ok" else ["the database is damaged"]
    faults += [f"task {task_id} is lost" for task_id in accepted if task_id not in tasks]
    for task_id, (status, song_id, code) in tasks.items():
        if status == "succeeded":
            if songs[song_id] != 1:
                faults.append(f"task {task_id} has {songs[song_id]} songs")
        elif status != "failed" or code not in may_fail_by:
            faults.append(f"task {task_id} is {status} {code or ''}")
    succeeded = {song_id for status, song_id, _ in tasks.values() if status == "succeeded"}
    faults += [f"song {song_id} has no task that succeeded" for song_id in set(songs) - succeeded]
    faults += [f"callback of {task_id} has no task" for task_id in callbacks - set(tasks)]
    return faults + _faults_of_files(home, files, set(songs))


def _faults_of_files(home: Path, files: list[tuple[str, str, int, int, str]], songs: set[str]) -> list[str]:
    faults = []
    named = set()
    for song_id, name, attempt, size, digest in files:
        path = home / "songs" / song_id / str(attempt) / name
        named.add(path)
        if not path.is_file():
            faults.append(f"{name} of a song is missing")
        elif path.stat().st_size != size or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            faults.append(f"{name} of a song is damaged")
    with_master = {song_id for song_id, name, *_ in files if name == "master.flac"}
    faults += ["a song has no master" for _ in songs - with_master]
    for path in home.rglob("*"):
        top = path.relative_to(home).parts[0]
        if top in _FURNITURE or path in named or (path.is_dir() and any(path.iterdir())):
            continue
        if path.is_dir() and path.parent == home:
            continue
        faults.append(f"left behind: {'/'.join(path.relative_to(home).parts)}")
    return faults
