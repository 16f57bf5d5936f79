# Unpacks an sdist, asks its build backend what else a wheel needs, and writes the answers to a file, one a line.
# Arguments: sdist, folder to unpack into, file to write, backend, folders of `backend-path`.
import importlib
import os
import sys
import tarfile

sdist, folder, answers, backend = sys.argv[1:5]
with tarfile.open(sdist) as archive:
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
    else:
        archive.extractall(folder)
(root,) = os.listdir(folder)
os.chdir(os.path.join(folder, root))
sys.path[:0] = [os.path.abspath(path) for path in sys.argv[5:]]
module, _, attributes = backend.partition(":")
hooks = importlib.import_module(module)
for attribute in attributes.split(".") if attributes else ():
    hooks = getattr(hooks, attribute)
ask = getattr(hooks, "get_requires_for_build_wheel", None)
needed = ask() if ask else []
with open(answers, "w", encoding="utf-8") as file:
    file.writelines(" ".join(need.split()) + "\n" for need in needed)
