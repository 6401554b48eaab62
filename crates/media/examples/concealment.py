"""Compares the playout with spandsp's concealment under the same losses, by PESQ and STOI.

Needs: pip install numpy scipy pesq pystoi; sox; libspandsp.so.2. Run in the workspace's folder:
    cargo build -p cordboard-media --example played && python3 crates/media/examples/concealment.py
spandsp's concealment, and silence in place of the lost, get the losses alone, as behind an ideal jitter buffer; ours is the
whole playout, with 60 ms of jitter and without.
"""
import ctypes, pathlib, random, subprocess, sys, tempfile
import numpy as np
from pesq import pesq
from pystoi import stoi

PLAYED = pathlib.Path("target/debug/examples/played")
PROMPTS = ["office-closed", "pls-wait-connect-call", "the-party-you-are-calling", "all-circuits-busy-now",
           "an-error-has-occurred", "please-hang-up"]
LOSS, JITTER_US, RUNS = 0.05, 60_000, 20


def speech(folder):
    files = [f"sounds/en/{prompt}.flac" for prompt in PROMPTS]
    raw = folder / "speech.ulaw"
    subprocess.run(["sox", *files, "-r", "8000", "-c", "1", "-e", "mu-law", "-t", "raw", raw, "repeat", "1"], check=True)
    data = raw.read_bytes()
    raw.write_bytes(data[: len(data) // 160 * 160])
    subprocess.run(["sox", "-r", "8000", "-c", "1", "-e", "mu-law", "-t", "raw", raw, "-e", "signed", "-b", "16",
                    "-t", "raw", folder / "clean.raw"], check=True)
    return raw, np.fromfile(folder / "clean.raw", dtype=np.int16)


def spandsp(clean, kept):
    library = ctypes.CDLL("libspandsp.so.2")
    library.plc_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.plc_init(None))
    out = clean.copy()
    for n, keep in enumerate(kept):
        frame = np.ascontiguousarray(out[n * 160:(n + 1) * 160])
        pointer = frame.ctypes.data_as(ctypes.POINTER(ctypes.c_int16))
        (library.plc_rx if keep else library.plc_fillin)(state, pointer, 160)
        out[n * 160:(n + 1) * 160] = frame
    return out


def aligned(clean, played):
    """Takes away the constant delay; what the buffer stretches stays."""
    size = 1 << (len(clean) + len(played)).bit_length()
    product = np.fft.irfft(np.fft.rfft(played.astype(float), size) * np.conj(np.fft.rfft(clean.astype(float), size)))
    lag = int(np.argmax(product[:4000]))
    played = played[lag:lag + len(clean)]
    return np.pad(played, (0, len(clean) - len(played)))


def main():
    folder = pathlib.Path(tempfile.mkdtemp())
    raw, clean = speech(folder)
    packets = len(clean) // 160
    scores = {}
    for run in range(RUNS):
        dice = random.Random(run)
        kept = [dice.random() >= LOSS or n < 3 for n in range(packets)]
        late = [dice.randrange(JITTER_US) for _ in range(packets)]

        def ours(lossy, jittery):
            arrivals = [(1_000_000 + n * 20_000 + late[n] * jittery, n) for n in range(packets) if kept[n] or not lossy]
            if not lossy:  # a tenth of them twice
                arrivals += [(at + 7_000, n) for at, n in arrivals if n % 10 == 0]
            (folder / "trace").write_text("".join(f"{at} {n}\n" for at, n in arrivals))
            figures = subprocess.run([PLAYED, raw, folder / "trace", folder / "out.raw"], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout
            if "-v" in sys.argv:
                print(run, figures.strip())
            return aligned(clean, np.fromfile(folder / "out.raw", dtype=np.int16)[8 * 900:])

        silent = clean.copy()
        for n, keep in enumerate(kept):
            if not keep:
                silent[n * 160:(n + 1) * 160] = 0
        ways = {
            "ours, loss and jitter": ours(True, True),
            "ours, loss": ours(True, False),
            "spandsp, loss": spandsp(clean, kept),
            "silence, loss": silent,
            "ours, jitter, order, doubles": ours(False, True),
        }
        for name, out in ways.items():
            scores.setdefault(name, []).append((pesq(8000, clean, out, "nb"), stoi(clean, out, 8000)))
    for name, values in scores.items():
        (p, s), (dp, ds) = np.mean(values, axis=0), np.std(values, axis=0) / len(values) ** 0.5
        print(f"{name:30} PESQ {p:.3f} ± {dp:.3f}   STOI {s:.4f} ± {ds:.4f}")


main()
