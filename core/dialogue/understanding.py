"""The first half of a turn: what the words refer to, what they want, and which things they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.dialogue import wording
from core.dialogue.acts import find_acts, keywords_of
from core.dialogue.engines import Engines
from core.dialogue.references import resolve
from core.dialogue.stopwatch import Stopwatch
from core.errors import InputError, WorkbenchError
from core.jobs import Job
from core.policy import decide
from core.types.events import Asked, Event, Extracted, Progress, Resolved, Said, StepFailed, Understood
from core.types.language import IntentDecision, IntentName, IntentPrediction, Keywords
from core.types.masks import MaskLogits
from core.types.reference import Operation, Reference
from core.types.turn import Act, Answer, Failure, Request, Status


def too_long(count: int, most: int) -> InputError:
    """A request of so many characters is not read."""
    return InputError(
        f"The request has {count:,} characters; at most {most:,} are read.", "Shorten it, or raise [limits] text_chars."
    )


class Ended(Exception):
    """The turn is over before its last stage (asked, or nothing to do)."""


class Understanding:
    """What a turn holds while its words are understood; the stages are generators of events."""

    def __init__(self, request: Request, engines: Engines, job: Job, given: Mapping[str, Any]) -> None:
        self.request, self.engines, self.job = request, engines, job
        self.given, self.corrected = dict(given), frozenset(given)
        self.status = Status.DONE
        self.references: tuple[Reference, ...] = ()
        self.said = ""
        self.prediction: IntentPrediction | None = None
        self.decision: IntentDecision | None = None
        self.acts: tuple[Act, ...] = ()
        self.keywords: Keywords | None = None
        self.bank: dict[str, MaskLogits] = dict(given.get("segment", {}))
        self.answer = Answer()
        self.failures: list[Failure] = []
        self.warnings: list[str] = []
        self.served: dict[str, str] = {}
        self.watch = Stopwatch()
        self.timed = self.watch.stage

    def check_text(self) -> None:
        text = self.request.text.strip()
        if not text:
            raise InputError("The request is empty.", "Say what you want, for example: segment the cat.")
        if len(text) > self.engines.limits.text_chars:
            raise too_long(len(text), self.engines.limits.text_chars)

    def resolve(self) -> Iterator[Event]:
        """Words that refer become a replay of the turn that they refer to, with something changed."""
        request, order, base = self.request, self.request.order, self.request.base
        self.references = self.given.get("resolve", ())
        if order is None:
            return
        yield Progress("resolve", "Looking at what came before")
        here = base is not None and request.image is not None and base.image_digest == request.image.digest
        if here and base is not None and base.proposals is None and order.operation != Operation.REPEAT:
            self.warnings.append("What had been measured was no longer kept: it was measured again.")
        with self.timed("resolve"):
            change = resolve(order, base, request.image, self.engines, request.selected, request.before, here)
        if isinstance(change, Answer):
            self.status, self.answer = Status.ASKED, change
            if request.undoes:  # the first result of all was taken back: that is done, and leaves nothing
                taken = request.before[-1].id if request.before else ""
                self.status = Status.DONE
                self.references = (Reference(order.words, order.operation, "nothing is marked now", turn=taken),)
            yield Said(self.answer)
            raise Ended
        self.references, self.said = change.references, change.said
        self.given = {**change.given, **self.given}
        self.bank.update(self.given.get("segment", {}))
        by_hand: dict[str, Any] = {}
        if base is not None and here and order.operation != Operation.REPEAT:
            by_hand["user_boxes"] = tuple(dict.fromkeys((*base.user_boxes, *request.user_boxes)))
            by_hand["clicked"] = tuple(dict.fromkeys((*base.clicked, *request.clicked)))
        numbers = change.thresholds.beside(request.thresholds, "propose" not in self.given)
        self.request = replace(request, adjustments=change.adjustments, thresholds=numbers, **by_hand)
        yield Resolved(self.references)

    def understand(self) -> Iterator[Event]:
        text = self.request.text.strip()
        yield Progress("classify", "Understanding the request")
        with self.timed("classify"):
            self.prediction = self.given.get("classify") or self.engines.intent.classify([text])[0]
            self.served["intent"] = self.prediction.engine
            if self.prediction.note:
                self.warnings.append(self.prediction.note)
            self.decision = decide(self.prediction, self.request.thresholds)
            self.decide(text)
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
        raise Ended

    def decide(self, text: str) -> None:
        """The acts: as corrected, as given, or found in the text."""
        assert self.decision is not None
        acts: tuple[Act, ...] = self.given.get("acts", ())
        if "decide" in self.given:
            intent = IntentName(self.given["decide"])
            self.decision = IntentDecision(intent, 1.0, (intent,), "chosen by the user")
            phrases = tuple(dict.fromkeys(phrase for act in acts for phrase in act.phrases))
            acts = (Act(intent, text, phrases),) if acts else ()
        elif acts and self.decision.intent != acts[0].intent:
            self.decision = IntentDecision(acts[0].intent, 1.0, (acts[0].intent,), "as in the request referred to")
        if not acts and self.decision.intent is not None:
            acts = find_acts(text, self.decision.intent, self.engines.intent, self.request.thresholds)
        self.acts = acts

    def extract(self) -> Iterator[Event]:
        yield Progress("extract", "Finding the object phrases")
        with self.timed("extract"):
            if "extract" in self.given:
                self.keywords = self.given["extract"]
                phrases = tuple(p.text for p in self.keywords.phrases)
                if "acts" not in self.given or ("extract" in self.corrected and "acts" not in self.corrected):
                    self.acts = tuple(replace(act, phrases=phrases) for act in self.acts)
            else:
                self.acts, self.keywords = keywords_of(self.acts, self.engines.keywords)
            engine, method = self.keywords.engine, self.keywords.method
            self.served["keywords"] = engine if engine.startswith(method) else f"{engine}/{method}"
        yield Extracted(self.keywords)

    def drawn(self) -> bool:
        return bool(self.request.user_boxes or self.request.clicked)

    def fail(self, stage: str, error: WorkbenchError, instead: str = "") -> StepFailed:
        failure = Failure(stage, error.message, error.remedy, instead, type(error).__name__)
        self.failures.append(failure)
        return StepFailed(failure)
