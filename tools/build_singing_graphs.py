"""Cut hibari's speech network into the three graphs that the singer runs.

The network predicts, one after the other, how long each sound lasts, a pitch and loudness contour, and the
filters that turn pulses and noise into a voice. To sing, the lengths and the contour must come from the
score, so the graph is cut where they leave one part and enter the next:

    durations.onnx   sounds                               -> spoken length of each, in 25 ms units
    contour.onnx     sounds, lengths                      -> spoken pitch (Hz) and energy, every 12.5 ms
    filters.onnx     sounds, lengths, pitch, energy       -> the spectra of the voice, every 12.5 ms

Run it once for each release of hibari-tts; the result is committed. It needs the dependency group "assets":

    python tools/build_singing_graphs.py
"""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from pathlib import Path

import hibari
import numpy as np
import onnx
import onnx.utils
import onnxruntime
from hibari import dsp
from hibari.tts import Hibari
from onnx import TensorProto, helper

TARGET = Path(__file__).resolve().parent.parent / "src/songwright/engines/local/assets/singing"
DISTRIBUTION = "hibari-tts"

# Names of the three tensors in hibari's graph where it is cut, and what they are called on either side.
CUTS = {
    "/Clip_output_0": ("spoken_lengths", "lengths"),
    "f0": ("spoken_f0", "f0"),
    "/Gather_37_output_0": ("spoken_energy", "energy"),
}
PARTS = {
    "durations": (["ids", "speed"], ["spoken_lengths"]),
    "contour": (["ids", "lengths"], ["spoken_f0", "spoken_energy"]),
    "filters": (["ids", "lengths", "f0", "energy"], ["lh", "theta", "ln", "lr", "phi"]),
}
NOTICE = """\
durations.onnx, contour.onnx, filters.onnx and vocabulary.json are parts of {package},
copyright its authors, licensed under the Apache License, Version 2.0 (LICENSE.hibari); its own notice
is NOTICE.hibari. Changed by the songwright developers: the network was cut at three tensors, so that
the lengths of the sounds, their pitch and their energy can be given; no weight was altered.
"""
SAMPLE_LINES = (
    "Hold the light a little longer.",
    "We are running with the fire!",
    "Quiet streets, and no one home?",
)


def cut_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """Part each tensor of ``CUTS`` into an output that the network fills and an input that we fill."""
    graph = model.graph
    for node in graph.node:
        for index, name in enumerate(node.output):
            if name in CUTS:
                node.output[index] = CUTS[name][0]
        for index, name in enumerate(node.input):
            if name in CUTS:
                node.input[index] = CUTS[name][1]
    kept = [output for output in graph.output if output.name not in CUTS]
    del graph.output[:]
    spoken = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name, _ in CUTS.values()]
    graph.output.extend([*kept, *spoken])
    graph.input.extend(
        [
            helper.make_tensor_value_info("lengths", TensorProto.FLOAT, ["sounds"]),
            helper.make_tensor_value_info("f0", TensorProto.FLOAT, [1, "frames"]),
            helper.make_tensor_value_info("energy", TensorProto.FLOAT, [1, "frames"]),
        ]
    )
    return model


def build() -> None:
    """Write the three graphs, the table of sounds, the licence and the notice."""
    model = cut_graph(onnx.load(str(Path(hibari.__file__).parent / "assets" / "hibari.onnx")))
    extractor = onnx.utils.Extractor(model)
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, (inputs, outputs) in PARTS.items():
        onnx.save(extractor.extract_model(inputs, outputs), str(TARGET / f"{name}.onnx"))
    (TARGET / "vocabulary.json").write_text(
        (Path(hibari.__file__).parent / "assets" / "vocab.json").read_text(encoding="utf-8"), encoding="utf-8"
    )
    for wanted in ("LICENSE", "NOTICE"):
        found = next(f for f in importlib.metadata.files(DISTRIBUTION) or () if f.name == wanted)
        shutil.copyfile(Path(str(found.locate())), TARGET / f"{wanted}.hibari")
    notice = NOTICE.format(package=f"{DISTRIBUTION} {importlib.metadata.version(DISTRIBUTION)}")
    (TARGET / "NOTICE").write_text(notice, encoding="utf-8")


def speaks_as_the_stock_package() -> bool:
    """Whether the parts, fed with each other's results, give the stock package's samples bit for bit."""
    stock = Hibari()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    part = {
        name: onnxruntime.InferenceSession(
            str(TARGET / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
        )
        for name in PARTS
    }
    for seed, line in enumerate(SAMPLE_LINES):
        phonemes = stock.phonemize(line)[0]
        ids = np.asarray([stock.ids(phonemes)], np.int64)
        (lengths,) = part["durations"].run(None, {"ids": ids, "speed": np.ones(1, np.float32)})
        f0, energy = part["contour"].run(None, {"ids": ids, "lengths": lengths})
        spectra = part["filters"].run(None, {"ids": ids, "lengths": lengths, "f0": f0, "energy": energy})
        ours = dsp.synth(*(spectrum[0] for spectrum in spectra), f0[0], np.random.default_rng(seed))
        if not np.array_equal(ours, stock.from_phonemes(phonemes, seed=seed)):
            return False
    return True


if __name__ == "__main__":
    build()
    for file in sorted(TARGET.iterdir()):
        print(f"{file.stat().st_size:>10,}  {file.name}")
    if not speaks_as_the_stock_package():
        sys.exit("the parts do not speak as the stock package does; nothing should be committed")
    print("fed with their own results, the parts speak bit for bit as the stock package does")
