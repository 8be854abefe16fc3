"""Detection: a picture and phrases to scored boxes."""
