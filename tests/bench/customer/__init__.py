"""What is around the call, at the yardstick: 100,000 customers and 2,000,000 purchases."""
