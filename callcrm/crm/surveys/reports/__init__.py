"""Reports of surveys: results by groups, whose answers they are, and the weekly digest."""
