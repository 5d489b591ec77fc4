"""What is kept for a browser somebody signed in with: tokens of its forms, forms sent too late, searches."""
