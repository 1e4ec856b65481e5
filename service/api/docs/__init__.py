"""The API reference in the browser, made from the OpenAPI document on the server."""
