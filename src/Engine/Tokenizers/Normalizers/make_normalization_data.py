#!/usr/bin/env python3
"""Writes normalization.txt: the decompositions and combining classes that NormalizationData reads.

Runs where the `tokenizers` package is (it was made with 0.23.1, Python 3.14's Unicode 16.0 tables):
    python3 make_normalization_data.py > normalization.txt
The package normalizes by an older Unicode version than Python; what it does not know is left out, so that both agree.
"""
import unicodedata

from tokenizers import normalizers

nfc, nfd, nfkd = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)  # by arithmetic, not by table


def combining_class(c):
    k = unicodedata.combining(chr(c))
    if k == 0:
        return 0
    # the package knows the class if it moves the mark past one of another class
    before = "a" + chr(c) + "\u0334" if k > 1 else "a\u0345" + chr(c)
    return k if nfd(before) == unicodedata.normalize("NFD", before) else 0


print("# Made by make_normalization_data.py from the Unicode Character Database; do not edit.")
print("# C=A B: canonical; C!A B: canonical, never composed again; C~A B: compatibility. A..B:N: combining class N.")
for c in CODE_POINTS:
    parts = unicodedata.decomposition(chr(c)).split()
    if c in HANGUL or not parts or nfkd(chr(c)) == chr(c):
        continue
    compatible = parts[0].startswith("<")
    if not compatible and nfd(chr(c)) == chr(c):
        continue
    sign = "~" if compatible else "=" if nfc(nfd(chr(c))) == chr(c) else "!"
    print("%04X%s%s" % (c, sign, " ".join(parts[1:] if compatible else parts)))
start, known = 0, 0
for c in CODE_POINTS + [0x110000]:
    k = combining_class(c) if c < 0x110000 else 0
    if k != known:
        if known:
            print("%04X..%04X:%d" % (start, c - 1, known))
        start, known = c, k
