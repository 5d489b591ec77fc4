"""Tables of users, agents and logins."""
