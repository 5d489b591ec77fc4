"""Tables of users, agents and logins, and of what is kept for a browser."""
