"""The sample business: orders and outbox, read through their connectors."""

from studio.sample.page import sample_page
from studio.sample.state import SampleBusiness

__all__ = ["SampleBusiness", "sample_page"]
