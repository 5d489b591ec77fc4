"""What a small business needs around the call: one folder a noun. `seams.py` says what a noun may join."""
