"""`GET /v1/overlaps` beside the least that FastAPI and asyncpg can do for the same rows."""
