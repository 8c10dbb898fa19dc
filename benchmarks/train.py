"""Training a network: our loop beside the textbook's, a hand-written one, skorch and Lightning.

Ours has everything on that a job has: progress and live numbers into the ledger's database, a
history, early stopping, the best weights kept, checkpoints.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness import Sample, Subject, arguments, machine, rounds, table, write

LOOPS = Path(__file__).parent / "peers" / "torch_loops.py"
OURS = """
import sys, tempfile
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1]).parent))
import torch, torch_loops as peers
from workbench.jobs.ledger import Ledger
from workbench.store.checkpoints import FileCheckpoint
from workbench.training.loop import Loop, Plan
from workbench.worker import Voice
torch.set_num_threads(1)
folder = Path(tempfile.mkdtemp())
ledger = Ledger(folder / "ledger.db")
voice = Voice(ledger, ledger.submit("train", {}).id)
plan = Plan(peers.EPOCHS, 5, peers.BATCH, peers.RATE, 0.01)
loop = Loop(
    peers.network(), torch.nn.functional.cross_entropy, peers.table(peers.ROWS, 1),
    peers.table(peers.JUDGED, 2), plan, progress=voice,
    checkpoint=FileCheckpoint(folder / "kept", period=0.1))
peers.measure(lambda: loop.run().valid_losses[-1])
"""


def subject(name: str, command: list[str], ours: bool = False) -> Subject:
    def measure() -> Sample:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}")
        wall, cpu, memory, loss = map(float, done.stdout.split()[-4:])
        return Sample(wall, cpu, memory, {"loss": loss})

    return Subject(name, measure, ours)


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    print(machine())
    own = [sys.executable, "-W", "ignore"]
    subjects = [
        subject("workbench", [*own, "-c", OURS, str(LOOPS)], ours=True),
        subject("hand-written, resident", [*own, str(LOOPS), "resident"]),
        subject("textbook DataLoader", [*own, str(LOOPS), "textbook"]),
    ]
    if options.peers:
        subjects += [
            subject(name, [options.peers, "-W", "ignore", str(LOOPS), name])
            for name in ("skorch", "lightning")
        ]
    found = rounds(subjects, options.rounds)
    print(table(found, "workbench"))
    for name, samples in found.items():
        print(f"{name}: loss after the last epoch {samples[-1].more['loss']:.4f}")
    write(options.json, found)


if __name__ == "__main__":
    main()
