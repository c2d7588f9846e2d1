"""The programs of a running stack: started again when they die, kept to one copy, none left behind."""
