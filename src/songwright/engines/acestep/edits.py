"""The eight actions as jobs, and what is done to their sound afterwards.

The server makes a whole song anew for every edit. What it made is taken inside the edited stretch only, so
the rest of the song stays as it was to the sample.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, assert_never

import anyio
import numpy as np

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ, Samples
from songwright.engines.acestep.finishing import finish, without_leak
from songwright.engines.acestep.jobs import Job, Made, Make
from songwright.engines.acestep.replies import ModelFacts, ServerFacts
from songwright.engines.acestep.requests import (
    LONGEST_SECONDS,
    common_fields,
    duration_asked,
    figure_notes,
    lyric_seconds,
    numeric_seed,
    sheet_for,
    takes_for,
    task_type_of,
    tempo_asked,
    words_for,
)
from songwright.engines.base import MASTER_FILE, Context, Rendition, Source, stem_file
from songwright.engines.remote.errors import RemoteFailureError
from songwright.engines.remote.stems import summing_to
from songwright.engines.remote.stretches import continue_at_of, stretch_of
from songwright.engines.splice import aligned, continue_song, measure_promise, replace_stretch
from songwright.errors import RequestError
from songwright.music.actions import (
    Action,
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    Sounding,
    StemName,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.song import EditPromise, Parent
from songwright.music.timeline import Span

__all__ = ["Edits"]

_LONGEST_PASS_SECONDS = 87.0
_SHORTEST_PASS_SECONDS = 3.0
_OVERLAP_SECONDS = 3.0
_EXTENSION_SECONDS = 30.0
_JOINT_SECONDS = 0.5
_ACCOMPANIMENT = "drums,bass,guitar,keyboard,strings,synth,percussion"
_CEILING = FULL_SCALE_INT24 - 2


class Edits:
    """One performance."""

    def __init__(self, make: Make, facts: ServerFacts, context: Context) -> None:
        self._make = make
        self._facts = facts
        self._context = context
        self._folder = context.folder

    async def perform(self, action: Action, sources: tuple[Source, ...]) -> Rendition:
        """Perform an action.

        Raises:
            SongwrightError: The server refused or failed, or the action does not fit its source.
        """
        match action:
            case Generate() | Variation() | Cover():
                return await self._whole(action, sources)
            case ReplaceSection():
                return await self._replaced(action, sources[0])
            case Extend():
                return await self._extended(action, sources[0])
            case SwapVocals() | SwapInstrumentals():
                return await self._swapped(action, sources[0])
            case Stems():
                return await self._separated(action, sources[0])
            case _:
                assert_never(action)

    async def _whole(self, action: Generate | Variation | Cover, sources: tuple[Source, ...]) -> Rendition:
        source = sources[0] if sources else None
        song = source.song if source else None
        fields: dict[str, Any] = {}
        upload: Path | None = None
        caption, lyric = words_for(action, song)
        task = task_type_of(action, song)
        if task == "cover":
            assert source is not None  # noqa: S101 - only songs are covered
            upload = source.master
            # The closer the sound is to follow the prompt, the less of the source is held on to.
            held = 1.0 - 0.7 * (action.sound_strength - 0.2) / 0.8
            fields |= {"audio_cover_strength": round(held, 3)}
        asked_seconds = duration_asked(action, song)
        if asked_seconds is not None:
            fields["audio_duration"] = asked_seconds
        if song is not None:
            fields["audio_duration"] = round(song.facts.duration_seconds, 3)
        elif lyric and asked_seconds is None:
            fields["audio_duration"] = lyric_seconds(lyric, tempo_asked(action, song))
        elif not lyric and not action.instrumental:
            fields |= {"sample_query": caption, "thinking": True}
        job = self._job(action, song, task, fields, upload, given=bool(lyric) or action.instrumental)
        made = await self._make(job)
        write_flac(self._folder / MASTER_FILE, made.audio)
        return await self._finished(action, sources, made, lyric)

    async def _replaced(self, action: ReplaceSection, source: Source) -> Rendition:
        span = stretch_of(action, source.song)
        windows = _windows(span, source.song.facts.duration_seconds)
        parent = source.master
        made: Made | None = None
        notes: tuple[str, ...] = ()
        for number, (window, wanted) in enumerate(windows):
            times = {
                "repainting_start": round(window.start_seconds, 3),
                "repainting_end": round(window.end_seconds, 3),
                "repaint_mode": "balanced",
                "repaint_strength": 0.5,
                "audio_duration": round(source.song.facts.duration_seconds, 3),
            }
            job = self._job(action, source.song, "repaint", times, parent, number=number, of=len(windows))
            made = await self._make(job)
            child = self._folder / f"pass-{number}.flac"
            note = await anyio.to_thread.run_sync(_paste, parent, made.audio, wanted, child)
            notes = (*notes, *made.notes, *note)
            parent = child
        assert made is not None  # noqa: S101 - a stretch has at least one window
        parent.replace(self._folder / MASTER_FILE)
        kept = f"outside {span.start_seconds:.2f}-{span.end_seconds:.2f} s"
        promise = await self._promise(source, span, kept)
        lyric = words_for(action, source.song)[1]
        return await self._finished(
            action, (source,), Made(made.audio, made.seed, notes), lyric, promise=promise, sections=True
        )

    async def _extended(self, action: Extend, source: Source) -> Rendition:
        start = continue_at_of(action, source.song)
        lyric = words_for(action, source.song)[1]
        asked = lyric_seconds(lyric, tempo_asked(action, source.song)) if lyric else _EXTENSION_SECONDS
        if action.duration_seconds is not None:
            asked = action.duration_seconds
        end = min(LONGEST_SECONDS, start + asked)
        if end - start < _SHORTEST_PASS_SECONDS:
            raise RequestError(
                f"leaves no room: ACE-Step makes songs of at most {LONGEST_SECONDS:.0f} s",
                field="continue_at",
            )
        lengthening = _LONGEST_PASS_SECONDS - _OVERLAP_SECONDS
        passes = max(1, int(np.ceil((end - start) / (lengthening - _JOINT_SECONDS))))
        parent, joint, reach, number = source.master, start, start, 0
        notes: tuple[str, ...] = ()
        seed = ""
        while reach < end:
            reach = min(end, joint + lengthening)
            head = await anyio.to_thread.run_sync(_cut, parent, joint, self._folder / f"head-{number}.flac")
            times = {
                "repainting_start": round(max(0.0, joint - _OVERLAP_SECONDS), 3),
                "repainting_end": round(reach, 3),
                "audio_duration": round(reach, 3),
            }
            job = self._job(action, source.song, "repaint", times, head, number=number, of=passes)
            made = await self._make(job)
            child = self._folder / f"pass-{number}.flac"
            await anyio.to_thread.run_sync(_go_on, parent, made.audio, joint, child)
            notes, seed = (*notes, *made.notes), seed or made.seed
            # A later joint lies a little before the end, so that both sides have sound to fade between.
            parent, joint, number = child, reach - _JOINT_SECONDS, number + 1
        parent.replace(self._folder / MASTER_FILE)
        span = Span(start, max(end, start + 1.0))
        promise = await self._promise(source, span, f"before {start:.2f} s")
        whole = "\n\n".join(filter(None, (source.song.facts.lyric, lyric)))
        master = await anyio.to_thread.run_sync(read_flac, self._folder / MASTER_FILE)
        return await self._finished(action, (source,), Made(master, seed, notes), whole, promise=promise)

    async def _swapped(self, action: SwapVocals | SwapInstrumentals, source: Source) -> Rendition:
        keeps: StemName = "other" if isinstance(action, SwapVocals) else "vocals"
        kept_files = {
            name: path for name, path in source.stems.items() if (name == "vocals") == (keeps == "vocals")
        }
        master, kept = await anyio.to_thread.run_sync(_sums, source, tuple(kept_files.values()))
        upload = self._folder / "kept.flac"
        await anyio.to_thread.run_sync(write_flac, upload, kept)
        fields: dict[str, Any] = {"audio_duration": round(source.song.facts.duration_seconds, 3)}
        if isinstance(action, SwapVocals):
            task = "lego"
            fields |= {"track_name": "vocals"}
        else:
            task = "complete"
            fields |= {"track_classes": _ACCOMPANIMENT}
        made = await self._make(self._job(action, source.song, task, fields, upload))
        mix, part, note = await anyio.to_thread.run_sync(_mixed, kept, made.audio, master - kept)
        write_flac(self._folder / MASTER_FILE, mix)
        stems: dict[StemName, Samples] = {name: read_flac(path) for name, path in kept_files.items()}
        new: StemName = "vocals" if isinstance(action, SwapVocals) else "other"
        stems[new] = part
        for name, samples in stems.items():
            write_flac(self._folder / stem_file(name), samples)
        written = read_flac(self._folder / MASTER_FILE) - read_flac(self._folder / stem_file(new))
        promise = EditPromise(
            kept="the backing" if isinstance(action, SwapVocals) else "the singing",
            outside_max_abs_diff=int(np.abs(written - kept).max(initial=0)) / FULL_SCALE_INT24,
        )
        lyric = (
            words_for(action, source.song)[1] if isinstance(action, SwapVocals) else source.song.facts.lyric
        )
        made = Made(mix, made.seed, (*made.notes, *note))
        return await self._finished(
            action, (source,), made, lyric, promise=promise, sections=True, stems=tuple(stems)
        )

    async def _separated(self, action: Stems, source: Source) -> Rendition:
        master = await anyio.to_thread.run_sync(read_flac, source.master)
        wanted: list[StemName] = [name for name in action.stems if name != "other"]
        model = self._model("extract")
        stems: dict[StemName, Samples] = {}
        seed = ""
        for number, name in enumerate(wanted):
            fields = {
                "task_type": "extract",
                "track_name": name,
                "model": model.name,
                "inference_steps": 50,
                "shift": 1.0,
                "batch_size": 1,
                "audio_format": "flac",
                "use_random_seed": False,
                "seed": str(numeric_seed(self._context.seed)),
                "audio_duration": round(source.song.facts.duration_seconds, 3),
            }
            job = Job(
                name=f"job {number}",
                fields=fields,
                source=source.master,
                begun=0.9 * number / len(wanted),
                share=0.9 / len(wanted),
            )
            made = await self._make(job)
            seed = made.seed
            stems[name] = _as_long_as(master.shape[1], made.audio)
        whole, left_over_db = await anyio.to_thread.run_sync(summing_to, master, stems)
        kept = tuple(name for name in action.stems if name in whole)
        for name in kept:
            write_flac(self._folder / stem_file(name), whole[name])
        write_flac(self._folder / MASTER_FILE, master)
        note = (
            "the stems were made anew by a generative model and are not the recording's own sound; 'other' "
            f"holds what they leave of it, {left_over_db:+.0f} dB relative to the song"
        )
        made = Made(master, seed or source.song.facts.seed, (note,))
        return await self._finished(
            action, (source,), made, source.song.facts.lyric, sections=True, stems=kept, model=model.name
        )

    def _job(
        self,
        action: Sounding,
        song: Any,
        task: str,
        fields: dict[str, Any],
        upload: Path | None,
        *,
        number: int = 0,
        of: int = 1,
        given: bool = True,
    ) -> Job:
        seeds = tuple(
            numeric_seed(self._context.seed, take + 16 * number) for take in range(takes_for(action))
        )
        caption, lyric = words_for(action, song)
        sheet = {"lyrics": sheet_for(lyric, instrumental=action.instrumental or not lyric)} if given else {}
        return Job(
            name=f"job {number}",
            fields=common_fields(action, song, self._model(task), seeds)
            | {"task_type": task, "prompt": caption[:512]}
            | sheet
            | fields,
            source=upload,
            lyric=lyric,
            tempo_bpm=tempo_asked(action, song),
            begun=0.9 * number / of,
            share=0.9 / of,
        )

    def _model(self, task: str) -> ModelFacts:
        model = self._facts.model_for(task)
        if model is None:
            raise RemoteFailureError(
                "the ACE-Step server's models have changed since the request was accepted; ask again",
                retryable=True,
            )
        return model

    async def _promise(self, source: Source, span: Span, kept: str) -> EditPromise:
        return await anyio.to_thread.run_sync(
            partial(measure_promise, source.master, self._folder / MASTER_FILE, span, kept=kept)
        )

    async def _finished(
        self,
        action: Action,
        sources: tuple[Source, ...],
        made: Made,
        lyric: str,
        *,
        promise: EditPromise | None = None,
        sections: bool = False,
        stems: tuple[StemName, ...] = (),
        model: str | None = None,
    ) -> Rendition:
        self._context.report(0.95, "listening to the song")
        song = sources[0].song if sources else None
        name = model or self._model(task_type_of(action, song)).name
        facts = await anyio.to_thread.run_sync(
            partial(
                finish,
                action,
                song,
                self._folder / MASTER_FILE,
                lyric=lyric,
                seed=made.seed,
                model=name,
                notes=(*made.notes, *figure_notes(action)),
                promise=promise,
                keeps_sections=sections,
            )
        )
        for path in self._folder.iterdir():
            if path.name not in {MASTER_FILE, *(stem_file(stem) for stem in stems)}:
                path.unlink()
        return Rendition(
            facts=facts,
            master=MASTER_FILE,
            stems={stem: stem_file(stem) for stem in stems},
            parents=tuple(Parent(song_id=source.song.id) for source in sources),
        )


def _windows(span: Span, duration_seconds: float) -> list[tuple[Span, Span]]:
    """Stretches that the server can re-make at a time, and the part of each that is wanted.

    It works on 3 to 90 s, so a shorter stretch is re-made with its surroundings and a longer one in turns.
    """
    count = max(1, int(np.ceil(span.duration_seconds / _LONGEST_PASS_SECONDS)))
    step = span.duration_seconds / count
    windows = []
    for number in range(count):
        wanted = Span(span.start_seconds + number * step, span.start_seconds + (number + 1) * step)
        missing = max(0.0, _SHORTEST_PASS_SECONDS - step) / 2
        start = max(0.0, wanted.start_seconds - missing)
        end = min(duration_seconds, max(wanted.end_seconds + missing, start + _SHORTEST_PASS_SECONDS))
        windows.append((Span(min(start, wanted.start_seconds), max(end, wanted.end_seconds)), wanted))
    return windows


def _paste(parent: Path, audio: Samples, span: Span, child: Path) -> tuple[str, ...]:
    before = read_flac(parent)
    moved = _as_long_as(before.shape[1], _moved(before, audio, span))
    replace_stretch(parent, moved, span, child)
    start, end = (round(seconds * SAMPLE_RATE_HZ) for seconds in (span.start_seconds, span.end_seconds))
    change = float(np.abs(moved[:, start:end] - before[:, start:end]).mean())
    level = float(np.abs(before[:, start:end]).mean())
    if level > 0 and change < 0.05 * level:
        return ("the stretch came back almost as it was; another seed or more `weirdness` may help",)
    return ()


def _moved(parent: Samples, audio: Samples, span: Span) -> Samples:
    """What was made, on the parent's clock, by what stands outside the stretch."""
    if span.start_seconds > 0:
        return aligned(parent, audio, Span(max(0.0, span.start_seconds - 10.0), span.start_seconds))
    end = parent.shape[1] / SAMPLE_RATE_HZ
    if span.end_seconds < end:
        return aligned(parent, audio, Span(span.end_seconds, end))
    return audio


