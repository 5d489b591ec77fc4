"""Background jobs: claimed from the store by whichever process is free, once or periodically."""
