"""The engine on Ray Serve: the HTTP gateway and the runners. ``python -m engine.serving`` is the host process."""

from engine.serving.cluster import ray_processes, replica_processes

__all__ = ["ray_processes", "replica_processes"]
