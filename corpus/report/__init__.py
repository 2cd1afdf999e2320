"""The report: one page that shows a corpus to a person, with no network and nothing left out in silence."""
