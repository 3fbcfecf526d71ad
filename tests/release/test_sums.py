"""`sha256sum`, the program, finds the files of a release good, and one that was changed bad."""

import subprocess
from pathlib import Path

from release import sums


def check(folder: Path) -> int:
    return subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode


def test_sha256sum_reads_the_list(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("omefree-1.tar.gz", "omefree 1.whl", "ä.txt")]
    for file in files:
        file.write_bytes(file.name.encode())
    (tmp_path / "SHA256SUMS").write_text(sums.listing(files))
    assert check(tmp_path) == 0
    files[1].write_bytes(b"another")
    assert check(tmp_path) == 1
