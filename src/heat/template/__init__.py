"""The template language: text in, one typed model for both dialects, values out; pure."""
