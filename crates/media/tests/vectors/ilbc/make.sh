#!/bin/sh
# Makes the vectors of this folder again: the reference code of RFC 3951 by Python 3.11 and PyPI's pjsua2-python 2.15.1.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
python3 -m venv "$work/env"
"$work/env/bin/pip" -q install pjsua2-python==2.15.1.post1
for mode in 20 30; do
    "$work/env/bin/python" make.py $mode ../speech-8k.s16 $mode.lbc $mode.s16 $mode-lost.s16
done
rm -r "$work"
