"""Tables of people of ours: users, agents, logins."""
