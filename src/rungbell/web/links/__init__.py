"""Where the link of a page leads: one page in a browser that shows, and a button that acts; no token is asked for."""
