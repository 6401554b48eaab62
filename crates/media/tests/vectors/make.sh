#!/bin/sh
# Makes the vectors of this folder again with programs that are not ours. Debian: sox ffmpeg libspandsp-dev gcc.
set -eu
cd "$(dirname "$0")"
prompt=../../../../sounds/en/an-error-has-occurred.flac
work=$(mktemp -d)

# 1.2 s of a prompt, then 60 ms of noise at full scale, where every limit is reached.
raw="-t raw -e signed -b 16 -L -c 1"
for rate in 8000 16000; do
    sox -R -D "$prompt" -r $rate $raw "$work/a" gain -1 trim 0.25 1.2
    sox -R -D -n -r $rate $raw "$work/b" synth 0.06 whitenoise gain 12
    cat "$work/a" "$work/b" > speech-$((rate / 1000))k.s16
done

quiet="ffmpeg -loglevel error -y"

# spandsp: G.711, G.722 encoding, G.726 of four rates in both packings, GSM, DVI4.
gcc -O1 -o "$work/vectors" make.c -lspandsp -ltiff
"$work/vectors"

# sox: 20 ms of linear samples, high byte first.
sox -D -t raw -e signed -b 16 -L -c 1 -r 16000 speech-16k.s16 -t raw -B - trim 0 320s > l16.bin

# ffmpeg: G.722 decoding, which spandsp lets run over at full scale.
$quiet -f g722 -i g722.bin -f s16le g722.s16

# ffmpeg: comfort noise. No format of its own is made for it; that of G.722 is the bare payloads.
$quiet -f s16le -ar 8000 -ac 1 -i speech-8k.s16 -c:a comfortnoise -f g722 cn.bin

# A second opinion where there is one; each must be the same to the bit.
same() { cmp "$1" "$2" && echo "$3 agrees about $2"; }
$quiet -f s16le -ar 16000 -ac 1 -i speech-16k.s16 -c:a g722 -f g722 "$work/g722"
same "$work/g722" g722.bin ffmpeg || true
sox -R -D $raw -r 8000 speech-8k.s16 -t gsm "$work/gsm"
same "$work/gsm" gsm.bin sox || true
sox -R -D -t gsm gsm.bin $raw "$work/gsm.s16"
same "$work/gsm.s16" gsm.s16 sox || true
$quiet -f gsm -c:a gsm -i gsm.bin -f s16le "$work/gsm.s16"
same "$work/gsm.s16" gsm.s16 ffmpeg || true
rm -r "$work"
