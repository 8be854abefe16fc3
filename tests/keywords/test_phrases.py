"""What is asked for, sentence by sentence."""

from __future__ import annotations

import pytest

from core.ports import KeywordExtractor

ORDERS = {
    "segment the dog": ["dog"],
    "mask the dog": ["dog"],  # the verb is also a noun
    "box the cars": ["cars"],
    "lasso the horse": ["horse"],  # a verb that no list has
    "knock out the background": ["background"],
    "please remove the old car standing before the house": ["old car"],
    "find the dog then remove the car": ["dog", "car"],
    "find the dog remove the car": ["dog", "car"],
    "look at the painting above the fireplace": ["painting"],
    "zoom in on the clock": ["clock"],
    "draw right round the edge of the leaf": ["leaf"],
    "get rid of the wires": ["wires"],
    "check the weld for cracks": ["cracks"],
}
LISTS = {
    "the brown dog and the red ball next to the sofa": ["brown dog", "red ball"],
    "segment dogs cats and birds": ["dogs", "cats", "birds"],
    "mark the apples the pears and the bananas": ["apples", "pears", "bananas"],
    "dog, cat": ["dog", "cat"],
    "wine glass & cutting board": ["wine glass", "cutting board"],
    "[dog] (cat)": ["dog", "cat"],
    "the cat on the windowsill and the dog under the table": ["cat", "dog"],
    "rusty nails, screws & a hammer": ["rusty nails", "screws", "hammer"],
    "red and blue cars": ["red cars", "blue cars"],
    "the red and blue car": ["red and blue car"],
    "the brown and the white dog": ["brown dog", "white dog"],
    "the big dog and the small one": ["big dog", "small dog"],
    "the dog, the dog and the dog": ["dog"],
}
COMPOUNDS = {
    "find the fire hydrant": ["fire hydrant"],
    "stop sign, traffic light, parking meter": ["stop sign", "traffic light", "parking meter"],
    "outline the orange juice": ["orange juice"],
    "the bowl of fruit": ["bowl of fruit"],
    "how many pairs of shoes are there": ["pairs of shoes"],
    "a couple of ducks on the pond": ["ducks"],
    "one of the candles": ["candles"],
    "the enemy health bar needs to go": ["enemy health bar"],
    "every parked bicycle": ["parked bicycle"],
}
QUESTIONS = {
    "is there a dog in the picture?": ["dog"],
    "how many windows does the house have?": ["windows"],
    "does the dog have a collar?": ["collar"],
    "what colour is the roof": ["roof"],
    "what breed is the dog on the rug?": ["dog"],
    "what does the sign above the door say?": ["sign"],
    "is the woman wearing glasses?": ["woman"],
    "what is written on the blackboard?": ["blackboard"],
    "is the lorry bigger than the bus": ["lorry", "bus"],
    "is that a swan or a goose?": ["swan", "goose"],
    "which runway is the plane lined up with?": ["runway"],
    "which part of the slope is the skier on?": ["skier"],
    "tell me whether any of the candles has gone out": ["candles"],
    "could the pleural effusion be delineated?": ["pleural effusion"],
    "any thistles in this pasture?": ["thistles"],
    "by whom is the blue surfboard being carried?": ["blue surfboard"],
}
PASSIVES_AND_WISHES = {
    "the dog should be removed": ["dog"],
    "have the car outlined": ["car"],
    "the fracture line needs to be marked, and so does the metal plate": ["fracture line", "metal plate"],
    "the ditch wants tracing": ["ditch"],
    "my boss would like the forklift highlighted": ["forklift"],
    "the clients want the scaffolding gone": ["scaffolding"],
    "would it be possible to have the two statues separated from the sky?": ["statues"],
    "that lamppost ruins the whole shot": ["lamppost"],
    "the glass has a crack, heal it": ["crack"],
    "I'm trying to sell this bike, can you clear away the clutter": ["clutter"],
    "my daughter dropped her doll, do you see it?": ["doll"],
}
RELATIVE_CLAUSES = {
    "the man who is wearing a hat": ["man"],
    "the girl holding an umbrella": ["girl"],
    "the mountain you can see behind the lake": ["mountain"],
    "the skateboard and the kid riding it": ["skateboard", "kid"],
    "anything that looks like a mushroom": ["mushroom"],
    "I want the pixels that belong to the coat": ["coat"],
}
DELIVERY = {
    "draw a bounding box around every pedestrian": ["pedestrian"],
    "I need a transparent png of the sneaker": ["sneaker"],
    "give me the mug as a sticker": ["mug"],
    "the owl's shape in black": ["owl"],
    "cut out the box": ["box"],
    "the label on the jar": ["label"],
    "the mask on her face": ["mask"],
    "turn this photo into a watercolour": [],
    "make it 4k": [],
}
SPEECH = {
    "so um find the uh the blue kettle on the on the stove": ["blue kettle"],
    "bruh where's the cat 😂": ["cat"],
    "can you like point out the street signs": ["street signs"],
    "SEGMENT THE BIG YELLOW BUS": ["big yellow bus"],
    "select the mug comma the spoon and the napkin": ["mug", "spoon", "napkin"],
}
CORRECTIONS = {
    "cut out the cat, no, the dog": ["dog"],
    "I want the cup no sorry the plate removed": ["plate"],
    "Trace the spoon... actually, the fork.": ["fork"],
    "outline the cat, no wait, box the truck": ["truck"],
    "the cup on the table, I mean the plate": ["plate"],
    "select the tomatoes no not the tomatoes the peppers": ["peppers"],
    "no clouds please, just the mountains": ["mountains"],
    "not the woman, the man behind her": ["man"],
}
TABLES = {
    "orders": ORDERS,
    "lists": LISTS,
    "compounds": COMPOUNDS,
    "questions": QUESTIONS,
    "passives and wishes": PASSIVES_AND_WISHES,
    "relative clauses": RELATIVE_CLAUSES,
    "delivery": DELIVERY,
    "speech": SPEECH,
    "corrections": CORRECTIONS,
}
CASES = [
    pytest.param(text, want, id=f"{name}: {text}") for name, table in TABLES.items() for text, want in table.items()
]


