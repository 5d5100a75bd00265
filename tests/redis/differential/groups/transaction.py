"""Transactions."""

COMMANDS = """
    MULTI
    MULTI
    EXEC
    EXEC
    EXEC
    DISCARD
    WATCH {key}
    UNWATCH
"""
