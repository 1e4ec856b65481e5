"""Makes the client's models and operations from the committed OpenAPI document; for developers of this repository."""
