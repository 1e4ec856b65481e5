"""What is kept at accounts: records of a file that name the account they belong to."""
