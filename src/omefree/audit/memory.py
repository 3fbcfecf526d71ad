"""Searches the memory of a process for planted words (Linux, proc(5)): live objects and freed bytes alike.

It needs the right to trace the process. For a server of ours only root has it: the server hides its memory from its own
user.
"""

import base64
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

CHUNK_BYTES = 4_194_304  # read at once, so that the scan itself needs little memory
HEAD_BYTES = 4  # words that share these first bytes are searched for together: planted ones begin alike
ZERO = b"\0"

ByHead = Mapping[bytes, set[bytes]]


class Region(NamedTuple):
    """A part of a process's address space: one line of /proc/PID/maps."""

    start: int
    end: int
    permissions: str

    @property
    def is_own(self) -> bool:
        """Whether the process can write there. What it cannot write is a file's content or the kernel's."""
        return self.permissions.startswith("rw")


def forms(word: bytes) -> set[bytes]:
    """All the bytes that a word can look like: UTF-8, UTF-16, and in the middle of something in base64."""
    wide = bytes(byte for each in word for byte in (each, 0))
    found = {word, wide}
    for before in range(3):
        whole = base64.b64encode(bytes(before) + word).rstrip(b"=")
        end = len(whole) - bool((before + len(word)) % 3)  # the last character also depends on what follows
        alone = whole[(0, 2, 3)[before] : end]
        found |= {alone, alone.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def seen(pid: int, words: Mapping[str, Iterable[bytes]]) -> set[str]:
    """The names of the words of which any form is in the memory of a process. Raises OSError as `scan` does."""
    found = scan(pid, {form for wanted in words.values() for form in wanted})
    return {name for name, wanted in words.items() if any(form in found for form in wanted)}


def scan(pid: int, words: Iterable[bytes]) -> Counter[bytes]:
    """How often each word is in the memory of a process. A word that is not there is not in the result.

    Zero bytes are skipped, in the words too. So an ASCII text is also found in the wide forms of CPython's str. Raises
    OSError if there is no such process, or if its memory is not ours to read.
    """
    spelled = {word.replace(ZERO, b""): word for word in words}
    overlap = max(map(len, spelled), default=1) - 1
    by_first = by_head(spelled)
    found: Counter[bytes] = Counter()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for region in regions(pid):
            if region.is_own:
                for chunk in chunks(memory, region, overlap):
                    found.update(spelled[word] for word in matches(chunk, by_first, overlap))
    return found


def by_head(words: Iterable[bytes]) -> ByHead:
    """The words by the bytes that are searched for.

    These are the first bytes that some words share. For a word that shares them with none, they are the whole word,
    which is faster.
    """
    by_first: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for word in words:
        by_first[word[:HEAD_BYTES]].add(word)
    return {head if len(words) > 1 else next(iter(words)): words for head, words in by_first.items()}


def regions(pid: int) -> Iterator[Region]:
    """Yields the parts of a process's address space. Raises OSError."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, permissions = line.split()[:2]
        start, _, end = span.partition("-")
        yield Region(int(start, 16), int(end, 16), permissions)


def chunks(memory: BinaryIO, region: Region, overlap: int) -> Iterator[bytes]:
    """Yields the bytes of a region without the zeros.

    Each chunk begins with the last `overlap` bytes of the one before, so no word is cut in two.
    """
    tail = ZERO * overlap
    for start in range(region.start, region.end, CHUNK_BYTES):
        try:
            memory.seek(start)
            read = memory.read(min(CHUNK_BYTES, region.end - start))
        except OSError:  # unmapped meanwhile, or a device's memory
            return
        chunk = tail + read.translate(None, ZERO)
        yield chunk
        tail = chunk[len(chunk) - overlap :]


def matches(chunk: bytes, by_first: ByHead, overlap: int) -> Iterator[bytes]:
    """Yields each word as often as it is in the chunk, except where it ends in the overlap.

    Those that end in the overlap were in the chunk before.
    """
    for head, words in by_first.items():
        at = chunk.find(head)
        while at >= 0:
            for word in words:
                if chunk.startswith(word, at) and at + len(word) > overlap:
                    yield word
            at = chunk.find(head, at + 1)
