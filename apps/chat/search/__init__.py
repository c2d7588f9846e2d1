"""Search over conversations, and the palette that also finds actions, presets and pages of the guide."""
