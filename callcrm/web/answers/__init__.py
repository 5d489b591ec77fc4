"""The pages of answers, and what the desk shows of them."""
