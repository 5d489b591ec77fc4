"""Views for an agent's desk: waiting callers, due promises, today's calls, open notes."""
