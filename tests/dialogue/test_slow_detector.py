"""A turn with a detector that scores words and takes its time: a preview first, one caption for all that is named."""

from __future__ import annotations

from collections.abc import Sequence

from core.jobs import Job
from core.types.boxes import Proposals
from core.types.events import Grounded, Preview
from core.types.image import ImageAsset
from core.types.language import Keywords, Phrase
from tests.dialogue.helpers import LEFT, PETS, RIGHT, events_of, shown
from tests.fakes import FakeDetector, FakeKeywords, fake_engines


class SlowDetector(FakeDetector):
    """Has a preview, which finds the same."""

    def preview(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals | None:
        return FakeDetector(self.objects).propose(image, phrases, job)


def test_a_preview_comes_before_the_boxes_and_only_where_something_is_measured() -> None:
    engines = fake_engines(detector=SlowDetector(PETS))
    events = [event for event in events_of("find the dog", engines) if isinstance(event, Preview | Grounded)]
    assert [type(event) for event in events] == [Preview, Grounded]
    assert [d.box for d in events[0].detections.items] == [LEFT]
    again = events_of("find the dog", engines)
    assert not any(isinstance(event, Preview) for event in again), "what is known needs no preview"
    given = {"propose": events[1].proposals}
    assert not any(isinstance(event, Preview) for event in events_of("find the dog", engines, given=given))


def test_a_quick_detector_has_no_preview() -> None:
    assert not any(isinstance(event, Preview) for event in events_of("find the dog", fake_engines(PETS)))


def test_things_to_leave_out_are_asked_together_with_those_to_find() -> None:
    detector = FakeDetector(PETS)
    texts = {"segment all pets": Keywords((Phrase("dog"), Phrase("cat")), excluded=("cat",))}
    engines = fake_engines(detector=detector, keywords=FakeKeywords(texts))
    turn = events_of("segment all pets", engines)[-1].turn  # type: ignore[union-attr]
    assert [asked for _, asked in detector.calls] == [("dog", "cat")]
    assert turn.excluded == (RIGHT,)
    assert shown(turn) == [("dog", LEFT)]
