"""Incoming carrier traffic: requests are answered, callbacks recorded, and both projected into rows."""
