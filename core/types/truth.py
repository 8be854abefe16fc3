"""What is known to be true of pictures: the objects of an annotation file, and what is marked for phrases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InputError
from core.types.arrays import Bools
from core.types.boxes import Box


@dataclass(frozen=True)
class TrueObject:
    """box: xyxy pixels. segmentation: polygons or run lengths as COCO writes them, or None. crowd: a group, not one."""

    picture: int
    category: int
    box: Box
    area: float
    crowd: bool
    segmentation: Any = None

    def mask(self, width: int, height: int) -> Bools | None:
        """(height, width); None where the file holds none. Raises `InputError` where it is not COCO's."""
        if not self.segmentation:
            return None
        from pycocotools import mask as compiled

        given = self.segmentation
        try:
            if isinstance(given, list):
                runs = compiled.merge(compiled.frPyObjects(given, height, width))
            elif isinstance(given["counts"], list):
                runs = compiled.frPyObjects(given, height, width)
            else:
                runs = given
            return np.asarray(compiled.decode(runs), bool).reshape(height, width)
        except Exception as error:  # pycocotools checks little and breaks in its own ways
            raise InputError(
                f"A segmentation of picture {self.picture} cannot be read: {error}.",
                "Give polygons or run lengths as COCO writes them (cocodataset.org/#format-data).",
            ) from error


@dataclass(frozen=True)
class Truth:
    """An annotation file. pictures: file name by id. sizes: (width, height) by id where the file tells them.

    categories: name by id. left_out: what of the file was not used, and why: a line for each reason.
    partial: pictures that may hold more objects than the file says.
    """

    pictures: Mapping[int, str]
    sizes: Mapping[int, tuple[int, int]]
    categories: Mapping[int, str]
    objects: tuple[TrueObject, ...]
    left_out: tuple[str, ...] = ()
    partial: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Mark:
    """One object of a phrase. box: xyxy pixels of the upright picture. crowd: a group that counts neither way."""

    phrase: str
    box: Box
    crowd: bool = False


@dataclass(frozen=True)
class Marks:
    """What is known of one picture.

    objects: what is there, from a file, drawn, or accepted. refused: boxes that are no object of their phrase.
    complete: every object of the phrases is among `objects`, so any other box is wrong; otherwise only boxes that lie
    on a mark count.
    """

    objects: tuple[Mark, ...] = ()
    refused: tuple[Mark, ...] = ()
    complete: bool = True
