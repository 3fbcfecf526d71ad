"""A look for something in the whole memory of another process. Linux only."""

import base64
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

CHUNK_BYTES = 4 << 20


def forms(needle: bytes) -> set[bytes]:
    """All that a needle can look like: as it is (UTF-8), UTF-16, and in the middle of something that is base64."""
    wide = bytes(byte for each in needle for byte in (each, 0))
    found = {needle, wide}
    for before in range(3):
        whole = base64.b64encode(bytes(before) + needle).rstrip(b"=")
        end = len(whole) - bool((before + len(needle)) % 3)  # what follows has a part in the last character
        alone = whole[(0, 2, 3)[before] : end]
        found |= {alone, alone.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def seen(pid: int, needles: Mapping[str, set[bytes]]) -> set[str]:
    """The names of the needles of which some form is in the memory of the process."""
    longest = max(len(form) for wanted in needles.values() for form in wanted)
    found: set[str] = set()
    for chunk in memory(pid, longest):
        found |= {name for name, wanted in needles.items() if any(form in chunk for form in wanted)}
    return found


def memory(pid: int, overlap: int) -> Iterator[bytes]:
    """All that is readable, in pieces, each with the last bytes of the one before."""
    try:
        mem = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except PermissionError:
        raise AssertionError("only root may read the memory of another process: run this test as root") from None
    try:
        for start, end in regions(pid):
            for at in range(start, end, CHUNK_BYTES):
                begin = max(start, at - overlap)
                try:
                    yield os.pread(mem, min(end, at + CHUNK_BYTES) - begin, begin)
                except OSError:  # given back meanwhile, or the kernel's own
                    break
    finally:
        os.close(mem)


def regions(pid: int) -> list[tuple[int, int]]:
    lines = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    spans = [span.split("-") for span, rights, *_ in lines if rights.startswith("r")]
    return [(int(start, 16), int(end, 16)) for start, end in spans]
