"""One turn: picture and words to intent, phrases, boxes, masks, edit and answer; resumable at every stage.

`given` maps a stage to its value, and the stage is not measured again: "resolve" the references, "classify" an
IntentPrediction, "decide" an IntentName, "acts" the acts with their phrases, "extract" Keywords, "propose" Proposals
(phrases that it lacks are measured and join it), "exclude" boxes, "segment" logits by prompt digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.dialogue import wording
from core.dialogue.answering import DETECTION, say, to_fill, wants_masks
from core.dialogue.choose import Chosen, choose
from core.dialogue.engines import Engines, engine_name
from core.dialogue.understanding import Ended, Understanding
from core.errors import Cancelled, WorkbenchError
from core.jobs import Job
from core.types.boxes import Box, Detections, Proposals
from core.types.events import (
    Completed,
    Edited,
    Event,
    Grounded,
    Preview,
    Progress,
    Said,
    Segmented,
)  # fmt: skip
from core.types.image import ImageAsset
from core.types.language import IntentName, Keywords, Phrase
from core.types.masks import MaskLogits, MaskSet, Prompt
from core.types.turn import Act, Answer, Request, Status, Turn


def run_turn(
    request: Request, engines: Engines, job: Job, given: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Event]:
    """The events of one turn, `Completed` last, whatever happens (only an exception of our own making gets past it)."""
    run = _Run(request, engines, job, given)
    try:
        yield from run.stages()
    except Ended:
        pass
    except Cancelled:
        run.status = Status.STOPPED
        run.warnings.append("Stopped. What was measured until then is kept.")
    except WorkbenchError as error:
        yield run.fail("turn", error)
        run.status = Status.FAILED
        run.answer = Answer(f"{error.message} {error.remedy}".strip())
    yield Completed(run.turn())


class _Run(Understanding):
    """The state of one turn while it runs: what was understood, then what was measured and done."""

    def __init__(self, request: Request, engines: Engines, job: Job, given: Mapping[str, Any]) -> None:
        super().__init__(request, engines, job, given)
        self.proposals: Proposals | None = None
        self.excluded: tuple[Box, ...] = ()
        self.chosen = Chosen(Detections(), MaskSet())
        self.edited: ImageAsset | None = None
        self.filled: tuple[str, ...] = ()

    def stages(self) -> Iterator[Event]:
        self.check_text()
        yield from self.resolve()
        yield from self.understand()
        image = self.request.image
        if image is None:
            self.status, self.answer = Status.ASKED, wording.no_picture()
            yield Said(self.answer)
            raise Ended
        yield from self.extract()
        yield from self.look(image)
        yield from self.shape(image)
        yield from self.act(image)

    def look(self, image: ImageAsset) -> Iterator[Event]:
        assert self.keywords is not None
        phrases = tuple(dict.fromkeys(p.text for p in self.keywords.phrases))
        yield Progress(DETECTION, f"Looking for {', '.join(phrases)}" if phrases else "Looking at everything")
        try:
            yield from self.preview(image, phrases)
            with self.timed(DETECTION):
                self.proposals, left_out = self.propose(image, phrases)
                if "exclude" in self.given:
                    self.excluded = self.given["exclude"]
                elif self.keywords.excluded:
                    self.excluded = self._boxes_of(image, left_out)
        except Cancelled:
            raise
        except WorkbenchError as error:
            yield self.fail(DETECTION, error, "nothing was looked for; a box drawn by hand still works")
            if self.proposals is None:
                self.proposals = Proposals.none(phrases, listed=not phrases)
        self.served["detection"] = ", ".join(dict.fromkeys(e.name for e in self.proposals.engines))
        self.choose(image)
        yield Grounded(self.proposals, self.chosen.detections)

    def propose(self, image: ImageAsset, phrases: tuple[str, ...]) -> tuple[Proposals, Proposals | None]:
        """What was measured of the phrases, and of the things to leave out where those came with it."""
        assert self.keywords is not None
        detector, names = self.engines.detector, self.keywords.excluded
        if "propose" in self.given:
            given: Proposals = self.given["propose"]
            missing = tuple(phrase for phrase in phrases if phrase not in given.phrases)
            if missing:
                given = given.joined(detector.propose(image, missing, self.job))
            return (given.only(phrases) if phrases and not self.keywords.everything else given), None
        if self.drawn() and not phrases and not self.keywords.everything:
            return Proposals.none(()), None  # "segment this": the box drawn by hand is what is meant
        found = detector.propose(image, self.asked(phrases), self.job)
        together = names and phrases and "exclude" not in self.given
        return (found.only(phrases), found.only(names)) if together else (found, None)

    def asked(self, phrases: tuple[str, ...]) -> tuple[str, ...]:
        """What the detector is asked at once: things to leave out compete with those to find."""
        assert self.keywords is not None
        names = () if "exclude" in self.given else self.keywords.excluded
        return tuple(dict.fromkeys((*phrases, *names))) if phrases else ()

    def preview(self, image: ImageAsset, phrases: tuple[str, ...]) -> Iterator[Event]:
        """A quick look first, where the detector takes its time and everything is still to be measured."""
        look = getattr(self.engines.detector, "preview", None)
        if look is None or "propose" in self.given or not phrases:
            return
        found: Proposals | None = look(image, self.asked(phrases), self.job)
        if found is not None:
            found = found.only(phrases)
            yield Preview(found, self.chosen_from(image, found, {}, False).detections)

    def _boxes_of(self, image: ImageAsset, found: Proposals | None) -> tuple[Box, ...]:
        """Where the things are that the request leaves out."""
        assert self.keywords is not None
        names = self.keywords.excluded
        if found is None:
            found = self.engines.detector.propose(image, names, self.job)
        plain = Keywords(tuple(Phrase(name) for name in names))
        limits = self.engines.limits.objects
        chosen = choose(image, found, plain, self.request.thresholds, {}, self.engines.memo, limits, False)
        return tuple(d.box for d in chosen.detections.items)

    def choose(self, image: ImageAsset) -> None:
        assert self.keywords is not None and self.proposals is not None
        wanted = wants_masks(self.acts, self.keywords, self.request.user_boxes, self.request.clicked)
        self.chosen = self.chosen_from(image, self.proposals, self.bank, wanted)

    def chosen_from(
        self, image: ImageAsset, proposals: Proposals, bank: Mapping[str, MaskLogits], masks_wanted: bool
    ) -> Chosen:
        assert self.keywords is not None
        return choose(
            image, proposals, self.keywords, self.request.thresholds, bank, self.engines.memo,
            self.engines.limits.objects, masks_wanted, self.request.user_boxes, self.excluded, self.request.clicked,
            self.request.adjustments,
        )  # fmt: skip

    def shape(self, image: ImageAsset) -> Iterator[Event]:
        if self.chosen.missing:
            count = len(self.chosen.missing)
            yield Progress("segment", f"Outlining {count} object{'s' if count > 1 else ''}")
            try:
                with self.timed("segment"):
                    self.measure(image, self.chosen.missing)
            except Cancelled:
                self.choose(image)  # the masks that were measured until now are kept
                raise
            except WorkbenchError as error:
                yield self.fail("segment", error, "objects that have no mask yet are shown as boxes")
        with self.timed("choose"):
            self.choose(image)
        engines = dict.fromkeys(e.name for e in self.chosen.masks.engines)
        if engines:
            self.served["segmentation"] = ", ".join(engines)
        yield Segmented(self.chosen.detections, self.chosen.masks)

    def measure(self, image: ImageAsset, prompts: tuple[Prompt, ...]) -> None:
        """Logits of the prompts into the bank, one by one, so that Stop keeps what is done."""
        for number, prompt in enumerate(prompts):
            self.job.report(number / len(prompts), f"Outlining {number + 1} of {len(prompts)}")
            self.bank[prompt.digest] = self.engines.segmenter.segment(image, (prompt,), self.job)

    def act(self, image: ImageAsset) -> Iterator[Event]:
        assert self.keywords is not None and self.proposals is not None
        keywords = self.keywords
        nameless = not keywords.phrases and not keywords.everything and not self.drawn()
        looked = not any(failure.stage == DETECTION for failure in self.failures)
        if nameless and looked and self.acts[0].intent != IntentName.ANSWER:
            seen = tuple(dict.fromkeys(d.phrase for d in self.chosen.detections.items))
            self.chosen = Chosen(Detections(), MaskSet())
            self.status, self.answer = Status.ASKED, wording.no_object(seen, self.acts[0].intent, keywords.refers_back)
            yield Said(self.answer)
            raise Ended
        for act in self.acts:
            if act.intent == IntentName.INPAINT:
                yield from self.edit(image, act)
        yield Progress("answer", "Putting the answer together")
        try:
            with self.timed("answer"):
                self.answer = say(
                    image, self.acts, keywords, self.proposals, self.chosen, self.request.thresholds,
                    self.engines.describer, self.engines.memo, self.filled, looked,
                )  # fmt: skip
        except Cancelled:
            raise
        except WorkbenchError as error:
            yield self.fail("answer", error, "boxes and masks are shown without words")
            return
        if self.said:
            self.answer = replace(self.answer, text=f"{self.said} {self.answer.text}".strip())
        self.served["answering"] = engine_name(self.engines.describer)
        yield Said(self.answer)

    def edit(self, image: ImageAsset, act: Act) -> Iterator[Event]:
        assert self.keywords is not None and self.proposals is not None
        masks = to_fill(act, self.keywords, self.proposals, self.chosen)
        if not masks:
            return
        yield Progress("edit", "Filling from the surroundings")
        try:
            with self.timed("edit"):
                self.edited = self.engines.editor.edit(self.edited or image, MaskSet(masks), act.text, self.job)
        except Cancelled:
            raise
        except WorkbenchError as error:
            yield self.fail("edit", error, "the masks are kept; the picture is unchanged")
            return
        self.filled += tuple(mask.digest for mask in masks)
        self.served["editing"] = engine_name(self.engines.editor)
        if self.keywords.replacement:
            self.warnings.append(
                f"Putting '{self.keywords.replacement}' there needs an image model;"
                " the gap was filled from its surroundings."
            )
        yield Edited(self.edited)

    def turn(self) -> Turn:
        image = self.request.image
        nothing = self.status == Status.DONE and self.failures and not self.chosen.detections.items
        return Turn(
            id=self.request.id, text=self.request.text, status=Status.FAILED if nothing else self.status,
            thresholds=self.request.thresholds, image_digest=image.digest if image else "",
            user_boxes=self.request.user_boxes, clicked=self.request.clicked, excluded=self.excluded, acts=self.acts,
            references=self.references, adjustments=self.request.adjustments, undoes=self.request.undoes,
            base=self.request.base.id if self.request.base is not None and self.references else "",
            prediction=self.prediction, decision=self.decision,
            keywords=self.keywords, proposals=self.proposals, detections=self.chosen.detections,
            bank=MappingProxyType(self.bank), masks=self.chosen.masks,
            suggestions=() if self.proposals is None else self.proposals.suggestions,
            answer=self.answer, edited=self.edited, filled=self.filled,
            failures=tuple(self.failures), warnings=tuple(dict.fromkeys(self.warnings)),
            engines=MappingProxyType({k: v for k, v in self.served.items() if v}),
            timings_ms=MappingProxyType({k: round(v, 1) for k, v in self.watch.timings.items()}),
            transcript=self.request.transcript,
        )  # fmt: skip
