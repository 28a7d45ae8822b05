"""How fast a library of many songs answers, and how much memory and disk it takes.

Songs of some 10 kB of facts each are put into a library in a temporary folder, by what also keeps real ones;
then each question is asked many times, with other words and ids every time. It prints the 50th and the 99th
percentile in milliseconds, of the clock and of this process's own processor time; on a busy machine only the
latter says much. Run it as ``python benchmarks/library.py``, or with ``--songs 10000`` for a quick look, or
with ``--home FOLDER`` to keep the library for another run.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from songwright.library.blobs import Blobs
from songwright.library.database import Database
from songwright.library.songs import Library, insert_song
from songwright.music.actions import Generate
from songwright.music.song import Facts, LyricLine, Parent, Section, Song

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
TARGET_MS = 20.0
OWNER = "me"
A_TRANSACTION = 1000
SOME_WORDS = """
amber anchor ballad blue broken candle canyon city cold copper crystal dance dark dawn diamond distant dream
dust echo electric ember empty evening fading falling feather fire forest forgotten garden ghost glass golden
harbour heart hollow honey horizon hours iron island january journey kingdom lantern letters light lonely lost
lullaby machine memory midnight mirror moon morning mountain neon night northern ocean orange paper pearl
phantom prairie quiet rain rebel river road rose running rust sailor salt satellite shadow silence silver
sister sleep slow smoke snow solar southern spark spring star station stone storm stranger summer sunset
thunder tide tower train valley velvet violet voices wander water whisper wild willow window winter wire wolf
"""
SOME_STYLES = """
warm indie folk, slow jazz waltz, hard techno, bossa nova with nylon guitar, dream pop, lo-fi hip hop beat,
heavy metal with double bass drum, country ballad, drum and bass, ambient drone, orchestral film score, reggae
"""
WORDS = SOME_WORDS.split()
STYLES = [style.strip() for style in SOME_STYLES.split(",")]


def main() -> None:
    """Make the library, or take the one that is there, and print what was measured."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--songs", type=int, default=100_000, help="how many [%(default)s]")
    options.add_argument("--rounds", type=int, default=300, help="how often each is asked [%(default)s]")
    options.add_argument("--home", type=Path, help="where to keep the library; left out: nowhere")
    given = options.parse_args()
    if given.home is not None:
        measure(given.home, given.songs, given.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.songs, given.rounds)


def measure(home: Path, songs: int, rounds: int) -> None:
    """Fill a home folder up to a number of songs, ask, and print."""
    chance = random.Random(12)  # noqa: S311 - the same library every time
    database = Database.in_folder(home)
    library = Library(database, Blobs(home / "songs"))
    ids = fill(database, songs, chance)
    size = (home / "library.db").stat().st_size
    print(f"{songs} songs, {size / 1e6:.0f} MB, {size / songs / 1000:.1f} kB a song")
    before = resident_mb()
    late = 0
    print(f"{'':24}{'p50 ms':>9}{'p99 ms':>9}{'processor p50':>16}{'p99':>9}")
    for name, ask in questions(library, ids, chance).items():
        wall, processor = timed(ask, rounds)
        late += processor[1] >= TARGET_MS
        print(f"{name:24}{wall[0]:9.2f}{wall[1]:9.2f}{processor[0]:16.2f}{processor[1]:9.2f}")
    print(f"memory {before:.0f} MB before, {resident_mb():.0f} MB after")
    print(f"{late} above {TARGET_MS:g} ms of processor at the 99th percentile")
    database.close()


def fill(database: Database, songs: int, chance: random.Random) -> list[str]:
    """Put songs in until there are enough; the ids of those that were put in, or are there."""
    with database.read() as connection:
        there = [row[0] for row in connection.exec_driver_sql("SELECT id FROM songs ORDER BY created_at")]
    began = time.process_time()
    template = a_song(chance)
    while len(there) < songs:
        with database.write() as connection:
            for number in range(len(there), min(songs, len(there) + A_TRANSACTION)):
                song = another(template, number, there, chance)
                insert_song(connection, song, OWNER, {})
                there.append(song.id)
    made = time.process_time() - began
    print(f"{made * 1000 / max(1, songs):.2f} ms of processor to put in a song")
    return there


