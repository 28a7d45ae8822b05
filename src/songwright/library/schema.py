"""The tables. One dialect-neutral schema, for SQLite on a laptop and Postgres for a cluster.

Times are integer microseconds since 1970 (UTC), which sort and compare the same in every database.
Values of the domain are kept whole as JSON; a column stands beside them for what queries ask about.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

__all__ = [
    "LYRICS_ARE_SEARCHED",
    "OLDEST_READER",
    "SCHEMA_VERSION",
    "callbacks",
    "from_microseconds",
    "metadata",
    "producer_calls",
    "schema_version",
    "song_files",
    "song_parents",
    "songs",
    "tasks",
    "to_microseconds",
]

SCHEMA_VERSION = 4
"""Counts what was added to these tables. Raise it with every table, column or index that joins them: a home
that an earlier version wrote is then given what it lacks. A column that joins a table is nullable or has a
server default. What is stored as JSON may gain fields at any time."""

OLDEST_READER = 3
"""The lowest schema version that can work on what this one writes, because it knows of no less. Raise it to
``SCHEMA_VERSION`` only when an earlier version would go wrong; until then it passes over what is new to it.
Version 3 keeps files below attempts, where version 2 would not find them."""

LYRICS_ARE_SEARCHED = 4
"""The first schema version whose ``songs.search_text`` has the lyric in it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("only_row", Integer, CheckConstraint("only_row = 1"), primary_key=True),
    Column("version", Integer, nullable=False, doc="The highest schema version that has written here."),
    Column("oldest_reader", Integer, nullable=False, server_default="0", doc="See OLDEST_READER."),
    Column("written_by", String(40), nullable=False, server_default="", doc="Release of that version."),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("engine", String(40), nullable=False),
    Column("action", JSON, nullable=False),
    Column("seed", String(64), nullable=False),
    Column("song_id", String(36), nullable=False, unique=True, doc="Allotted when the task is accepted."),
    Column("request_id", String(200)),
    Column("fingerprint", String(64), nullable=False, doc="SHA-256 of the request as it was made."),
    Column("status", String(10), nullable=False),
    Column("state", JSON, nullable=False),
    Column("memory", JSON, nullable=False, doc="Facts an engine keeps across a restart."),
    Column("attempts", Integer, nullable=False, default=0, doc="How often work on it was started."),
    Column("job_id", String(60), doc="Id at the job engine; none while it waits for its turn."),
    Column(
        "lane", String(40), nullable=False, server_default="", doc="Whose slots it takes; '': its engine's."
    ),
    Column("is_held", Boolean, nullable=False, server_default=false(), doc="Whether an attempt is open."),
    Column("crashes", Integer, nullable=False, server_default="0", doc="How often its renderer died."),
    Column(
        "server_deaths",
        Integer,
        nullable=False,
        server_default="0",
        doc="How often the server died while this task alone was worked on.",
    ),
    UniqueConstraint("principal", "request_id"),
    Index("tasks_by_age", "principal", "created_at", "id"),
    Index("tasks_by_status", "status", "created_at"),
)

songs = Table(
    "songs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("search_text", Text, nullable=False, doc="Title, prompt, genre and lyric, case-folded."),
    # Beside the other short ones: what stands behind a long value is slow to reach.
    Column("number", BigInteger, doc="Place in the search index, by age; none while it isn't in there."),
    Column("song", JSON, nullable=False),
    Index("songs_by_age", "principal", "created_at", "id"),
    Index("songs_by_id", "principal", "id", "created_at"),
    Index("songs_by_number", "number", unique=True),
)

song_parents = Table(
    "song_parents",
    metadata,
    Column("song_id", String(36), ForeignKey("songs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("parent_id", String(36), nullable=False, index=True),
)

song_files = Table(
    "song_files",
    metadata,
    Column("song_id", String(36), ForeignKey("songs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("attempt", Integer, nullable=False, doc="Which try made it; 0 where an older version kept it."),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("task_id", String(36), ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("host", String(260), nullable=False, doc="Host and port of the URL, lower case."),
    Column("status", String(10), nullable=False),
    Column("due_at", BigInteger, nullable=False, doc="When to try next, once the task has ended."),
    Column("claimed_until", BigInteger, nullable=False, doc="Until when a process is at it."),
    Column("attempts", Integer, nullable=False),
    Column("last_outcome", String(80), doc="What the last attempt came to."),
    Column("settled_at", BigInteger),
    Index("callbacks_by_due_time", "status", "due_at"),
)

producer_calls = Table(
    "producer_calls",
    metadata,
    Column("task_id", String(36), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("type", String(10), nullable=False, doc="The endpoint that was called."),
    Column("trace_id", String(36), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("request", JSON, nullable=False, doc="The body as it was sent."),
    Column("base_url", Text, nullable=False, doc="The URL under which the caller reached the server."),
    Column("idempotency_key", String(64), doc="SHA-256 of the caller's key, for calls that are no task."),
    Column("finished_at", BigInteger),
    Column("response", JSON, doc="The answer, for calls that are no task."),
    UniqueConstraint("principal", "idempotency_key"),
    Index("producer_calls_by_age", "principal", "created_at", "task_id"),
)


def to_microseconds(time: datetime) -> int:
    """An aware time as whole microseconds since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """The time, in UTC, that :func:`to_microseconds` counted."""
    return _EPOCH + timedelta(microseconds=microseconds)
