"""A stand-in for ACE-Step 1.5's REST server: its envelope, its result in a string, its traps.

Questions of a story: ``health``, ``models``, ``release``, ``query``, ``audio``. Run it with
``python -m standins.acestep_server``.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from functools import partial
from typing import Any
from urllib.parse import quote

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from standins.serving import Slow, Story, Truncated, fault, serve
from standins.sound import decoded, encoded, tones, with_stretch

KEY = "stand-in-key-0123456789"
SECONDS = 4.0
RATE_HZ = 48_000
PLAIN = ["text2music", "cover", "repaint"]
ALL = [*PLAIN, "extract", "lego", "complete"]
_PARTS = {"vocals": 440.0, "drums": 110.0, "bass": 82.0}


def enveloped(data: Any, code: int = 200, error: str | None = None) -> Response:
    stamp = int(time.time() * 1000)
    return JSONResponse({"data": data, "code": code, "error": error, "timestamp": stamp, "extra": None})


def refused(story: Story, request: Request, answer: str) -> Response | None:
    """A documented refusal, or a fault below them."""
    if story.script.get("wants_key") and request.headers.get("authorization") != f"Bearer {KEY}":
        return JSONResponse({"detail": "invalid API key"}, status_code=401)
    match answer:
        case "401" | "403" | "404" | "415" | "429" | "500":
            return JSONResponse({"detail": "said in the server's words"}, status_code=int(answer))
        case "503 no key":
            return JSONResponse({"detail": "API key is not configured"}, status_code=503)
        case "200 with code 500":
            return enveloped(None, 500, "CUDA error: out of memory at secret/path.py")
        case "200 with code 400":
            return enveloped(None, 400, "bad field")
        case "200 with code 429":
            return enveloped(None, 429, "queue full")
        case _:
            return fault(answer)


async def health(story: Story, _: Request) -> Response:
    if story.next("health") == "500":
        return Response(status_code=500)
    return JSONResponse({"status": "ok", "service": "ACE-Step API", "version": "1.0"})


async def inventory(story: Story, request: Request) -> Response:
    """What newer servers tell of their models; older ones have no such route."""
    answer = story.next("models")
    if answer in ("old", "shadowed", "shadowed, none"):
        return JSONResponse({"detail": "Not Found"}, status_code=404)
    return native_models(story, request, answer)


async def models(story: Story, request: Request) -> Response:
    """The route that the server's OpenRouter compatibility owns, so that its documentation is wrong of it."""
    answer = story.next("models")
    if answer == "old":
        return native_models(story, request, answer)
    if answer in ("ok", "shadowed", "shadowed, none", "none", "none loaded"):
        name = story.script.get("model", "acestep-v15-base")
        one = {
            "id": f"acestep/{name}",
            "name": f"ACE-Step {name}",
            "created": 1_770_000_000,
            "input_modalities": ["text", "audio"],
            "output_modalities": ["audio", "text"],
            "context_length": 4096,
            "pricing": {"prompt": "0", "completion": "0", "request": "0"},
        }
        shown = [one] if answer in ("ok", "shadowed") else []
        return JSONResponse({"object": "list", "data": shown})
    return native_models(story, request, answer)


def native_models(story: Story, request: Request, answer: str) -> Response:
    refusal = refused(story, request, answer)
    if refusal is not None:
        return refusal
    if answer == "none":
        nothing = {"models": [], "default_model": None, "lm_models": [], "llm_initialized": False}
        return enveloped({**nothing, "loaded_lm_model": None})
    name = story.script.get("model", "acestep-v15-base")
    one: dict[str, Any] = {"name": name, "is_default": True}
    if answer != "old":
        one |= {
            "is_loaded": answer != "none loaded",
            "supported_task_types": PLAIN if "turbo" in name else ALL,
        }
    data: dict[str, Any] = {"models": [one], "default_model": name}
    if "planner" in story.script:
        data |= {"llm_initialized": story.script["planner"], "lm_models": []}
    elif answer == "none loaded":
        data |= {"llm_initialized": False, "lm_models": [], "loaded_lm_model": None}
    return enveloped(data)


async def release(story: Story, request: Request) -> Response:
    form = "multipart/form-data" in request.headers.get("content-type", "")
    fields: dict[str, Any] = {}
    upload = b""
    if form:
        async with request.form() as posted:
            fields = {name: value for name, value in posted.items() if isinstance(value, str)}
            upload = await posted["src_audio"].read()  # type: ignore[union-attr]
    else:
        fields = await request.json()
    story.hear(request, "release_task", {**fields, "upload_bytes": len(upload)})
    refusal = refused(story, request, story.next("release"))
    if refusal is not None:
        return refusal
    if "src_audio_path" in fields:
        return JSONResponse({"detail": "absolute paths are refused"}, status_code=400)
    task_id = str(uuid.uuid4())
    paths = []
    for number in range(int(fields.get("batch_size", 2))):
        path = f"/tmp/acestep/{task_id}-{number}.flac"  # noqa: S108 - as the server names its files
        story.files[path] = partial(made, fields, upload, number)
        paths.append(path)
    story.tasks[task_id] = {"paths": paths, "fields": fields}
    return enveloped({"task_id": task_id, "status": "queued", "queue_position": 1})


