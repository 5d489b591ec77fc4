"""Who works here: users, the tokens they act by, and what each agent is doing."""
