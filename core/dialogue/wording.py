"""What the turn itself says: questions back, what is missing, help.

Answers about the picture are the describer's.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.types.language import IntentDecision, IntentName
from core.types.turn import Action, Answer

# One sentence an intent, for "What can I say?" and for the buttons of a question back.
INTENT_HELP: dict[IntentName, tuple[str, str]] = {
    IntentName.ANSWER: ("Answer a question about the picture", "How many people are there?"),
    IntentName.DETECT: ("Show where things are, with boxes", "Where is the cup?"),
    IntentName.SEGMENT: ("Outline the exact shape of things", "Segment the brown dog and the red ball"),
    IntentName.MASK: ("Deliver a mask or a cut-out as a file", "Give me the cat as a transparent PNG"),
    IntentName.INPAINT: ("Remove things and fill the gap", "Remove the sign"),
    IntentName.UPSCALE: ("Enlarge or sharpen the picture", "Make it 4K"),
    IntentName.IMAGE_TO_IMAGE: ("Change the style of the picture", "Turn this into a watercolour"),
    IntentName.TEXT_TO_IMAGE: ("Make a new picture from words", "Draw me a castle at dawn"),
    IntentName.OTHER: ("Something else", "Hello"),
}
BUTTONS: dict[IntentName, str] = {
    IntentName.ANSWER: "Answer it",
    IntentName.DETECT: "Show boxes",
    IntentName.SEGMENT: "Outline it",
    IntentName.MASK: "Mask or cut-out",
    IntentName.INPAINT: "Remove it",
    IntentName.UPSCALE: "Enlarge",
    IntentName.IMAGE_TO_IMAGE: "Change the style",
    IntentName.TEXT_TO_IMAGE: "New picture",
    IntentName.OTHER: "None of these",
}
# Intents that need the shape of things, not only their boxes; answers take sizes and colours from masks.
SHAPED = (IntentName.SEGMENT, IntentName.MASK, IntentName.INPAINT, IntentName.ANSWER)
MISSING: dict[IntentName, str] = {
    IntentName.UPSCALE: "enlarging or sharpening a picture needs a super-resolution model",
    IntentName.IMAGE_TO_IMAGE: "changing the style of a picture needs an image-to-image model",
    IntentName.TEXT_TO_IMAGE: "making a new picture from words needs an image-generation model",
}


def ask_intent(decision: IntentDecision) -> Answer:
    """The question back when the intent is uncertain: which of the best was meant?"""
    options = sorted(decision.options, key=lambda option: option == IntentName.OTHER)  # "None of these" comes last
    actions = tuple(Action("intent", BUTTONS[option], str(option)) for option in options)
    return Answer("I am not sure what you want. Which of these did you mean?", actions)


def missing_engine(intent: IntentName) -> Answer:
    """An intent that is understood but that no engine here serves: what is missing, and what to do."""
    text = (
        f"Understood, but {MISSING[intent]}, and none is installed here. Download the picture or a cut-out and use a"
        " tool that has one. What works here: finding, outlining, masking, removing, and questions."
    )
    return Answer(text, (Action("help", "What can I say?"),))


def fill_again() -> Answer:
    """Other thresholds show other masks than those that were filled."""
    text = "The changed picture was made with other masks than these."
    return Answer(text, (Action("again", "Remove what is shown now"),))


def not_looked() -> Answer:
    """The detector could not work: nothing may be claimed of the picture."""
    text = "The picture was not looked at, so nothing can be said of it. A box drawn by hand still gives a mask."
    return Answer(text, (Action("draw_box", "Draw a box"),))


def not_found(phrases: Sequence[str]) -> str:
    """What the words named and the detector did not find; "" where it found something of every phrase."""
    return f"Asked for, not found: {', '.join(phrases)}." if phrases else ""


def not_looked_for(names: Sequence[str]) -> str:
    """What was named and left out, because a request looks for so many things only; "" where nothing was."""
    return f"Not looked for, because other things were ranked higher: {', '.join(names)}." if names else ""


def no_picture() -> Answer:
    """Everything but small talk needs a picture first."""
    return Answer("Open a picture first: upload one, or choose a sample.", (Action("sample", "Try a sample picture"),))


def other() -> Answer:
    """Greeting, thanks, another subject: what this workbench is for."""
    text = (
        "That does not seem to be about the picture. I can find, outline, mask, cut out and remove things in it, and"
        " answer what can be measured: what is there, how many, where, how large, which colours, what text says."
    )
    return Answer(text, (Action("help", "What can I say?"),))


def no_object(seen: tuple[str, ...], intent: IntentName, refers_back: bool) -> Answer:
    """A request that names no object: what is it about? Offers what the detector saw."""
    verbs = {IntentName.SEGMENT: "segment", IntentName.MASK: "mask", IntentName.INPAINT: "remove"}
    verb = verbs.get(intent, "find")
    which = "I cannot tell what “it” stands for." if refers_back else "Which object do you mean?"
    if not seen:
        return Answer(f"{which} Name it, or draw a box around it.", (Action("draw_box", "Draw a box"),))
    actions = tuple(Action("say", f"{verb} the {name}", f"{verb} the {name}") for name in seen[:4])
    return Answer(f"{which} I can see: {', '.join(seen)}.", actions)


def press(action: Action) -> Answer:
    """A button was named that does something on the page, not to the picture."""
    return Answer(f"“{action.label}” is a button: press it.", (action,))


def put_away() -> Answer:
    """Every object was rejected, one after the other."""
    return Answer("Everything that was found is put away; nothing is marked now.", (Action("say", "Undo", "undo"),))


def no_such_picture(words: str, count: int) -> Answer:
    """A picture was named that the chat does not have."""
    have = {0: "There is no picture yet", 1: "There is one picture here"}.get(count, f"There are {count} pictures here")
    return Answer(f"I do not know which picture “{words}” is. {have}.", (Action("sample", "Open a picture"),))


def nothing_to_undo() -> Answer:
    """Undo where nothing is in force."""
    return Answer("There is nothing left to take back.", (Action("help", "What can I say?"),))


def no_other_picture() -> Answer:
    """ "The same on the other picture", where there is one only."""
    return Answer(
        "There is no other picture in this chat yet: open one, then say it again.",
        (Action("sample", "Open a picture"),),
    )
