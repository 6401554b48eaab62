"""Writes what it hears in each file named on standard input: "path<TAB>words". `pip install moonshine-voice==0.0.55`."""

import subprocess
import sys

from moonshine_voice import ModelArch, Transcriber, get_model_path

listener = Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY)
# As a telephone sends it: 8 kHz, A-law; with some silence around, as the recogniser was trained.
LINE = ["-t", "raw", "-r", "8000", "-e", "a-law", "-c", "1", "-"]
for line in sys.stdin:
    path = line.rstrip("\n")
    sent = subprocess.run(["sox", path, *LINE, "pad", "0.5", "0.8"], capture_output=True, check=True).stdout
    back = ["sox", *LINE, "-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-"]
    heard = subprocess.run(back, input=sent, capture_output=True, check=True).stdout
    samples = [s / 32768 for s in memoryview(heard).cast("h")]
    lines = listener.transcribe_without_streaming(samples, 16000).lines
    print(path, " ".join(part.text for part in lines).replace("\t", " "), sep="\t", flush=True)
