"""Accounts of one's own list that the matching engine takes for one company: found by a job, merged or dismissed by people."""
