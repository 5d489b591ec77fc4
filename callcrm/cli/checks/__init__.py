"""What `callcrm doctor` looks at, and what it finds."""
