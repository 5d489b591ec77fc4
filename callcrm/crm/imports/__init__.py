"""Imports: files of customers, purchases and more, brought in row by row, and taken away again whole."""
