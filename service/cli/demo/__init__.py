"""`commonground demo`: the whole way on two sample lists, told on the terminal and on one page."""

from service.cli.demo.command import demo

__all__ = ["demo"]
