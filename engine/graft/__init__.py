"""The graft: the few fine-tuned weights that carry the skill when put into the pretrained model."""
