"""The detector that needs no large model: one file for each thing that it can verify."""

from core.detection.embedded.detector import EmbeddedDetector

__all__ = ["EmbeddedDetector"]
