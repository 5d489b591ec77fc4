"""Flows as data: read from files with their hours and prompts, and held in memory."""
