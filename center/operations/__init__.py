"""Operations: what the centre sends down to nodes."""
