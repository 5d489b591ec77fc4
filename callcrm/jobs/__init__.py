"""What happens later, and what happens again and again."""
