"""What a change of a few accounts costs in lists of a million: every job from the change's commit on."""
