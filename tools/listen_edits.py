"""Make ten songs, edit them in all ways, and print every promise with its figure.

The exit code is 0 when all of them hold. Songs are kept under ``build/listen-edits`` until the engine's
sources change.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

import anyio
from pydantic import ValidationError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.edits.recordings import edit_recordings  # noqa: E402
from tools.edits.report import Report  # noqa: E402
from tools.edits.sound import difference  # noqa: E402
from tools.edits.workshop import STEMS, Made, Workshop  # noqa: E402
from tools.listening.renders import source_digest  # noqa: E402

import songwright  # noqa: E402
from songwright.music.actions import (  # noqa: E402
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.timeline import section_span  # noqa: E402
from songwright.settings import Settings  # noqa: E402
from songwright.studio import Studio  # noqa: E402

BUILD = ROOT / "build" / "listen-edits"
MOST_SHARE = 0.15
EDITS_TIMED = 3

WORDS = """[Verse]
Paper boats along the harbour wall
Every name we wrote has washed away
[Chorus]
Turn the lights up over the avenue
I am coming home to you
[Verse]
Still I hear the summer when you call
Golden like the middle of the day
[Chorus]
Turn the lights up over the avenue
I am coming home to you"""
NEW_CHORUS = "Every window opens to the sea\nLeave a little light for me"
SONGS = {
    "pop": "bright pop, 112 bpm, in C major, female voice",
    "waltz": "folk waltz in 3/4, 120 bpm, in D major, male voice",
    "rock": "rock, 124 bpm, in E minor, male voice",
    "jazz": "jazz, 96 bpm, in F major, female voice",
    "house": "house, 122 bpm, in A minor, 50 seconds",
    "reggae": "reggae, 84 bpm, in G major, male voice",
    "metal": "metal, 140 bpm, in D minor, male voice",
    "lofi": "lofi hip hop, 80 bpm, in C minor, female voice",
    "country": "country, 104 bpm, in A major, female voice",
    "long": "warm pop, 100 bpm, in G major, female voice, 4 minutes",
}


def main() -> int:
    """Run the checks."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    report = anyio.run(_listen)
    print(f"{report.checks} checks over {len(SONGS)} songs, {report.failures} failed")
    return 1 if report.failures else 0


async def _listen() -> Report:
    package = Path(songwright.__file__).parent
    sources = source_digest(package / "engines" / "local", package / "music")
    home = BUILD / "home"
    report = Report()
    async with Studio.open(Settings(home=home, workers=1)) as studio:
        work = Workshop(studio, home, sources)
        songs = {name: await work.make(name, _request(name)) for name in SONGS}
        await _cost(work, report, songs["long"])
        await _replacements(work, report, songs)
        await _continuations(work, report, songs)
        await _covers(work, report, songs)
        await _variations(work, report, songs)
        await _swaps(work, report, songs)
        await _stems(work, report, songs)
        await _chain(work, report, songs)
        await edit_recordings(work, report, songs, home / "imports")
        await _refusals(work, report, songs)
    return report


def _request(name: str) -> Generate:
    words = "" if name == "house" else WORDS
    return Generate(prompt=SONGS[name], lyric=words, instrumental=name == "house", seed=f"edits-{name}")


