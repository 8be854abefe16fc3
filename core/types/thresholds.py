"""The numbers that choose. Engines never see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from core.types.arrays import expect
from core.types.boxes import Basis

UNKNOWN = 0.5  # the box threshold of a basis that no back-end of the settings has
WORDS = 0.25  # text threshold of Grounding DINO's own demo and of transformers


@dataclass(frozen=True)
class Thresholds:
    """Every number a policy uses; a score passes at `score >= threshold`.

    by_basis: the default box threshold of each basis when a phrase is asked for; listed: the same when everything is
    listed (a false name is worse there). box: one override for every basis but `user`, or None. phrase: overrides for
    single phrases.
    text: score that a word of the phrase must reach, where a model scores words; None for the usual (`words`).
    top_k: most boxes of one phrase, the best first; None for all.
    nms_iou: boxes of one phrase that overlap more are one. min_area: smallest box or mask, as a share of the picture.
    mask_cut: probability at which a pixel belongs to the object. colour: share of an object's own pixels that must
    carry the colour asked for. abstain_score, abstain_margin: below either, the intent is asked back.
    no_speech, log_probability: a segment of speech is dropped where its no-speech probability is above the one and its
    mean log-probability below the other; compression: or where its text repeats itself more; loudness: or where its
    sound is quieter, in dB of full scale; voice: or where fewer seconds of it sound like a voice.
    """

    by_basis: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    listed: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    box: float | None = None
    phrase: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    text: float | None = None
    top_k: int | None = None
    nms_iou: float = 0.6
    min_area: float = 0.0
    mask_cut: float = 0.45
    colour: float = 0.25
    abstain_score: float = 0.6
    abstain_margin: float = 0.25
    no_speech: float = 0.6
    log_probability: float = -1.0
    compression: float = 2.4
    loudness: float = -55.0
    voice: float = 0.1

    def __post_init__(self) -> None:
        for name in ("nms_iou", "min_area", "mask_cut", "colour", "abstain_score", "abstain_margin", "no_speech"):
            value = getattr(self, name)
            expect(0 <= value <= 1, f"{name} must lie in [0, 1], but got {value}")
        for name in ("box", "text"):
            value = getattr(self, name)
            expect(value is None or 0 <= value <= 1, f"{name} must lie in [0, 1] or be None, but got {value}")
        expect(self.top_k is None or self.top_k >= 1, f"top_k must be at least 1 or None, but got {self.top_k}")
        for name in ("by_basis", "listed", "phrase"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def for_box(self, basis: Basis, phrase: str = "", listed: bool = False) -> float:
        """The box threshold that holds for one box."""
        if basis == Basis.USER:
            return 0.0
        if phrase in self.phrase:
            return self.phrase[phrase]
        if self.box is not None:
            return self.box
        table = self.listed if listed and basis in self.listed else self.by_basis
        return table.get(basis, UNKNOWN)

    @property
    def words(self) -> float:
        """The text threshold that holds."""
        return WORDS if self.text is None else self.text

    def beside(self, current: Thresholds, anew: bool) -> Thresholds:
        """These numbers of an earlier turn, now that others are current: the back-ends may have changed between.

        A basis that these do not know takes the current number; where boxes are measured anew, every basis does.
        """
        old, new = (self, current) if anew else (current, self)
        return replace(
            self,
            by_basis=MappingProxyType({**old.by_basis, **new.by_basis}),
            listed=MappingProxyType({**old.listed, **new.listed}),
        )

    def with_(self, **changes: object) -> Thresholds:
        """A copy with some numbers changed."""
        return replace(self, **changes)  # type: ignore[arg-type]
