"""What a model completes, and how it scores. Takes pairs and a model or server; hands on rows and a `Report`.

Read evaluation.py, which goes through all of it: completion.py or completion_server.py, then judging.py, then scores.
function_end.py says where what a model writes stops to belong to the function.
likelihood.py and measures.py ask without sampling, where a model passes too little to be told from another.
metrics.py has the scores of pairs, row_metrics.py of rows; report.py and differences.py are the tables, crossed.py
their intervals where there are several seeds; rescoring.py makes them again from a record.
"""

from procure_kit.evaluation.metrics import ame, ccs_all, ccs_valid, pass_at_k

__all__ = ["ame", "ccs_all", "ccs_valid", "pass_at_k"]
