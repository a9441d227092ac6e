"""A family of the kit's own beside the paper's five concepts: the same statement in another form.

Takes an analysed source; hands on `Candidate`s, as the files beside this folder do. Read mirrored_comparison.py first;
lines.py indents what moves into a block or out of one.
"""
