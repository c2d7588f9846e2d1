"""Stop sequences for tasks that Base and Python models do not end by themselves."""

# The end of a Python function: the next thing that begins in the first column. A list of this kind is what the
# published scores were measured with. TGI takes four sequences unless it was started with --max-stop-sequences.
PYTHON_FUNCTION_STOPS = ("\ndef", "\nclass", "\n#", "\n@", "\nprint", "\nif", "\nassert")
