"""The rules that hold a candidate version back until an operator has looked at it. Pure."""
