"""Who is told of an incident and in which words: drafts, reviews, and what was sent."""
