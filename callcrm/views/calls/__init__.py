"""Views of calls: one with everything that belongs to it, many as rows, the agent's current one."""
