"""One form of a transcript in plain JSON types, beside `core.codec`'s form of a turn."""

from __future__ import annotations

from typing import Any

from core.types.speech import Segment, Spoken, Transcript

SCORE_DIGITS, SECOND_DIGITS, DB_DIGITS = 4, 2, 1


def transcript_to_json(transcript: Transcript, spoken: Spoken) -> dict[str, Any]:
    """What was heard, what of it acts (`text`), and why a segment was left out ("": it was not). Times in seconds."""
    why = dict(spoken.dropped)
    return {
        "text": spoken.text,
        "language": transcript.language,
        "language_probability": round(transcript.language_probability, SCORE_DIGITS),
        "task": transcript.task,
        "seconds": round(transcript.seconds, SECOND_DIGITS),
        "segments": [_segment(segment, why.get(n, "")) for n, segment in enumerate(transcript.segments)],
        "engine": transcript.engine.name,
        "engine_version": transcript.engine.version,
        "note": transcript.engine.note,
        "clip": transcript.clip,
    }


def _segment(segment: Segment, dropped: str) -> dict[str, Any]:
    return {
        "text": segment.text,
        "start": round(segment.start, SECOND_DIGITS),
        "end": round(segment.end, SECOND_DIGITS),
        "avg_logprob": round(segment.avg_logprob, SCORE_DIGITS),
        "no_speech_prob": round(segment.no_speech_prob, SCORE_DIGITS),
        "compression": round(segment.compression, SCORE_DIGITS),
        "loudness": round(segment.loudness, DB_DIGITS),
        "voice": None if segment.voice is None else round(segment.voice, SECOND_DIGITS),
        "dropped": dropped,
        "words": [
            {
                "text": word.text,
                "start": round(word.start, SECOND_DIGITS),
                "end": round(word.end, SECOND_DIGITS),
                "probability": round(word.probability, SCORE_DIGITS),
            }
            for word in segment.words
        ],
    }
