"""How fast the embedded engine is: a sung song of three minutes, its stages, its memory, and its growth.

Every render runs in a process of its own, as in the server. Ratios are taken within one run. FluidSynth is
measured beside the engine's players where it and the font that the bank was cut from are installed.
Run it as ``python benchmarks/rendering.py``; ``--quick`` leaves the growth out.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TARGET_REAL_TIME = 20.0
TARGET_MEMORY_MB = 700
TARGET_SLOPE = 1.05
TARGET_OVER_FLUIDSYNTH = 2.0
GROWTH_SECONDS = (30, 60, 120, 240, 480, 600)
_FLUIDSYNTH_OPTIONS = ("-ni", "-q", "-R", "0", "-C", "0", "-r", "44100")
FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")

RENDER = """
import json, resource, sys, time
from pathlib import Path
folder, prompt = Path(sys.argv[1]), sys.argv[2]
started = time.perf_counter()
from songwright.engines.base import Context
from songwright.engines.local.render_action import prepare, render
from songwright.music.actions import Generate
# What a waiting child has done before a request comes.
prepare()
ready = time.perf_counter()
getting_ready = time.process_time()
context = Context(folder, "benchmark", lambda fraction, stage: None)
made = render(Generate(prompt=prompt, seed="benchmark"), (), context)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "song_seconds": made.facts.duration_seconds,
    "wall_seconds": time.perf_counter() - ready,
    "cold_wall_seconds": time.perf_counter() - started,
    "cpu_seconds": time.process_time() - getting_ready,
    "peak_mb": used.ru_maxrss / 1024,
}))
"""

PLAY = """
import json, sys, time
from pathlib import Path
import numpy as np
import songwright.engines.local.render_action
from songwright.engines.local.composing.compose import compose
from songwright.style.genre import load_genre
from songwright.engines.local.playing.player import render_part
from songwright.engines.local.playing.humanize import perform
from songwright.music.actions import Generate
score = compose(Generate(prompt=sys.argv[2], seed="benchmark"), "benchmark").score
parts = perform(score, load_genre(score.genre), "benchmark")
import mido
from songwright.style.instruments import Sampled, instrument
parts = [part for part in parts if isinstance(instrument(part.instrument).sound, Sampled)]
song = mido.MidiFile(ticks_per_beat=960)
for channel, part in zip((c for c in range(16) if c != 9), parts):
    facts = instrument(part.instrument)
    channel = 9 if facts.is_kit else channel
    events = [(0.0, mido.Message("program_change", channel=channel, program=facts.sound.program))]
    for note in part.notes:
        events.append((note.start_seconds, mido.Message(
            "note_on", channel=channel, note=note.midi_pitch, velocity=note.velocity)))
        events.append((note.start_seconds + note.duration_seconds, mido.Message(
            "note_off", channel=channel, note=note.midi_pitch)))
    track, before = mido.MidiTrack(), 0
    for seconds, message in sorted(events, key=lambda event: event[0]):
        tick = round(seconds * 1920)
        track.append(message.copy(time=tick - before))
        before = tick
    song.tracks.append(track)
song.save(Path(sys.argv[1]) / "song.mid")
mido.MidiFile(ticks_per_beat=960, tracks=[mido.MidiTrack()]).save(Path(sys.argv[1]) / "silence.mid")
out = np.zeros((2, round(44100 * (score.seconds(score.duration_beats) + 3.5))), np.float32)
started = time.process_time()
for part in parts:
    render_part(part, out)
print(json.dumps({"cpu_seconds": time.process_time() - started, "notes": sum(len(p.notes) for p in parts)}))
"""


def in_child(program: str, *arguments: str) -> dict[str, Any]:
    """Run a program in a fresh process; its last line is its answer."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ) | {"OPENBLAS_NUM_THREADS": "1"},
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def render_song(seconds: int) -> dict[str, Any]:
    """Render a sung song of about this length."""
    with tempfile.TemporaryDirectory() as folder:
        prompt = f"pop, 110 bpm, in C major, female voice, {seconds} seconds"
        return in_child(RENDER, folder, prompt)


def slope(points: list[tuple[float, float]]) -> float:
    """The slope of the straight line through the points' logarithms (least squares)."""
    xs = [math.log(x) for x, _ in points]
    ys = [math.log(y) for _, y in points]
    mean_x, mean_y = statistics.fmean(xs), statistics.fmean(ys)
    over = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return over / sum((x - mean_x) ** 2 for x in xs)


def show_song(runs: int) -> None:
    """Print how fast a song of three minutes is made."""
    made = [render_song(180) for _ in range(runs)]
    best = sorted(made, key=lambda run: float(run["wall_seconds"]))[len(made) // 2]
    length = best["song_seconds"]
    print(f"\na sung song of {length:.0f} s, median of {runs}")
    for name, took in (
        ("warm child, wall", best["wall_seconds"]),
        ("cold child, wall", best["cold_wall_seconds"]),
        ("processor", best["cpu_seconds"]),
    ):
        print(f"  {name:<16}  {took:6.2f} s  {length / took:5.1f} x real time")
    print(f"  peak memory       {best['peak_mb']:6.0f} MB (at most {TARGET_MEMORY_MB})")
    print(f"  first stop      {TARGET_REAL_TIME:.0f} x real time; target 60, dream 120")
    print(flush=True)
    subprocess.run([sys.executable, Path(__file__).with_name("stages.py")], check=True)


def show_growth() -> None:
    """Print how cost grows with length."""
    print("\ncost by length")
    points = []
    for seconds in GROWTH_SECONDS:
        run = render_song(seconds)
        points.append((run["song_seconds"], run["cpu_seconds"]))
        length, cost, peak = run["song_seconds"], run["cpu_seconds"], run["peak_mb"]
        print(f"  {length:6.1f} s song  {cost:6.2f} s processor  {peak:5.0f} MB")
    print(f"  log-log slope {slope(points):.2f} (at most {TARGET_SLOPE})")


def fluidsynth_seconds(fluidsynth: str, folder: str, score: str) -> float:
    """Processor seconds of FluidSynth from process start to the written file."""
    before = os.times()
    subprocess.run(
        [fluidsynth, *_FLUIDSYNTH_OPTIONS, "-F", f"{folder}/out.wav", str(FONT), f"{folder}/{score}.mid"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def show_players() -> None:
    """Print how fast notes are played, beside FluidSynth."""
    print("\nnotes only, one process, start-up and loading of libraries and font left out on both sides")
    fluidsynth = shutil.which("fluidsynth")
    with tempfile.TemporaryDirectory() as folder:
        ours = in_child(PLAY, folder, "pop, 110 bpm, in C major, 180 seconds")
        print(f"  songwright      {ours['cpu_seconds']:6.2f} s processor  {ours['notes']} notes")
        if fluidsynth is None or not FONT.exists():
            print("  FluidSynth or its font is not installed; left out")
            return
        theirs = fluidsynth_seconds(fluidsynth, folder, "song") - fluidsynth_seconds(
            fluidsynth, folder, "silence"
        )
    ratio = theirs / ours["cpu_seconds"]
    print(f"  FluidSynth      {theirs:6.2f} s processor")
    print(f"  ratio           {ratio:6.2f} (at least {TARGET_OVER_FLUIDSYNTH})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="renders of the three-minute song")
    parser.add_argument("--quick", action="store_true", help="leave the growth out")
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}"
    )
    print(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    show_song(options.runs)
    show_players()
    if not options.quick:
        show_growth()


if __name__ == "__main__":
    main()
