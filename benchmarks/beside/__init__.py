"""The API's answers while a worker compares two lists of a million for the first time."""
