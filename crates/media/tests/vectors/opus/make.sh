#!/bin/sh
# Opus vectors: packets by libopus 1.3.1 (through ffmpeg 5.1), and what libopus decodes from them, s16le at 48,000 Hz.
# Run in this folder.
set -e
encode() { # name, application, rate in Hz, bit/s, forward error correction
    ffmpeg -v error -y -i ../../../../../sounds/en/welcome.flac -ar "$3" -ac 1 -c:a libopus -application "$2" -b:a "$4" \
        -fec "$5" -packet_loss 5 -frame_duration 20 -map_metadata -1 -bitexact "$1.opus"
    ffmpeg -v error -y -c:a libopus -i "$1.opus" -f s16le -ac 1 "$1.s16"
}
encode silk voip 16000 16000 1
encode hybrid voip 48000 30000 1
encode celt audio 48000 80000 0
