"""The bounds of a worker process."""

import subprocess
import sys


def test_memory_is_bounded_again_for_each_file_that_a_worker_reads() -> None:
    """The process has grown meanwhile, and a bound cannot be raised."""
    told = (
        "from kgservice.store.sandbox import limit_memory\n"
        "limit_memory(256 << 20); kept = bytearray(64 << 20); limit_memory(256 << 20)\n"
        "try: bytearray(512 << 20)\n"
        "except MemoryError: print('bounded')"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "bounded\n"
