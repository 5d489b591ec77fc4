"""Public forms: questions and complaints from people who have no account and may be unknown."""
