"""The pages of complaints."""
