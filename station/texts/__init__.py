"""What people read, by language: one JSON catalogue a language and a subject."""
