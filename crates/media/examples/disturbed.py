"""Speech into a mix and into a recording, over a calm network and over one with up to 60 ms of jitter, any order and a tenth of the
packets twice: how both score by narrow-band PESQ against what was said. Fails where the disturbed one is more than 0.1 below the calm.

Needs: pip install numpy scipy pesq. Run in the workspace's folder: python3 crates/media/examples/disturbed.py
The samples are those of the test `quality::disturbed`, which writes them where SPEECH_WRITE names a folder.
"""
import os, pathlib, subprocess, sys, tempfile
import numpy as np
from pesq import pesq

RATE, MARGIN = 8_000, 0.1
TEST = "jitter_reordering_and_duplicates_are_not_heard_in_a_mix_or_a_recording_and_the_delay_comes_back"


def aligned(said, heard):
    """Takes away the constant delay; what the buffer stretches stays."""
    size = 1 << (len(said) + len(heard)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard.astype(float), size) * np.conj(np.fft.rfft(said.astype(float), size)))
    lag = int(np.argmax(product[:RATE]))
    heard = heard[lag:lag + len(said)]
    return np.pad(heard, (0, len(said) - len(heard)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "test", "-q", "-p", "cordboard-media", "--test", "quality", TEST]
        subprocess.run(command, check=True, env={**os.environ, "SPEECH_WRITE": folder}, stdout=subprocess.DEVNULL)
        read = lambda name: np.fromfile(pathlib.Path(folder) / f"{name}.s16", dtype="<i2")
        scores = {}
        for network in ("calm", "rough"):
            # The part that is disturbed, without its first second, in which the network becomes known.
            said = read(f"{network}-said")
            part = slice(RATE, 4 * len(said) // 14)
            for ear in ("mix", "recording"):
                heard = aligned(said, read(f"{network}-{ear}"))
                scores[network, ear] = pesq(RATE, said[part], heard[part], "nb")
                print(f"{network:6} {ear:10} PESQ {scores[network, ear]:.3f}")
        worst = max(scores["calm", ear] - scores["rough", ear] for ear in ("mix", "recording"))
        print(f"below the calm one by {worst:.3f} at most; the bound is {MARGIN}")
        sys.exit(worst > MARGIN)


main()
