#!/usr/bin/env python3
"""Writes the seed corpus of the `pii_*` targets: `seed.py DIRECTORY` makes a folder for each in it.

Seeds are the texts in the recognisers' tests, the bodies in the tests of pii-redaction, and the golden files of translate.
The bytes put in front or behind are what `arbitrary` reads the other arguments of a target from.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRING = re.compile(r'"((?:[^"\\]|\\.){6,})"')
RAW_STRING = re.compile(r'r#"(.*?)"#', re.DOTALL)


def texts():
    for path in sorted((ROOT / "filters/lib/pii/src/recognize").rglob("*.rs")):
        yield from (text.encode() for text in STRING.findall(path.read_text()))


def bodies():
    for path in sorted((ROOT / "filters/pii-redaction/src/filter/tests").glob("*.rs")):
        yield from (text.encode() for text in RAW_STRING.findall(path.read_text()))


def golden():
    for path in sorted((ROOT / "filters/lib/translate/testdata").rglob("*")):
        if path.is_file():
            yield path.read_bytes()


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, seed in enumerate(seeds, 1):
        (folder / f"seed-{count}").write_bytes(seed)
    print(f"{folder}: {count} seeds")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    corpus = pathlib.Path(sys.argv[1])
    write(corpus / "pii_recognizers", texts())
    write(corpus / "pii_request", (seed + b"\x01" for seed in [*bodies(), *golden()]))
    write(corpus / "pii_stream", (b"\x01\x00\x07" + seed for seed in golden()))


if __name__ == "__main__":
    main()