def a_song(chance: random.Random) -> Song:
    """A song with as many facts as one of three minutes has."""
    sections = [
        Section(name=f"part {n}", start_seconds=n * 15, end_seconds=n * 15 + 15, start_bar=8 * n + 1, bars=8)
        for n in range(12)
    ]
    lines = [
        LyricLine(
            text=" ".join(chance.choices(WORDS, k=7)),
            start_seconds=4.0 * n,
            end_seconds=4.0 * n + 3.5,
            section=f"part {n // 4}",
        )
        for n in range(44)
    ]
    lyric = "\n".join(line.text for line in lines)
    return Song(
        id="",
        task_id="",
        created_at=FIRST,
        engine="local",
        engine_version="3",
        action=Generate(prompt="x", lyric=lyric),
        facts=Facts(
            title="x",
            duration_seconds=180,
            tempo_bpm=96,
            key="A minor",
            genre="pop",
            lyric=lyric,
            sections=tuple(sections),
            lyric_lines=tuple(lines),
            seed="7",
            model="local",
        ),
    )


def another(template: Song, number: int, there: list[str], chance: random.Random) -> Song:
    """A song with a title, a prompt and an id of its own; one in five is made from an earlier one."""
    title = " ".join(chance.choices(WORDS, k=chance.randint(1, 4))).title()
    prompt = f"{chance.choice(STYLES)}, {chance.randint(60, 180)} bpm, {' '.join(chance.choices(WORDS, k=3))}"
    parents = (Parent(song_id=chance.choice(there)),) if there and number % 5 == 0 else ()
    return template.model_copy(
        update={
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "task_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "created_at": FIRST + timedelta(seconds=37 * number),
            "action": template.action.model_copy(update={"prompt": prompt}),
            "parents": parents,
            "facts": template.facts.model_copy(update={"title": title}),
        }
    )


def questions(library: Library, ids: list[str], chance: random.Random) -> dict[str, Callable[[], object]]:
    """What is asked of the library, by its name."""

    def word() -> str:
        return chance.choice(WORDS)

    def search(query: str) -> object:
        return library.brief_page(query, 20, None, OWNER)

    def old_page() -> object:
        return library.brief_page(word(), 20, f"{library_time(chance.randrange(len(ids)))}.{'f' * 36}", OWNER)

    return {
        "list 20": lambda: library.brief_page(None, 20, None, OWNER),
        "list 100": lambda: library.brief_page(None, 100, None, OWNER),
        "search, a word": lambda: search(word()),
        "search, two words": lambda: search(f"{word()} {word()}"),
        "search, part of a word": lambda: search(word()[1:5]),
        "search, one letter": lambda: search(chance.choice("abcdefghijklmnopqrstuvwxyz")),
        "search, two letters": lambda: search(chance.choice("qxzjv") + chance.choice("qxzjv")),
        "search, a page further": old_page,
        "search, nothing there": lambda: search("qu" + word()[::-1]),
        "search, words apart": lambda: search(f"{word()} {word()} {word()} {word()} {word()}"),
        "get": lambda: library.song(chance.choice(ids), OWNER),
        "prefix": lambda: library.resolve(chance.choice(ids)[:8], OWNER),
        "last": lambda: library.find("last", OWNER),
        "children": lambda: library.children(chance.choice(ids), OWNER),
        "complete, nothing typed": lambda: library.beginning("", 101, OWNER),
        "complete, a letter": lambda: library.beginning(chance.choice("abcdefghi0123456789"), 101, OWNER),
        "complete, a title": lambda: library.beginning(word()[: chance.randint(2, 6)], 101, OWNER),
        "complete, no title": lambda: library.beginning(word() + "qq", 101, OWNER),
        "complete, an id": lambda: library.beginning(chance.choice(ids)[: chance.randint(2, 9)], 101, OWNER),
    }


def library_time(number: int) -> int:
    """When a song of this library was made, in microseconds since 1970."""
    return int((FIRST + timedelta(seconds=37 * number)).timestamp()) * 1_000_000


def timed(ask: Callable[[], object], rounds: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The 50th and 99th percentile of a question in milliseconds: of the clock, and of processor time."""
    for _ in range(5):
        ask()
    wall, processor = [], []
    for _ in range(rounds):
        began, spent = time.perf_counter(), time.process_time()
        ask()
        wall.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - spent))
    return percentiles(wall), percentiles(processor)


def percentiles(values: list[float]) -> tuple[float, float]:
    """The 50th and the 99th."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]


def resident_mb() -> float:
    """How much memory this process has now; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


if __name__ == "__main__":
    main()
