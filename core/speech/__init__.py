"""Speech: sounds to transcripts."""
