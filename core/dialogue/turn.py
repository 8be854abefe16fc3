"""One turn: picture and words to intent, phrases, boxes, masks, edit and answer; resumable at every stage.

`given` maps a stage to its value, and the stage is not measured again: "classify" an IntentPrediction, "decide" an
IntentName, "extract" Keywords, "propose" Proposals, "exclude" boxes, "segment" logits by prompt digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.dialogue import wording
from core.dialogue.acts import find_acts, keywords_of
from core.dialogue.answering import DETECTION, say, to_fill, wants_masks
from core.dialogue.choose import Chosen, choose
from core.dialogue.engines import Engines
from core.dialogue.stopwatch import Stopwatch
from core.errors import Cancelled, InputError, WorkbenchError
from core.jobs import Job
from core.policy import decide
from core.types.boxes import Box, Detections, Proposals
from core.types.events import (
    Asked,
    Completed,
    Edited,
    Event,
    Extracted,
    Grounded,
    Progress,
    Said,
    Segmented,
    StepFailed,
    Understood,
)  # fmt: skip
from core.types.image import ImageAsset
from core.types.language import IntentDecision, IntentName, IntentPrediction, Keywords, Phrase
from core.types.masks import MaskLogits, MaskSet, Prompt
from core.types.turn import Act, Answer, Failure, Request, Status, Turn


class _Ended(Exception):
    """The turn is over before its last stage (asked, or nothing to do)."""


def run_turn(
    request: Request, engines: Engines, job: Job, given: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Event]:
    """The events of one turn, `Completed` last, whatever happens (only an exception of our own making gets past it)."""
    run = _Run(request, engines, job, given)
    try:
        yield from run.stages()
    except _Ended:
        pass
    except Cancelled:
        run.status = Status.STOPPED
        run.warnings.append("Stopped. What was measured until then is kept.")
    except WorkbenchError as error:
        yield run.fail("turn", error)
        run.status = Status.FAILED
        run.answer = Answer(f"{error.message} {error.remedy}".strip())
    yield Completed(run.turn())


class _Run:
    """The state of one turn while it runs."""

    def __init__(self, request: Request, engines: Engines, job: Job, given: Mapping[str, Any]) -> None:
        self.request, self.engines, self.job, self.given = request, engines, job, given
        self.status = Status.DONE
        self.prediction: IntentPrediction | None = None
        self.decision: IntentDecision | None = None
        self.acts: tuple[Act, ...] = ()
        self.keywords: Keywords | None = None
        self.proposals: Proposals | None = None
        self.excluded: tuple[Box, ...] = ()
        self.bank: dict[str, MaskLogits] = dict(given.get("segment", {}))
        self.chosen = Chosen(Detections(), MaskSet())
        self.answer = Answer()
        self.edited: ImageAsset | None = None
        self.filled: tuple[str, ...] = ()
        self.failures: list[Failure] = []
        self.warnings: list[str] = []
        self.served: dict[str, str] = {}
        self.watch = Stopwatch()
        self.timed = self.watch.stage

    def stages(self) -> Iterator[Event]:
        yield from self.understand()
        image = self.request.image
        if image is None:
            self.status, self.answer = Status.ASKED, wording.no_picture()
            yield Said(self.answer)
            raise _Ended
        yield from self.extract()
        yield from self.look(image)
        yield from self.shape(image)
        yield from self.act(image)

    def understand(self) -> Iterator[Event]:
        text = self.request.text.strip()
        if not text:
            raise InputError("The request is empty.", "Say what you want, for example: segment the cat.")
        if len(text) > self.engines.limits.text_chars:
            raise InputError(
                f"The request has {len(text):,} characters; at most {self.engines.limits.text_chars:,} are read.",
                "Shorten it, or raise [limits] text_chars.",
            )
        yield Progress("classify", "Understanding the request")
        with self.timed("classify"):
            self.prediction = self.given.get("classify") or self.engines.intent.classify([text])[0]
            self.served["intent"] = self.prediction.engine
            if self.prediction.note:
                self.warnings.append(self.prediction.note)
            self.decision = decide(self.prediction, self.request.thresholds)
            if "decide" in self.given:
                intent = IntentName(self.given["decide"])
                self.decision = IntentDecision(intent, 1.0, (intent,), "chosen by the user")
            if self.decision.intent is not None:
                self.acts = find_acts(text, self.decision.intent, self.engines.intent, self.request.thresholds)
        yield Understood(self.prediction, self.decision, self.acts)
        if self.decision.intent is None:
            self.status, self.answer = Status.ASKED, wording.ask_intent(self.decision)
            yield Asked(self.decision)
        elif all(act.intent in wording.MISSING for act in self.acts):
            self.answer = wording.missing_engine(self.acts[0].intent)
        elif self.acts[0].intent == IntentName.OTHER:
            self.answer = wording.other()
        else:
            return
        yield Said(self.answer)
        raise _Ended

    def extract(self) -> Iterator[Event]:
        yield Progress("extract", "Finding the object phrases")
        with self.timed("extract"):
            if "extract" in self.given:
                self.keywords = self.given["extract"]
                phrases = tuple(p.text for p in self.keywords.phrases)
                self.acts = tuple(replace(act, phrases=phrases) for act in self.acts)
            else:
                self.acts, self.keywords = keywords_of(self.acts, self.engines.keywords)
            self.served["keywords"] = f"embedded/{self.keywords.method}"
        yield Extracted(self.keywords)

    def look(self, image: ImageAsset) -> Iterator[Event]:
        assert self.keywords is not None
        phrases = tuple(dict.fromkeys(p.text for p in self.keywords.phrases))
        yield Progress(DETECTION, f"Looking for {', '.join(phrases)}" if phrases else "Looking at everything")
        try:
            with self.timed(DETECTION):
                self.proposals = self.propose(image, phrases)
                if "exclude" in self.given:
                    self.excluded = self.given["exclude"]
                elif self.keywords.excluded:
                    self.excluded = self._boxes_of(image, self.keywords.excluded)
        except Cancelled:
            raise
        except WorkbenchError as error:
            yield self.fail(DETECTION, error, "nothing was looked for; a box drawn by hand still works")
            if self.proposals is None:
                self.proposals = Proposals.none(phrases, listed=not phrases)
        self.served["detection"] = ", ".join(dict.fromkeys(e.name for e in self.proposals.engines))
        self.choose(image)
        yield Grounded(self.proposals, self.chosen.detections)

    def propose(self, image: ImageAsset, phrases: tuple[str, ...]) -> Proposals:
        assert self.keywords is not None
        if "propose" in self.given:
            given: Proposals = self.given["propose"]
            return given
        if self.request.user_boxes and not phrases and not self.keywords.everything:
            return Proposals.none(())  # "segment this": the box drawn by hand is what is meant
        return self.engines.detector.propose(image, phrases, self.job)

    def _boxes_of(self, image: ImageAsset, names: tuple[str, ...]) -> tuple[Box, ...]:
        """Where the things are that the request leaves out."""
        found = self.engines.detector.propose(image, names, self.job)
        plain = Keywords(tuple(Phrase(name) for name in names))
        limits = self.engines.limits.objects
        chosen = choose(image, found, plain, self.request.thresholds, {}, self.engines.memo, limits, False)
        return tuple(d.box for d in chosen.detections.items)

    def choose(self, image: ImageAsset) -> None:
        assert self.keywords is not None and self.proposals is not None
        self.chosen = choose(
            image, self.proposals, self.keywords, self.request.thresholds, self.bank, self.engines.memo,
            self.engines.limits.objects, wants_masks(self.acts, self.keywords, self.request.user_boxes),
            self.request.user_boxes, self.excluded,
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
        nameless = not keywords.phrases and not keywords.everything and not self.request.user_boxes
        looked = not any(failure.stage == DETECTION for failure in self.failures)
        if nameless and looked and self.acts[0].intent != IntentName.ANSWER:
            seen = tuple(dict.fromkeys(d.phrase for d in self.chosen.detections.items))
            self.chosen = Chosen(Detections(), MaskSet())
            self.status, self.answer = Status.ASKED, wording.no_object(seen, self.acts[0].intent, keywords.refers_back)
            yield Said(self.answer)
            raise _Ended
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
        self.served["answering"] = "embedded"
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
        self.served["editing"] = "embedded/fill"
        if self.keywords.replacement:
            self.warnings.append(
                f"Putting '{self.keywords.replacement}' there needs an image model;"
                " the gap was filled from its surroundings."
            )
        yield Edited(self.edited)

    def fail(self, stage: str, error: WorkbenchError, instead: str = "") -> StepFailed:
        failure = Failure(stage, error.message, error.remedy, instead, type(error).__name__)
        self.failures.append(failure)
        return StepFailed(failure)

    def turn(self) -> Turn:
        image = self.request.image
        nothing = self.status == Status.DONE and self.failures and not self.chosen.detections.items
        return Turn(
            id=self.request.id, text=self.request.text, status=Status.FAILED if nothing else self.status,
            thresholds=self.request.thresholds, image_digest=image.digest if image else "",
            user_boxes=self.request.user_boxes, excluded=self.excluded, acts=self.acts,
            prediction=self.prediction, decision=self.decision,
            keywords=self.keywords, proposals=self.proposals, detections=self.chosen.detections,
            bank=MappingProxyType(self.bank), masks=self.chosen.masks,
            suggestions=() if self.proposals is None else self.proposals.suggestions,
            answer=self.answer, edited=self.edited, filled=self.filled,
            failures=tuple(self.failures), warnings=tuple(dict.fromkeys(self.warnings)),
            engines=MappingProxyType({k: v for k, v in self.served.items() if v}),
            timings_ms=MappingProxyType({k: round(v, 1) for k, v in self.watch.timings.items()}),
        )  # fmt: skip
