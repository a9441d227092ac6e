"""A page without a kernel. Takes a problem set; hands on one offline web page of all that the kit finds in it.

Read collecting.py (what is told of each problem, site and pair), then page.py, which puts page.html, style.css and the
scripts together: code.js draws programs, browse.js the problems, predict.js asks before it shows.
"""
