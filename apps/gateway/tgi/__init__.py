"""Text Generation Inference's own API: its clients can be pointed here unchanged."""
