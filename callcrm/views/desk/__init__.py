"""What an agent's desk reads: who waits, what is due, the day so far, the notes still open."""
