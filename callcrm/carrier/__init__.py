"""Everything that speaks the carrier's language: signatures, form fields, documents, REST."""
