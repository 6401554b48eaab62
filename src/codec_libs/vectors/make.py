"""Makes the vectors of this folder again, with programs that are not ours.

Debian: ffmpeg, libspeex1, libbcg729-0. Run in the workspace's folder: python3 src/codec_libs/vectors/make.py
`*.bin`: what the libraries encode of speech, called from here by their C interface with our settings; Speex is compared with what
ffmpeg has them encode. `*.s16`: what ffmpeg's own decoders of both codecs, which share no code with the libraries, make of it.
"""
import ctypes, pathlib, struct, subprocess, tempfile

HERE = pathlib.Path("src/codec_libs/vectors")
SPEECH = pathlib.Path("crates/media/tests/vectors")
QUALITY, COMPLEXITY = 8, 3
SET_QUALITY, SET_VBR, SET_COMPLEXITY = 4, 12, 16


def samples(khz):
    raw = (SPEECH / f"speech-{khz}k.s16").read_bytes()
    return struct.unpack(f"<{len(raw) // 2}h", raw)


def speex_by_library(khz, mode, frame):
    library = ctypes.CDLL("libspeex.so.1")
    library.speex_lib_get_mode.restype = library.speex_encoder_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.speex_encoder_init(ctypes.c_void_p(library.speex_lib_get_mode(mode))))
    for request, value in ((SET_QUALITY, QUALITY), (SET_COMPLEXITY, COMPLEXITY), (SET_VBR, 0)):
        library.speex_encoder_ctl(state, request, ctypes.byref(ctypes.c_int(value)))
    bits = ctypes.create_string_buffer(128)
    library.speex_bits_init(bits)
    speech, packets = samples(khz), []
    for at in range(0, len(speech) - frame + 1, frame):
        library.speex_bits_reset(bits)
        library.speex_encode_int(state, (ctypes.c_int16 * frame)(*speech[at:at + frame]), bits)
        library.speex_bits_insert_terminator(bits)
        out = ctypes.create_string_buffer(400)
        size = library.speex_bits_write(bits, out, 400)
        packets.append(out.raw[:size])
    return packets


def ogg_packets(data):
    packets, part, at = [], b"", 0
    while at < len(data):
        table = data[at + 27:at + 27 + data[at + 26]]
        at += 27 + len(table)
        for size in table:
            part, at = part + data[at:at + size], at + size
            if size < 255:
                packets, part = packets + [part], b""
    return packets[2:]  # header and comment


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


def speex(khz, mode, frame, folder):
    ogg = folder / "speex.ogg"
    source = SPEECH / f"speech-{khz}k.s16"
    ffmpeg("-f", "s16le", "-ar", khz * 1000, "-ac", 1, "-i", source, "-c:a", "libspeex", "-cbr_quality", QUALITY, ogg)
    theirs, ours = ogg_packets(ogg.read_bytes()), speex_by_library(khz, mode, frame)
    same = sum(a == b for a, b in zip(theirs, ours))
    print(f"speex-{khz}k: {same} of {len(ours)} packets are those that ffmpeg has encoded")
    (HERE / f"speex-{khz}k.bin").write_bytes(b"".join(theirs))
    # The bits that are played by ffmpeg's own decoder, without the library.
    ffmpeg("-c:a", "speex", "-i", ogg, "-f", "s16le", HERE / f"speex-{khz}k.s16")
    print(f"  {len(theirs[0])} octets a packet, {len(theirs)} packets")


def g729(folder):
    library = ctypes.CDLL("libbcg729.so.0")
    library.initBcg729EncoderChannel.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.initBcg729EncoderChannel(ctypes.c_uint8(0)))
    speech, frames = samples(8), b""
    for at in range(0, len(speech) - 79, 80):
        out, size = ctypes.create_string_buffer(10), ctypes.c_uint8(0)
        library.bcg729Encoder(state, (ctypes.c_int16 * 80)(*speech[at:at + 80]), out, ctypes.byref(size))
        frames += out.raw[:size.value]
    (HERE / "g729.bin").write_bytes(frames)
    ffmpeg("-f", "g729", "-bit_rate", 8000, "-i", HERE / "g729.bin", "-f", "s16le", HERE / "g729.s16")
    print(f"g729: {len(frames) // 10} frames")


def main():
    with tempfile.TemporaryDirectory() as folder:
        speex(8, 0, 160, pathlib.Path(folder))
        speex(16, 1, 320, pathlib.Path(folder))
        g729(pathlib.Path(folder))


main()
