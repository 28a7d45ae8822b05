"""From fetched audio to a rendition: splice what can be spliced, measure, write down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.pcm import SAMPLE_RATE_HZ, Samples
from songwright.engines.base import MASTER_FILE, Context, Rendition, Source, stem_file
from songwright.engines.hosted.replies import Item
from songwright.engines.remote.facts import hear, heard_loudness, heard_sections
from songwright.engines.remote.stems import summing_to
from songwright.engines.remote.stretches import stretch_of
from songwright.engines.splice import aligned, continue_song, lines_up, measure_promise, replace_stretch
from songwright.music.actions import Action, Extend, ReplaceSection, StemName, Stems
from songwright.music.song import EditPromise, Facts, Parent, Understanding
from songwright.music.timeline import Span

__all__ = ["Fetched", "finish", "finish_stems"]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A finished item and its audio: shape (2, samples), 24-bit integers at 44.1 kHz."""

    item: Item
    audio: Samples


def finish(
    action: Action,
    sources: tuple[Source, ...],
    fetched: Fetched,
    context: Context,
    *,
    cost_usd: float,
    notes: tuple[str, ...],
    sent: dict[str, Any],
) -> Rendition:
    """Write the master and say what it is.

    Args:
        action: What was asked.
        sources: What it was made from.
        fetched: What came of it.
        context: Where to write.
        cost_usd: What it cost.
        notes: What was decided on the way.
        sent: The request body.
    """
    promise, told = _write(action, sources, fetched.audio, context)
    master = read_flac(context.folder / MASTER_FILE)
    heard = hear(master)
    item = fetched.item
    if item.model and item.model != sent["model"]:
        told = (*told, f"the model '{sent['model']}' was asked for; the service says that another one ran")
    source = sources[0].song.facts if sources else None
    return Rendition(
        facts=Facts(
            title=sent.get("title") or item.title or (source.title if source else "Untitled"),
            duration_seconds=master.shape[1] / SAMPLE_RATE_HZ,
            tempo_bpm=heard.tempo_bpm,
            key=heard.key,
            lyric=item.lyric or str(sent.get("lyric", "")),
            sections=_sections(source, master, promise) or heard_sections(heard),
            loudness=heard_loudness(heard),
            measured=heard,
            seed=item.seed or str(sent.get("seed", context.seed)),
            model=item.model or sent["model"],
            understanding=Understanding(notes=(*notes, *told)),
            promise=promise,
            remote_id=item.id or None,
        ),
        master=MASTER_FILE,
        parents=tuple(Parent(song_id=source.song.id) for source in sources),
        cost_usd=round(cost_usd, 4),
    )


def finish_stems(
    action: Stems,
    source: Source,
    master: Samples,
    stems: dict[StemName, Samples],
    context: Context,
    *,
    cost_usd: float,
    notes: tuple[str, ...],
) -> Rendition:
    """Write the stems beside a copy of the song, and say how well they fit it."""
    whole, left_over_db = summing_to(master, stems)
    kept = [name for name in action.stems if name in whole]
    missing = [name for name in action.stems if name not in whole]
    for name in kept:
        write_flac(context.folder / stem_file(name), whole[name])
    write_flac(context.folder / MASTER_FILE, master)
    told = [f"what the service's stems left over, {left_over_db:+.0f} dB relative to the song, is in 'other'"]
    if missing:
        told.append(f"the service gave no stems of: {', '.join(missing)}")
    facts = source.song.facts
    return Rendition(
        facts=facts.model_copy(
            update={"promise": None, "understanding": Understanding(notes=(*notes, *told))}
        ),
        master=MASTER_FILE,
        stems={name: stem_file(name) for name in kept},
        parents=(Parent(song_id=source.song.id),),
        cost_usd=round(cost_usd, 4),
    )


def _write(
    action: Action, sources: tuple[Source, ...], made: Samples, context: Context
) -> tuple[EditPromise | None, tuple[str, ...]]:
    child = context.folder / MASTER_FILE
    if isinstance(action, Extend | ReplaceSection):
        source = sources[0]
        parent = read_flac(source.master)
        end = parent.shape[1] / SAMPLE_RATE_HZ
        if isinstance(action, Extend):
            start = end if action.continue_at is None else min(action.continue_at, end)
            changed = Span(start, max(made.shape[1] / SAMPLE_RATE_HZ, start + 1 / SAMPLE_RATE_HZ))
        else:
            changed = stretch_of(action, source.song)
        return _spliced(source, parent, made, changed, context)
    write_flac(child, made)
    return None, ()


def _spliced(
    source: Source, parent: Samples, made: Samples, changed: Span, context: Context
) -> tuple[EditPromise, tuple[str, ...]]:
    """The parent's own samples wherever the service's new recording runs with them."""
    child = context.folder / MASTER_FILE
    end = parent.shape[1] / SAMPLE_RATE_HZ
    before = Span(0.0, changed.start_seconds) if changed.start_seconds > 0 else None
    after = Span(changed.end_seconds, end) if changed.end_seconds < end else None
    kept = before or after
    if kept is not None:
        moved = aligned(parent, made, kept)
        reaches = moved.shape[1] >= round(changed.end_seconds * SAMPLE_RATE_HZ)
        if (
            after is not None
            and reaches
            and lines_up(parent, moved, [span for span in (before, after) if span])
        ):
            return replace_stretch(source.master, moved, changed, child), ()
        goes_on = moved.shape[1] > round(changed.start_seconds * SAMPLE_RATE_HZ)
        if before is not None and goes_on and lines_up(parent, moved, [before]):
            note = (
                ()
                if after is None
                else (
                    "behind the stretch the service moved the music, so only what stands before it was kept",
                )
            )
            return continue_song(source.master, moved, changed.start_seconds, child), note
    write_flac(child, made)
    note = ("the service made the whole song anew, so nothing of it is the same to the sample",)
    return measure_promise(source.master, child, changed, kept="nothing; see outside_max_abs_diff"), note


def _sections(source: Facts | None, master: Samples, promise: EditPromise | None) -> tuple[Any, ...]:
    """The parent's sections, where an edit left the song as long as it was."""
    if source is None or promise is None or promise.outside_max_abs_diff:
        return ()
    same = abs(master.shape[1] / SAMPLE_RATE_HZ - source.duration_seconds) < 0.01
    return source.sections if same else ()
