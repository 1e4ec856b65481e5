"""What API and console share: who asks, request ids, limits."""
