"""Speaks each line "path<TAB>text" of standard input to a WAV file, by SVOX Pico: `pip install py-nanotts`.

Its arguments are the voice, its speed and its pitch, 1 being as it speaks by itself.
"""

import sys
import wave

from py_nanotts import NanoTTS

tts = NanoTTS()
for line in sys.stdin:
    path, text = line.rstrip("\n").split("\t")
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(tts.speak(text, voice=sys.argv[1], speed=float(sys.argv[2]), pitch=float(sys.argv[3])))
