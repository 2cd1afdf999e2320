"""What is known of a pair of strings: named functions from two strings to a number or a flag."""
