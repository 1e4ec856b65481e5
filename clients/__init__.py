"""Clients of the API in other programs."""
