"""The errors a user can meet. What belongs here: their types and nothing else."""


class GametapeError(Exception):
    """Something a person can act on; its text names the thing, the reason and the cure."""


class InputError(GametapeError):
    """The input is at fault: trying again with the same input is no use. Exit code 2."""


class NoPlaysError(InputError):
    """A list of plays is empty; where that can be meant, its reader says how to say so."""


class ToolError(GametapeError):
    """A tool or the machine is at fault (encoder, disk, missing program). Exit code 3."""