def _go_on(parent: Path, audio: Samples, at_seconds: float, child: Path) -> None:
    before = read_flac(parent)
    moved = aligned(before, audio, Span(max(0.0, at_seconds - 10.0), at_seconds)) if at_seconds > 0 else audio
    if moved.shape[1] <= round((at_seconds + 1.0) * SAMPLE_RATE_HZ):
        raise RemoteFailureError(
            "the ACE-Step server did not continue the song; ask again with another seed", retryable=True
        )
    continue_song(parent, moved, at_seconds, child)


def _cut(parent: Path, end_seconds: float, path: Path) -> Path:
    write_flac(path, read_flac(parent, 0, round(end_seconds * SAMPLE_RATE_HZ)))
    return path


def _sums(source: Source, kept: tuple[Path, ...]) -> tuple[Samples, Samples]:
    master = read_flac(source.master)
    total = np.zeros_like(master)
    for path in kept:
        total += read_flac(path)
    return master, total


def _mixed(kept: Samples, audio: Samples, replaced: Samples) -> tuple[Samples, Samples, tuple[str, ...]]:
    """The new part under or over what is kept: the mix, the part in it, and what there is to say."""
    part, leaked = without_leak(_as_long_as(kept.shape[1], audio), kept)
    old, new = (float(np.sqrt(np.square(one, dtype=np.float64).mean())) for one in (replaced, part))
    gain = float(np.clip(old / new, 0.25, 4.0)) if old > 0 and new > 0 else 1.0
    scaled = part * gain
    mix = np.clip(np.rint(kept + scaled), -_CEILING, _CEILING).astype(np.int32)
    note = ("the model gave the kept part back with the new one; it was taken out of it",) if leaked else ()
    return mix, mix - kept, note


def _as_long_as(length: int, samples: Samples) -> Samples:
    short = length - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, short))) if short > 0 else samples[:, :length]
