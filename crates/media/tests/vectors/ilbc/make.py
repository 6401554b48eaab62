"""Speech through the reference code of RFC 3951, which PyPI's pjsua2-python 2.15.1 carries inside its one library.

usage: make.py PCM20 CODE20 HEARD20 LOST20 (samples are 16 bits, low byte first), with the mode as the first argument.
The library's functions are called by their names in the RFC; its structures fit into the room that is given here.
"""
import ctypes
import struct
import sys
import pjsua2

mode, pcm, code, heard, lossy = int(sys.argv[1]), *sys.argv[2:6]
library = ctypes.CDLL(pjsua2._pjsua2.__file__ if hasattr(pjsua2, "_pjsua2") else sys.modules["_pjsua2"].__file__)
samples, octets = (160, 38) if mode == 20 else (240, 50)
encoder, decoder, losing = (ctypes.create_string_buffer(65536) for _ in range(3))
library.initEncode(encoder, mode)
library.initDecode(decoder, mode, 1)
library.initDecode(losing, mode, 1)
block = ctypes.c_float * samples


def clipped(values):
    return struct.pack(f"<{samples}h", *(max(-32768, min(32767, round(v))) for v in values))


speech = open(pcm, "rb").read()
codes, out, out_lossy = b"", b"", b""
for n in range(len(speech) // (2 * samples)):
    frame = struct.unpack_from(f"<{samples}h", speech, n * 2 * samples)
    payload = ctypes.create_string_buffer(octets)
    library.iLBC_encode(payload, block(*frame), encoder)
    codes += payload.raw
    result = block()
    library.iLBC_decode(result, payload, decoder, 1)
    out += clipped(result)
    # Every seventh frame, and now and then the one after it, is lost.
    is_lost = n % 7 == 5 or n % 21 == 6
    library.iLBC_decode(result, payload, losing, 0 if is_lost else 1)
    out_lossy += clipped(result)
for name, data in ((code, codes), (heard, out), (lossy, out_lossy)):
    open(name, "wb").write(data)