@pytest.mark.parametrize(("text", "want"), CASES)
def test_finds_what_is_asked_for(extractor: KeywordExtractor, text: str, want: list[str]) -> None:
    assert [phrase.text for phrase in extractor.extract(text).phrases] == want


PLAIN = (
    "mask the dog",
    "box the cars and the bus",
    "the brown dog and the red ball next to the sofa",
    "stop sign, traffic light",
    "cut out the cat, no, the dog",
    "don't touch the people, remove the car",
    "a mask of the dog",
)


@pytest.mark.parametrize("text", PLAIN)
def test_rules_alone_agree_on_plain_requests(extractor: KeywordExtractor, rules: KeywordExtractor, text: str) -> None:
    parsed, ruled = extractor.extract(text), rules.extract(text)
    assert ruled.method == "rules"
    assert ruled.phrases == parsed.phrases


def test_heads_are_nouns_and_colours_are_basic_terms(extractor: KeywordExtractor) -> None:
    said = {
        "the white coffee cup": ("coffee cup", ("white",)),
        "crimson fire hydrant": ("fire hydrant", ("red",)),
        "a bowl of fruit": ("bowl", ()),
        "a group of people": ("people", ()),
        "the black and white cat": ("cat", ("black", "white")),
        "an orange": ("orange", ()),
        "the orange cat": ("cat", ("orange",)),
        "a glass of orange juice": ("glass", ()),
        "the red one": ("", ("red",)),
        "everything red": ("", ("red",)),
    }
    for text, (head, colours) in said.items():
        (phrase,) = extractor.extract(text).phrases
        assert (phrase.head, phrase.colours) == (head, colours), text
