import subprocess
import sys


def test_the_bench_of_the_proofs_runs_and_its_log_holds():
    call = [sys.executable, "-m", "tests.benchmarks.store_proofs", "--entries", "2000"]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    assert "verify.py over the bundle" in said
