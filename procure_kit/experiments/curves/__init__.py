"""How much tuning helps, after how much of it. Takes arms and seeds; hands on a row a point of a curve, and intervals.

The plan is `data/results/curves_plan.md`. Read arms.py, problems.py (what is scored) and stream.py (what is trained
on), then terms.py and tuning.py (the loop), scoring.py, and runs.py, which does all of it; results.py and report.py say
what came out, with intervals of evaluation/crossed.py; distance.py, renamings.py, written.py and given.py ask further.
"""
