"""A sound as every speech engine hears it: mono, 16 kHz, with an identity."""

from __future__ import annotations

from dataclasses import dataclass

from core.types.arrays import Floats, digest, expect, frozen

RATE = 16_000  # Hz, what speech models hear


@dataclass(frozen=True, eq=False)
class AudioClip:
    """samples: (N,) float32 in [-1, 1], mono at `RATE`. digest: of the samples. name: to show, never a path.

    notes: what a listener must know of how it was read ("breaks off after 12.0 s").
    """

    samples: Floats
    digest: str
    name: str = "sound"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        samples = frozen(self.samples, "float32")
        expect(samples.ndim == 1, f"samples must be (N,), but got {samples.shape}")
        object.__setattr__(self, "samples", samples)

    @classmethod
    def of(cls, samples: Floats, name: str = "sound", notes: tuple[str, ...] = ()) -> AudioClip:
        """A sound from samples already mono at `RATE`."""
        fixed = frozen(samples, "float32")
        return cls(fixed, digest(fixed), name, notes)

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE
