"""What pandas says of small tables. For data/describe, correlation and duplicates_test.ts."""

import common
from pandas import DataFrame

columns = ["label", "pixel1", "pixel2", "pixel3", "pixel4"]
rows = [
    [9, 0, 200, 17, 255],
    [0, 0, 13, 17, 0],
    [3, 0, 77, 17, 255],
    [3, 1, 5, 17, 254],
    [9, 0, 91, 17, 1],
    [1, 0, 250, 17, 128],
]
described = DataFrame(rows, columns=columns).describe()
common.constants(
    "data/describe_test.ts", {name: list(described[name]) for name in columns}, rtol=1e-15
)
assert DataFrame([[4, 200]]).describe().loc["std"].isna().all()  # "as in pandas"

pixels = [row[1:] for row in rows]
common.constants(
    "data/correlation_test.ts",
    {"corr": DataFrame(pixels).corr().to_numpy().tolist()},
    rtol=1e-15,
)

repeated = DataFrame([[1, 5, 5], [2, 5, 5], [1, 5, 5], [1, 5, 6], [2, 5, 5], [1, 5, 5]])
duplicated = repeated.duplicated()
# pandas does not say of which row another is a copy: the first that is equal.
copies = [
    [row, int((repeated == repeated.loc[row]).all(axis=1).idxmax())]
    for row in repeated.index[duplicated]
]
common.constants(
    "data/duplicates_test.ts",
    {"kept and dropped": [list(repeated.drop_duplicates().index), copies]},
)
