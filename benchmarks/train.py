"""Training a network: our loop beside the textbook's, hand-written ones, skorch and Lightning.

``--size cuda`` needs an NVIDIA GPU, and ours is then also beside a hand-written CUDA graph.

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
plan = Plan(peers.SIZE.epochs, 5, peers.SIZE.batch, peers.RATE, 0.01)
loop = Loop(
    peers.network(), torch.nn.functional.cross_entropy, peers.table(peers.SIZE.rows, 1),
    peers.table(peers.JUDGED, 2), plan, device=peers.SIZE.device,
    mixed=peers.SIZE.device == "cuda", progress=voice,
    checkpoint=FileCheckpoint(folder / "kept", period=0.1))
peers.measure(lambda: loop.run().valid_losses[-1])
"""


def subject(name: str, command: list[str], ours: bool = False) -> Subject:
    def measure() -> Sample:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}")
        wall, cpu, memory, busy, loss = map(float, done.stdout.split()[-5:])
        return Sample(wall, cpu, memory, {"loss": loss, "GPU busy (%)": busy})

    return Subject(name, measure, ours)


def has(python: str, package: str) -> bool:
    """Whether the peers' environment holds a package."""
    asked = [python, "-c", f"import {package}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--size", default="cpu", choices=("cpu", "cuda", "cuda-small"))
    parser.add_argument("--skip", default="", help="peers that are left out, comma between")
    options = parser.parse_args()
    print(machine())
    own = [sys.executable, "-W", "ignore"]
    hand = ["resident"] if options.size == "cpu" else ["resident", "graph"]
    peers = [w for w in ("skorch", "lightning") if options.peers and has(options.peers, w)]
    subjects = [
        subject("workbench", [*own, "-c", OURS, str(LOOPS), options.size], ours=True),
        *(subject(f"hand-written, {w}", [*own, str(LOOPS), w, options.size]) for w in hand),
        subject("textbook DataLoader", [*own, str(LOOPS), "textbook", options.size]),
        *(subject(w, [options.peers, "-W", "ignore", str(LOOPS), w, options.size]) for w in peers),
    ]
    left_out = tuple(filter(None, options.skip.split(",")))
    subjects = [s for s in subjects if not s.name.endswith(left_out or ("\n",))]
    found = rounds(subjects, options.rounds)
    print(table(found, "workbench"))
    for name, samples in found.items():
        last = samples[-1].more
        busy = f", GPU {last['GPU busy (%)']:.0f}% busy" if options.size != "cpu" else ""
        print(f"{name}: loss after the last epoch {last['loss']:.4f}{busy}")
    write(options.json, found)


if __name__ == "__main__":
    main()
