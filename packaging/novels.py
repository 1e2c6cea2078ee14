# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the data file of the R package janeaustenr into text files, one a novel, without R.

usage: novels.py Rdata.rdb FOLDER

The file is a row of chunks: a big-endian length that counts the bytes as unpacked, then a zlib stream. Each stream is one
serialised R object in XDR form; the novels are vectors of strings, a string a printed line.
"""
import pathlib
import re
import struct
import sys
import zlib

STRING_VECTOR = 16


def chunks(data):
    at = 0
    while at < len(data):
        stream = zlib.decompressobj()
        yield stream.decompress(data[at + 4:])
        at = len(data) - len(stream.unused_data)


def lines_of(chunk):
    """The strings of a vector, or None for another kind of object."""
    at = chunk.index(b"X\n") + 2
    (version,) = struct.unpack_from(">i", chunk, at)
    at += 12
    if version == 3:  # the name of the native encoding
        (length,) = struct.unpack_from(">i", chunk, at)
        at += 4 + length
    flags, count = struct.unpack_from(">ii", chunk, at)
    at += 8
    if flags & 0xFF != STRING_VECTOR:
        return None
    lines = []
    for _ in range(count):
        (length,) = struct.unpack_from(">i", chunk, at + 4)
        at += 8
        length = max(length, 0)  # -1 stands for a missing string
        lines.append(chunk[at:at + length].decode("utf-8"))
        at += length
    return lines


def main(source, folder):
    for chunk in chunks(pathlib.Path(source).read_bytes()):
        lines = lines_of(chunk)
        if lines is None:
            continue
        blocks = re.split(r"\n\s*\n", "\n".join(lines))
        paragraphs = [text for text in (" ".join(block.split()) for block in blocks) if text]
        name = re.sub(r"\W+", "-", paragraphs[0].lower())
        pathlib.Path(folder, name + ".txt").write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