async def _cost(work: Workshop, report: Report, song: Made) -> None:
    # Whatever else the machine does slows down one edit more than another.
    edits = [
        await work.make(
            f"long-ten-seconds-{seed}",
            ReplaceSection(
                audio_id=song.song.id, replace_section_start=100, replace_section_end=110, seed=str(seed)
            ),
        )
        for seed in range(EDITS_TIMED)
    ]
    usual = sorted(edits, key=lambda edit: edit.seconds)[EDITS_TIMED // 2]
    share = usual.seconds / song.seconds
    figure = f"{usual.seconds:.1f} s of {song.seconds:.1f} s, {share:.0%}"
    length = song.song.facts.duration_seconds
    promise = f"10 s of {length:.0f} s cost at most {MOST_SHARE:.0%}"
    report.check("long-ten-seconds", promise, figure, holds=share <= MOST_SHARE)
    report.same_outside("long-ten-seconds", song, usual, 100, 110)


async def _replacements(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    pop, rock, waltz, house = (songs[name] for name in ("pop", "rock", "waltz", "house"))
    section = _section(pop, "chorus 2")
    new = await work.make(
        "pop-new-words", ReplaceSection(audio_id=pop.song.id, section="chorus 2", lyric=NEW_CHORUS, seed="1")
    )
    report.same_outside("pop-new-words", pop, new, *section)
    sung = [line.text for line in new.song.facts.lyric_lines if line.section == "chorus 2"]
    report.check(
        "pop-new-words",
        "the new words are sung there",
        " / ".join(sung),
        holds=sung == NEW_CHORUS.split("\n"),
    )

    new = await work.make(
        "rock-new-style",
        ReplaceSection(
            audio_id=rock.song.id,
            replace_section_start=20.5,
            replace_section_end=31.25,
            prompt="slow strings and piano, orchestral",
            seed="1",
        ),
    )
    report.same_outside("rock-new-style", rock, new, 20.5, 31.25)

    new = await work.make(
        "waltz-both",
        ReplaceSection(
            audio_id=waltz.song.id,
            section="chorus 1",
            prompt="with banjo and fiddle",
            lyric=NEW_CHORUS,
            seed="1",
        ),
    )
    report.same_outside("waltz-both", waltz, new, *_section(waltz, "chorus 1"))

    bar = house.song.facts.sections[0]
    length = (bar.end_seconds - bar.start_seconds) / bar.bars
    new = await work.make("house-bars", ReplaceSection(audio_id=house.song.id, section="bars 5-8", seed="1"))
    report.same_outside("house-bars", house, new, 4 * length, 8 * length)


async def _continuations(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    lyric = "[Bridge]\nAll the harbour bells are ringing slow\nAll the tides have somewhere else to go"
    for name, action in {
        "country": Extend(audio_id=songs["country"].song.id, continue_at=30, lyric=lyric, seed="1"),
        "house": Extend(audio_id=songs["house"].song.id, seed="1"),
    }.items():
        old = songs[name]
        new = await work.make(f"{name}-longer", action)
        promise = new.song.facts.promise
        boundary = float(promise.kept.split("-")[1].split()[0]) if promise else 0.0
        starts = [section.end_seconds for section in old.song.facts.sections]
        exact = min(
            (
                section.start_seconds + bar * (section.end_seconds - section.start_seconds) / section.bars
                for section in old.song.facts.sections
                for bar in range(section.bars + 1)
            ),
            key=lambda line: abs(line - boundary),
        )
        report.check(
            f"{name}-longer",
            "goes on from a bar line that it names",
            f"{boundary:.2f} s",
            holds=abs(exact - boundary) < 0.01
            and any("continued at" in n for n in new.song.facts.understanding.notes),
        )
        report.same_outside(f"{name}-longer", old, new, exact, None)
        added = new.song.facts.duration_seconds - exact
        report.check(
            f"{name}-longer", "there is more of it", f"{added:.1f} s follow", holds=added > 8 and bool(starts)
        )


async def _covers(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    old = songs["jazz"]
    tempi = []
    for strength in (0.2, 1.0):
        name = f"jazz-cover-{strength:g}"
        new = await work.make(
            name, Cover(audio_id=old.song.id, prompt="drum and bass", sound_strength=strength, seed="1")
        )
        facts, before = new.song.facts, old.song.facts
        kept = facts.promise.notes_kept if facts.promise else None
        report.check(name, "keeps the melody", f"{kept} of the sung notes", holds=kept == 1.0)
        report.check(
            name, "keeps the words", f"{len(facts.lyric_lines)} lines", holds=facts.lyric == before.lyric
        )
        forms = [[(s.name, s.bars) for s in f.sections] for f in (facts, before)]
        report.check(name, "keeps the form", f"{len(forms[0])} sections", holds=forms[0] == forms[1])
        report.check(
            name, "in another style", f"{before.genre} to {facts.genre}", holds=facts.genre != before.genre
        )
        report.sums(name, new)
        tempi.append(facts.tempo_bpm or 0.0)
    own = old.song.facts.tempo_bpm or 0.0
    moved = [abs(tempo - own) for tempo in tempi]
    report.check(
        "jazz-cover",
        "sound_strength is honoured",
        f"{own:g} bpm to {tempi[0]:g} and {tempi[1]:g}",
        holds=moved[0] < moved[1],
    )


async def _variations(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    old = songs["lofi"]
    new = await work.make("lofi-variation", Variation(audio_id=old.song.id, seed="1"))
    facts, before = new.song.facts, old.song.facts
    same = (facts.genre, facts.tempo_bpm, facts.key, facts.voice) == (
        before.genre,
        before.tempo_bpm,
        before.key,
        before.voice,
    )
    report.check(
        "lofi-variation",
        "keeps style, tempo, key and voice",
        f"{facts.genre}, {facts.tempo_bpm:g} bpm, {facts.key}",
        holds=same,
    )
    forms = [[(s.name, s.bars) for s in f.sections] for f in (facts, before)]
    report.check(
        "lofi-variation",
        "keeps form and words",
        f"{len(forms[0])} sections",
        holds=forms[0] == forms[1] and facts.lyric == before.lyric,
    )
    kept = facts.promise.notes_kept if facts.promise else None
    report.check(
        "lofi-variation",
        "has new notes",
        f"{kept:.0%} of the sung notes are the same",
        holds=kept is not None and kept < 0.5,
    )
    report.sums("lofi-variation", new)


async def _swaps(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    backing = ("drums", "bass", "other")
    for name, action in {
        "reggae-new-words": SwapVocals(
            audio_id=songs["reggae"].song.id, lyric=WORDS.replace("Paper", "Silver"), seed="1"
        ),
        "pop-other-voice": SwapVocals(audio_id=songs["pop"].song.id, vocal_gender="m", seed="1"),
        "house-sung": SwapVocals(
            audio_id=songs["house"].song.id, lyric=WORDS.split("[Chorus]", maxsplit=1)[0], seed="1"
        ),
        "metal-sings-country": SwapVocals(
            audio_id=songs["metal"].song.id, swap_audio_id=songs["country"].song.id, seed="1"
        ),
    }.items():
        old = songs[name.split("-")[0]]
        new = await work.make(name, action)
        report.same_stems(name, old, new, backing)
    for name, swap in {
        "reggae-new-band": SwapInstrumentals(
            audio_id=songs["reggae"].song.id, prompt="acoustic folk with cello", seed="1"
        ),
        "lofi-plays-rock": SwapInstrumentals(
            audio_id=songs["lofi"].song.id, swap_audio_id=songs["rock"].song.id, seed="1"
        ),
    }.items():
        old = songs[name.split("-")[0]]
        new = await work.make(name, swap)
        report.same_stems(name, old, new, ("vocals",))


async def _stems(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    old = songs["country"]
    new = await work.make("country-stems", Stems(audio_id=old.song.id))
    worst = max(difference(old.stem(stem), new.stem(stem)) for stem in STEMS)
    report.check("country-stems", "are the song's own", f"largest difference {worst:g}", holds=worst == 0)
    report.check("country-stems", "are there at once", f"{new.seconds:.2f} s", holds=new.seconds < 1)
    report.sums("country-stems", new)
    archive = await work.zipped_stems(new)
    with zipfile.ZipFile(archive) as zipped:
        inside = sorted(name for name in zipped.namelist() if name.endswith(".flac"))
    report.check("country-stems", "come as a ZIP too", ", ".join(inside), holds=len(inside) >= len(STEMS))
    part = await work.make("house-stems", Stems(audio_id=songs["house"].song.id, stems=("drums", "vocals")))
    report.check(
        "house-stems",
        "any of them",
        ", ".join(part.song.stems),
        holds=set(part.song.stems) == {"drums", "vocals"},
    )
    silent = part.song.facts.silent_stems
    report.check("house-stems", "silent ones are flagged", ", ".join(silent), holds=silent == ("vocals",))


async def _chain(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    """Edits of edits, each keeping what it promised."""
    first = songs["pop"]
    second = await work.make("chain-1-vocals", SwapVocals(audio_id=first.song.id, vocal_gender="m", seed="2"))
    report.same_stems("chain-1-vocals", first, second, ("drums", "bass", "other"))
    third = await work.make(
        "chain-2-band", SwapInstrumentals(audio_id=second.song.id, prompt="soul with organ", seed="2")
    )
    report.same_stems("chain-2-band", second, third, ("vocals",))
    fourth = await work.make(
        "chain-3-verse", ReplaceSection(audio_id=third.song.id, section="verse 1", prompt="reggae", seed="2")
    )
    report.same_outside("chain-3-verse", third, fourth, *_section(third, "verse 1"))
    end = _section(fourth, "chorus 1")[1]
    fifth = await work.make(
        "chain-4-longer",
        Extend(audio_id=fourth.song.id, continue_at=end, lyric="[Outro]\n" + NEW_CHORUS, seed="2"),
    )
    report.same_outside("chain-4-longer", fourth, fifth, end, None)
    sixth = await work.make(
        "chain-5-chorus", ReplaceSection(audio_id=fifth.song.id, section="chorus 1", seed="2")
    )
    report.same_outside("chain-5-chorus", fifth, sixth, *_section(fifth, "chorus 1"))
    seventh = await work.make("chain-6-cover", Cover(audio_id=sixth.song.id, prompt="bossa nova", seed="2"))
    promise = seventh.song.facts.promise
    report.check(
        "chain-6-cover",
        "keeps the melody",
        f"{promise.notes_kept if promise else None}",
        holds=bool(promise and promise.notes_kept == 1.0),
    )
    report.sums("chain-6-cover", seventh)


async def _refusals(work: Workshop, report: Report, songs: dict[str, Made]) -> None:
    pop, house = songs["pop"].song, songs["house"].song
    end = pop.facts.duration_seconds
    wrong = {
        "past-the-end": (
            "replace_section_end",
            ReplaceSection(audio_id=pop.id, replace_section_start=10, replace_section_end=end + 5),
        ),
        "behind-the-end": (
            "replace_section_start",
            ReplaceSection(audio_id=pop.id, replace_section_start=end + 1, replace_section_end=end + 5),
        ),
        "hardly-any-length": (
            "replace_section_end",
            ReplaceSection(audio_id=pop.id, replace_section_start=10, replace_section_end=10.001),
        ),
        "unknown-section": ("section", ReplaceSection(audio_id=pop.id, section="chorus 9")),
        "bars-not-there": ("section", ReplaceSection(audio_id=pop.id, section="bars 500-501")),
        "too-many-words": ("lyric", ReplaceSection(audio_id=pop.id, section="bars 9-9", lyric=WORDS)),
        "continue-beyond": ("continue_at", Extend(audio_id=pop.id, continue_at=end + 1)),
        "no-style": ("prompt", Cover(audio_id=pop.id)),
        "nothing-sung-to-keep": ("audio_id", SwapInstrumentals(audio_id=house.id, prompt="jazz")),
        "nothing-sung-to-take": ("swap_audio_id", SwapVocals(audio_id=pop.id, swap_audio_id=house.id)),
        "no-words": ("lyric", SwapVocals(audio_id=house.id)),
        "vocals-3/4-over-4/4": (
            "swap_audio_id",
            SwapVocals(audio_id=pop.id, swap_audio_id=songs["waltz"].song.id),
        ),
        "band-3/4-under-4/4": (
            "swap_audio_id",
            SwapInstrumentals(audio_id=pop.id, swap_audio_id=songs["waltz"].song.id),
        ),
        "no-such-song": ("audio_id", Variation(audio_id="ffffffff-ffff-4fff-8fff-ffffffffffff")),
    }
    for name, (field, action) in wrong.items():
        report.refused(name, field, await work.refusal(action))
    for name, start, stop in (("start-after-end", 20.0, 10.0), ("no-length", 10.0, 10.0)):
        try:
            ReplaceSection(audio_id=pop.id, replace_section_start=start, replace_section_end=stop)
        except ValidationError as error:
            message = str(error.errors()[0]["msg"])
            report.check(name, "is no request at all", message, holds="replace_section_end" in message)
        else:
            report.check(name, "is no request at all", "accepted", holds=False)


def _section(made: Made, name: str) -> tuple[float, float]:
    span = section_span(made.song.facts.sections, name)
    return span.start_seconds, span.end_seconds


if __name__ == "__main__":
    sys.exit(main())
