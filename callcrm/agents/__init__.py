"""Users, their logins and tokens; agents, what they can do, their states and how they are rung."""
