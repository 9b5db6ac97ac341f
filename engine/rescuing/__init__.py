"""When a run fails, another workflow is started: the account's error workflow.

``telling`` makes its input of a failed run, ``rescuer`` starts it (in a runner), ``setting`` is the front door.
"""
