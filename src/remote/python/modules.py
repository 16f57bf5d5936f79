# Writes the top-level modules of an installed distribution to a file, one a line. Arguments: distribution, file.
import importlib.metadata
import sys

found = set()
for path in importlib.metadata.distribution(sys.argv[1]).files or ():
    stem, _, ending = path.name.partition(".")
    if ending == "py" or ending.endswith(("so", "pyd")):
        name = path.parts[0] if len(path.parts) > 1 else stem
        if name.isidentifier() and name != "__pycache__":
            found.add(name)
with open(sys.argv[2], "w", encoding="utf-8") as file:
    file.writelines(name + "\n" for name in sorted(found))
