#!/usr/bin/env python3
"""Writes a corpus for the benchmarks: 4,000 files that do not compress, of the sizes that case papers have.

    corpus.py FOLDER [--files 4000] [--median 150000] [--spread 0.96] [--seed 1]

Sizes are log-normal: most are near the median, a few are scans of several megabytes. The same arguments write the same
bytes. The folder must not exist.
"""

import argparse
import math
import os
import random
from pathlib import Path

FILES_A_FOLDER = 100


def main() -> None:
    asked = argparse.ArgumentParser(description="Writes a corpus of incompressible files of log-normal sizes.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--files", type=int, default=4000)
    asked.add_argument("--median", type=int, default=150_000, help="bytes")
    asked.add_argument("--spread", type=float, default=0.96, help="standard deviation of the logarithm of the size")
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()

    chance = random.Random(options.seed)
    options.folder.mkdir(parents=True)
    total = 0
    for number in range(options.files):
        folder = options.folder / f"case-{number // FILES_A_FOLDER:03}"
        if number % FILES_A_FOLDER == 0:
            folder.mkdir()
        size = max(1, round(chance.lognormvariate(math.log(options.median), options.spread)))
        (folder / f"paper-{number:05}.bin").write_bytes(chance.randbytes(size))
        total += size
    os.sync()
    print(f"{options.files} files, {total} bytes, in {options.folder}")


if __name__ == "__main__":
    main()
