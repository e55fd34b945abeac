"""The words of what leaves: pages, copies for others, notices of shifts; and texts as they are reviewed."""
