"""Reads a CSV file with pandas for csv_bench.ts and prints what csv_bench.ts prints of its own reader.

Arguments: the file and, if wanted, the type of every column.
"""

import json
import sys
import time

import pandas

start = time.perf_counter()
frame = pandas.read_csv(sys.argv[1], dtype=sys.argv[2] if len(sys.argv) > 2 else None)
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "rows": len(frame), "sum": int(frame.to_numpy().sum())}))
