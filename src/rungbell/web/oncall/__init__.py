"""Who is on call, and how that is changed for a while: schedules, overrides, swaps, handover notes, calendars."""
