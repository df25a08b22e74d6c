"""Answers to engine.contract.questions, in a process that graftui keeps for as long as it asks.

A module a question, with `answer(question, hear)`; which it is stands in answering.py.
"""
