"""Training runs: one step of each encoder, and an export that the product loads. How well it learns is not asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from forensics.fingerprints.audio import features  # noqa: E402
from forensics.fingerprints.audio.network import BITS, Head, Network, Values  # noqa: E402
from tests.benchmarks.training import fine, networks, pairs, rough  # noqa: E402
from tests.benchmarks.training.learning import Plan  # noqa: E402
from tests.benchmarks.training.networks import Arrays, Encoder, State  # noqa: E402
from tests.benchmarks.training.pairs import Pair  # noqa: E402
from tests.benchmarks.training.takes import Take  # noqa: E402

ONE_STEP = Plan(steps=1, rate=1e-3, threads=1)


def sound(seed: int, frames: int = 140) -> Values:
    """Log powers that wander."""
    random = np.random.default_rng(seed)
    return (8 + np.cumsum(random.normal(0, 0.4, (frames, features.BANDS)), axis=0)).astype(np.float32)


def pair(seed: int) -> Pair:
    clean = sound(seed)
    changed = clean + np.random.default_rng(seed).normal(0, 0.3, clean.shape)
    return Pair(clean.astype(np.float16), changed.astype(np.float16), 1.0, seed, 0, is_revoiced=False)


def exported(head: Head, state: State, path: Path) -> Arrays:
    np.savez(path, allow_pickle=True, **networks.arrays(head, state))
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def by_torch(head: Head, state: State, logs: Values) -> Values:
    encoder = Encoder(head).eval()
    encoder.load_state_dict(state)
    with torch.no_grad():
        soft: Values = (encoder(networks.normalise(torch.from_numpy(logs[None]))) * encoder.scale.exp())[0].T.numpy()
    return soft


def assert_the_product_hears_as_torch_does(head: Head, state: State, path: Path) -> None:
    logs = sound(99)
    bands, _ = features.normalise(np.exp(logs))
    soft = Network(exported(head, state, path), head).outputs(bands)
    assert soft.shape == ((len(logs) + 1) // 2, BITS)
    np.testing.assert_allclose(soft, by_torch(head, state, logs), atol=0.05)


def test_one_step_of_each_encoder_gives_networks_the_product_loads(tmp_path: Path) -> None:
    pairs.save(tmp_path / "pairs.npz", map(pair, range(4)))
    kept = pairs.load([tmp_path / "pairs.npz"])
    assert len(kept) == 4

    rough.train(kept, ONE_STEP, tmp_path / "rough.pt")
    state = networks.load(tmp_path / "rough.pt")
    assert_the_product_hears_as_torch_does("rough", state, tmp_path / "rough.npz")

    frames = np.arange(20.0, 120.0, 4.0)
    takes = {number: [Take(number, (number + 1) % 4, frames, frames + 3)] for number in range(4)}
    lesson = fine.Lesson(kept, takes, {each.source: each.clean for each in kept})
    fine.train(lesson, state, ONE_STEP, tmp_path / "fine.pt")
    assert_the_product_hears_as_torch_does("fine", networks.load(tmp_path / "fine.pt"), tmp_path / "fine.npz")


def test_a_batch_names_wrong_codes_of_other_takes_and_of_bent_clips() -> None:
    kept = [pair(number) for number in range(4)]
    frames = np.arange(20.0, 120.0, 4.0)
    takes = {number: [Take(number, (number + 1) % 4, frames, frames + 3)] for number in range(4)}
    lesson = fine.Lesson(kept, takes, {each.source: each.clean for each in kept})
    made = fine.batch(np.random.default_rng(1), lesson, lesson.taken)
    assert made.is_wrong[: fine.TAKEN, :, :3].any()
    assert not made.is_wrong[: fine.TAKEN, :, 3:].any()
    assert made.is_wrong[-fine.BENT :, :, 3:].any()
    assert (made.wrong_row[made.is_wrong] >= fine.STRETCHES).all()


def test_the_same_seed_gives_the_same_network(tmp_path: Path) -> None:
    kept = [pair(number) for number in range(4)]
    for name in ("one", "other"):
        rough.train(kept, ONE_STEP, tmp_path / f"{name}.pt")
    one, other = networks.load(tmp_path / "one.pt"), networks.load(tmp_path / "other.pt")
    assert all(torch.equal(one[name], other[name]) for name in one)