def made(fields: dict[str, Any], upload: bytes, number: int) -> bytes:
    """The recording of a task: 48 kHz, a little louder than what was uploaded."""
    seed = int(str(fields["seed"]).split(",")[number])
    fresh_hz = (247.0 + seed % 97, 370.0)
    if not upload:
        return encoded(tones(SECONDS, fresh_hz, RATE_HZ), "FLAC", RATE_HZ)
    source, rate_hz = decoded(upload)
    length = float(fields.get("audio_duration", len(source) / rate_hz))
    fresh = 1.1 * tones(length, fresh_hz, rate_hz)
    base = np.zeros_like(fresh)
    base[: min(len(source), len(base))] = 1.1 * source[: len(base)]
    match fields["task_type"]:
        case "repaint":
            end = float(fields["repainting_end"])
            sound = with_stretch(base, fresh, float(fields["repainting_start"]), end, rate_hz)
        case "cover" | "text2music":
            sound = fresh
        case "lego":
            sound = fresh
        case "complete":
            sound = base + fresh
        case "extract":
            sound = 0.2 * tones(length, (_PARTS[fields["track_name"]],), rate_hz)
        case other:
            raise ValueError(other)
    return encoded(sound, "FLAC", rate_hz)


async def query(story: Story, request: Request) -> Response:
    body = await request.json()
    story.hear(request, "query_result", body)
    answer = story.next("query")
    refusal = refused(story, request, answer)
    if refusal is not None:
        return refusal
    ids = body["task_id_list"]
    wanted = json.loads(ids) if isinstance(ids, str) else ids
    return enveloped([item(story, task_id, answer) for task_id in wanted])


def item(story: Story, task_id: str, answer: str) -> dict[str, Any]:
    """One task's answer; a task that is not known looks like one that waits, for ever."""
    task = story.tasks.get(task_id)
    common = {"task_id": task_id, "progress_text": ""}
    if task is None or answer == "lost":
        return common | {"status": 0, "result": "[]"}
    match answer:
        case "running":
            return common | {"status": 0, "result": json.dumps([{"progress": 0.5, "stage": "diffusion"}])}
        case "failed":
            return common | {"status": 2, "result": json.dumps([{"stage": "failed"}])}
        case "failed, memory":
            error = "CUDA out of memory. Tried to allocate"
            return common | {"status": 2, "result": json.dumps([{"stage": "failed", "error": error}])}
        case "result is no json":
            return common | {"status": 1, "result": "{"}
        case "no files":
            return common | {"status": 1, "result": json.dumps([{"file": "", "status": 1}])}
        case "file elsewhere":
            return common | {
                "status": 1,
                "result": json.dumps([{"file": "http://127.0.0.1:1/v1/audio?path=x"}]),
            }
        case _:
            seeds = str(task["fields"]["seed"]).split(",")
            entries = [
                {
                    "file": f"/v1/audio?path={quote(path, safe='')}",
                    "wave": "",
                    "status": 1,
                    "seed_value": ",".join(seeds[number:] + seeds[:number]),
                    "metas": {"bpm": 96, "keyscale": "G major", "duration": SECONDS},
                    "progress": 1.0,
                    "stage": "succeeded",
                }
                for number, path in enumerate(task["paths"])
            ]
            return common | {"status": 1, "result": json.dumps(entries)}


async def audio(story: Story, request: Request) -> Response:
    path = request.query_params["path"]
    story.hear(request, "audio", {"path": re.sub(r"[0-9a-f-]{36}", "ID", path)})
    answer = story.next("audio")
    if answer == "truncated":
        return Truncated(story.files[path]())
    if answer == "slow":
        return Slow()
    if answer == "damaged":
        return Response(b"fLaC" + b"\x00" * 100)
    refusal = refused(story, request, answer)
    if refusal is not None:
        return refusal
    make = story.files.get(path)
    return Response(status_code=404) if make is None else Response(make(), media_type="audio/flac")


async def stats(story: Story, _: Request) -> Response:
    busy = int(story.script.get("busy", 0))
    jobs = {"total": len(story.tasks), "queued": busy, "running": 0, "succeeded": 0, "failed": 0}
    return enveloped({"jobs": jobs, "queue_size": busy, "queue_maxsize": 200, "avg_job_seconds": 10})


if __name__ == "__main__":
    serve(
        {
            "/health": ("GET", health),
            "/v1/models": ("GET", models),
            "/v1/model_inventory": ("GET", inventory),
            "/v1/stats": ("GET", stats),
            "/release_task": ("POST", release),
            "/query_result": ("POST", query),
            "/v1/audio": ("GET", audio),
        }
    )
