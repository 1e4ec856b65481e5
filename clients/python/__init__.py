"""The Python client, and what generates its models and operations."""
