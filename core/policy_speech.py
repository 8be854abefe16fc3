"""From a transcript's numbers to the words that act. Nothing is heard again when a threshold moves."""

from __future__ import annotations

from core.types.speech import Segment, Spoken, Transcript
from core.types.thresholds import Thresholds


def heard(transcript: Transcript, thresholds: Thresholds) -> Spoken:
    """The text of the segments that are speech, and why the others are not.

    Recognisers write "Thank you." on noise: a segment must be loud enough, hold enough sound that is like a voice, and
    be neither doubted by the model itself nor a repetition. The model's doubt counts where its words are also unlikely,
    as in Whisper's own rule (Radford et al. 2022, section 4.5).
    """
    why = [_reason(segment, thresholds) for segment in transcript.segments]
    kept = (s.text.strip() for s, reason in zip(transcript.segments, why, strict=True) if not reason)
    return Spoken(" ".join(text for text in kept if text), tuple((n, reason) for n, reason in enumerate(why) if reason))


def _reason(segment: Segment, thresholds: Thresholds) -> str:
    """Why it is no speech; "" where it is."""
    if segment.loudness < thresholds.loudness:
        return f"too quiet: {segment.loudness:.0f} dB, below {thresholds.loudness:.0f} dB"
    if segment.voice is not None and segment.voice < thresholds.voice:
        return f"no voice in the sound: {segment.voice:.2f} s, below {thresholds.voice:.2f} s"
    if segment.no_speech_prob > thresholds.no_speech and segment.avg_logprob < thresholds.log_probability:
        return (
            f"likely no speech: {segment.no_speech_prob:.2f} above {thresholds.no_speech:.2f}, and its words unlikely: "
            f"{segment.avg_logprob:.2f} below {thresholds.log_probability:.2f}"
        )
    if segment.compression > thresholds.compression:
        return f"it repeats itself: compression {segment.compression:.1f} above {thresholds.compression:.1f}"
    return ""
