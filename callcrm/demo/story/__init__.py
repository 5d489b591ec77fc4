"""What happens on a live call of the demo, told as it happens."""
