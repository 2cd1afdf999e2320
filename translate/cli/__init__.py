"""The command line of `translate`: a file a command."""
