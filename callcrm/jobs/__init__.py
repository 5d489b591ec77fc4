"""What happens later: jobs claimed from the store by whoever is free, and duties that recur."""
