"""One list brought to the service beside the least that PostgreSQL can do with it: COPY and INSERT … SELECT."""
